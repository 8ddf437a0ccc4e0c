use cachetools::cached;

#[derive(Hash, PartialEq, Eq)]
struct Id(u64);

#[cached]
async fn by_value(id: Id) -> u64 {
    id.0
}

#[cached(flight = inline)]
async fn by_reference(id: &Id, other: u8) -> u64 {
    id.0 + u64::from(other)
}

fn main() {
    drop(by_value(Id(1)));
    drop(by_reference(&Id(1), 2));
}
