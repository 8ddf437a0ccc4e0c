use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod(shared, caches = self.caches)]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(ignore = "slef")]
    pub async fn other(&self, id: u64) -> u64 {
        id
    }

    #[cachedmethod(cahces = self.caches)]
    pub async fn third(&self, id: f64) -> f64 {
        id
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop(service.user(1));
    drop(service.other(1));
    drop(service.third(1.0));
    drop(service.caches);
}
