//! Floor 4: the cache and its verbs.

pub(crate) mod ask;
pub(crate) mod call;
pub(crate) mod mode;
mod options;

use std::fmt;
use std::future::poll_fn;
use std::hash::Hash;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use equivalent::Equivalent;

pub(crate) use options::About;
pub use options::{CacheBuilder, CacheParameters, PolicyKind};

use crate::flight::Flights;
use crate::ground::here;
use crate::ground::key::{CacheKey, Hashed, Key, KeyOwned, hash_of, key};
use crate::ground::stats::{CacheInfo, CacheStats};
use call::{Joined, Lead, Start, start};
use mode::{ByClone, CacheValue, Mode, Plain};

/// A cache of the values of async calls, in which concurrent calls with one key share one run.
///
/// It is what the attributes put behind a function, and what one can have without them. A clone is the same cache.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use cachetools::Cache;
///
/// let cache = Cache::<u64, String>::builder().lru(1000).build();
/// let name = cache.get_with(7, async { "seven".to_owned() }).await;
/// assert_eq!(name, "seven");
/// assert_eq!(cache.get(&7), Some(name)); // stored
/// assert!(cache.invalidate(&7));
/// assert_eq!(cache.info().to_string(), "CacheInfo(hits=1, misses=1, maxsize=1000, currsize=0)");
/// # }
/// ```
///
/// # User code under locks
///
/// `Eq` of keys and `Clone` of values run while a shard is locked; `Hash`, `Drop`, and all closures do not. If they call
/// back into a cache, whichever, nothing blocks: reads answer as if nothing were stored, calls run as the plain function, and
/// writes are made as soon as the lock is free. If they panic, the cache stays whole.
pub struct Cache<K, V> {
    flights: Arc<Flights<K, V>>,
    about: Arc<About>,
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { flights: self.flights.clone(), about: self.about.clone() }
    }
}

impl<K, V> Default for Cache<K, V> {
    /// 128 entries, least recently used first out.
    fn default() -> Self {
        Self::builder().build()
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CacheParameters { name, policy, maxsize, ttl, .. } = self.parameters();
        let mut shown = f.debug_struct("Cache");
        shown.field("name", &name).field("policy", &policy).field("maxsize", &maxsize).field("ttl", &ttl);
        shown.finish_non_exhaustive()
    }
}

/// How to close a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// Wait for the running calls.
    Wait,
    /// Give the running calls up: their callers go on as the plain function.
    Cancel,
}

impl<K, V> Cache<K, V> {
    /// Sets up a cache.
    pub const fn builder() -> CacheBuilder<K, V> {
        CacheBuilder::new()
    }

    /// Hits, misses and size. Takes out what has expired, so that it is not counted.
    pub fn info(&self) -> CacheInfo {
        let tally = &self.flights.tally;
        let (mut stored, mut hits) = (0, tally.coalesced.get());
        let misses = tally.misses.get();
        self.remove_expired();
        if let Some(here) = here::lock() {
            for shard in self.flights.table().lock_each(&here) {
                stored += shard.len() as u64;
                hits += shard.hits();
            }
        }
        CacheInfo { hits, misses, maxsize: self.maxsize(), currsize: stored }
    }

    /// The fuller picture.
    pub fn stats(&self) -> CacheStats {
        let tally = &self.flights.tally;
        let mut stats = CacheStats {
            coalesced: tally.coalesced.get(),
            misses: tally.misses.get(),
            loads: tally.loads.get(),
            load_errors: tally.load_errors.get(),
            load_time: Duration::from_nanos(tally.load_nanos.get()),
            refreshes: tally.refreshes.get(),
            running: self.flights.gate.running() as u64,
            ..CacheStats::default()
        };
        if let Some(here) = here::lock() {
            for shard in self.flights.table().lock_each(&here) {
                stats.hits += shard.hits();
                let evictions = shard.evictions();
                stats.evictions.expired += evictions.expired;
                stats.evictions.evicted += evictions.evicted;
                stats.evictions.invalidated += evictions.invalidated;
                stats.evictions.replaced += evictions.replaced;
            }
        }
        stats
    }

    /// How the cache was set up, and whether it is in use.
    pub fn parameters(&self) -> CacheParameters {
        let About { name, ttl, ignored } = &*self.about;
        let maxsize = self.maxsize();
        CacheParameters {
            name: name.clone(),
            policy: if maxsize.is_some() { PolicyKind::Lru } else { PolicyKind::Unbounded },
            maxsize,
            ttl: *ttl,
            ignored,
            running: self.flights.gate.running() as u64,
            closed: self.flights.gate.is_closed(),
        }
    }

