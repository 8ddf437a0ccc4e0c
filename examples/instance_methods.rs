//! Methods: each object has its own cache, which goes when the object goes. One field serves all cached methods of a type.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cachetools::{InstanceCaches, cachedmethod};

#[derive(Default)]
struct Counter {
    step: u32,
    runs: AtomicU32,
    caches: InstanceCaches,
}

impl Counter {
    fn by(step: u32) -> Self {
        Self { step, ..Self::default() }
    }

    #[cachedmethod(lru = 32)]
    pub async fn increment(&self, number: u32) -> u32 {
        self.runs.fetch_add(1, Relaxed);
        number + self.step
    }

    // `self` is never part of the key here, and the real arguments always are, unless they are ignored by name.
    #[cachedmethod(lru = 32, ignore = "trace")]
    pub async fn describe(&self, trace: &str, number: u32, unit: &str) -> String {
        self.runs.fetch_add(1, Relaxed);
        format!("{} {unit} ({trace})", number + self.step)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let one = Counter::by(1);
    assert_eq!(one.increment(5).await, 6);
    assert_eq!(one.increment(5).await, 6);
    assert_eq!(one.increment(6).await, 7);
    assert_eq!(one.runs.load(Relaxed), 2);

    let ten = Counter::by(10);
    assert_eq!(ten.increment(5).await, 15);
    assert_eq!((one.runs.load(Relaxed), ten.runs.load(Relaxed)), (2, 1));

    // Beside each method that is visible elsewhere stands its handle.
    println!("one: {}", one.increment_cache().cache_info());
    println!("ten: {}", ten.increment_cache().cache_info());
    assert!(one.increment_cache().cache_invalidate(5));
    assert!(!one.increment_cache().cache_contains(5));
    assert!(ten.increment_cache().cache_contains(5));

    assert_eq!(ten.describe("first", 1, "cm").await, "11 cm (first)");
    assert_eq!(ten.describe("second", 1, "cm").await, "11 cm (first)");
    assert_eq!(ten.describe("third", 3, "cm").await, "13 cm (third)");
    assert!(ten.describe_cache().cache_invalidate(1, "cm"));
}
