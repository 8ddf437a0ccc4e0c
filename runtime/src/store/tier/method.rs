//! The handle of a method's cache with a store behind it.

use std::fmt;

use super::{TierStats, Tiered};
use crate::cache::mode::CacheValue;
use crate::cache::{Cache, CacheParameters, Close};
use crate::ground::key::CacheKey;
use crate::ground::stats::{CacheInfo, CacheStats};
use crate::handle::arities;

/// What `Service::method_cache()` answers if the method has a store: as a [`MethodCache`](crate::MethodCache), for both tiers.
///
/// `A` is the tuple of the types of the arguments that are in the key: the verbs take them one by one, in order.
pub struct TieredMethodCache<K: 'static, V: 'static, A> {
    tiers: &'static Tiered<K, V>,
    /// Makes the key, as the method does on a miss.
    own: fn(A) -> K,
}

impl<K, V, A> Clone for TieredMethodCache<K, V, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, A> Copy for TieredMethodCache<K, V, A> {}

impl<K, V, A> fmt::Debug for TieredMethodCache<K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TieredMethodCache").field(self.tiers).finish()
    }
}

impl<K, V, A> TieredMethodCache<K, V, A> {
    /// A handle on `tiers`, whose keys `own` makes from a method's arguments.
    #[doc(hidden)]
    pub const fn new(tiers: &'static Tiered<K, V>, own: fn(A) -> K) -> Self {
        Self { tiers, own }
    }

    /// Both tiers: the cache in memory, and the store behind it.
    pub const fn cache_tiers(&self) -> &'static Tiered<K, V> {
        self.tiers
    }

    /// The cache in memory: to look at. What is changed there does not reach the store.
    pub const fn cache(&self) -> &'static Cache<K, V> {
        self.tiers.near()
    }

    /// Hits, misses and size.
    pub fn cache_info(&self) -> CacheInfo {
        self.cache().info()
    }

    /// The fuller picture.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache().stats()
    }

    /// How the store is doing.
    pub fn cache_tier_stats(&self) -> TierStats {
        self.tiers.tier_stats()
    }

    /// How the cache was set up, and whether it is in use.
    pub fn cache_parameters(&self) -> CacheParameters {
        self.cache().parameters()
    }
}

impl<K: CacheKey, V: CacheValue, A> TieredMethodCache<K, V, A> {
    /// Forgets everything in both tiers, and sets the counters to zero: see [`Tiered::clear`].
    pub fn cache_clear(&self) {
        self.tiers.clear();
    }

    /// Closes the cache: see [`Tiered::close`].
    pub async fn cache_close(&self, how: Close) {
        self.tiers.close(how).await;
    }
}

macro_rules! verbs {
    ($(($($argument:ident $type:ident)*))*) => {$(
        // As many as the method has.
        #[allow(clippy::too_many_arguments)]
        impl<K: CacheKey, V: CacheValue, $($type),*> TieredMethodCache<K, V, ($($type,)*)> {
            /// Whether the call's value is in memory, or it is running. No effect on counters or order.
            pub fn cache_contains(&self, $($argument: $type),*) -> bool {
                self.cache().contains(&(self.own)(($($argument,)*)))
            }

            /// The call's value in memory, with no effect on counters or order.
            pub fn cache_peek(&self, $($argument: $type),*) -> Option<V> {
                self.cache().peek(&(self.own)(($($argument,)*)))
            }

            /// Forgets one call in both tiers; says whether its value was in memory, or it was running.
            pub fn cache_invalidate(&self, $($argument: $type),*) -> bool {
                self.tiers.invalidate(&(self.own)(($($argument,)*)))
            }

            /// Stores a value for one call in both tiers.
            pub fn cache_insert(&self, $($argument: $type,)* value: V) {
                self.tiers.insert((self.own)(($($argument,)*)), value);
            }
        }
    )*};
}
arities!(verbs);
