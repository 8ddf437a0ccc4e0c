//! One shard of a table: an index over dense slots, an order of eviction, and deadlines.
//!
//! Plain `&mut self`, and no bound on `K`: who calls brings hash and comparison. Nothing is dropped in here. What leaves
//! is handed out as [`Removed`], to be dropped when no lock is held.

mod admit;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use super::entry::index;
use super::expiry::Expiry;
use super::index::Index;
use super::recent::Recent;
use super::removed::{Left, Removed};
use crate::ground::clock::Moment;
use crate::ground::stats::{Evictions, RemovalCause};
#[cfg(any(test, fuzzing))]
use crate::policy::Validate as _;
use crate::policy::{Order, Policy, Slot};

/// How many entries a shard can number.
const MOST: usize = Slot::MAX as usize - 1;

/// Room for so few entries is not given back.
const ROOM: usize = 64;

/// How many expired entries one write takes out at the most, so that it stays short when a million expire at once.
const SWEEP: usize = 32;

/// A key was not there, when so many entries had come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absent(u64);

impl Absent {
    /// Nothing is known of it.
    pub(crate) const UNKNOWN: Self = Self(u64::MAX);
}

/// A call that begins to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) number: u64,
    /// Whether there is no entry of its key, not even an expired one.
    pub(crate) is_absent: bool,
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
}

/// In this order: what every hit writes is on one line of the processor's cache, the lock's, and what it only reads is on the
/// next, which processors may share.
#[repr(C)]
pub(crate) struct Shard<K, V> {
    /// What the order will be told of.
    recent: Recent,
    /// Slots by hash.
    index: Index,
    /// By slot.
    entries: Vec<Entry<K, V>>,
    /// `None` until an entry has a deadline.
    expiry: Option<Box<Expiry>>,
    /// How many entries came in: as long as it stays, what was absent is.
    admitted: u64,
    /// To be told and asked by way of [`Shard::order`].
    order: Order,
    /// By slot. Kept, so that no entry's key is ever hashed again: that would run user code.
    hashes: Vec<u32>,
    /// By slot; `None`: every entry weighs 1.
    weights: Option<Vec<u64>>,
    /// What the entries weigh together, and may weigh.
    weight: u64,
    capacity: u64,
    /// Those of which the order was told.
    hits: u64,
    misses: u64,
    /// Calls that began to run, and that ended.
    begun: u64,
    ended: u64,
    evictions: Evictions,
}

impl<K, V> Shard<K, V> {
    pub(crate) fn new(capacity: u64, order: Order, weighed: bool, tti: Option<Duration>) -> Self {
        Self {
            recent: Recent::new(),
            index: Index::new(),
            entries: Vec::new(),
            hashes: Vec::new(),
            weights: weighed.then(Vec::new),
            expiry: tti.map(|tti| Box::new(Expiry::idle(tti))),
            order,
            weight: 0,
            capacity,
            hits: 0,
            admitted: 0,
            misses: 0,
            begun: 0,
            ended: 0,
            evictions: Evictions::default(),
        }
    }

    /// The value of a call, counted and touched. The clock is read only if the entry has a deadline.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way of every hit")]
    pub(crate) fn hit(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
    ) -> Result<&V, Absent> {
        let entries = &self.entries;
        let find = |slot| entries.get(slot as usize).filter(|entry| same(&entry.key)).map(|entry| (slot, &entry.value));
        let Some((slot, value)) = self.index.find(hash, find) else { return Err(Absent(self.admitted)) };
        if let Some(expiry) = &mut self.expiry {
            if self.recent.is_closed() || expiry.is_timed(slot) && !expiry.touch(slot, now()) {
                return Err(Absent::UNKNOWN);
            }
        }
        if !self.recent.push(slot) {
            if self.recent.is_closed() {
                return Err(Absent::UNKNOWN);
            }
            tell(&mut self.recent, &mut self.order, &self.hashes, &mut self.hits);
            self.recent.push(slot);
        }
        Ok(value)
    }

    /// As [`hit`](Self::hit), for those who look for what is stored even when calls are no longer answered.
    pub(crate) fn get(&mut self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        let slot = self.find(hash, same)?;
        self.touch(slot, now).then(|| &self.entries[slot as usize].value)
    }

