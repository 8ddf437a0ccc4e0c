//! The verbs that generated code uses: they look up by a borrowed view of the key.

use super::call::{self, Pending, Start};
use super::closing::Closing;
use super::mode::{CacheValue, Mode};
use super::{Cache, Close};
use crate::flight::Lent;
use crate::ground::here;
use crate::ground::key::View;

/// Looks a call up: without a clone of an argument, an allocation or an await if it is a hit.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the way of every hit")]
pub(crate) fn start<K, V, R, M, Q>(cache: &Cache<K, V>, key: Q, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    call::start(Lent::Here(&cache.flights), &cache.seed, key, mode)
}

/// As [`start`], of a cache that is never dropped.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the way of every hit")]
pub(crate) fn start_static<K, V, R, M, Q>(cache: &'static Cache<K, V>, key: Q, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    call::start(Lent::Static(&cache.flights), &cache.seed, key, mode)
}

/// [`Cache::contains`], for the handle of a function.
pub(crate) fn contains<K, V, Q: View<K>>(cache: &Cache<K, V>, key: &Q) -> bool {
    let hash = key.hash(&cache.seed);
    here::lock().is_some_and(|here| cache.flights.contains(&here, hash, |other| key.is(other)))
}

/// [`Cache::peek`], for the handle of a function.
pub(crate) fn peek<K, V: CacheValue, Q: View<K>>(cache: &Cache<K, V>, key: &Q) -> Option<V> {
    let hash = key.hash(&cache.seed);
    cache.flights.peek(&here::lock()?, hash, |other| key.is(other))
}

/// [`Cache::invalidate`], for the handle of a function.
pub(crate) fn invalidate<K: 'static, V: 'static, Q: View<K>>(cache: &Cache<K, V>, key: &Q) -> bool {
    let hash = key.hash(&cache.seed);
    cache.invalidate_by(hash, |other| key.is(other))
}

/// [`Cache::insert`], for the handle of a function.
pub(crate) fn insert<K: 'static, V: 'static, Q: View<K>>(cache: &Cache<K, V>, key: Q, value: V) {
    let hash = key.hash(&cache.seed);
    cache.insert_owned(key.own(hash), value);
}

/// [`Cache::close`], for the handle of a function.
pub const fn close<K, V>(cache: &Cache<K, V>, how: Close) -> Closing<'_, K, V> {
    Closing::new(cache, how)
}
