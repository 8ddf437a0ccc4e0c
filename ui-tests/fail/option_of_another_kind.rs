use cachetools::cached;

#[cached(errors = maybe, flight = later, handle = 3, result = yes, ttl = "60", key = |id| id, crate = "cachetools", shared)]
async fn user(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(lru = "many", cache_if = 3)]
async fn types(id: u64) -> u64 {
    id
}

fn main() {
    drop(user(1));
    drop(types(1));
}
