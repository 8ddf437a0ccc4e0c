//! A cache with a store behind it: memory in front, and one flight over both.

mod back;
mod breaker;
mod by_hand;
mod coder;
mod duty;
mod errand;
pub(crate) mod generated;
mod lease;
mod ledger;
mod watch;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_core::Serialize;
use tokio::runtime::Handle;
use tokio::time::timeout;

pub use back::TierStats;
pub use by_hand::{Fail, OnStoreError, Skip};
use errand::Errand;

use super::api::Store;
use super::changes::{Tracked, Tracking};
use super::codec::Codec;
use super::null::Null;
use super::ttl::Ttl;
use super::typed::TypedStore;
use crate::cache::call::Pending;
use crate::cache::mode::CacheValue;
use crate::cache::{Cache, CacheBuilder, Close};
use crate::flight::Life;
use crate::ground::chance::Chance;
use crate::ground::key::CacheKey;
use back::Back;
use coder::{Coded, Coder};
use ledger::Change;
use watch::Watch;

/// A cache in memory with a [`TypedStore`] behind it. A clone is the same.
///
/// A call looks in memory, then in the store, then runs; concurrent calls with one key share all of it. What a run brings is
/// kept in both, and lives as long in both: what comes from the store lives in memory only as long as it has left there.
///
/// [`insert`](Self::insert), [`invalidate`](Self::invalidate) and [`clear`](Self::clear) hold at once in this process, and reach the
/// store from a task of their own; until they have, what the store has is not read. Other processes forget what is in their memory
/// if the store [tells them](Store::tracked), as Redis does; over another, they go on serving it until its time is over.
///
/// A store that fails is none of the caller's business: the call runs. It waits for the store for
/// [half a second](TieredBuilder::limit) at the most, and a store that fails again and again is left alone for a while. Whose `S` is
/// [`Fail`] is [stricter](TieredBuilder::on_store_error).
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
pub struct Tiered<K, V, S = Skip> {
    near: Cache<K, V>,
    tier: Arc<Tier<K, V>>,
    _on_store_error: PhantomData<S>,
}

impl<K, V, S> Clone for Tiered<K, V, S> {
    fn clone(&self) -> Self {
        Self { near: self.near.clone(), tier: self.tier.clone(), _on_store_error: PhantomData }
    }
}

impl<K, V, S> fmt::Debug for Tiered<K, V, S> {
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
    /// If the store tells of what others change.
    watch: Option<Arc<Watch<K, V>>>,
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
pub struct TieredBuilder<K, V, C, S = Skip> {
    cache: CacheBuilder<K, V>,
    store: TypedStore<C>,
    memory: bool,
    limit: Duration,
    lease: Option<Duration>,
    /// `<u32>`: what tells the keys of a generic function apart.
    types: String,
    on_store_error: PhantomData<S>,
}

impl<K, V, C, S> fmt::Debug for TieredBuilder<K, V, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TieredBuilder").field("cache", &self.cache).field("store", &self.store).finish_non_exhaustive()
    }
}

impl<K, V> CacheBuilder<K, V> {
    /// Puts a store behind the cache. Of the options that are the cache's, the ttl holds for both.
    pub fn store<C>(self, store: TypedStore<C>) -> TieredBuilder<K, V, C> {
        let limit = Duration::from_millis(500);
        TieredBuilder {
            cache: self,
            store,
            memory: true,
            limit,
            lease: None,
            types: String::new(),
            on_store_error: PhantomData,
        }
    }
}

impl<K, V, C, S> TieredBuilder<K, V, C, S> {
    /// Makes bytes of values with `codec`.
    ///
    /// Defaults to: the store's.
    pub fn codec<D>(self, codec: D) -> TieredBuilder<K, V, D, S> {
        let Self { cache, store, memory, limit, lease, types, on_store_error } = self;
        TieredBuilder { cache, store: store.codec(codec), memory, limit, lease, types, on_store_error }
    }

