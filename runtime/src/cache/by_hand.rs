//! Loading through a cache without an attribute.

use std::pin::pin;

use super::Cache;
use super::call::{Pending, Start};
use super::keyed::start;
use super::mode::{ByClone, CacheValue, Mode, Plain};
use crate::ground::key::{CacheKey, KeyOwned, key};

/// Loading. The future is the body of the call: it is polled only if no value is stored and no call is running.
impl<K: CacheKey, V: CacheValue> Cache<K, V> {
    /// The value; loads it if need be. Concurrent calls with one key share one run. If the caller that runs `load` leaves, the
    /// next waiter runs its own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use cachetools::Cache;
    /// let cache = Cache::<u64, u64>::builder().build();
    /// let (one, two) = tokio::join!(cache.get_with(1, async { 10 }), cache.get_with(1, async { unreachable!() }));
    /// assert_eq!((one, two), (10, 10));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn get_with(&self, key: K, load: impl Future<Output = V>) -> V {
        call(self, key, Plain, load).await
    }

    /// As [`get_with`](Self::get_with), for a load that may fail. All who wait get the error of the one run; it is never kept.
    ///
    /// # Errors
    ///
    /// Those of `load`.
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn try_get_with<E>(&self, key: K, load: impl Future<Output = Result<V, E>>) -> Result<V, E>
    where
        E: Clone + Send + Sync + 'static,
    {
        call(self, key, ByClone, load).await
    }

    /// The same verbs, for loads that own all they need: whoever waits drives the load, and a caller that leaves takes
    /// nothing with it.
    pub const fn shared(&self) -> SharedCalls<'_, K, V> {
        SharedCalls(self)
    }

    /// The same verbs, for loads that finish although every caller has left: each runs in a tokio task of its own.
    #[cfg(feature = "tokio")]
    pub const fn detached(&self) -> DetachedCalls<'_, K, V> {
        DetachedCalls(self)
    }
}

async fn call<K: CacheKey, V: CacheValue, R>(
    cache: &Cache<K, V>,
    owned: K,
    mode: impl Mode<R, V>,
    body: impl Future<Output = R>,
) -> R {
    match start(cache, key(KeyOwned(owned)), mode) {
        Start::Hit(result) => result,
        Start::Miss(pending) => pending.run(pin!(body)).await,
    }
}

/// Calls whose loads are driven by whoever waits: see [`Cache::shared`].
#[derive(Debug)]
pub struct SharedCalls<'a, K, V>(&'a Cache<K, V>);

/// Calls whose loads run in tasks of their own: see [`Cache::detached`].
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub struct DetachedCalls<'a, K, V>(&'a Cache<K, V>);

macro_rules! owned_calls {
    ($(#[$cfg:meta])* $calls:ident, $hand_over:ident) => {
        // By value, so that a call can outlive the statement that it is written in.
        $(#[$cfg])*
        impl<K, V> Clone for $calls<'_, K, V> {
            fn clone(&self) -> Self {
                *self
            }
        }

        $(#[$cfg])*
        impl<K, V> Copy for $calls<'_, K, V> {}

        $(#[$cfg])*
        impl<K: CacheKey, V: CacheValue> $calls<'_, K, V> {
            /// See [`Cache::get_with`].
            ///
            /// # Panics
            ///
            /// If `load` panics: in the caller that brought it, or if that has left, in the one that drove it.
            pub async fn get_with(self, key: K, load: impl Future<Output = V> + Send + 'static) -> V {
                self.call(key, Plain, load).await
            }

            /// See [`Cache::try_get_with`].
            ///
            /// # Errors
            ///
            /// Those of `load`.
            ///
            /// # Panics
            ///
            /// If `load` panics: in the caller that brought it, or if that has left, in the one that drove it.
            pub async fn try_get_with<E>(
                self,
                key: K,
                load: impl Future<Output = Result<V, E>> + Send + 'static,
            ) -> Result<V, E>
            where
                E: Clone + Send + Sync + 'static,
            {
                self.call(key, ByClone, load).await
            }

            async fn call<R: Send + 'static>(
                self,
                owned: K,
                mode: impl Mode<R, V>,
                load: impl Future<Output = R> + Send + 'static,
            ) -> R {
                match start(self.0, key(KeyOwned(owned)), mode) {
                    Start::Hit(result) => result,
                    Start::Miss(pending) => Pending::$hand_over(pending, || load).await,
                }
            }
        }
    };
}
owned_calls!(SharedCalls, share);
owned_calls! {
    #[cfg(feature = "tokio")]
    DetachedCalls, detach
}