    /// The last look before a call runs, unless nothing came in since the first: a miss is counted, and the run.
    pub(crate) fn recall(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
        absent: Absent,
    ) -> Result<&V, Run> {
        let found = if absent.0 == self.admitted { None } else { self.find(hash, same) };
        if let Some(slot) = found {
            if self.touch(slot, now) {
                return Ok(&self.entries[slot as usize].value);
            }
        }
        self.misses += 1;
        Err(Run { number: self.begin(), is_absent: found.is_none() })
    }

    /// A use of an entry is counted, unless its time is over.
    fn touch(&mut self, slot: Slot, now: impl FnOnce() -> Moment) -> bool {
        if let Some(expiry) = &mut self.expiry {
            if expiry.is_timed(slot) && !expiry.touch(slot, now()) {
                return false;
            }
        }
        self.hits += 1;
        let hash = self.hashes[slot as usize];
        self.order().touch(slot, hash);
        true
    }

    /// A call begins to run; it is given a number.
    pub(crate) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// A call that ran has ended.
    pub(crate) fn end(&mut self) {
        self.ended += 1;
    }

    pub(crate) fn running(&self) -> u64 {
        self.begun - self.ended
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses
    }

    /// The value, with no effect on counters or order.
    pub(crate) fn peek(&self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        let slot = self.find(hash, same)?;
        let is_timed = self.expiry.as_ref().is_some_and(|expiry| expiry.is_timed(slot));
        let is_over = is_timed && self.is_over(slot, now());
        (!is_over).then(|| &self.entries[slot as usize].value)
    }

    /// Takes an entry out. An expired one counts as absent: the second value is false.
    pub(crate) fn remove(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
    ) -> (Removed<K, V>, bool) {
        let mut removed = Removed::nothing();
        let Some(slot) = self.find(hash, same) else { return (removed, false) };
        let is_over = self.is_timed() && self.is_over(slot, now());
        removed.push(self.remove_slot(slot, if is_over { RemovalCause::Expired } else { RemovalCause::Invalidated }));
        (removed, !is_over)
    }

    /// Takes out what has expired, `most` entries at the most.
    pub(crate) fn sweep(&mut self, now: Moment, most: usize) -> Removed<K, V> {
        let mut removed = Removed::nothing();
        for _ in 0..most {
            let Some(slot) = self.expiry.as_mut().and_then(|expiry| expiry.due(now)) else { break };
            removed.push(self.remove_slot(slot, RemovalCause::Expired));
        }
        removed
    }

    /// Another bound. A smaller one evicts at once.
    pub(crate) fn set_capacity(&mut self, capacity: u64) -> Removed<K, V> {
        self.order().set_capacity(capacity);
        self.capacity = capacity;
        let mut removed = Removed::nothing();
        self.make_room(0, &mut removed);
        removed
    }

    /// Takes everything out and sets the counters to zero.
    pub(crate) fn clear(&mut self) -> Removed<K, V> {
        self.order().clear();
        // Not emptied, but given back.
        self.index = Index::new();
        self.hashes = Vec::new();
        if let Some(weights) = &mut self.weights {
            *weights = Vec::new();
        }
        if let Some(expiry) = &mut self.expiry {
            expiry.clear();
        }
        self.weight = 0;
        self.hits = 0;
        self.misses = 0;
        self.evictions = Evictions::default();
        let cleared = Some(RemovalCause::Cleared);
        let entries = std::mem::take(&mut self.entries).into_iter();
        Removed::all(entries.map(|Entry { key, value }| Left { key, value, cause: cleared }))
    }

    /// From now on no call is answered.
    pub(crate) fn close(&mut self) {
        self.order();
        self.recent.close();
    }

    /// Whether an entry may expire, so that counting needs the time.
    pub(crate) fn is_timed(&self) -> bool {
        self.expiry.is_some()
    }

