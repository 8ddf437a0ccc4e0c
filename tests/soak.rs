//! All operations in all threads for a while, with memory counted: nothing hangs, nothing grows, and in the end nothing is left.
//!
//! `CACHETOOLS_SOAK_SECONDS` says for how long, 20 unless told otherwise; `cargo xtask soak` takes ten minutes in release.

#![allow(unsafe_code, reason = "an allocator that counts has to be one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use cachetools::{Cache, CacheBuilder};
use futures::executor::block_on;

struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

/// Sizes are far below what overflows an `i64`.
fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

// SAFETY: all is left to the system's allocator, whose promises are the ones that have to be kept; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(signed(layout.size()), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on as they are.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE.fetch_sub(signed(layout.size()), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KEYS: u64 = 4_000;
const THREADS: u64 = 4;

type Builder = CacheBuilder<u64, String>;

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    /// Small ones far more often than large ones.
    fn key(&mut self) -> u64 {
        let below = self.below(KEYS) + 1;
        self.below(below)
    }
}

/// Pending once, as a load that waits for something is.
async fn once() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn load(key: u64, length: u64, fails: bool) -> Result<String, String> {
    once().await;
    if fails { Err(format!("{key} is not to be had")) } else { Ok(value(key, length)) }
}

fn value(key: u64, length: u64) -> String {
    let mut value = key.to_string();
    value.extend(std::iter::repeat_n('.', usize::try_from(length).expect("some hundreds")));
    value
}

fn belongs(value: &str, key: u64) {
    assert_eq!(value.trim_end_matches('.'), key.to_string(), "a value of another key");
}

fn caches() -> Vec<Cache<u64, String>> {
    let ttl = Duration::from_millis(30);
    let evicted = |key: u64, value: String, _| belongs(&value, key);
    let kinds: [Builder; 6] = [
        Cache::builder().lru(500).ttl(ttl..=2 * ttl).on_evict(evicted),
        Cache::builder().tiny_lfu(50_000).weigh(|_, value: &String| value.len()),
        Cache::builder().s3_fifo(1_500).tti(ttl),
        Cache::builder().sieve(300),
        Cache::builder().lfu(20_000).weigh(|_, value: &String| value.len()).ttl(ttl).on_evict(evicted),
        Cache::builder().unbounded().ttl_with(move |key, _| (key % 2 == 0).then_some(ttl)),
    ];
    kinds.into_iter().map(Builder::build).collect()
}

fn step(cache: &Cache<u64, String>, random: &mut Random) {
    let (key, length, fails) = (random.key(), random.below(200), random.below(20) == 0);
    match random.below(1_000) {
        0..500 => {
            let loaded = block_on(cache.shared().try_get_with(key, load(key, length, fails)));
            if let Ok(value) = loaded {
                belongs(&value, key);
            }
        }
        500..700 => {
            let loaded = block_on(cache.try_get_with(key, load(key, length, fails)));
            if let Ok(value) = loaded {
                belongs(&value, key);
            }
        }
        700..750 => {
            // A caller that leaves in the middle.
            let shared = cache.shared();
            let mut call = pin!(shared.try_get_with(key, load(key, length, fails)));
            let _ = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        750..850 => cache.insert(key, value(key, length)),
        850..900 => drop(cache.invalidate(&key)),
        900..950 => cache.get(&key).into_iter().for_each(|value| belongs(&value, key)),
        950..990 => drop((cache.contains(&key), cache.peek(&key))),
        990..996 => drop((cache.info(), cache.stats(), cache.parameters())),
        996 => cache.remove_expired(),
        997 => cache.iter().for_each(|(key, value)| belongs(&value, key)),
        998 => {
            let bound = cache.info().maxsize.unwrap_or(1_000).max(200);
            cache.set_capacity(usize::try_from(bound / 2).expect("a bound of ours"));
            cache.set_capacity(usize::try_from(bound).expect("a bound of ours"));
        }
        _ if random.below(20) == 0 => cache.clear(),
        _ => {}
    }
}

#[test]
fn all_operations_in_all_threads_hang_nowhere_and_grow_nothing() {
    let seconds = std::env::var("CACHETOOLS_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(20);
    let length = Duration::from_secs(seconds);
    let empty = LIVE.load(Ordering::Relaxed);
    let caches = caches();
    let (over, steps) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut peaks = Vec::new();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (caches, over, steps) = (&caches, &over, &steps);
            scope.spawn(move || {
                let mut random = Random(0x9E37_79B9 + thread);
                while !over.load(Ordering::Relaxed) {
                    for cache in caches {
                        step(cache, &mut random);
                    }
                    steps.fetch_add(caches.len() as u64, Ordering::Relaxed);
                }
            });
        }
        // Ten windows; the most memory that was live in each.
        let begin = Instant::now();
        let mut before = 0;
        for window in 1..=10 {
            let mut peak = 0;
            while begin.elapsed() < length * window / 10 {
                peak = peak.max(LIVE.load(Ordering::Relaxed) - empty);
                thread::yield_now();
            }
            peaks.push(peak);
            let now = steps.load(Ordering::Relaxed);
            assert!(now > before, "no step in a whole window: something hangs");
            before = now;
        }
        over.store(true, Ordering::Relaxed);
    });
    println!("{} steps; the most live bytes of each tenth: {peaks:?}", steps.load(Ordering::Relaxed));
    let early = peaks[1].max(peaks[2]).max(peaks[3]);
    let late = peaks[9];
    assert!(late <= early + early / 2, "memory grew from {early} to {late} bytes");
    for cache in &caches {
        assert_eq!(cache.parameters().running, 0);
        let info = cache.info();
        assert!(info.maxsize.is_none_or(|bound| info.currsize <= bound), "{info}");
        cache.clear();
        assert_eq!(cache.info().currsize, 0);
    }
    drop(caches);
    let left = LIVE.load(Ordering::Relaxed) - empty;
    assert!(left < 64 * 1024, "{left} bytes are left when all caches are gone");
}
