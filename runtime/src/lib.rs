//! Memoizes async functions, and survives a stampede.
//!
//! One attribute turns an `async fn` into a cached one. Calls with equal arguments share one run however many come at once, the
//! result is kept under a policy, and a handle with the function's own name shows and steers the cache.
//!
//! ```
//! use cachetools::cached;
//!
//! #[cached(lru = 32, ttl = "10m")]
//! async fn document(num: u32) -> Result<String, String> {
//!     // fetch it
//!     Ok(format!("document {num}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), String> {
//! document(8).await?; // runs the body
//! document(8).await?; // answered from the cache
//! assert_eq!(document::cache_info().to_string(), "CacheInfo(hits=1, misses=1, maxsize=32, currsize=1)");
//! assert!(document::cache_invalidate(8)); // it was there
//! # Ok(())
//! # }
//! ```
//!
//! # Where to read on
//!
//! - [`macro@cached`]: the attribute for functions, its options, and the handle.
//! - [`macro@cachedmethod`]: the attribute for methods, with [`InstanceCaches`] and [`MethodCache`].
//! - [`CallExt`]: one call that asks for something else: `refresh`, `uncached`, `traced`.
//! - [`Cache`]: the same by hand.
//! - [`SharedError`] and [`ShareError`]: how one error reaches many callers.
//! - [`Clock`]: how a test moves the time.
//!
//! # Methods
//!
//! One field of the type, `caches`, serves all its cached methods. Each instance has caches of its own, made when they are first
//! needed and dropped with it; a clone shares them.
//!
//! ```
//! use cachetools::{InstanceCaches, cachedmethod};
//!
//! struct Greeter {
//!     greeting: String,
//!     caches: InstanceCaches,
//! }
//!
//! impl Greeter {
//!     #[cachedmethod(lru = 100)]
//!     pub async fn greet(&self, name: &str) -> String {
//!         format!("{}, {name}", self.greeting)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let greeter = Greeter { greeting: "Hello".to_owned(), caches: InstanceCaches::default() };
//! assert_eq!(greeter.greet("Ada").await, "Hello, Ada");
//! assert_eq!(greeter.greet("Ada").await, "Hello, Ada");
//! assert_eq!(greeter.greet_cache().cache_info().hits, 1);
//! assert!(greeter.greet_cache().cache_invalidate("Ada"));
//! # }
//! ```
//!
//! The cache can be another than the instance's, `self` can be in the key, and the method can be of a trait:
//!
//! ```
//! use cachetools::{Cache, InstanceCaches, cachedmethod};
//! use std::sync::Arc;
//!
//! #[derive(Default)]
//! struct Shop {
//!     tenant: u64,
//!     inner: Inner,
//!     stock: Option<Cache<u64, u64>>,
//! }
//!
//! #[derive(Default)]
//! struct Inner {
//!     caches: InstanceCaches,
//! }
//!
//! trait Catalogue {
//!     fn article(&self, id: u64) -> impl Future<Output = u64> + Send; // or an `async fn`, or by `async_trait`
//! }
//!
//! impl Catalogue for Shop {
//!     #[cachedmethod(caches = self.inner.caches, ttl = "1m")] // or `caches = self.caches()`
//!     async fn article(&self, id: u64) -> u64 {
//!         id
//!     }
//! }
//!
//! impl Shop {
//!     #[cachedmethod(cache = self.stock)] // a field of its own; `None` is no cache
//!     pub async fn stock(&self, id: u64) -> u64 {
//!         id
//!     }
//!
//!     #[cachedmethod(shared, key = |id| -> (u64, u64) { (self.tenant, *id) })] // one cache for all instances
//!     pub async fn order(&self, id: u64) -> u64 {
//!         self.tenant + id
//!     }
//!
//!     #[cachedmethod(shared, ignore = "self", handle = rates)] // without `ignore`, the instance is in the key
//!     pub async fn rate(&self, currency: &str) -> usize {
//!         currency.len()
//!     }
//!
//!     #[cachedmethod] // of the type
//!     pub async fn setting(name: &str) -> usize {
//!         name.len()
//!     }
//!
//!     #[cachedmethod(caches = self.inner.caches, flight = shared)] // what any of its waiters can bring to its end
//!     pub async fn report<T: AsRef<str> + Clone + Send + Sync + Eq + std::hash::Hash + 'static>(self: Arc<Self>, name: T) -> usize {
//!         name.as_ref().len()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let shop = Arc::new(Shop::default());
//! assert_eq!((shop.article(1).await, shop.stock(2).await, shop.order(3).await), (1, 2, 3));
//! assert_eq!((shop.rate("EUR").await, Shop::setting("lang").await, shop.clone().report("year").await), (3, 4, 4));
//! assert!(Shop::rates().cache_invalidate("EUR"));
//! assert_eq!(shop.report_cache::<&'static str>().cache_info().misses, 1);
//! # }
//! ```
//!
//! All forms are shown with [`macro@cachedmethod`].
//!
//! # What a call may rely on
//!
//! 1. However many callers ask for one key at once, the body runs once; all get its value.
//! 2. A decorated function behaves as the plain one would, except that it may not run.
//! 3. A failure is shared and never kept: all who wait get the error of the one run.
//! 4. A caller may be dropped at any await: the others get their value, and none hangs. A panic of a body reaches the caller whose
//!    call it was, or if that has left, the one whose poll ran it; the next one runs anew.
//! 5. When every caller of a running call is gone, its body is dropped, and nothing of it stays.
//! 6. After `invalidate`, `clear` or `insert` returns, no value from a load that began before is stored, or served to a new caller.
//! 7. A call that would wait for itself runs as the plain function.
//! 8. Time starts when the value is stored; at exactly `ttl` it is gone. A read does not extend it, a rewrite does.
//! 9. Caches are bounded unless they are asked not to be, and memory follows the bound.
//! 10. `Hash`, `Eq`, `Clone` and `Drop` of user types may panic or call back into a cache: it stays whole.
//!
//! # Features
//!
//! - `tokio`: `flight = detached`, and the clock that follows tokio's. Off by default: the rest runs on any executor.
//! - `store`: a second tier: the module `store`, and `#[cached(store = ..)]`. With `redis`, `memcached` and `sqlite`: those stores.
//!   With `messagepack` and `postcard`: those codecs. With `zstd` and `signed`: codecs around others.

