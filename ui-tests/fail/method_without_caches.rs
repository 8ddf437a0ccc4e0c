use cachetools::cachedmethod;

struct Service;

impl Service {
    #[cachedmethod]
    pub async fn user(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    drop(Service.user(1));
}
