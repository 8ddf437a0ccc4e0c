use cachetools::cached;

#[cached(tll = "10m", lru = 3, capacity = 3, colour = 3, igonre = "id")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {
    drop(user(1));
    user::cache_info();
}
