//! How a cache was set up, as it shows itself.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::ground::ttl::Ttl;

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
