//! The calls that are measured: ours, and the same function in front of each peer, as one would write it.
//!
//! All caches are statics behind a `LazyLock`, as the attributes make them.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache as Quick;

/// What stands in front of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// Concurrent calls of one key run the body once.
    pub(crate) safe: bool,
    /// It holds so many entries and no more.
    pub(crate) bounded: bool,
}

const fn safe(name: &'static str) -> Subject {
    Subject { name, safe: true, bounded: true }
}

const fn unsafe_from_stampedes(name: &'static str) -> Subject {
    Subject { name, safe: false, bounded: true }
}

const fn unbounded(name: &'static str) -> Subject {
    Subject { name, safe: false, bounded: false }
}

pub(crate) const EMPTY: Subject = unbounded("an empty async call");
pub(crate) const FLOOR: Subject = unbounded("HashMap without a lock");
pub(crate) const OURS: Subject = safe("cachetools");
pub(crate) const OURS_INLINE: Subject = safe("cachetools, flight = inline");
pub(crate) const OURS_TTL: Subject = safe("cachetools, ttl = 10m");
pub(crate) const OURS_LFU: Subject = safe("cachetools, lfu");
pub(crate) const OURS_FIFO: Subject = safe("cachetools, fifo");
pub(crate) const OURS_RANDOM: Subject = safe("cachetools, random");
pub(crate) const OURS_SIEVE: Subject = safe("cachetools, sieve");
pub(crate) const OURS_S3_FIFO: Subject = safe("cachetools, s3_fifo");
pub(crate) const OURS_TINY_LFU: Subject = safe("cachetools, tiny_lfu");
pub(crate) const OURS_UNBOUNDED: Subject = Subject { name: "cachetools, unbounded", safe: true, bounded: false };
pub(crate) const QUICK: Subject = unsafe_from_stampedes("quick_cache get, insert");
pub(crate) const QUICK_SAFE: Subject = safe("quick_cache get_or_insert_async");
pub(crate) const MOKA: Subject = unsafe_from_stampedes("moka get, insert");
pub(crate) const MOKA_SAFE: Subject = safe("moka get_with");
pub(crate) const CACHED: Subject = unsafe_from_stampedes("cached");
pub(crate) const CACHED_BY_KEY: Subject = safe("cached, sync_writes = by_key");
pub(crate) const CACHED_CONCURRENT: Subject = unsafe_from_stampedes("cached, concurrent_cached");
pub(crate) const FOYER: Subject = unsafe_from_stampedes("foyer get, insert");
pub(crate) const FOYER_SAFE: Subject = safe("foyer get_or_fetch");
pub(crate) const DASHMAP: Subject = unbounded("dashmap");

/// Something to be done with every call.
pub(crate) trait Visit {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static;
}

pub(crate) fn foyer<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static>(
    capacity: usize,
) -> foyer_memory::Cache<K, V> {
    foyer_memory::CacheBuilder::new(capacity).with_eviction_config(foyer_memory::LruConfig::default()).build()
}

/// A module with the calls of `u64 -> u64`: its name, how many entries each cache holds, and the body.
macro_rules! numbers {
    ($(#[$doc:meta])* $module:ident, $capacity:tt, |$key:ident| $body:expr) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use super::*;
            use std::sync::LazyLock;

            async fn body($key: u64) -> u64 {
                $body
            }

            #[cachetools::cached(lru = $capacity)]
            pub(crate) async fn ours(key: u64) -> u64 {
                body(key).await
            }

            #[cachetools::cached(lru = $capacity, flight = inline)]
            pub(crate) async fn ours_inline(key: u64) -> u64 {
                body(key).await
            }

            #[cachetools::cached(lru = $capacity, ttl = "10m")]
            pub(crate) async fn ours_ttl(key: u64) -> u64 {
                body(key).await
            }

            pub(crate) async fn quick(key: u64) -> u64 {
                static CACHE: LazyLock<Quick<u64, u64>> = LazyLock::new(|| Quick::new($capacity));
                if let Some(value) = CACHE.get(&key) {
                    return value;
                }
                let value = body(key).await;
                CACHE.insert(key, value);
                value
            }

            pub(crate) async fn quick_safe(key: u64) -> u64 {
                static CACHE: LazyLock<Quick<u64, u64>> = LazyLock::new(|| Quick::new($capacity));
                match CACHE.get_or_insert_async(&key, async { Ok::<_, std::convert::Infallible>(body(key).await) }).await {
                    Ok(value) => value,
                }
            }

            pub(crate) async fn moka(key: u64) -> u64 {
                static CACHE: LazyLock<moka::future::Cache<u64, u64>> = LazyLock::new(|| moka::future::Cache::new($capacity));
                if let Some(value) = CACHE.get(&key).await {
                    return value;
                }
                let value = body(key).await;
                CACHE.insert(key, value).await;
                value
            }

            pub(crate) async fn moka_safe(key: u64) -> u64 {
                static CACHE: LazyLock<moka::future::Cache<u64, u64>> = LazyLock::new(|| moka::future::Cache::new($capacity));
                CACHE.get_with(key, body(key)).await
            }

            #[cached::macros::cached(max_size = $capacity)]
            pub(crate) async fn plain(key: u64) -> u64 {
                body(key).await
            }

            #[cached::macros::cached(max_size = $capacity, sync_writes = "by_key")]
            pub(crate) async fn by_key(key: u64) -> u64 {
                body(key).await
            }

            #[cached::macros::concurrent_cached(max_size = $capacity)]
            pub(crate) async fn concurrent(key: u64) -> u64 {
                body(key).await
            }

            pub(crate) async fn foyer(key: u64) -> u64 {
                static CACHE: LazyLock<foyer_memory::Cache<u64, u64>> = LazyLock::new(|| super::foyer($capacity));
                if let Some(entry) = CACHE.get(&key) {
                    return *entry.value();
                }
                let value = body(key).await;
                CACHE.insert(key, value);
                value
            }

            pub(crate) async fn foyer_safe(key: u64) -> u64 {
                static CACHE: LazyLock<foyer_memory::Cache<u64, u64>> = LazyLock::new(|| super::foyer($capacity));
                let load = move || async move { Ok::<_, std::io::Error>(body(key).await) };
                *CACHE.get_or_fetch(&key, load).await.expect("the body does not fail").value()
            }

            /// Every bounded call.
            pub(crate) fn bounded(visit: &mut impl Visit) {
                visit.call(OURS, ours);
                visit.call(OURS_INLINE, ours_inline);
                visit.call(OURS_TTL, ours_ttl);
                visit.call(QUICK, quick);
                visit.call(QUICK_SAFE, quick_safe);
                visit.call(MOKA, moka);
                visit.call(MOKA_SAFE, moka_safe);
                visit.call(CACHED, plain);
                visit.call(CACHED_BY_KEY, by_key);
                visit.call(CACHED_CONCURRENT, concurrent);
                visit.call(FOYER, foyer);
                visit.call(FOYER_SAFE, foyer_safe);
            }
        }
    };
}

