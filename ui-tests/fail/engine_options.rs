use cachetools::cached;

#[cached(lru = 10, sieve = 10)]
async fn two_orders(id: u64) -> u64 {
    id
}

#[cached(tiny_lfu = 10, unbounded)]
async fn bounded_and_not(id: u64) -> u64 {
    id
}

#[cached(jitter = "5m")]
async fn jitter_of_nothing(id: u64) -> u64 {
    id
}

#[cached(ttl = |_, _| None, jitter = "5m")]
async fn jitter_of_a_computed_life(id: u64) -> u64 {
    id
}

#[cached(unbounded, weigh = |_, value| 1)]
async fn weight_of_no_bound(id: u64) -> u64 {
    id
}

#[cached(ttl = "60m"..="30m")]
async fn backwards(id: u64) -> u64 {
    id
}

#[cached(tti = |_, _| None)]
async fn computed_idle_time(id: u64) -> u64 {
    id
}

#[cached(lfru = 10)]
async fn an_order_that_is_not_there(id: u64) -> u64 {
    id
}

fn main() {
    drop((two_orders(1), bounded_and_not(1), jitter_of_nothing(1), jitter_of_a_computed_life(1)));
    drop((weight_of_no_bound(1), backwards(1), computed_idle_time(1), an_order_that_is_not_there(1)));
}
