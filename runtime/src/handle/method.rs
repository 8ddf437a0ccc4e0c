//! The handle of a method's cache.

use std::fmt;

use crate::cache::mode::CacheValue;
use crate::cache::{Cache, CacheParameters, Close};
use crate::ground::key::CacheKey;
use crate::ground::stats::{CacheInfo, CacheStats};

/// What `service.method_cache()` answers: the cache of a method, with the words that a function's handle has.
///
/// `A` is the tuple of the types of the arguments that are in the key: the verbs take them one by one, in order.
pub struct MethodCache<'c, K, V, A> {
    cache: &'c Cache<K, V>,
    /// Makes the key, as the method does on a miss.
    own: fn(A) -> K,
}

impl<K, V, A> Clone for MethodCache<'_, K, V, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, A> Copy for MethodCache<'_, K, V, A> {}

impl<K, V, A> fmt::Debug for MethodCache<'_, K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MethodCache").field(self.cache).finish()
    }
}

impl<'c, K, V, A> MethodCache<'c, K, V, A> {
    /// A handle on `cache`, whose keys `own` makes from a method's arguments.
    #[doc(hidden)]
    pub const fn new(cache: &'c Cache<K, V>, own: fn(A) -> K) -> Self {
        Self { cache, own }
    }

    /// The cache itself.
    pub const fn cache(&self) -> &'c Cache<K, V> {
        self.cache
    }

    /// Hits, misses and size.
    pub fn cache_info(&self) -> CacheInfo {
        self.cache.info()
    }

    /// The fuller picture.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// How the cache was set up, and whether it is in use.
    pub fn cache_parameters(&self) -> CacheParameters {
        self.cache.parameters()
    }
}

impl<K: 'static, V: CacheValue, A> MethodCache<'_, K, V, A> {
    /// Forgets everything and sets the counters to zero.
    pub fn cache_clear(&self) {
        self.cache.clear();
    }

    /// Closes the cache: see [`Cache::close`].
    pub async fn cache_close(&self, how: Close) {
        self.cache.close(how).await;
    }
}

/// Calls a macro with the tuples of arguments that a handle can have: as many as a key can.
macro_rules! arities {
    ($verbs:ident) => {
        $verbs! {
            ()
            (a A)
            (a A b B)
            (a A b B c C)
            (a A b B c C d D)
            (a A b B c C d D e E)
            (a A b B c C d D e E f F)
            (a A b B c C d D e E f F g G)
            (a A b B c C d D e E f F g G h H)
            (a A b B c C d D e E f F g G h H i I)
            (a A b B c C d D e E f F g G h H i I j J)
            (a A b B c C d D e E f F g G h H i I j J l L)
            (a A b B c C d D e E f F g G h H i I j J l L m M)
        }
    };
}
#[cfg(feature = "store")]
pub(crate) use arities;

macro_rules! verbs {
    ($(($($argument:ident $type:ident)*))*) => {$(
        // As many as the method has.
        #[allow(clippy::too_many_arguments)]
        impl<K: CacheKey, V: CacheValue, $($type),*> MethodCache<'_, K, V, ($($type,)*)> {
            /// Whether the call's value is stored, or it is running. No effect on counters or order.
            pub fn cache_contains(&self, $($argument: $type),*) -> bool {
                self.cache.contains(&(self.own)(($($argument,)*)))
            }

            /// The call's value, with no effect on counters or order.
            pub fn cache_peek(&self, $($argument: $type),*) -> Option<V> {
                self.cache.peek(&(self.own)(($($argument,)*)))
            }

            /// Forgets one call; says whether its value was there, or it was running.
            pub fn cache_invalidate(&self, $($argument: $type),*) -> bool {
                self.cache.invalidate(&(self.own)(($($argument,)*)))
            }

            /// Stores a value for one call.
            pub fn cache_insert(&self, $($argument: $type,)* value: V) {
                self.cache.insert((self.own)(($($argument,)*)), value);
            }
        }
    )*};
}
arities!(verbs);
