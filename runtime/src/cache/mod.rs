//! Floor 4: the cache and its verbs.

pub(crate) mod ask;
pub(crate) mod by_hand;
#[cfg(feature = "store")]
mod by_hash;
pub(crate) mod call;
pub(crate) mod closing;
pub(crate) mod drive;
pub(crate) mod keyed;
pub(crate) mod mode;
mod options;
mod parameters;

use std::fmt;
use std::hash::Hash;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use equivalent::Equivalent;

pub use options::CacheBuilder;
pub use parameters::{CacheParameters, PolicyKind};

use crate::flight::{Flights, Keep, Table};
use crate::ground::chance::Chance;
use crate::ground::here;
use crate::ground::key::{self, CacheKey, Hashed, KeyOwned, Seed, View as _, hash_of};
use crate::ground::stats::{CacheInfo, CacheStats};
use crate::table::Plan;
use closing::Closing;
use mode::CacheValue;
use parameters::About;

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
    /// Here, so that a call can hash its key before it knows of anything else.
    seed: Seed,
    about: Arc<About>,
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { flights: self.flights.clone(), seed: self.seed.clone(), about: self.about.clone() }
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
    /// Give the running calls up: their callers go on as the plain function. The caller whose call is the body goes on with
    /// that; if it has left, the body is dropped. A load that was invalidated before is no longer the cache's, and goes on.
    Cancel,
}

impl<K, V> Cache<K, V> {
    /// Sets up a cache.
    pub const fn builder() -> CacheBuilder<K, V> {
        CacheBuilder::new()
    }

    fn build(options: CacheBuilder<K, V>) -> Self {
        let chance = Chance::new(options.seed.unwrap_or_else(Chance::any_seed));
        let weighed = options.weigh.is_some();
        let table = Table::new(&Plan {
            capacity: options.bound(),
            order: &|share| options.order(share, &chance),
            weighed,
            tti: options.tti,
        });
        let time = options.time();
        let ttl = options.shown_ttl();
        let CacheBuilder { name, ignored, policy, life, tti, cache_if, weigh, listener, .. } = options;
        let keep = Keep { life, worth: cache_if, weigh, listener, time, chance };
        let about = About { name, policy, weighed, ttl, tti, ignored };
        Self { flights: Arc::new(Flights::new(table, keep)), seed: Seed::default(), about: Arc::new(about) }
    }

    /// Hits, misses and size. Takes out what has expired, so that it is not counted.
    pub fn info(&self) -> CacheInfo {
        let tally = &self.flights.tally;
        let (mut currsize, mut hits, mut misses) = (0, tally.coalesced.get(), tally.bypassed.get());
        self.remove_expired();
        if let Some(here) = here::lock() {
            for shard in self.flights.table().lock_each(&here) {
                currsize += shard.weight();
                hits += shard.hits();
                misses += shard.misses();
            }
        }
        CacheInfo { hits, misses, maxsize: self.flights.table().capacity(), currsize }
    }

