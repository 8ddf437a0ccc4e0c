//! Keys and values of a cache, as its store has them.

use std::time::Duration;

use serde_core::Serialize;

use super::super::codec::Codec;
use super::super::error::StoreError;
use super::super::key_text::key_text;
use super::super::keys::Call;
use super::super::ttl::Ttl;
use super::super::typed::TypedStore;

/// Keys and values as the store has them; so that no codec is in the type of a cache.
pub(super) trait Coder<K, V>: Send + Sync {
    fn key(&self, key: &K, generation: &str) -> Result<String, StoreError>;
    fn open(&self, key: &str, bytes: &[u8]) -> Option<V>;
    fn seal(&self, key: &str, value: &V) -> Result<Vec<u8>, StoreError>;
    fn ttl(&self, ttl: Ttl) -> Option<Duration>;
}

pub(super) struct Coded<C> {
    pub(super) store: TypedStore<C>,
    pub(super) name: String,
}

impl<C: Codec<V>, K: Serialize, V> Coder<K, V> for Coded<C> {
    fn key(&self, key: &K, generation: &str) -> Result<String, StoreError> {
        let mut args = key_text(key).map_err(|_| StoreError::InvalidKey { reason: "it cannot be written as text" })?;
        args.push_str(generation);
        let TypedStore { store, prefix, keys, .. } = &self.store;
        if self.name.is_empty() {
            return prefix.key(store, &args);
        }
        prefix.call(store, &**keys, Call::new(&self.name, &args))
    }

    fn open(&self, key: &str, bytes: &[u8]) -> Option<V> {
        self.store.open(key, bytes)
    }

    fn seal(&self, key: &str, value: &V) -> Result<Vec<u8>, StoreError> {
        self.store.seal(key, value)
    }

    fn ttl(&self, ttl: Ttl) -> Option<Duration> {
        self.store.ttl_of(ttl)
    }
}
