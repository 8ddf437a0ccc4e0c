use cachetools::cached;

mod user {}

#[cached]
async fn user(id: u64) -> u64 {
    id
}

#[cached]
pub async fn order(id: u64) -> u64 {
    id
}

#[allow(non_camel_case_types)]
struct order {
    _id: u64,
}

mod invoice {}

#[cached(handle = invoices)]
async fn invoice(id: u64) -> u64 {
    id
}

fn main() {
    drop((user(1), order(1), invoice(1)));
    invoices::cache_info();
}
