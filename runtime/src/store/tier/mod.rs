//! A cache with a store behind it: memory in front, and one flight over both.

mod back;
mod breaker;
mod errand;
pub(crate) mod generated;
mod lease;
mod ledger;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_core::Serialize;
use tokio::runtime::Handle;
use tokio::time::timeout;

pub use back::TierStats;
use errand::Errand;

use super::codec::Codec;
use super::error::StoreError;
use super::key_text::key_text;
use super::keys::Call;
use super::ttl::Ttl;
use super::typed::TypedStore;
use crate::cache::call::{Pending, Start};
use crate::cache::keyed;
use crate::cache::mode::{ByClone, CacheValue, Mode, Plain};
use crate::cache::{Cache, CacheBuilder, Close};
use crate::flight::Life;
use crate::ground::chance::Chance;
use crate::ground::key::{CacheKey, KeyOwned, key};
use back::Back;
use ledger::Change;

/// A cache in memory with a [`TypedStore`] behind it. A clone is the same.
///
/// A call looks in memory, then in the store, then runs; concurrent calls with one key share all of it. What a run brings is
/// kept in both, and lives as long in both: what comes from the store lives in memory only as long as it has left there.
///
/// [`insert`](Self::insert), [`invalidate`](Self::invalidate) and [`clear`](Self::clear) hold at once in this process, and reach the
/// store from a task of their own; until they have, what the store has is not read. Other processes go on serving what is in
/// their memory until its time is over.
///
/// A store that fails is none of the caller's business: the call runs. It waits for the store for
/// [half a second](TieredBuilder::limit) at the most, and a store that fails again and again is left alone for a while.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cachetools::store::StoreError> {
/// use cachetools::Cache;
/// use std::time::Duration;
///
/// let store = cachetools::store("memory://?namespace=squares")?; // or redis://, ...
/// let squares = || Cache::<u64, u64>::builder().lru(100).ttl(Duration::from_secs(600)).store(store.clone()).build();
///
/// let (one, other) = (squares(), squares()); // in two processes
/// assert_eq!(one.get_with(3, async { 9 }).await, 9);
/// assert_eq!(other.get_with(3, async { unreachable!() }).await, 9);
/// # Ok(())
/// # }
/// ```
pub struct Tiered<K, V> {
    near: Cache<K, V>,
    tier: Arc<Tier<K, V>>,
}

impl<K, V> Clone for Tiered<K, V> {
    fn clone(&self) -> Self {
        Self { near: self.near.clone(), tier: self.tier.clone() }
    }
}

impl<K, V> fmt::Debug for Tiered<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiered").field("near", &self.near).field("store", &self.tier.back.stats()).finish()
    }
}

/// What is behind the memory.
struct Tier<K, V> {
    back: Arc<Back>,
    coder: Box<dyn Coder<K, V>>,
    life: Arc<Life<K, V>>,
    chance: Chance,
    lease: Option<Duration>,
}

/// Keys and values as the store has them; so that no codec is in the type of a cache.
trait Coder<K, V>: Send + Sync {
    fn key(&self, key: &K, generation: &str) -> Result<String, StoreError>;
    fn open(&self, key: &str, bytes: &[u8]) -> Option<V>;
    fn seal(&self, key: &str, value: &V) -> Result<Vec<u8>, StoreError>;
    fn ttl(&self, ttl: Ttl) -> Option<Duration>;
}

struct Coded<C> {
    store: TypedStore<C>,
    name: String,
}

impl<C: Codec<V>, K: Serialize, V> Coder<K, V> for Coded<C> {
    fn key(&self, key: &K, generation: &str) -> Result<String, StoreError> {
        let mut args = key_text(key).map_err(|_| StoreError::InvalidKey { reason: "it cannot be written as text" })?;
        args.push_str(generation);
        let TypedStore { store, prefix, keys, .. } = &self.store;
        if self.name.is_empty() {
            return prefix.key(store, &args);
        }
        prefix.call(store, &**keys, Call::new(&self.name, &args))
    }

