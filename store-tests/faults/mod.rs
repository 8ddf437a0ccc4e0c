//! Stores that fail under load: right values, and no long waits. `cargo xtask faults` prints the table.

mod disk;
mod network;
mod servers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cachetools::Cache;
use cachetools::store::{Tiered, TypedStore};

const SECOND: Duration = Duration::from_secs(1);

/// How long a call waits for the store, each of the two times.
const LIMIT: Duration = Duration::from_millis(100);

/// What the callers saw.
#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    wrong: AtomicU64,
    by_store: AtomicU64,
    longest: AtomicU64,
}

impl Seen {
    fn by_store(&self) -> u64 {
        self.by_store.load(Ordering::SeqCst)
    }
}

/// Callers of keys whose values have versions: an invalidation makes the next version the right one. Each caller has keys of its
/// own, so that it knows which version is right.
#[derive(Clone, Copy)]
struct Load {
    callers: u32,
    keys: u32,
    /// How many bytes a value has.
    size: usize,
    limit: Duration,
    /// It has recovered when the store has answered so many calls.
    answers: u64,
}

const LOAD: Load = Load { callers: 8, keys: 20, size: 0, limit: LIMIT, answers: 100 };

impl Load {
    fn cache(self, store: TypedStore) -> Tiered<u32, (u64, String)> {
        Cache::builder().name("f").store(store).limit(self.limit).memory(false).build()
    }

    /// One of the callers.
    async fn call(self, caller: u32, cache: Tiered<u32, (u64, String)>, seen: Arc<Seen>, stop: Arc<AtomicBool>) {
        let mut versions = vec![0_u64; self.keys as usize];
        let text = "x".repeat(self.size);
        for call in 0_u32.. {
            if stop.load(Ordering::SeqCst) {
                return;
            }
            let index = call % self.keys;
            let (key, version) = (caller * self.keys + index, &mut versions[index as usize]);
            if call % 7 == 0 {
                *version += 1;
                cache.invalidate(&key);
            }
            let (begin, right) = (Instant::now(), (*version, &text));
            let ran = AtomicBool::new(false);
            let value = cache.get_with(key, async {
                ran.store(true, Ordering::SeqCst);
                (right.0, right.1.clone())
            });
            let value = value.await;
            let took = u64::try_from(begin.elapsed().as_micros()).unwrap();
            seen.calls.fetch_add(1, Ordering::SeqCst);
            seen.wrong.fetch_add(u64::from((value.0, &value.1) != right), Ordering::SeqCst);
            seen.by_store.fetch_add(u64::from(!ran.into_inner()), Ordering::SeqCst);
            seen.longest.fetch_max(took, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    }

    /// Has them call while there are faults, whose number `faults` returns, and until the store answers again.
    async fn run(self, name: &str, store: TypedStore, faults: impl Future<Output = u64>) {
        let cache = self.cache(store);
        let (seen, stop) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
        let callers = (0..self.callers)
            .map(|caller| tokio::spawn(self.call(caller, cache.clone(), seen.clone(), stop.clone())))
            .collect::<Vec<_>>();
        let count = faults.await;
        let (before, begin) = (seen.by_store(), Instant::now());
        while seen.by_store() < before + self.answers {
            assert!(begin.elapsed() < SECOND * 60, "{name}: it does not recover, {:?}", cache.tier_stats());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let recovered = begin.elapsed();
        stop.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.unwrap();
        }
        let (calls, wrong) = (seen.calls.load(Ordering::SeqCst), seen.wrong.load(Ordering::SeqCst));
        let longest = Duration::from_micros(seen.longest.load(Ordering::SeqCst));
        println!("| {name} | {calls} | {count} | {wrong} | {longest:.0?} | {recovered:.0?} |");
        assert_eq!(wrong, 0, "{name}");
        // Twice the limit, and what a busy machine adds.
        assert!(longest < self.limit * 2 + SECOND * 2, "{name}: {longest:?}");
    }
}

async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
