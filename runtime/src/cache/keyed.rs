//! The verbs that generated code uses: they look up by a borrowed view of the key.

use std::pin::Pin;

use super::call::{self, Pending, Start};
use super::drive::{Run, Shared};
use super::mode::{CacheValue, Mode};
use super::{Cache, Close};
use crate::flight::Lent;
use crate::ground::here;
use crate::ground::key::View;

/// Looks a call up: without a clone of an argument, an allocation or an await if it is a hit.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the way of every hit")]
pub fn start<K, V, R, M, Q>(cache: &Cache<K, V>, key: Q, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    call::start(Lent::Here(&cache.flights), key, mode)
}

/// As [`start`], of a cache that is never dropped.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the way of every hit")]
pub fn start_static<K, V, R, M, Q>(cache: &'static Cache<K, V>, key: Q, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    call::start(Lent::Static(&cache.flights), key, mode)
}

/// [`Cache::contains`], for the handle of a function.
pub fn contains<K, V, Q: View<K>>(cache: &Cache<K, V>, key: &Q) -> bool {
    let hash = key.hash(&cache.flights.seed);
    here::lock().is_some_and(|here| cache.flights.contains(&here, hash, |other| key.is(other)))
}

/// [`Cache::peek`], for the handle of a function.
pub fn peek<K, V: CacheValue, Q: View<K>>(cache: &Cache<K, V>, key: &Q) -> Option<V> {
    let hash = key.hash(&cache.flights.seed);
    cache.flights.peek(&here::lock()?, hash, |other| key.is(other))
}

/// [`Cache::invalidate`], for the handle of a function.
pub fn invalidate<K: 'static, V: 'static, Q: View<K>>(cache: &Cache<K, V>, key: &Q) -> bool {
    let hash = key.hash(&cache.flights.seed);
    cache.invalidate_by(hash, |other| key.is(other))
}

/// [`Cache::insert`], for the handle of a function.
pub fn insert<K: 'static, V: 'static, Q: View<K>>(cache: &Cache<K, V>, key: Q, value: V) {
    let hash = key.hash(&cache.flights.seed);
    cache.insert_owned(key.own(hash), value);
}

/// `Pending::run`; a function, since about a method whose bounds are not met the compiler says more than about a function.
#[inline]
pub fn run<K, V, M, R, F>(pending: Pending<K, V, M>, body: Pin<&mut F>) -> Run<'_, K, V, M, F>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    F: Future<Output = R>,
{
    pending.run(body)
}

/// `Pending::share`, likewise.
pub fn share<K, V, M, R, B, F>(pending: Pending<K, V, M>, body: B) -> Shared<K, V, M, R, B>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    R: Send + 'static,
    B: FnOnce() -> F,
    // The compiler quotes the line when a body is no such thing.
    F: Future<Output = R> + Send + 'static, // a body that is not `Send`, or borrows, needs `flight = inline`
{
    pending.share(body)
}

/// `Pending::detach`, likewise.
#[cfg(feature = "tokio")]
pub fn detach<K, V, M, R, B, F>(pending: Pending<K, V, M>, body: B) -> Shared<K, V, M, R, B>
where
    K: Send + Sync + 'static,
    V: CacheValue,
    M: Mode<R, V>,
    R: Send + 'static,
    B: FnOnce() -> F,
    F: Future<Output = R> + Send + 'static,
{
    pending.detach(body)
}

/// [`Cache::close`], likewise.
pub fn close<K: 'static, V: 'static>(cache: &Cache<K, V>, how: Close) -> impl Future<Output = ()> {
    cache.close(how)
}
