use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    pub async fn user(&self, id: u64) -> String {
        id
    }

    #[cachedmethod]
    pub async fn name(&self, id: u64) -> String {
        self.names.get(id)
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop(service.user(1));
}
