use cachetools::cached;

struct Service;

impl Service {
    #[cached]
    async fn user(&self, id: u64) -> u64 {
        id
    }

    #[cached]
    async fn make(id: u64) -> Self {
        let _ = id;
        Self
    }
}

fn main() {
    drop(Service.user(1));
    drop(Service::make(1));
}