    /// What a store's failure is to a call: [`Skip`], nothing, or [`Fail`], its error. A cache that fails has
    /// [`try_get_with`](Tiered::try_get_with) alone, of errors that are `From<StoreError>`.
    ///
    /// Defaults to: [`Skip`].
    pub fn on_store_error<T: OnStoreError>(self, _: T) -> TieredBuilder<K, V, C, T> {
        let Self { cache, store, memory, limit, lease, types, on_store_error: _ } = self;
        TieredBuilder { cache, store, memory, limit, lease, types, on_store_error: PhantomData }
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

    /// How long a call waits for the store, each time that it asks it something: for the value, and for its own to be written. What takes
    /// longer counts as a failure, as does a store that cannot be reached. After five of them in a row the store is left alone: for half a
    /// second, and each time that it fails again for twice as long, up to 10 seconds.
    ///
    /// Defaults to: half a second.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl<K, V, C, S> TieredBuilder<K, V, C, S>
where
    K: CacheKey + Serialize,
    V: CacheValue,
    C: Codec<V>,
{
    /// Builds the cache.
    pub fn build(self) -> Tiered<K, V, S> {
        let Self { cache, store, memory, limit, lease, types, on_store_error } = self;
        let name = format!("{}{types}", cache.shown_name());
        let prefix = store.prefix_of(&name);
        // Switched off, it has nothing and keeps nothing, and nobody hears of it.
        let (plain, hooks): (Arc<dyn Store>, _) =
            if store.enabled { (store.store.clone(), store.hooks()) } else { (Arc::new(Null), Arc::default()) };
        let (stores, changes) = match plain.tracked() {
            Some(Tracked { store, changes }) if memory => {
                let number = changes.number();
                ((store.clone(), store), Some((changes, number)))
            }
            // There is nothing to hear here, but what is decided here is for others to hear.
            Some(Tracked { store, .. }) => ((plain, store), None),
            None => ((plain.clone(), plain), None),
        };
        let back = Arc::new(Back::new(stores, hooks.clone(), limit, prefix, changes.clone()));
        let mut life = None;
        let cache = cache.map_life(|given| {
            let shown = match &given {
                Life::Ttl(ttl) => Some(*ttl),
                Life::Forever => store.ttl_of(Ttl::Default).map(Into::into),
                Life::Computed(_) => None,
            };
            let shared = life.insert(Arc::new(given)).clone();
            (errand::near_life(shared, memory), shown)
        });
        let life = life.unwrap_or_else(|| Arc::new(Life::Forever));
        let near = cache.build();
        let turned = move |tracking| hooks.iter().for_each(|hook| hook.tracking(tracking));
        let watch = changes.map(|changes| Watch::begin(near.clone(), back.clone(), changes, Box::new(turned)));
        let coder = Box::new(Coded { store, name });
        let tier = Tier { back, coder, life, chance: Chance::new(Chance::any_seed()), lease, watch };
        Tiered { near, tier: Arc::new(tier), _on_store_error: on_store_error }
    }
}

impl<K: CacheKey, V: CacheValue, S> Tiered<K, V, S> {
    /// Stores a value in both. Running loads keep their callers; what they bring is not stored.
    pub fn insert(&self, key: K, value: V) {
        let Tier { back, coder, watch, .. } = &*self.tier;
        let Ok(text) = coder.key(&key, &back.generation()) else {
            errand::live_next(self.tier.ttl(&key, &value));
            return self.near.insert(key, value);
        };
        let hash = self.near.hash_of(&key);
        let heard = watch.as_ref().map(|watch| (watch, watch.heard()));
        let ttl = self.tier.ttl(&key, &value);
        let change = match coder.seal(&text, &value) {
            Ok(bytes) => Change::Set { bytes: bytes.into(), ttl },
            // What the store has is over all the same.
            Err(_) => Change::Delete,
        };
        back.decide(&text, change);
        errand::live_next(self.tier.limited(ttl, true));
        self.near.insert(key, value);
        if let Some((watch, before)) = heard {
            watch.enter(&text, hash);
            // A change that was told between the two steps may have been of this key.
            if watch.heard() != before {
                self.near.forget_hash(hash);
            }
        }
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

impl<K: 'static, V: CacheValue, S> Tiered<K, V, S> {
    /// What the lead of a call does around its body.
    fn errand<M: Copy>(&self, key: K, pending: &mut Pending<K, V, M>) -> Errand<K, V> {
        Errand::new(self.near.clone(), self.tier.clone(), key, pending.begin_errand())
    }
}

impl<K, V, S> Tiered<K, V, S> {
    /// The memory in front of the store: to look at. What is changed there does not reach the store.
    pub const fn near(&self) -> &Cache<K, V> {
        &self.near
    }

    /// Whether memory hears of what others change in the store. [`Tracking::Down`] until the first call that asks the store.
    pub fn tracking(&self) -> Tracking {
        self.tier_stats().tracking
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