    /// Forgets everything and sets the counters to zero. A running call keeps its callers; what it brings is not stored, and
    /// who calls from now on does not join it.
    pub fn clear(&self)
    where
        K: 'static,
        V: 'static,
    {
        if let Some(here) = here::lock() {
            let gone = self.flights.clear(&here);
            drop(here);
            drop(gone);
        } else {
            let this = self.clone();
            here::outside(move || this.clear());
        }
    }

    /// Takes out what has expired, without waiting for the traffic to do it.
    pub fn remove_expired(&self) {
        if let Some(here) = here::lock() {
            let removed = self.flights.sweep(&here);
            drop(here);
            drop(removed);
        }
    }

    /// Closes the cache: from now on calls run as the plain function, and what is stored stays readable. Ends when no call
    /// is running ([`Close::Wait`]), or at once ([`Close::Cancel`]). Nothing happens until the future is polled, and closing a
    /// second time is no error.
    pub async fn close(&self, how: Close)
    where
        K: 'static,
        V: Clone + Send + Sync + 'static,
    {
        if let Some(here) = here::lock() {
            self.flights.close(&here);
            if how == Close::Cancel {
                self.flights.release(here);
            }
        }
        if how == Close::Wait {
            poll_fn(|context| self.flights.gate.poll_idle(context)).await;
        }
    }

    fn maxsize(&self) -> Option<u64> {
        self.flights.table().capacity().map(|capacity| capacity as u64)
    }
}

/// Looking up, with a key in whatever form it is looked up by.
impl<K, V: CacheValue> Cache<K, V> {
    /// The value, counted as a hit and as a use. A miss is not counted: nothing is loaded.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        let hash = self.hash(key);
        self.flights.get(&here::lock()?, hash, |other| key.equivalent(other))
    }

    /// The value, with no effect on counters or order.
    pub fn peek<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        let hash = self.hash(key);
        self.flights.peek(&here::lock()?, hash, |other| key.equivalent(other))
    }

    /// Whether the value is stored, or being loaded. No effect on counters or order.
    pub fn contains<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> bool {
        let hash = self.hash(key);
        here::lock().is_some_and(|here| self.flights.contains(&here, hash, |other| key.equivalent(other)))
    }

    /// Clones of the entries that are stored now, in no order. Counters and order do not notice, and no lock is held when it
    /// returns.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + use<K, V>
    where
        K: Clone,
    {
        let entries = here::lock().map(|here| self.flights.entries(&here));
        entries.into_iter().flatten()
    }

    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        hash_of(key, &self.flights.seed)
    }
}

/// Forgetting one call, and priming it.
impl<K: 'static, V: CacheValue> Cache<K, V> {
    /// Forgets a value; says whether it was there, or being loaded. Who waits for a running load still gets its value, but it
    /// is not stored, and who calls from now on starts a new one.
    pub fn invalidate<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> bool {
        self.invalidate_by(self.hash(key), |other| key.equivalent(other))
    }

    /// Stores a value. A running load keeps its callers; what it brings is not stored.
    pub fn insert(&self, key: K, value: V)
    where
        K: CacheKey,
    {
        insert(self, self::key(KeyOwned(key)), value);
    }

    fn invalidate_by(&self, hash: u64, same: impl Fn(&K) -> bool) -> bool {
        let Some(here) = here::lock() else {
            let this = self.clone();
            here::outside(move || this.invalidate_hash(hash));
            return false;
        };
        let (gone, was_there) = self.flights.invalidate(&here, hash, same);
        drop(here);
        drop(gone);
        was_there
    }

    /// Forgets whatever has this hash: to be made up for later, when the key that was lent is gone.
    fn invalidate_hash(&self, hash: u64) {
        while self.invalidate_by(hash, |_| true) {}
    }

    fn insert_owned(&self, key: Hashed<K>, value: V) {
        let kept = self.flights.kept(value);
        match here::lock() {
            Some(here) => {
                let gone = self.flights.insert(&here, key, kept);
                drop(here);
                drop(gone);
            }
            None => {
                let flights = self.flights.clone();
                here::outside(move || {
                    let gone = here::lock().map(|here| flights.insert(&here, key, kept));
                    drop(gone);
                });
            }
        }
    }
}

