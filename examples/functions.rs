//! A function, and an argument that does not count: a connection, a logger, a deadline are no part of the question.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cachetools::cached;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(lru = 32, ignore = "a")]
async fn add(a: u64, b: u64) -> u64 {
    RUNS.fetch_add(1, Relaxed);
    a + b
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(add(1, 2).await, 3);
    assert_eq!(add(100, 2).await, 3); // `a` is ignored: what is stored for b = 2 answers
    assert_eq!(add(1, 3).await, 4);
    assert_eq!(RUNS.load(Relaxed), 2);

    // The handle takes the arguments that count.
    assert!(add::cache_contains(3));
    assert!(add::cache_invalidate(2));
    assert_eq!(add(100, 2).await, 102);
    println!("{}", add::cache_info());
    assert_eq!(add::cache_info().to_string(), "CacheInfo(hits=1, misses=3, maxsize=32, currsize=2)");
}
