use cachetools::cached;

#[cached(ttl = "")]
async fn empty(id: u64) -> u64 {
    id
}

#[cached(ttl = "1h30")]
async fn mixed(id: u64) -> u64 {
    id
}

#[cached(ttl = "ten minutes")]
async fn words(id: u64) -> u64 {
    id
}

#[cached(ttl = -1)]
async fn negative(id: u64) -> u64 {
    id
}

#[cached(ttl = TTL)]
async fn seconds(id: u64) -> u64 {
    id
}

const TTL: u64 = 60;

fn main() {
    drop((empty(1), mixed(1), words(1), negative(1), seconds(1)));
}
