use std::rc::Rc;

use cachetools::cached;

#[cached(ignore = "local")]
async fn user(local: Rc<u64>, id: u64) -> u64 {
    *local + id
}

#[cached(ignore = "local", flight = inline)]
async fn inline(local: Rc<u64>, id: u64) -> u64 {
    *local + id
}

fn main() {
    drop(user(Rc::new(1), 1));
    drop(inline(Rc::new(1), 1));
}
