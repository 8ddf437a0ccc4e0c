//! What a cache can be told: plain data, until it is built.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::flight::{Life, Lifetime, Listener, Weigher, Worth};
use crate::ground::chance::Chance;
use crate::ground::clock::{Clock, Time};
use crate::ground::stats::RemovalCause;
use crate::ground::ttl::Ttl;
use crate::policy::{Fifo, Lfu, Lru, Order, Policy, Random, S3Fifo, Sieve, TinyLfu};

/// The order in which a cache gives entries up when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyKind {
    /// Nothing is given up but what expired.
    Unbounded,
    /// Least recently used first.
    Lru,
    /// Least frequently used first.
    Lfu,
    /// First in, first out.
    Fifo,
    /// Any, by lot.
    Random,
    /// A hand that passes those which were used.
    Sieve,
    /// A small queue for newcomers, a main one for those which came back, and a memory of those which left.
    S3Fifo,
    /// A newcomer has to be asked for more often than whom it would replace.
    TinyLfu,
    /// One that the user brought.
    Custom,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbounded => "unbounded",
            Self::Lru => "lru",
            Self::Lfu => "lfu",
            Self::Fifo => "fifo",
            Self::Random => "random",
            Self::Sieve => "sieve",
            Self::S3Fifo => "s3_fifo",
            Self::TinyLfu => "tiny_lfu",
            Self::Custom => "custom",
        })
    }
}

/// How a cache was set up, and whether it is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheParameters {
    /// The name of the cache: of a decorated function its path, unless the attribute says otherwise.
    pub name: Cow<'static, str>,
    /// The order of eviction.
    pub policy: PolicyKind,
    /// The bound, in entries, or in weight if entries are weighed; `None`: unbounded.
    pub maxsize: Option<u64>,
    /// Whether entries are weighed.
    pub weighed: bool,
    /// How long a value lives from when it is stored; `None`: for ever, or computed for each.
    pub ttl: Option<Ttl>,
    /// How long a value lives without being used; `None`: for ever.
    pub tti: Option<Duration>,
    /// The arguments that are not in the key.
    pub ignored: &'static [&'static str],
    /// Calls running now.
    pub running: u64,
    /// Whether it was closed.
    pub closed: bool,
}

/// What stays as it was built.
pub(crate) struct About {
    pub(crate) name: Cow<'static, str>,
    pub(crate) policy: PolicyKind,
    pub(crate) weighed: bool,
    /// `None`: for ever, or computed for each.
    pub(crate) ttl: Option<Ttl>,
    pub(crate) tti: Option<Duration>,
    pub(crate) ignored: &'static [&'static str],
}

/// Sets up a [`Cache`](crate::Cache). Unless told otherwise it holds 128 entries, least recently used first out, that never expire.
///
/// ```
/// use cachetools::Cache;
/// use std::time::Duration;
///
/// let cache = Cache::<String, u64>::builder().lru(1000).ttl(Duration::from_secs(600)).build();
/// cache.insert("a".to_owned(), 1);
/// assert_eq!(cache.get("a"), Some(1));
/// ```
#[must_use = "it sets up nothing until `build`"]
pub struct CacheBuilder<K, V> {
    pub(super) name: Cow<'static, str>,
    pub(super) ignored: &'static [&'static str],
    pub(super) policy: PolicyKind,
    pub(super) custom: Option<MakePolicy>,
    pub(super) capacity: usize,
    pub(super) life: Life<K, V>,
    /// How a second tier's `life` is to be shown.
    #[cfg(feature = "store")]
    pub(super) shown_ttl: Option<Ttl>,
    pub(super) tti: Option<Duration>,
    pub(super) cache_if: Option<Worth<V>>,
    pub(super) weigh: Option<Weigher<K, V>>,
    pub(super) listener: Option<Listener<K, V>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) seed: Option<u64>,
}

/// Makes the policy of a shard of a capacity.
type MakePolicy = Box<dyn Fn(u64) -> Box<dyn Policy>>;

impl<K, V> fmt::Debug for CacheBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, policy, capacity, tti, .. } = self;
        let mut shown = f.debug_struct("CacheBuilder");
        shown.field("name", name).field("policy", policy).field("capacity", capacity).field("tti", tti);
        shown.finish_non_exhaustive()
    }
}

impl<K, V> CacheBuilder<K, V> {
    pub(crate) const fn new() -> Self {
        Self {
            name: Cow::Borrowed(""),
            ignored: &[],
            policy: PolicyKind::Lru,
            custom: None,
            capacity: 128,
            life: Life::Forever,
            #[cfg(feature = "store")]
            shown_ttl: None,
            tti: None,
            cache_if: None,
            weigh: None,
            listener: None,
            clock: None,
            seed: None,
        }
    }

