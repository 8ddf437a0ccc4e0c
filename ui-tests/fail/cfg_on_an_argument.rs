use cachetools::cached;

#[cached]
async fn user(#[cfg(unix)] id: u64, other: u64) -> u64 {
    other
}

fn main() {
    drop(user(1, 2));
}
