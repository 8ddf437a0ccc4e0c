//! What a cache can be told: plain data, until it is built.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::flight::Worth;
use crate::ground::clock::Clock;

/// The order in which a cache gives entries up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyKind {
    /// Nothing is given up but what expired.
    Unbounded,
    /// Least recently used first.
    Lru,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbounded => "unbounded",
            Self::Lru => "lru",
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
    /// The bound, in entries; `None`: unbounded.
    pub maxsize: Option<u64>,
    /// How long a value lives from when it is stored; `None`: for ever.
    pub ttl: Option<Duration>,
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
    pub(crate) ttl: Option<Duration>,
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
    pub(super) capacity: Option<usize>,
    pub(super) ttl: Option<Duration>,
    pub(super) cache_if: Option<Worth<V>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) _key: PhantomData<fn(K)>,
}

impl<K, V> fmt::Debug for CacheBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, capacity, ttl, .. } = self;
        f.debug_struct("CacheBuilder")
            .field("name", name)
            .field("lru", capacity)
            .field("ttl", ttl)
            .finish_non_exhaustive()
    }
}

impl<K, V> CacheBuilder<K, V> {
    pub(crate) const fn new() -> Self {
        Self {
            name: Cow::Borrowed(""),
            ignored: &[],
            capacity: Some(128),
            ttl: None,
            cache_if: None,
            clock: None,
            _key: PhantomData,
        }
    }

    /// Keeps `capacity` entries at the most; the least recently used goes first. Exact up to 1,024; beyond, the entries are
    /// spread over shards that each keep their share in order.
    ///
    /// With 0 nothing is kept and nothing is shared: every call runs.
    ///
    /// Defaults to: 128.
    pub fn lru(mut self, capacity: usize) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Keeps all entries. Its memory grows with the number of distinct keys.
    pub fn unbounded(mut self) -> Self {
        self.capacity = None;
        self
    }

    /// Forgets a value when `ttl` has passed since it was stored: at exactly `ttl` it is gone. A read does not extend its
    /// life, writing it anew does.
    ///
    /// With zero nothing is kept, but concurrent calls still share one run.
    ///
    /// Defaults to: for ever.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Keeps what a call loaded only if `worth` says so. The callers of the call get it all the same.
    ///
    /// Defaults to: all is worth keeping.
    pub fn cache_if(mut self, worth: impl Fn(&V) -> bool + Send + Sync + 'static) -> Self {
        self.cache_if = Some(Box::new(worth));
        self
    }

    /// Reads the time from `clock`.
    ///
    /// Defaults to: [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
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
}
