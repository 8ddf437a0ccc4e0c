//! What a cache counts, and what it tells.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::coarse;

/// Hits, misses and size: compares and prints whole, as Python's `functools.lru_cache` does.
///
/// ```
/// use cachetools::CacheInfo;
///
/// let info = CacheInfo { hits: 3, misses: 8, maxsize: Some(32), currsize: 8 };
/// assert_eq!(info.to_string(), "CacheInfo(hits=3, misses=8, maxsize=32, currsize=8)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CacheInfo {
    /// Calls that were answered by a stored value, or that joined a running call.
    pub hits: u64,
    /// Calls that ran the body.
    pub misses: u64,
    /// The bound, in entries; `None`: unbounded.
    pub maxsize: Option<u64>,
    /// What is stored now, in entries. Never counts the expired.
    pub currsize: u64,
}

impl fmt::Display for CacheInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hits, misses, maxsize, currsize } = self;
        write!(f, "CacheInfo(hits={hits}, misses={misses}, maxsize=")?;
        match maxsize {
            Some(maxsize) => write!(f, "{maxsize}")?,
            None => f.write_str("None")?,
        }
        write!(f, ", currsize={currsize})")
    }
}

/// Why an entry left a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemovalCause {
    /// Its time was over: its `ttl`, or its `tti`. Also if it was invalidated or written anew after that.
    Expired,
    /// It made room for others, or for a smaller bound.
    Evicted,
    /// It was invalidated.
    Invalidated,
    /// Its key was written anew: by a call that ran, or an insertion. Also if the new value is not kept.
    Replaced,
    /// The cache was cleared. Also if its time was over.
    Cleared,
}

/// How many entries have left a cache, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Evictions {
    /// Their time was over.
    pub expired: u64,
    /// They made room for others.
    pub evicted: u64,
    /// They were invalidated one by one.
    pub invalidated: u64,
    /// Their value was written anew.
    pub replaced: u64,
}

/// The fuller picture: see [`CacheInfo`] for the short one. `cache_clear` sets all but `running` to zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls answered by a stored value.
    pub hits: u64,
    /// Calls that joined a running one: they count as hits in [`CacheInfo`].
    pub coalesced: u64,
    /// Calls that found neither a value nor a running call.
    pub misses: u64,
    /// Bodies that were started under a flight: misses, refreshes, and those of waiters whose leader left or failed.
    pub loads: u64,
    /// Bodies that ended in an error or a panic.
    pub load_errors: u64,
    /// The time that ended loads took, summed. Exact on average; a single load is off by up to the step of a coarse clock,
    /// a few milliseconds.
    pub load_time: Duration,
    /// Entries that left, by cause.
    pub evictions: Evictions,
    /// Calls answered by a value past its ttl.
    pub stale_served: u64,
    /// Loads that were asked for although a value was stored.
    pub refreshes: u64,
    /// Calls running now.
    pub running: u64,
}

/// How one call was answered; see [`CallExt::traced`](crate::CallExt::traced).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// By a stored value.
    Hit,
    /// By a call that was running already.
    Joined,
    /// By running the body.
    Ran,
    /// By a value past its ttl.
    Stale,
    /// By the second tier.
    Store,
}

/// The counters that are not kept under a shard's lock: what happens seldom, or to many waiters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Misses that boarded no flight: of a closed cache, of one that keeps nothing, of a call that would wait for itself.
    pub(crate) bypassed: Count,
    pub(crate) coalesced: Count,
    /// Loads by those who took over from a lead that left or failed.
    pub(crate) takeovers: Count,
    pub(crate) load_errors: Count,
    pub(crate) load_nanos: Count,
    pub(crate) refreshes: Count,
}

impl Tally {
    /// A load that began at `began`, by the coarse clock, has ended.
    pub(crate) fn load_ended(&self, began: u64) {
        let took = coarse().saturating_sub(began);
        // Mostly below the clock's step.
        if took > 0 {
            self.load_nanos.add(took);
        }
    }

    pub(crate) fn clear(&self) {
        let Self { bypassed, coalesced, takeovers, load_errors, load_nanos, refreshes } = self;
        for count in [bypassed, coalesced, takeovers, load_errors, load_nanos, refreshes] {
            count.0.store(0, Ordering::Relaxed);
        }
    }
}

/// A counter that many threads add to.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
