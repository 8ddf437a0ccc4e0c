use cachetools::cached;

#[cached]
async fn user(id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

fn main() {
    user::cache_invalidate(1);
    user::cache_invalidate("a", 1);
}
