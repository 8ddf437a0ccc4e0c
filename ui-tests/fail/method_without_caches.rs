use cachetools::{Cache, cachedmethod};

struct Service;

impl Service {
    #[cachedmethod]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }
}

struct Other {
    caches: Cache<u64, u64>,
}

impl Other {
    #[cachedmethod(handle = false)]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    drop(Service.user(1));
    drop(Other { caches: Cache::builder().build() }.user(1));
}
