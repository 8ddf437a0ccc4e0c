use cachetools::cached;

#[derive(Clone, PartialEq, Eq)]
struct Id(u64);

#[cached]
async fn by_value(id: Id, other: u64) -> u64 {
    id.0 + other
}

#[cached]
async fn by_reference(id: &Id) -> u64 {
    id.0
}

fn main() {
    drop(by_value(Id(1), 2));
    drop(by_reference(&Id(1)));
    by_value::cache_info();
}
