use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod(store = my_store(), namespace = "users")]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(caches = self.caches, store = my_store())]
    pub async fn order(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(shared, ignore = "self", namespace = "names")]
    pub async fn name(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop((service.user(1), service.order(1), service.name(1)));
}
