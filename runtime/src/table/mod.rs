//! Floor 2: what is stored. Knows values, order, weight and time, and no futures.

mod expiry;
mod shard;

pub(crate) use shard::{Removed, Shard};

use crate::ground::here::Locked;
use crate::ground::sync::{Lock, MutexGuard, Padded};
use crate::policy::{Lru, Order};

/// Up to this many entries a table is one shard, so that its order is exact.
const EXACT: usize = 1024;

/// How many shards a table of more entries has: enough for the threads of a large machine to seldom meet.
const SHARDS: usize = 16;

type LockedShard<K, V> = Padded<Lock<Shard<K, V>>>;

/// Shards behind locks.
pub(crate) struct Table<K, V> {
    shards: Box<[LockedShard<K, V>]>,
    mask: usize,
    capacity: Option<usize>,
}

impl<K, V> Table<K, V> {
    /// `None`: unbounded.
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let count = if capacity.is_some_and(|capacity| capacity <= EXACT) { 1 } else { SHARDS };
        let shards = (0..count).map(|number| {
            // What does not divide goes to the first ones: together they hold the capacity, to the entry.
            let share = capacity.map(|capacity| capacity / count + usize::from(number < capacity % count));
            let order = if capacity.is_some() { Order::Lru(Lru::new()) } else { Order::Unbounded };
            Padded(Lock::new(Shard::new(share, order)))
        });
        Self { shards: shards.collect(), mask: count - 1, capacity }
    }

    pub(crate) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// The shard of a hash. The proof says that this thread holds none of them.
    #[inline]
    pub(crate) fn lock(&self, _: &Locked, hash: u64) -> MutexGuard<'_, Shard<K, V>> {
        // The index of a shard takes the low half of the hash.
        let number = (hash >> 32) as usize & self.mask;
        self.shards[number].lock()
    }

    /// One shard after the other.
    pub(crate) fn lock_each<'a>(&'a self, _: &'a Locked) -> impl Iterator<Item = MutexGuard<'a, Shard<K, V>>> {
        self.shards.iter().map(|shard| shard.lock())
    }
}

/// The part of a hash that a shard keeps.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
pub(crate) fn low(hash: u64) -> u32 {
    hash as u32
}
