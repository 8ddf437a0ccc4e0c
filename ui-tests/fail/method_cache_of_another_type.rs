use cachetools::{Cache, cachedmethod};

struct Service {
    names: Cache<u64, String>,
    nothing: (),
}

impl Service {
    #[cachedmethod(cache = self.names)]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(cache = self.nothing)]
    async fn other(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let service = Service { names: Cache::builder().build(), nothing: () };
    drop(service.user(1));
    drop(service.other(1));
}
