use cachetools::cached;

#[cached]
async fn names(id: u64) -> impl Iterator<Item = u64> {
    0..id
}

fn main() {
    drop(names(1));
}
