//! What `cache = ..` of an attribute may be: a cache, a reference to one, or an `Option` of either.

use std::any::TypeId;

use super::Registry;
use crate::cache::Cache;
use crate::cache::mode::CacheValue;
use crate::ground::key::CacheKey;

/// Gives the cache that an expression names.
///
/// Called as a method, so that a field is borrowed, a reference is passed on with its own lifetime, and an `Arc` or a `LazyLock`
/// is seen through.
pub trait GivenCache<'c> {
    /// Its keys.
    type Key;
    /// Its values.
    type Value;

    /// The cache; where there is none, one that keeps nothing and joins nobody, so that calls run as the plain function.
    fn given_cache(self) -> &'c Cache<Self::Key, Self::Value>;
}

impl<'c, K, V> GivenCache<'c> for &'c Cache<K, V> {
    type Key = K;
    type Value = V;

    #[inline]
    fn given_cache(self) -> Self {
        self
    }
}

impl<'c, K: CacheKey, V: CacheValue> GivenCache<'c> for Option<&'c Cache<K, V>> {
    type Key = K;
    type Value = V;

    #[inline]
    fn given_cache(self) -> &'c Cache<K, V> {
        match self {
            Some(cache) => cache,
            None => nothing(),
        }
    }
}

impl<'c, K: CacheKey, V: CacheValue> GivenCache<'c> for &'c Option<Cache<K, V>> {
    type Key = K;
    type Value = V;

    #[inline]
    fn given_cache(self) -> &'c Cache<K, V> {
        self.as_ref().given_cache()
    }
}

/// The one cache of each type that is none.
#[cold]
fn nothing<K: CacheKey, V: CacheValue>() -> &'static Cache<K, V> {
    static NOTHING: Registry = Registry::new();
    NOTHING.get(TypeId::of::<Cache<K, V>>(), || Cache::builder().lru(0).build())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::*;

    static SHARED: LazyLock<Cache<u8, u8>> = LazyLock::new(|| Cache::builder().build());

    #[test]
    fn a_cache_is_found_behind_all_that_may_hold_one() {
        let cache = Arc::new(Some(Cache::<u8, u8>::builder().build()));
        let inside: &Cache<u8, u8> = (*cache).as_ref().unwrap();
        assert!(std::ptr::eq(cache.given_cache(), inside));
        assert!(std::ptr::eq(inside.given_cache(), inside));
        assert!(std::ptr::eq(Some(inside).given_cache(), inside));
        let lasting: &'static Cache<u8, u8> = SHARED.given_cache();
        assert!(std::ptr::eq(lasting, &raw const *SHARED));
    }

    #[test]
    fn no_cache_is_one_that_keeps_nothing() {
        let none: Option<Cache<u8, u8>> = None;
        let cache = none.given_cache();
        cache.insert(1, 1);
        assert!(!cache.contains(&1));
    }
}
