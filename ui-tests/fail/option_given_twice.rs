use cachetools::cached;

#[cached(lru = 3, ttl = 5, lru = 4)]
async fn user(id: u64) -> u64 {
    id
}

#[cached(lru = 3, unbounded)]
async fn both(id: u64) -> u64 {
    id
}

fn main() {
    drop(user(1));
    drop(both(1));
}