    /// What the entries weigh together; the expired weigh until they are swept.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    pub(crate) fn hits(&self) -> u64 {
        self.hits + self.recent.len() as u64
    }

    pub(crate) fn evictions(&self) -> Evictions {
        self.evictions
    }

    /// How many slots there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The live entries of some slots.
    pub(crate) fn page(&self, slots: Range<usize>, now: Moment) -> impl Iterator<Item = (&K, &V)> {
        let live = move |&slot: &usize| !self.is_over(index(slot), now);
        slots.filter(live).map(|slot| (&self.entries[slot].key, &self.entries[slot].value))
    }

    /// `same` is asked of keys of this very hash only: who puts an invalidation off has nothing else to compare with.
    fn find(&self, hash: u32, same: impl Fn(&K) -> bool) -> Option<Slot> {
        self.index.find(hash, |slot| same(&self.entries.get(slot as usize)?.key).then_some(slot))
    }

    /// The order of eviction, which has been told of all hits.
    #[inline]
    fn order(&mut self) -> &mut Order {
        if self.recent.len() > 0 {
            tell(&mut self.recent, &mut self.order, &self.hashes, &mut self.hits);
        }
        &mut self.order
    }

    fn is_over(&self, slot: Slot, now: Moment) -> bool {
        self.expiry.as_ref().is_some_and(|expiry| expiry.is_over(slot, now))
    }

    fn weight_of(&self, slot: Slot) -> u64 {
        self.weights.as_ref().map_or(1, |weights| weights[slot as usize])
    }

    fn remove_slot(&mut self, slot: Slot, cause: RemovalCause) -> Left<K, V> {
        // First, since a policy of the user's may panic.
        self.order();
        let counts = &mut self.evictions;
        match cause {
            RemovalCause::Expired => counts.expired += 1,
            RemovalCause::Evicted => counts.evicted += 1,
            RemovalCause::Invalidated => counts.invalidated += 1,
            RemovalCause::Replaced => counts.replaced += 1,
            RemovalCause::Cleared => {}
        }
        let hash = self.hashes[slot as usize];
        self.index.remove(hash, slot);
        self.order().forget(slot, hash, cause == RemovalCause::Evicted);
        let last = index(self.entries.len() - 1);
        if last != slot {
            self.index.renumber(self.hashes[last as usize], last, slot);
            self.order.renumber(last, slot);
        }
        if let Some(expiry) = &mut self.expiry {
            expiry.swap_remove(slot);
        }
        self.weight -= self.weight_of(slot);
        if let Some(weights) = &mut self.weights {
            weights.swap_remove(slot as usize);
        }
        self.hashes.swap_remove(slot as usize);
        let Entry { key, value } = self.entries.swap_remove(slot as usize);
        if self.entries.capacity() > ROOM && self.entries.len() < self.entries.capacity() / 8 {
            self.give_back();
        }
        Left { key, value, cause: Some(cause) }
    }

    /// Most of the room is empty: half of what is used stays free.
    #[cold]
    fn give_back(&mut self) {
        let room = (self.entries.len() * 2).max(ROOM);
        self.entries.shrink_to(room);
        self.hashes.shrink_to(room);
        if let Some(weights) = &mut self.weights {
            weights.shrink_to(room);
        }
        self.index.shrink_to(room);
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn validate(&self) {
        self.index.validate();
        assert_eq!(self.index.len(), self.entries.len());
        assert_eq!(self.hashes.len(), self.entries.len());
        let weight: u64 = self.weights.as_ref().map_or(self.entries.len() as u64, |weights| weights.iter().sum());
        assert_eq!(self.weight, weight);
        assert!(weight <= self.capacity);
        self.order.validate(self.entries.len());
        for (slot, &hash) in self.hashes.iter().enumerate() {
            assert!(self.index.find(hash, |other| (other as usize == slot).then_some(())).is_some());
        }
        if let Some(expiry) = &self.expiry {
            expiry.validate(self.entries.len());
        }
    }
}

/// Tells the order of the hits that it does not know of yet.
#[inline(never)]
fn tell(recent: &mut Recent, order: &mut Order, hashes: &[u32], hits: &mut u64) {
    let (slots, count) = recent.take();
    *hits += count as u64;
    order.touch_each(&slots[..count], hashes);
}
