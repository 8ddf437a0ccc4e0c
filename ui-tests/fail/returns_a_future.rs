use cachetools::cached;
use std::future::Future;

#[cached]
fn later(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

fn main() {
    drop(later(1));
}
