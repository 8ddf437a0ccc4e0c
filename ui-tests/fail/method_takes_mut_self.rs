use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    pub async fn user(&mut self, id: u64) -> u64 {
        id
    }

    #[cachedmethod]
    async fn typed(self: &mut Self, id: u64) -> u64 {
        id
    }

    #[cachedmethod]
    async fn pinned(self: std::pin::Pin<&mut Self>, id: u64) -> u64 {
        id
    }
}

fn main() {
    let mut service = Service { caches: InstanceCaches::default() };
    drop(service.user(1));
    drop(service.typed(1));
    drop(std::pin::Pin::new(&mut service).pinned(1));
    drop(service.caches);
}
