use cachetools::cached;

#[cached]
struct User {
    id: u64,
}

fn main() {
    drop(User { id: 1 }.id);
}
