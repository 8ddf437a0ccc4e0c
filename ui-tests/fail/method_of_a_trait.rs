use cachetools::{InstanceCaches, cachedmethod};

trait Repository {
    #[cachedmethod]
    async fn declared(&self, id: u64) -> u64;

    async fn row(&self, id: u64) -> u64;
}

struct Service {
    caches: InstanceCaches,
}

impl Repository for Service {
    async fn declared(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(handle = true)]
    async fn row(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop(service.row(1));
    drop(service.declared(1));
}
