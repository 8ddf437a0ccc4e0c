//! Floor 2: what is stored. Knows values, order, weight and time, and no futures.

mod entry;
mod expiry;
mod index;
#[cfg(any(test, fuzzing))]
pub(crate) mod model;
mod recent;
mod removed;
mod shard;

pub(crate) use entry::{Terms, low};
pub(crate) use removed::Removed;
pub(crate) use shard::{Absent, Run, Shard};

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::ground::here::Locked;
use crate::ground::sync::{Lock, MutexGuard, Padded};
use crate::policy::Order;

/// Up to this many entries a table is one shard, so that its order is exact.
const EXACT: u64 = 1024;

/// How many shards a table of more entries has: enough for the threads of a large machine to seldom meet.
const SHARDS: u64 = 16;
const _: () = assert!(SHARDS <= 16, "a shard is told by four bits of the hash");

/// The capacity of a table without one.
const UNBOUNDED: u64 = u64::MAX;

/// A shard, and what the floor above keeps under the same lock.
#[repr(C)]
pub(crate) struct Shelf<K, V, M> {
    shard: Shard<K, V>,
    pub(crate) beside: M,
}

impl<K, V, M> Deref for Shelf<K, V, M> {
    type Target = Shard<K, V>;

    #[inline]
    fn deref(&self) -> &Shard<K, V> {
        &self.shard
    }
}

impl<K, V, M> DerefMut for Shelf<K, V, M> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Shard<K, V> {
        &mut self.shard
    }
}

type LockedShelf<K, V, M> = Padded<Lock<Shelf<K, V, M>>>;

/// Shards behind locks.
pub(crate) struct Table<K, V, M> {
    /// Their number is a power of two.
    shards: Box<[LockedShelf<K, V, M>]>,
    capacity: AtomicU64,
}

/// What a table is told when it is built.
pub(crate) struct Plan<'a> {
    /// In entries, or in weight; `None`: unbounded.
    pub(crate) capacity: Option<u64>,
    /// Makes the order of a shard of this capacity.
    pub(crate) order: &'a dyn Fn(u64) -> Order,
    /// Whether entries bring a weight of their own.
    pub(crate) weighed: bool,
    pub(crate) tti: Option<Duration>,
}

impl<K, V, M: Default> Table<K, V, M> {
    pub(crate) fn new(plan: &Plan<'_>) -> Self {
        let capacity = plan.capacity.unwrap_or(UNBOUNDED);
        // A value may weigh as much as the whole table holds: it must fit in one shard.
        let count = if plan.weighed || capacity <= EXACT { 1 } else { SHARDS };
        let shards = shares(capacity, count).map(|share| {
            let order = if capacity == UNBOUNDED { Order::Unbounded } else { (plan.order)(share) };
            let shard = Shard::new(share, order, plan.weighed, plan.tti);
            Padded(Lock::new(Shelf { shard, beside: M::default() }))
        });
        Self { shards: shards.collect(), capacity: AtomicU64::new(capacity) }
    }

    /// `None`: unbounded.
    pub(crate) fn capacity(&self) -> Option<u64> {
        Some(self.capacity.load(Ordering::Relaxed)).filter(|&capacity| capacity != UNBOUNDED)
    }

    /// Another bound, of a table that has one and always will.
    pub(crate) fn set_capacity(&self, here: &Locked, capacity: u64) -> Removed<K, V> {
        let capacity = capacity.min(UNBOUNDED - 1);
        let mut removed = Removed::nothing();
        if self.capacity().is_some() {
            self.capacity.store(capacity, Ordering::Relaxed);
            let count = self.shards.len() as u64;
            for (mut shard, share) in self.lock_each(here).zip(shares(capacity, count)) {
                removed.append(shard.set_capacity(share));
            }
        }
        removed
    }

    /// The shard of a hash. The proof says that this thread holds none of them.
    #[inline]
    pub(crate) fn lock(&self, _: &Locked, hash: u64) -> MutexGuard<'_, Shelf<K, V, M>> {
        // The four highest bits; the index of a shard takes those behind them.
        let number = (hash >> 60) as usize & (self.shards.len() - 1);
        self.shards[number].lock()
    }

    /// How many shards there are.
    pub(crate) fn count(&self) -> usize {
        self.shards.len()
    }

    /// The shard of a number below [`count`](Self::count).
    pub(crate) fn lock_number(&self, _: &Locked, number: usize) -> MutexGuard<'_, Shelf<K, V, M>> {
        self.shards[number].lock()
    }

    /// One shard after the other.
    pub(crate) fn lock_each<'a>(&'a self, _: &'a Locked) -> impl Iterator<Item = MutexGuard<'a, Shelf<K, V, M>>> {
        self.shards.iter().map(|shard| shard.lock())
    }
}

/// The shares of `count` shards, which together hold `capacity` to the entry: what does not divide goes to the first ones.
fn shares(capacity: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |number| match capacity {
        UNBOUNDED => UNBOUNDED,
        _ => capacity / count + u64::from(number < capacity % count),
    })
}