    /// The fuller picture.
    pub fn stats(&self) -> CacheStats {
        let tally = &self.flights.tally;
        let mut stats = CacheStats {
            coalesced: tally.coalesced.get(),
            misses: tally.bypassed.get(),
            loads: tally.refreshes.get() + tally.takeovers.get(),
            load_errors: tally.load_errors.get(),
            load_time: Duration::from_nanos(tally.load_nanos.get()),
            refreshes: tally.refreshes.get(),
            ..CacheStats::default()
        };
        if let Some(here) = here::lock() {
            for shard in self.flights.table().lock_each(&here) {
                stats.hits += shard.hits();
                stats.misses += shard.misses();
                stats.loads += shard.misses();
                stats.running += shard.running();
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
        let About { name, policy, weighed, ttl, tti, ignored } = &*self.about;
        CacheParameters {
            name: name.clone(),
            policy: *policy,
            maxsize: self.flights.table().capacity(),
            weighed: *weighed,
            ttl: *ttl,
            tti: *tti,
            ignored,
            running: self.running(),
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
            self.flights.let_go(gone);
        } else {
            let this = self.clone();
            here::outside(move || this.clear());
        }
    }

    /// Takes out what has expired, without waiting for the traffic to do it: every newcomer takes out up to 32 expired entries of
    /// its shard. Needed only where nothing is written for long and the memory is wanted back. What is taken out is dropped, or
    /// [told of](CacheBuilder::on_evict), before this returns. Running calls are not touched. The clock is read once.
    ///
    /// Takes time for each entry that has expired, times the logarithm of those that can; nothing where no entry has a deadline.
    pub fn remove_expired(&self) {
        if let Some(here) = here::lock() {
            let gone = self.flights.sweep(&here);
            drop(here);
            self.flights.let_go([gone]);
        }
    }

    /// Sets another bound, in entries, or in weight if entries are weighed. A smaller one evicts at once, in the cache's order, and
    /// takes time for each entry that leaves; a larger one takes none, and allocates nothing. Running calls go on, and are stored
    /// under the new bound.
    ///
    /// With 0 everything leaves, and from then on every call runs, until there is room again. An unbounded cache stays unbounded.
    /// The number of shards stays as it was built: one up to 1,024 entries and for weighed ones, else 16, which share the bound
    /// evenly; under a bound below their number some have no room at all.
    pub fn set_capacity(&self, capacity: usize)
    where
        K: 'static,
        V: 'static,
    {
        let flights = self.flights.clone();
        here::outside(move || {
            if let Some(here) = here::lock() {
                let gone = flights.set_capacity(&here, capacity as u64);
                drop(here);
                flights.let_go([gone]);
            }
        });
    }

    /// Closes the cache: from now on calls run as the plain function, and what is stored stays readable. Ends when no call
    /// is running ([`Close::Wait`]), or at once ([`Close::Cancel`]). Nothing happens until the future is polled, and closing a
    /// second time is no error.
    pub async fn close(&self, how: Close)
    where
        K: 'static,
        V: 'static,
    {
        Closing::new(self, how).await;
    }

    /// Whether it was closed.
    #[cfg(feature = "store")]
    pub(crate) fn is_closed(&self) -> bool {
        self.flights.gate.is_closed()
    }

    /// Whether a value is worth keeping.
    #[cfg(feature = "store")]
    pub(crate) fn is_worth(&self, value: &V) -> bool {
        self.flights.keep.is_worth(value)
    }

    fn running(&self) -> u64 {
        here::lock().map_or(0, |here| self.flights.running(&here))
    }
}

impl<K, V> CacheBuilder<K, V> {
    /// Builds the cache.
    pub fn build(self) -> Cache<K, V> {
        Cache::build(self)
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

    /// Clones of the live entries, in no order. Counters and order do not notice.
    ///
    /// They are cloned 64 at a time, and only then a lock is held: others go on using the cache, and so may the loop itself. An
    /// entry that stays from beginning to end is shown; one that comes or leaves meanwhile may be or not, and one that takes the
    /// place of another that leaves may be shown twice. Running calls are not shown.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + use<K, V>
    where
        K: Clone,
    {
        let flights = self.flights.clone();
        let (mut shard, mut end) = (0, usize::MAX);
        let page = move || {
            let here = here::lock()?;
            while shard < flights.table().count() {
                let (entries, begin) = flights.entries(&here, shard, end);
                (shard, end) = if begin == 0 { (shard + 1, usize::MAX) } else { (shard, begin) };
                if !entries.is_empty() {
                    return Some(entries);
                }
            }
            None
        };
        iter::from_fn(page).flatten()
    }

    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        hash_of(key, &self.seed)
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
        let key = key::key(KeyOwned(key));
        let hash = key.hash(&self.seed);
        self.insert_owned(key.own(hash), value);
    }
}

impl<K: 'static, V: 'static> Cache<K, V> {
    fn invalidate_by(&self, hash: u64, same: impl Fn(&K) -> bool) -> bool {
        let Some(here) = here::lock() else {
            let this = self.clone();
            here::outside(move || this.invalidate_hash(hash));
            return false;
        };
        let (gone, was_there) = self.flights.invalidate(&here, hash, same);
        drop(here);
        self.flights.let_go([gone]);
        was_there
    }

    /// Forgets whatever has this hash: to be made up for later, when the key that was lent is gone.
    fn invalidate_hash(&self, hash: u64) {
        while self.invalidate_by(hash, |_| true) {}
    }

    fn insert_owned(&self, key: Hashed<K>, value: V) {
        let kept = self.flights.kept(&key.key, value);
        let flights = self.flights.clone();
        here::outside(move || {
            let gone = here::lock().map(|here| flights.insert(&here, key, kept));
            flights.let_go(gone);
        });
    }
}
