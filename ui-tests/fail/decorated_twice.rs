use cachetools::{InstanceCaches, cached, cachedmethod};

#[cached(lru = 10)]
#[cached(ttl = "1m")]
async fn user(id: u64) -> u64 {
    id
}

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    /// Between the two.
    #[cachetools::cachedmethod]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    drop(user(1));
    user::cache_info();
    let service = Service { caches: InstanceCaches::default() };
    drop(service.user(1));
    drop(service.caches);
}
