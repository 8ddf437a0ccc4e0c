//! The map of the calls running now.

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use dashmap::{DashMap, RwLockWriteGuard, SharedValue};
use hashbrown::raw::RawTable;

use super::crew::Flight;
use crate::ground::here::Locked;
use crate::ground::key::{Brought, Hashed};

/// A running call: its key and its flight.
type Call<K, V> = (Hashed<K>, SharedValue<Arc<Flight<V>>>);

/// The flights by key. Apart from the table: a running call takes no slot there and evicts nothing.
pub(super) struct Running<K, V>(DashMap<Hashed<K>, Arc<Flight<V>>, BuildHasherDefault<Brought>>);

impl<K, V> Running<K, V> {
    pub(super) fn new() -> Self {
        // Running calls are few beside entries, and an instance may have a cache a method: a few locks do.
        Self(DashMap::with_hasher_and_shard_amount(BuildHasherDefault::default(), 4))
    }

    /// Locks the flights whose keys share a part of the map with `hash`.
    pub(super) fn lock<'a>(&'a self, here: &'a Locked, hash: u64) -> Part<'a, K, V> {
        let _ = here;
        #[expect(clippy::cast_possible_truncation, reason = "a hash, of which any bits do")]
        let number = self.0.determine_shard(hash as usize);
        Part { calls: self.0.shards()[number].write(), hash }
    }

    /// Takes all flights out, part by part.
    pub(super) fn drain(&self, here: &Locked) -> Vec<(Hashed<K>, Arc<Flight<V>>)> {
        let _ = here;
        let mut all = Vec::new();
        for part in self.0.shards() {
            all.extend(part.write().drain().map(|(key, flight)| (key, flight.into_inner())));
        }
        all
    }
}

/// A locked part of the map, seen by one hash.
pub(super) struct Part<'a, K, V> {
    calls: RwLockWriteGuard<'a, RawTable<Call<K, V>>>,
    hash: u64,
}

impl<K, V> Part<'_, K, V> {
    pub(super) fn find(&self, same: impl Fn(&K) -> bool) -> Option<&Arc<Flight<V>>> {
        let (_, flight) = self.calls.get(self.hash, |(key, _)| key.hash == self.hash && same(&key.key))?;
        Some(flight.get())
    }

    /// Takes the flight of a key out.
    pub(super) fn take(&mut self, same: impl Fn(&K) -> bool) -> Option<(Hashed<K>, Arc<Flight<V>>)> {
        let hash = self.hash;
        let (key, flight) = self.calls.remove_entry(hash, |(key, _)| key.hash == hash && same(&key.key))?;
        Some((key, flight.into_inner()))
    }

    /// Takes `flight` out, if it still stands there, and gives its key back: the comparison that is law 6.
    pub(super) fn take_if_still(&mut self, flight: &Arc<Flight<V>>) -> Option<Hashed<K>> {
        let (key, _) = self.calls.remove_entry(self.hash, |(_, other)| Arc::ptr_eq(other.get(), flight))?;
        Some(key)
    }

    /// Adds a flight for a key that has none.
    pub(super) fn put(&mut self, key: Hashed<K>, flight: Arc<Flight<V>>) {
        self.calls.insert(self.hash, (key, SharedValue::new(flight)), |(key, _)| key.hash);
    }
}