    fn open(&self, key: &str, bytes: &[u8]) -> Option<V> {
        self.store.open(key, bytes)
    }

    fn seal(&self, key: &str, value: &V) -> Result<Vec<u8>, StoreError> {
        self.store.seal(key, value)
    }

    fn ttl(&self, ttl: Ttl) -> Option<Duration> {
        self.store.ttl_of(ttl)
    }
}

impl<K, V> Tier<K, V> {
    /// How long a value lives in the store.
    fn ttl(&self, key: &K, value: &V) -> Option<Duration> {
        match &*self.life {
            Life::Forever => self.coder.ttl(Ttl::Default),
            Life::Ttl(ttl) => Some(ttl.draw(&self.chance)),
            Life::Computed(ttl) => ttl(key, value),
        }
    }
}

/// Sets up a [`Tiered`]: see [`CacheBuilder::store`].
#[must_use = "it sets up nothing until `build`"]
pub struct TieredBuilder<K, V, C> {
    cache: CacheBuilder<K, V>,
    store: TypedStore<C>,
    memory: bool,
    limit: Duration,
    lease: Option<Duration>,
    /// `<u32>`: what tells the keys of a generic function apart.
    types: String,
}

impl<K, V, C> fmt::Debug for TieredBuilder<K, V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TieredBuilder").field("cache", &self.cache).field("store", &self.store).finish_non_exhaustive()
    }
}

impl<K, V> CacheBuilder<K, V> {
    /// Puts a store behind the cache. Of the options that are the cache's, the ttl holds for both.
    pub fn store<C>(self, store: TypedStore<C>) -> TieredBuilder<K, V, C> {
        let limit = Duration::from_millis(500);
        TieredBuilder { cache: self, store, memory: true, limit, lease: None, types: String::new() }
    }
}

impl<K, V, C> TieredBuilder<K, V, C> {
    /// Makes bytes of values with `codec`.
    ///
    /// Defaults to: the store's.
    pub fn codec<D>(self, codec: D) -> TieredBuilder<K, V, D> {
        let Self { cache, store, memory, limit, lease, types } = self;
        TieredBuilder { cache, store: store.codec(codec), memory, limit, lease, types }
    }

    /// Keeps keys apart from those of other namespaces.
    ///
    /// Defaults to: the store's.
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.store = self.store.namespace(namespace);
        self
    }

    /// The version of what is stored: raise it when values of an earlier one must not be read any more.
    ///
    /// Defaults to: the store's.
    pub fn version(mut self, version: u32) -> Self {
        self.store = self.store.version(version);
        self
    }

    /// Whether there is memory in front of the store. Without, each call asks the store; concurrent calls still share one flight.
    ///
    /// Defaults to: `true`.
    pub fn memory(mut self, memory: bool) -> Self {
        self.memory = memory;
        self
    }

    /// Tells the keys of a generic function apart, by the name of a type with the same parameters.
    #[doc(hidden)]
    pub fn of_types(mut self, marker: &str) -> Self {
        self.types = marker.find('<').map_or_else(String::new, |at| marker[at..].to_owned());
        self
    }

    /// One run among many processes: who misses a key takes its lease in the store and runs; the others wait for the value, for the
    /// lease to be given back, or as long as the lease is, and then run themselves. A process that dies with a lease is followed
    /// when it lapses. A load should take less time than the lease.
    ///
    /// It needs a store with `add` and `compare_and_delete`, and with Memcached a length of whole seconds; where that fails, each
    /// process runs.
    ///
    /// Defaults to: none, each process runs.
    pub fn lease(mut self, length: Duration) -> Self {
        self.lease = Some(length);
        self
    }

    /// How long a call waits for the store, each time that it asks it something.
    ///
    /// Defaults to: half a second.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl<K, V, C> TieredBuilder<K, V, C>