    /// Keeps `capacity` entries at the most; the least recently used goes first. Exact up to 1,024; beyond, the entries are
    /// spread over shards that each keep their share in order, as with all policies.
    ///
    /// With 0 nothing is kept and nothing is shared: every call runs.
    ///
    /// Defaults to: 128.
    pub fn lru(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::Lru, capacity)
    }

    /// Keeps `capacity` entries at the most; the least frequently used goes first, and of those the least recently used. A
    /// write counts as a use.
    ///
    /// Good where the same few are asked for all the time; what was popular once stays too long.
    pub fn lfu(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::Lfu, capacity)
    }

    /// Keeps `capacity` entries at the most; the first in goes first. Writing an entry anew puts it last.
    pub fn fifo(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::Fifo, capacity)
    }

    /// Keeps `capacity` entries at the most; any goes first, by lot: see [`seed`](Self::seed).
    pub fn random(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::Random, capacity)
    }

    /// Keeps `capacity` entries at the most, by SIEVE (Zhang and others, 2024): a hand goes round and takes the first that was
    /// not used since it last passed.
    ///
    /// Good for web-like traffic. On a stream of keys that are used again soon and then never more, it can be far worse than
    /// `lru`.
    pub fn sieve(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::Sieve, capacity)
    }

    /// Keeps `capacity` entries at the most, by S3-FIFO (Yang and others, 2023): newcomers pass through a small queue, so that
    /// what is asked for once pushes out nothing that is asked for often.
    ///
    /// Seldom worse than `lru`, often better: the one to take for large caches when in doubt.
    pub fn s3_fifo(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::S3Fifo, capacity)
    }

    /// Keeps `capacity` entries at the most, by W-TinyLFU (Einziger, Friedman, Manes, 2017) with a window that adapts: to stay, a
    /// newcomer has to be asked for more often than whom it would replace.
    ///
    /// The best hit ratio on most traffic, and it withstands scans and loops; a little slower than the others.
    pub fn tiny_lfu(self, capacity: usize) -> Self {
        self.bounded(PolicyKind::TinyLfu, capacity)
    }

    /// Keeps `capacity` entries at the most, in an order of your own. `make` is called once for each shard, with the shard's
    /// share of the capacity.
    pub fn policy<P: Policy>(mut self, capacity: usize, make: impl Fn(u64) -> P + 'static) -> Self {
        self.custom = Some(Box::new(move |share| Box::new(make(share))));
        self.bounded(PolicyKind::Custom, capacity)
    }

    /// Keeps all entries. Its memory grows with the number of distinct keys.
    pub fn unbounded(self) -> Self {
        self.bounded(PolicyKind::Unbounded, 0)
    }

    fn bounded(mut self, policy: PolicyKind, capacity: usize) -> Self {
        self.policy = policy;
        self.capacity = capacity;
        self
    }

    /// Weighs each entry when it is stored; the capacity is then a bound on the sum. A value that weighs more than the capacity
    /// is returned to its callers and not kept. Weighed caches have one shard.
    ///
    /// ```
    /// # use cachetools::Cache;
    /// let cache = Cache::<u32, String>::builder().lru(10).weigh(|_, value| value.len()).build();
    /// cache.insert(1, "four".to_owned());
    /// cache.insert(2, "sevenxx".to_owned());
    /// assert_eq!(cache.get(&1), None); // it made room
    /// assert_eq!(cache.info().currsize, 7);
    /// ```
    ///
    /// Defaults to: every entry weighs 1.
    pub fn weigh(mut self, weigh: impl Fn(&K, &V) -> usize + Send + Sync + 'static) -> Self {
        self.weigh = Some(Box::new(weigh));
        self
    }

    /// Forgets a value when `ttl` has passed since it was stored: at exactly `ttl` it is gone. A read does not extend its
    /// life, writing it anew does. A `Duration`, a range of them, or a [`Ttl`] with jitter.
    ///
    /// With zero nothing is kept, but concurrent calls still share one run.
    ///
    /// Defaults to: for ever.
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.life = Life::Ttl(ttl.into());
        self
    }

    /// As [`ttl`](Self::ttl), computed when a value is stored. `None`: it never expires; zero: it is not kept.
    ///
    /// ```
    /// # use cachetools::Cache;
    /// # use std::time::Duration;
    /// let cache = Cache::<u32, u64>::builder().ttl_with(|_, &secs| Some(Duration::from_secs(secs))).build();
    /// cache.insert(1, 0);
    /// cache.insert(2, 60);
    /// assert_eq!((cache.get(&1), cache.get(&2)), (None, Some(60)));
    /// ```
    pub fn ttl_with(mut self, ttl: impl Fn(&K, &V) -> Option<Duration> + Send + Sync + 'static) -> Self {
        let ttl: Lifetime<K, V> = Box::new(ttl);
        self.life = Life::Computed(ttl);
        self
    }

    /// Forgets a value when it was not used for `tti`: to idle. Beside a ttl, whichever ends first.
    ///
    /// Defaults to: it may idle for ever.
    pub fn tti(mut self, tti: Duration) -> Self {
        self.tti = Some(tti);
        self
    }

    /// Keeps what a call loaded only if `worth` says so. The callers of the call get it all the same.
    ///
    /// Defaults to: all is worth keeping.
    pub fn cache_if(mut self, worth: impl Fn(&V) -> bool + Send + Sync + 'static) -> Self {
        self.cache_if = Some(Box::new(worth));
        self
    }

    /// Tells `listener` of each entry that leaves, and why. It is called when no lock is held, by whose call the entry left, and
    /// may call the cache.
    ///
    /// ```
    /// # use cachetools::{Cache, RemovalCause};
    /// # use std::sync::mpsc::channel;
    /// let (left, heard) = channel();
    /// let cache = Cache::<u32, u32>::builder().lru(1).on_evict(move |key, _, cause| left.send((key, cause)).unwrap()).build();
    /// cache.insert(1, 10);
    /// cache.insert(2, 20);
    /// assert_eq!(heard.recv(), Ok((1, RemovalCause::Evicted)));
    /// ```
    pub fn on_evict(mut self, listener: impl Fn(K, V, RemovalCause) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Reads the time from `clock`.
    ///
    /// Defaults to: [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Draws lives and victims from this seed, so that a run can be repeated.
    ///
    /// Defaults to: a seed that nobody can foretell.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Names the cache, for those who look at it.
    ///
    /// Defaults to: the empty name; of a decorated function, its path.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Says which arguments are not in the key, for [`CacheParameters::ignored`].
    #[doc(hidden)]
    pub fn ignored(mut self, ignored: &'static [&'static str]) -> Self {
        self.ignored = ignored;
        self
    }

    /// In entries, or in weight.
    pub(super) fn bound(&self) -> Option<u64> {
        (self.policy != PolicyKind::Unbounded).then_some(self.capacity as u64)
    }

    pub(super) fn order(&self, share: u64, chance: &Chance) -> Order {
        match (self.policy, &self.custom) {
            (PolicyKind::Custom, Some(make)) => Order::Custom(make(share)),
            (PolicyKind::Unbounded, _) => Order::Unbounded,
            (PolicyKind::Lru | PolicyKind::Custom, _) => Order::Lru(Lru::new()),
            (PolicyKind::Lfu, _) => Order::Lfu(Lfu::new()),
            (PolicyKind::Fifo, _) => Order::Fifo(Fifo::new()),
            (PolicyKind::Random, _) => Order::Random(Random::seeded(chance.draw())),
            (PolicyKind::Sieve, _) => Order::Sieve(Sieve::new()),
            (PolicyKind::S3Fifo, _) => Order::S3Fifo(S3Fifo::new(share)),
            (PolicyKind::TinyLfu, _) => Order::TinyLfu(TinyLfu::new(share)),
        }
    }

    /// The user's clock, or one that is as fine as the lives are short.
    pub(super) fn time(&self) -> Time {
        // A step of some milliseconds is little beside a second.
        let long = |length: Duration| length >= Duration::from_secs(1);
        let coarse = match &self.life {
            Life::Forever => self.tti.is_some_and(long),
            Life::Ttl(ttl) => long(ttl.least()) && self.tti.is_none_or(long),
            Life::Computed(_) => false,
        };
        match &self.clock {
            Some(clock) => Time::Given(clock.clone()),
            None if coarse => Time::Coarse,
            None => Time::Precise,
        }
    }
}

impl<K, V> CacheBuilder<K, V> {
    pub(super) fn shown_ttl(&self) -> Option<Ttl> {
        match self.life {
            Life::Ttl(ttl) => Some(ttl),
            Life::Forever => None,
            #[cfg(feature = "store")]
            Life::Computed(_) => self.shown_ttl,
            #[cfg(not(feature = "store"))]
            Life::Computed(_) => None,
        }
    }
}

/// For the second tier, in which values live as long as here.
#[cfg(feature = "store")]
impl<K, V> CacheBuilder<K, V> {
    /// Another life, and how it is to be shown.
    pub(crate) fn map_life(mut self, map: impl FnOnce(Life<K, V>) -> (Life<K, V>, Option<Ttl>)) -> Self {
        (self.life, self.shown_ttl) = map(std::mem::replace(&mut self.life, Life::Forever));
        self
    }

    pub(crate) fn shown_name(&self) -> &str {
        &self.name
    }
}
