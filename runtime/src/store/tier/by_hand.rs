//! Loading through both tiers without an attribute, and what a store's failure is to a call.

use std::pin::pin;

use super::super::error::StoreError;
use super::Tiered;
use crate::cache::call::Start;
use crate::cache::keyed;
use crate::cache::mode::{ByClone, CacheValue, Mode, Plain};
use crate::ground::key::{CacheKey, KeyOwned, key};

/// A store's failure is none of the caller's business: the call goes on without it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Skip;

/// A store's failure is the call's error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fail;

/// What a store's failure is to a call: [`Skip`] or [`Fail`].
pub trait OnStoreError: sealed::Sealed {}

impl OnStoreError for Skip {}
impl OnStoreError for Fail {}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Skip {}
    impl Sealed for super::Fail {}
}

/// Loading, whatever the store does.
impl<K: CacheKey, V: CacheValue> Tiered<K, V> {
    /// The value; loads it if neither memory nor the store has it. See [`Cache::get_with`](crate::Cache::get_with).
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn get_with(&self, key: K, load: impl Future<Output = V>) -> V {
        self.call(key, Plain, None, load).await
    }

    /// As [`get_with`](Self::get_with), for a load that may fail.
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
        self.call(key, ByClone, None, load).await
    }
}

/// Loading with a store that has to be there: see [`on_store_error`](super::TieredBuilder::on_store_error).
impl<K: CacheKey, V: CacheValue> Tiered<K, V, Fail> {
    /// The value; loads it if neither memory nor the store has it. All who wait get the error of the one attempt; it is never kept.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cachetools::store::StoreError> {
    /// use cachetools::Cache;
    /// use cachetools::store::{Fail, StoreError};
    ///
    /// let store = cachetools::store("memory://")?;
    /// let squares = Cache::<u64, u64>::builder().store(store).on_store_error(Fail).build();
    /// assert_eq!(squares.try_get_with(3, async { Ok::<_, StoreError>(9) }).await?, 9);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `load`. Where the store cannot be asked, does not answer within the limit or is left alone for a while, its error:
    /// `load` is not run then. A write that fails, after `load`, is no error: the value is there.
    ///
    /// # Panics
    ///
    /// If `load` panics, in the caller that ran it.
    pub async fn try_get_with<E>(&self, key: K, load: impl Future<Output = Result<V, E>>) -> Result<V, E>
    where
        E: From<StoreError> + Clone + Send + Sync + 'static,
    {
        self.call(key, ByClone, Some(|error| Err(error.into())), load).await
    }
}

impl<K: CacheKey, V: CacheValue, S> Tiered<K, V, S> {
    async fn call<R>(
        &self,
        owned: K,
        mode: impl Mode<R, V>,
        strict: Option<fn(StoreError) -> R>,
        body: impl Future<Output = R>,
    ) -> R {
        match keyed::start(&self.near, key(KeyOwned(owned.clone())), mode) {
            Start::Hit(result) => result,
            Start::Miss(mut pending) => {
                let errand = self.errand(owned, &mut pending);
                keyed::run(pending, pin!(errand.around(mode, strict, body))).await
            }
        }
    }
}