/// Loading. The future is the body of the call: it is polled only if no value is stored and no call is running.
impl<K: CacheKey, V: CacheValue> Cache<K, V> {
    /// The value; loads it if need be. Concurrent calls with one key share one run. If the caller that runs `load` leaves, the
    /// next waiter runs its own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use cachetools::Cache;
    /// let cache = Cache::<u64, u64>::builder().build();
    /// let (one, two) = tokio::join!(cache.get_with(1, async { 10 }), cache.get_with(1, async { unreachable!() }));
    /// assert_eq!((one, two), (10, 10));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn get_with(&self, key: K, load: impl Future<Output = V>) -> V {
        call(self, key, Plain, load).await
    }

    /// As [`get_with`](Self::get_with), for a load that may fail. All who wait get the error of the one run; it is never kept.
    ///
    /// # Errors
    ///
    /// Those of `load`.
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn try_get_with<E>(&self, key: K, load: impl Future<Output = Result<V, E>>) -> Result<V, E>
    where
        E: Clone + Send + Sync + 'static,
    {
        call(self, key, ByClone, load).await
    }

    /// The same verbs, for loads that own all they need: whoever waits drives the load, and a caller that leaves takes
    /// nothing with it.
    pub const fn shared(&self) -> SharedCalls<'_, K, V> {
        SharedCalls(self)
    }

    /// The same verbs, for loads that finish although every caller has left: each runs in a tokio task of its own.
    #[cfg(feature = "tokio")]
    pub const fn detached(&self) -> DetachedCalls<'_, K, V> {
        DetachedCalls(self)
    }
}

async fn call<K: CacheKey, V: CacheValue, R>(
    cache: &Cache<K, V>,
    owned: K,
    mode: impl Mode<R, V>,
    load: impl Future<Output = R>,
) -> R {
    match start(cache, key(KeyOwned(owned)), mode) {
        Start::Hit(result) => result,
        Start::Miss(pending) => match pending.join().await {
            Joined::Done(result) => result,
            Joined::Lead(lead) => lead.run(pin!(load)).await,
        },
    }
}

/// Calls whose loads are driven by whoever waits: see [`Cache::shared`].
#[derive(Debug)]
pub struct SharedCalls<'a, K, V>(&'a Cache<K, V>);

/// Calls whose loads run in tasks of their own: see [`Cache::detached`].
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub struct DetachedCalls<'a, K, V>(&'a Cache<K, V>);

macro_rules! owned_calls {
    ($(#[$cfg:meta])* $calls:ident, $hand_over:ident) => {
        $(#[$cfg])*
        impl<K: CacheKey, V: CacheValue> $calls<'_, K, V> {
            /// See [`Cache::get_with`].
            ///
            /// # Panics
            ///
            /// If `load` panics: in the caller that brought it, or if that has left, in the one that drove it.
            pub async fn get_with(&self, key: K, load: impl Future<Output = V> + Send + 'static) -> V {
                self.call(key, Plain, load).await
            }

            /// See [`Cache::try_get_with`].
            ///
            /// # Errors
            ///
            /// Those of `load`.
            ///
            /// # Panics
            ///
            /// If `load` panics: in the caller that brought it, or if that has left, in the one that drove it.
            pub async fn try_get_with<E>(
                &self,
                key: K,
                load: impl Future<Output = Result<V, E>> + Send + 'static,
            ) -> Result<V, E>
            where
                E: Clone + Send + Sync + 'static,
            {
                self.call(key, ByClone, load).await
            }

            async fn call<R: Send + 'static>(
                &self,
                owned: K,
                mode: impl Mode<R, V>,
                load: impl Future<Output = R> + Send + 'static,
            ) -> R {
                match start(self.0, key(KeyOwned(owned)), mode) {
                    Start::Hit(result) => result,
                    Start::Miss(pending) => match pending.join().await {
                        Joined::Done(result) => result,
                        Joined::Lead(lead) => Lead::$hand_over(lead, load).await,
                    },
                }
            }
        }
    };
}
owned_calls!(SharedCalls, share);
owned_calls! {
    #[cfg(feature = "tokio")]
    DetachedCalls, detach
}

/// [`Cache::contains`], for the handle of a function.
pub fn contains<K, V: CacheValue, Q>(cache: &Cache<K, V>, key: Key<Q, K>) -> bool {
    let hash = key.hash(&cache.flights.seed);
    here::lock().is_some_and(|here| cache.flights.contains(&here, hash, |other| key.is(other)))
}

/// [`Cache::peek`], for the handle of a function.
pub fn peek<K, V: CacheValue, Q>(cache: &Cache<K, V>, key: Key<Q, K>) -> Option<V> {
    let hash = key.hash(&cache.flights.seed);
    cache.flights.peek(&here::lock()?, hash, |other| key.is(other))
}

/// [`Cache::invalidate`], for the handle of a function.
pub fn invalidate<K: 'static, V: CacheValue, Q>(cache: &Cache<K, V>, key: Key<Q, K>) -> bool {
    let hash = key.hash(&cache.flights.seed);
    cache.invalidate_by(hash, |other| key.is(other))
}

/// [`Cache::insert`], for the handle of a function.
pub fn insert<K: 'static, V: CacheValue, Q>(cache: &Cache<K, V>, key: Key<Q, K>, value: V) {
    let hash = key.hash(&cache.flights.seed);
    cache.insert_owned(key.own(hash), value);
}
