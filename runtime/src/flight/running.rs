//! The calls running now.

use std::sync::Arc;

use hashbrown::HashTable;

use super::crew::Flight;
use crate::ground::key::Hashed;

/// A running call: its key and its flight.
type Call<K, V> = (Hashed<K>, Arc<Flight<V>>);

/// The flights by key, of the keys that share a part of the table. Beside the shard and not in it: a running call takes no slot
/// there and evicts nothing.
pub(crate) struct Running<K, V>(HashTable<Call<K, V>>);

impl<K, V> Default for Running<K, V> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<K, V> Running<K, V> {
    pub(super) fn find(&self, hash: u64, same: impl Fn(&K) -> bool) -> Option<&Arc<Flight<V>>> {
        let (_, flight) = self.0.find(hash, |(key, _)| key.hash == hash && same(&key.key))?;
        Some(flight)
    }

    /// Takes the flight of a key out.
    pub(super) fn take(&mut self, hash: u64, same: impl Fn(&K) -> bool) -> Option<Call<K, V>> {
        let call = self.0.find_entry(hash, |(key, _)| key.hash == hash && same(&key.key)).ok()?;
        Some(call.remove().0)
    }

    /// Takes `flight` out, if it still stands there, and gives its key back: the comparison that is law 6.
    pub(super) fn take_if_still(&mut self, hash: u64, flight: &Arc<Flight<V>>) -> Option<Hashed<K>> {
        let call = self.0.find_entry(hash, |(_, other)| Arc::ptr_eq(other, flight)).ok()?;
        let (key, _) = call.remove().0;
        Some(key)
    }

    /// Adds a flight for a key that has none.
    pub(super) fn put(&mut self, key: Hashed<K>, flight: Arc<Flight<V>>) {
        self.0.insert_unique(key.hash, (key, flight), |(key, _)| key.hash);
    }

    /// Takes all flights out.
    pub(super) fn drain(&mut self) -> Vec<Call<K, V>> {
        self.0.drain().collect()
    }
}
