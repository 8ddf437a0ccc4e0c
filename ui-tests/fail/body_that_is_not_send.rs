use cachetools::cached;
use std::rc::Rc;

#[cached]
async fn user(id: u64) -> u64 {
    let local = Rc::new(id);
    std::future::ready(()).await;
    *local
}

fn main() {
    drop(user(1));
}
