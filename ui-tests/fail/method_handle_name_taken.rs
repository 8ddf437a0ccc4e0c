use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }

    pub fn user_cache(&self) {}

    #[cachedmethod(handle = other)]
    pub async fn other(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop(service.user(1));
    drop(service.other(1));
}