numbers! {
    /// A body that costs nothing: what is measured is the cache.
    trivial, 10000, |key| key ^ 0x5555
}

numbers! {
    /// Room for a million entries.
    million, 1_000_000, |key| key ^ 0x5555
}

/// How often [`slow`]'s body ran.
pub(crate) static RUNS: AtomicU64 = AtomicU64::new(0);
/// How long it takes.
pub(crate) const SLOW: Duration = Duration::from_millis(20);

numbers! {
    /// A body that takes its time.
    slow, 10000, |key| {
        RUNS.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(SLOW).await;
        key ^ 0x5555
    }
}

/// A module with the calls of ours under each order of eviction but the default.
macro_rules! orders {
    ($(#[$doc:meta])* $module:ident, $capacity:tt, $($order:ident $subject:ident),*) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use super::{$($subject,)* Visit};

            $(
                #[cachetools::cached($order = $capacity)]
                pub(crate) async fn $order(key: u64) -> u64 {
                    key ^ 0x5555
                }
            )*

            pub(crate) fn all(visit: &mut impl Visit) {
                $(visit.call($subject, $order);)*
            }
        }
    };
    ($(#[$doc:meta])* $module:ident, $capacity:tt) => {
        orders! {
            $(#[$doc])* $module, $capacity,
            lfu OURS_LFU, fifo OURS_FIFO, random OURS_RANDOM, sieve OURS_SIEVE, s3_fifo OURS_S3_FIFO, tiny_lfu OURS_TINY_LFU
        }
    };
}

orders! {
    /// As [`trivial`].
    trivial_by_order, 10_000
}

orders! {
    /// As [`million`].
    million_by_order, 1_000_000
}

/// What is no peer: the cost of a call and of a map, and caches without a bound.
pub(crate) mod unbounded {
    use std::collections::HashMap;
    use std::sync::LazyLock;

    use dashmap::DashMap;
    use foldhash::fast::RandomState;

    use super::{DASHMAP, EMPTY, FLOOR, OURS_UNBOUNDED, Visit};

    async fn empty(key: u64) -> u64 {
        key ^ 0x5555
    }

    /// A call that hits each time: the map is full from the start, and nobody writes.
    async fn floor(key: u64) -> u64 {
        static MAP: LazyLock<HashMap<u64, u64, RandomState>> =
            LazyLock::new(|| (0..u64::from(u16::MAX)).map(|key| (key, key ^ 0x5555)).collect());
        MAP.get(&key).copied().unwrap_or_default()
    }

    async fn dashmap(key: u64) -> u64 {
        static MAP: LazyLock<DashMap<u64, u64, RandomState>> = LazyLock::new(DashMap::default);
        if let Some(value) = MAP.get(&key) {
            return *value;
        }
        let value = key ^ 0x5555;
        MAP.insert(key, value);
        value
    }

    #[cachetools::cached(unbounded)]
    pub(crate) async fn ours(key: u64) -> u64 {
        key ^ 0x5555
    }

    /// What is filled from empty.
    pub(crate) fn fill(visit: &mut impl Visit) {
        visit.call(DASHMAP, dashmap);
        visit.call(OURS_UNBOUNDED, ours);
    }

    pub(crate) fn all(visit: &mut impl Visit) {
        visit.call(EMPTY, empty);
        visit.call(FLOOR, floor);
        visit.call(DASHMAP, dashmap);
        visit.call(OURS_UNBOUNDED, ours);
    }
}
