//! Two processes in one: each has its memory, and both share a store.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{Memory, MessagePack, Tiered, TypedStore};
use cachetools::{Cache, CallExt, Outcome};

static RUNS: AtomicU32 = AtomicU32::new(0);

/// What a process would do: memory in front of the shared store. Instead of `Memory` it would name Redis.
fn process(shared: &Memory) -> Tiered<u32, u64> {
    let store = TypedStore::new(shared.clone()).codec(MessagePack).namespace("squares").version(1);
    Cache::builder().name("square").lru(100).ttl(Duration::from_secs(600)).store(store).build()
}

async fn square(cache: &Tiered<u32, u64>, number: u32) -> (u64, Outcome) {
    let load = async {
        RUNS.fetch_add(1, Ordering::Relaxed);
        u64::from(number).pow(2)
    };
    cache.get_with(number, load).traced().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let shared = Memory::new(1000);
    let (one, other) = (process(&shared), process(&shared));

    println!("one:   {:?}", square(&one, 12).await);
    println!("other: {:?}", square(&other, 12).await);
    assert_eq!(square(&one, 12).await, (144, Outcome::Hit));
    assert_eq!(square(&other, 12).await, (144, Outcome::Hit));
    assert_eq!((RUNS.load(Ordering::Relaxed), other.tier_stats().hits), (1, 1));

    // A decision holds at once in the process that makes it, and reaches the store a moment later.
    one.invalidate(&12);
    one.flush().await;
    assert!(shared.is_empty());

    // The other goes on with what is in its memory, until its time is over. (Over Redis, it would hear of the change.)
    assert_eq!(square(&other, 12).await, (144, Outcome::Hit));
    assert_eq!(square(&one, 12).await, (144, Outcome::Ran));
}