// Generated code names this crate as its users do; so do the examples in these pages.
extern crate self as cachetools;

mod cache;
mod flight;
mod ground;
mod handle;
mod policy;
#[cfg(feature = "store")]
pub mod store;
mod table;

pub use cache::ask::{Asking, CallExt, Traced};
#[cfg(feature = "tokio")]
pub use cache::by_hand::DetachedCalls;
pub use cache::by_hand::SharedCalls;
pub use cache::mode::CacheValue;
pub use cache::{Cache, CacheBuilder, CacheParameters, Close, PolicyKind};
#[doc = include_str!("../docs/cached.md")]
pub use cachetools_macros::cached;
#[doc = include_str!("../docs/cachedmethod.md")]
pub use cachetools_macros::cachedmethod;
#[cfg(feature = "tokio")]
pub use ground::clock::TokioClock;
pub use ground::clock::{Clock, ManualClock, SystemClock};
pub use ground::error::{ShareError, SharedError, SharedIoError};
pub use ground::key::{CacheKey, ToKey};
pub use ground::stats::{CacheInfo, CacheStats, Evictions, Outcome, RemovalCause};
pub use ground::ttl::Ttl;
pub use handle::{InstanceCaches, MethodCache};
pub use policy::{Policy, Random, Slot};
#[cfg(feature = "store")]
pub use store::store;

/// The names that generated code may use, and nothing else may.
#[doc(hidden)]
pub mod __private {
    pub use crate::cache::call::{Pending, Start};
    pub use crate::cache::closing::Closing;
    pub use crate::cache::drive::{Run, Shared};
    pub use crate::cache::keyed::close;
    pub use crate::cache::mode::{
        ByClone, ByReport, ByShared, ByTrait, ErrorsByClone, ErrorsByReport, ErrorsByRetry, ErrorsByShared,
        ErrorsByTrait, ErrorsCannotBeShared, Impossible, IsResult, Mode, Never, No, Plain, PlainOk, Probe, ResultLike,
        Retry, SaidSo, Shareable, Split, Yes, answer,
    };
    pub use crate::ground::key::{
        ByRef, ByText, ByToKey, Hashed, KeyGiven, KeyOwned, KeyRef, KeyRef1, Lookup, Part, Seed, View, key,
    };
    pub use crate::handle::{Fit, FitForKey, FitToKeep, GivenCache, Home, Registry};
    #[cfg(feature = "store")]
    pub use crate::store::tier::generated::{around, errand, insert_tiers, invalidate_tiers};
    pub use crate::{
        __caches_of as add_the_field_caches_of_type_InstanceCaches, __handle as in_an_impl_use_cachedmethod,
        __name_of_the_handle as if_the_name_is_taken_say_handle_eq_other,
    };
}

/// What the fuzzer calls; see `fuzz/`.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod __fuzz {
    /// Compares a shard, under an order that the bytes choose, with a naive model of it.
    ///
    /// # Panics
    ///
    /// If they differ.
    pub fn shard(mut data: &[u8]) {
        crate::table::model::compare(&mut data);
    }

    /// Compares an order of eviction, which the bytes choose, with what it has to hold.
    ///
    /// # Panics
    ///
    /// If they differ.
    pub fn policy(mut data: &[u8]) {
        crate::policy::trial::compare(&mut data);
    }
}

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
