//! A cache without an attribute: for keys that come from elsewhere, options that are read at run time, or a cache that is
//! one of many. The attributes use nothing but this.

use std::time::Duration;

use cachetools::{Cache, ManualClock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), std::num::ParseIntError> {
    let clock = ManualClock::new(); // time that moves when we say so; leave it out for the system's
    let cache: Cache<String, u32> =
        Cache::builder().name("lengths").lru(2).ttl(Duration::from_secs(60)).clock(clock.clone()).build();

    // Loading: the future is polled only if nothing is stored, and once for all who ask at the same time.
    let length = cache.get_with("one".to_owned(), async { 3 }).await;
    let again = cache.get_with("one".to_owned(), async { unreachable!("it is stored") }).await;
    assert_eq!((length, again), (3, 3));

    // Loads that may fail: an `Err` reaches all who wait, and is not kept.
    let bad = cache.try_get_with("two".to_owned(), async { "zwei".parse::<u32>() }).await;
    assert!(bad.is_err() && !cache.contains("two"));
    let good = cache.try_get_with("two".to_owned(), async { "3".parse::<u32>() }).await?;
    assert_eq!(good, 3);

    // A load that owns what it needs can be carried on by whoever waits, when the caller that began it leaves.
    let shared = cache.shared().get_with("three".to_owned(), async { 5 }).await;
    assert_eq!(shared, 5);

    // Three entries in a cache of two: the least recently used one has gone. A borrowed key does for looking up.
    assert_eq!(cache.get("one"), None);
    assert_eq!(cache.get("two"), Some(3));

    // At exactly its ttl an entry is gone, and no longer counted.
    clock.advance(Duration::from_secs(60));
    assert_eq!(cache.get("two"), None);
    assert_eq!(cache.info().currsize, 0);

    cache.insert("one".to_owned(), 3);
    assert!(cache.invalidate("one"));
    assert_eq!(cache.iter().count(), 0);
    println!("{:?}\n{}", cache.parameters(), cache.info());
    assert_eq!(cache.info().to_string(), "CacheInfo(hits=2, misses=4, maxsize=2, currsize=0)");
    Ok(())
}
