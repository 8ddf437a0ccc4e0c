//! The map of the calls running now.

use std::sync::Arc;

use dashmap::SharedValue;
use hashbrown::raw::RawTable;

use super::crew::Flight;
use crate::ground::here::Locked;
use crate::ground::key::Hashed;

/// A running call: its key and its flight.
type Call<K, V> = (Hashed<K>, SharedValue<Arc<Flight<V>>>);

/// A flight that was taken out, and its key.
pub(super) type Taken<K, V> = (Hashed<K>, Arc<Flight<V>>);

/// The flights by key. Apart from the table: a running call takes no slot there and evicts nothing.
pub(super) struct Running<K, V>(map::Map<K, V>);

impl<K, V> Running<K, V> {
    pub(super) fn new() -> Self {
        Self(map::new())
    }

    /// Locks the flights whose keys share a part of the map with `hash`.
    pub(super) fn lock<'a>(&'a self, here: &'a Locked, hash: u64) -> Part<'a, K, V> {
        let _ = here;
        Part { calls: map::lock(&self.0, hash), hash }
    }

    /// Takes all flights out, part by part.
    pub(super) fn drain(&self, here: &Locked) -> Vec<Taken<K, V>> {
        let _ = here;
        let mut all = Vec::new();
        for mut part in map::parts(&self.0) {
            all.extend(part.drain().map(|(key, flight)| (key, flight.into_inner())));
        }
        all
    }
}

/// Dashmap, whose shards are locked by hand.
#[cfg(not(shuttle))]
mod map {
    use std::hash::BuildHasherDefault;
    use std::sync::Arc;

    use dashmap::{DashMap, RwLockWriteGuard};

    use super::{Call, Flight, Hashed, RawTable};
    use crate::ground::key::Brought;

    pub(super) type Map<K, V> = DashMap<Hashed<K>, Arc<Flight<V>>, BuildHasherDefault<Brought>>;
    pub(super) type Guard<'a, K, V> = RwLockWriteGuard<'a, RawTable<Call<K, V>>>;

    pub(super) fn new<K, V>() -> Map<K, V> {
        // Running calls are few beside entries, and an instance may have a cache a method: a few locks do.
        DashMap::with_hasher_and_shard_amount(BuildHasherDefault::default(), 4)
    }

    pub(super) fn lock<K, V>(map: &Map<K, V>, hash: u64) -> Guard<'_, K, V> {
        #[expect(clippy::cast_possible_truncation, reason = "a hash, of which any bits do")]
        let number = map.determine_shard(hash as usize);
        map.shards()[number].write()
    }

    pub(super) fn parts<K, V>(map: &Map<K, V>) -> impl Iterator<Item = Guard<'_, K, V>> {
        map.shards().iter().map(|part| part.write())
    }
}

/// One part behind a lock that shuttle sees.
#[cfg(shuttle)]
mod map {
    use super::{Call, RawTable};
    use crate::ground::sync::{Lock, MutexGuard};

    pub(super) type Map<K, V> = Lock<RawTable<Call<K, V>>>;
    pub(super) type Guard<'a, K, V> = MutexGuard<'a, RawTable<Call<K, V>>>;

    pub(super) fn new<K, V>() -> Map<K, V> {
        Lock::new(RawTable::new())
    }

    pub(super) fn lock<K, V>(map: &Map<K, V>, _: u64) -> Guard<'_, K, V> {
        map.lock()
    }

    pub(super) fn parts<K, V>(map: &Map<K, V>) -> impl Iterator<Item = Guard<'_, K, V>> {
        std::iter::once(map.lock())
    }
}

/// A locked part of the map, seen by one hash.
pub(super) struct Part<'a, K, V> {
    calls: map::Guard<'a, K, V>,
    hash: u64,
}

impl<K, V> Part<'_, K, V> {
    pub(super) fn find(&self, same: impl Fn(&K) -> bool) -> Option<&Arc<Flight<V>>> {
        let (_, flight) = self.calls.get(self.hash, |(key, _)| key.hash == self.hash && same(&key.key))?;
        Some(flight.get())
    }

    /// Takes the flight of a key out.
    pub(super) fn take(&mut self, same: impl Fn(&K) -> bool) -> Option<Taken<K, V>> {
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
