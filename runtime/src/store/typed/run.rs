//! What all operations of a typed store have in common.

use std::sync::Arc;
use std::time::Duration;

use super::super::codec::Codec;
use super::super::envelope::{self, Reject};
use super::super::error::StoreError;
use super::super::hooks::{Hook, Operation, Read, watched};
use super::super::keys::Call;
use super::super::ttl::Ttl;
use super::TypedStore;

/// What all operations have in common.
impl<C> TypedStore<C> {
    pub(super) async fn run<T>(
        &self,
        operation: Operation,
        off: T,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.run_read(operation, off, async { Ok((work.await?, Read::default())) }).await
    }

    /// Runs an operation: between its hooks, and within its limit.
    pub(crate) async fn run_read<T>(
        &self,
        operation: Operation,
        off: T,
        work: impl Future<Output = Result<(T, Read), StoreError>>,
    ) -> Result<T, StoreError> {
        if !self.enabled {
            return Ok(off);
        }
        watched(&self.hooks, operation, self.limited(work)).await
    }

    async fn limited<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match self.limit {
            Some(limit) if tokio::runtime::Handle::try_current().is_ok() => {
                tokio::time::timeout(limit, work).await.unwrap_or(Err(StoreError::Timeout { limit }))
            }
            _ => work.await,
        }
    }

    pub(crate) fn hooks(&self) -> Arc<[Arc<dyn Hook>]> {
        self.hooks.clone()
    }

    pub(crate) fn ttl_of(&self, ttl: Ttl) -> Option<Duration> {
        ttl.or(self.default_ttl)
    }

    /// What begins all keys of the calls of `name`, if they have that in common.
    pub(crate) fn prefix_of(&self, name: &str) -> Option<String> {
        let key = self.prefix.key(&self.store, &self.keys.key(Call::new(name, ""))).ok()?;
        (!name.is_empty() && key.ends_with(&format!("{name}:"))).then_some(key)
    }

    pub(crate) fn open<V>(&self, key: &str, bytes: &[u8]) -> Option<V>
    where
        C: Codec<V>,
    {
        match envelope::open(&self.codec, self.prefix.version(), key, bytes) {
            Ok(value) => Some(value),
            Err(why) => {
                self.rejects.count(why);
                self.hooks.iter().for_each(|hook| hook.rejected(key, why));
                None
            }
        }
    }

    pub(crate) fn seal<V>(&self, key: &str, value: &V) -> Result<Vec<u8>, StoreError>
    where
        C: Codec<V>,
    {
        Ok(envelope::seal(&self.codec, self.prefix.version(), key, value)?)
    }

    /// The value under a whole key.
    pub(crate) async fn get_full<V>(&self, key: &str) -> Result<Option<V>, StoreError>
    where
        C: Codec<V>,
    {
        let work = async {
            let value = match self.store.get(key).await {
                Ok(bytes) => bytes.and_then(|bytes| self.open(key, &bytes)),
                Err(StoreError::WrongType) => {
                    self.rejects.count(Reject::Foreign);
                    self.hooks.iter().for_each(|hook| hook.rejected(key, Reject::Foreign));
                    None
                }
                Err(error) => return Err(error),
            };
            let read = Read { asked: 1, found: value.is_some().into() };
            Ok((value, read))
        };
        self.run_read(Operation::Get, None, work).await
    }

    /// Stores a value under a whole key.
    pub(crate) async fn set_full<V>(&self, key: &str, value: &V, ttl: Ttl) -> Result<(), StoreError>
    where
        C: Codec<V>,
    {
        let bytes = self.seal(key, value)?;
        self.run(Operation::Set, (), self.store.set(key, &bytes, ttl.or(self.default_ttl))).await
    }
}
