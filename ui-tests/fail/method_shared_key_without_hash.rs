use cachetools::cachedmethod;

struct Service;

impl Service {
    #[cachedmethod(shared)]
    pub async fn rate(&self, currency: u8) -> u8 {
        currency
    }
}

fn main() {
    drop(Service.rate(1));
}