where
    K: CacheKey + Serialize,
    V: CacheValue,
    C: Codec<V>,
{
    /// Builds the cache.
    pub fn build(self) -> Tiered<K, V> {
        let Self { cache, store, memory, limit, lease, types } = self;
        let name = format!("{}{types}", cache.shown_name());
        let prefix = store.prefix_of(&name);
        let back = Arc::new(Back::new(store.store.clone(), limit, prefix));
        let mut life = None;
        let cache = cache.map_life(|given| {
            let shared = life.insert(Arc::new(given)).clone();
            errand::near_life(shared, memory)
        });
        let life = life.unwrap_or_else(|| Arc::new(Life::Forever));
        let coder = Box::new(Coded { store, name });
        let tier = Tier { back, coder, life, chance: Chance::new(Chance::any_seed()), lease };
        Tiered { near: cache.build(), tier: Arc::new(tier) }
    }
}

impl<K: CacheKey, V: CacheValue> Tiered<K, V> {
    /// The value; loads it if neither memory nor the store has it. See [`Cache::get_with`].
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn get_with(&self, key: K, load: impl Future<Output = V>) -> V {
        self.call(key, Plain, load).await
    }

    /// As [`get_with`](Self::get_with), for a load that may fail.
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
        self.call(key, ByClone, load).await
    }

    async fn call<R>(&self, owned: K, mode: impl Mode<R, V>, body: impl Future<Output = R>) -> R {
        match keyed::start(&self.near, key(KeyOwned(owned.clone())), mode) {
            Start::Hit(result) => result,
            Start::Miss(mut pending) => {
                let errand = self.errand(owned, &mut pending);
                keyed::run(pending, pin!(errand.around(mode, None, body))).await
            }
        }
    }

    /// Stores a value in both. Running loads keep their callers; what they bring is not stored.
    pub fn insert(&self, key: K, value: V) {
        if let Ok(text) = self.tier.coder.key(&key, &self.tier.back.generation()) {
            let change = match self.tier.coder.seal(&text, &value) {
                Ok(bytes) => Change::Set { bytes: bytes.into(), ttl: self.tier.ttl(&key, &value) },
                // What the store has is over all the same.
                Err(_) => Change::Delete,
            };
            self.tier.back.decide(&text, change);
        }
        errand::nothing_left();
        self.near.insert(key, value);
    }

    /// Forgets a value in both; says whether it was in memory, or being loaded.
    pub fn invalidate(&self, key: &K) -> bool {
        // The store first: a load that begins in between must not find there what is over.
        if let Ok(text) = self.tier.coder.key(key, &self.tier.back.generation()) {
            self.tier.back.decide(&text, Change::Delete);
        }
        self.near.invalidate(key)
    }

    /// Forgets all values of this cache, in both. Of a store that cannot clear keys by their prefix, other keys are used from now on,
    /// in this process.
    pub fn clear(&self) {
        self.tier.back.clear();
        self.near.clear();
    }

    /// Closes the cache in memory, and waits until the store has what was decided, for 5 seconds at the most.
    pub async fn close(&self, how: Close) {
        self.near.close(how).await;
        if Handle::try_current().is_ok() {
            let _ = timeout(Duration::from_secs(5), self.flush()).await;
        }
    }

    /// Waits until the store has all that was decided before. It does not end while the store is away, nor outside of a tokio runtime.
    pub async fn flush(&self) {
        self.tier.back.settle().await;
    }
}

impl<K: 'static, V: CacheValue> Tiered<K, V> {
    /// What the lead of a call does around its body.
    fn errand<M: Copy>(&self, key: K, pending: &mut Pending<K, V, M>) -> Errand<K, V> {
        Errand::new(self.near.clone(), self.tier.clone(), key, pending.begin_errand())
    }
}

impl<K, V> Tiered<K, V> {
    /// The memory in front of the store: to look at. What is changed there does not reach the store.
    pub const fn near(&self) -> &Cache<K, V> {
        &self.near
    }

    /// How the store is doing.
    pub fn tier_stats(&self) -> TierStats {
        self.tier.back.stats()
    }
}

impl<K, V> Tier<K, V> {
    fn count_hit(&self, hit: bool) {
        let tally = &self.back.tally;
        let counter = if hit { &tally.hits } else { &tally.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
