use cachetools::cached;

#[cached]
async fn user(#[cached(key)] id: u64) -> u64 {
    id
}

fn main() {
    drop(user(1));
}
