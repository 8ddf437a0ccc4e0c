//! Functions that live in a type only to have a good name: cached like any other.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cachetools::cachedmethod;

static RUNS: AtomicU32 = AtomicU32::new(0);

struct Numbers;

impl Numbers {
    #[cachedmethod(ttl = "10m")]
    pub async fn increment(number: u32) -> u32 {
        RUNS.fetch_add(1, Relaxed);
        number + 1
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Numbers::increment(5).await, 6);
    assert_eq!(Numbers::increment(5).await, 6);
    assert_eq!(RUNS.load(Relaxed), 1);
    println!("{}", Numbers::increment_cache().cache_info());
    assert!(Numbers::increment_cache().cache_invalidate(5));
}
