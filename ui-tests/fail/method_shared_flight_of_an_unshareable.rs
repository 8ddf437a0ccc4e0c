use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod(flight = shared)]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(flight = shared)]
    pub async fn pinned(self: std::pin::Pin<&Self>, id: u64) -> u64 {
        id
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop(service.user(1));
}
