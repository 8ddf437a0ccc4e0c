use cachetools::{Cache, cached};
use std::sync::LazyLock;

static SHARED: LazyLock<Cache<u64, String>> = LazyLock::new(|| Cache::builder().lru(3).build());

#[cached(cache = SHARED)]
async fn user(id: u64) -> u64 {
    id
}

#[cached(cache = SHARED, lru = 3, ttl = 5)]
async fn twice(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop((user(1), twice(1)));
}
