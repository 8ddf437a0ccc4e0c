//! Memoizes async functions, and survives a stampede.
#![doc = ""]

// Generated code names this crate as its users do; so do the examples in these pages.
extern crate self as cachetools;

mod cache;
mod flight;
mod ground;
mod handle;
mod policy;
mod table;

pub use cache::ask::{Asking, CallExt, Traced};
#[cfg(feature = "tokio")]
pub use cache::by_hand::DetachedCalls;
pub use cache::by_hand::SharedCalls;
pub use cache::mode::CacheValue;
pub use cache::{Cache, CacheBuilder, CacheParameters, Close, PolicyKind};
pub use cachetools_macros::{cached, cachedmethod};
#[cfg(feature = "tokio")]
pub use ground::clock::TokioClock;
pub use ground::clock::{Clock, ManualClock, SystemClock};
pub use ground::error::{ShareError, SharedError, SharedIoError};
pub use ground::key::{CacheKey, ToKey};
pub use ground::stats::{CacheInfo, CacheStats, Evictions, Outcome};
pub use handle::{InstanceCaches, MethodCache};

/// The names that generated code may use, and nothing else may.
#[doc(hidden)]
pub mod __private {
    pub use std::sync::LazyLock;

    pub use crate::cache::call::{Join, Joined, Lead, Pending, Run, Shared, Start};
    pub use crate::cache::keyed::{contains, insert, invalidate, peek, start};
    pub use crate::cache::mode::{
        ByClone, ByShared, ByTrait, ErrorsByClone, ErrorsByRetry, ErrorsByShared, ErrorsByTrait, ErrorsCannotBeShared,
        Mode, No, Plain, PlainOk, Probe, ResultLike, Retry, SaidSo, Shareable, Split,
    };
    pub use crate::ground::key::{
        ByRef, ByToKey, Hashed, KeyGiven, KeyOwned, KeyRef, KeyRef1, Lookup, Part, Seed, View, assert_key, key,
    };
    pub use crate::handle::{GivenCache, MethodCache, Registry, site};
}
