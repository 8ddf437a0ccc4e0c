use cachetools::cached;

#[cached]
fn plain(id: u64) -> u64 {
    id
}

fn main() {
    plain(1);
    plain::cache_info();
}
