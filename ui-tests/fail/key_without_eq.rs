use cachetools::{InstanceCaches, cached, cachedmethod};

#[derive(Clone, Hash)]
struct Id(u64);

#[cached]
async fn by_value(id: Id, other: u64) -> u64 {
    id.0 + other
}

#[cached]
async fn by_reference(ids: &[Id]) -> usize {
    ids.len()
}

#[cached(key = |id| -> Id { Id(*id) })]
async fn computed(id: u64) -> u64 {
    id
}

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    pub async fn user(&self, id: Id) -> u64 {
        id.0
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop((by_value(Id(1), 2), by_reference(&[Id(1)]), computed(1), service.user(Id(1))));
    drop(service.caches);
}
