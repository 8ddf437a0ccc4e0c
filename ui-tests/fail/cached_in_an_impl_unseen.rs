use cachetools::cached;

struct Service;

impl Service {
    #[cached]
    async fn user(id: u64) -> u64 {
        id
    }
}

fn main() {
    drop(Service::user(1));
}
