use cachetools::cached;

#[cached(lru, ttl = , flight(inline), unbounded = 3)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {
    drop(user(1));
}
