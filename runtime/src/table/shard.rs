//! One shard of a table: an index over dense slots, an order of eviction, and deadlines.
//!
//! Plain `&mut self`, and no bound on `K`: who calls brings hash and comparison. Nothing is dropped in here. What leaves
//! is handed out as [`Removed`], to be dropped when no lock is held.

use hashbrown::HashTable;

use super::expiry::Expiry;
use crate::ground::clock::Moment;
use crate::ground::stats::Evictions;
use crate::policy::{Order, Policy, Slot};

/// How many entries a shard can number.
const MOST: usize = Slot::MAX as usize - 1;

/// How many expired entries one write takes out at the most, so that it stays short when a million expire at once.
const SWEEP: usize = 32;

/// What left the shard, to be dropped outside the lock.
#[derive(Debug)]
#[must_use = "dropping runs user code: let it fall when no lock is held"]
pub(crate) struct Removed<K, V> {
    // Most writes remove one entry at the most: no allocation then.
    first: Option<(K, V)>,
    rest: Vec<(K, V)>,
}

impl<K, V> Removed<K, V> {
    pub(crate) const fn nothing() -> Self {
        Self { first: None, rest: Vec::new() }
    }

    fn push(&mut self, key: K, value: V) {
        if self.first.is_none() {
            self.first = Some((key, value));
        } else {
            self.rest.push((key, value));
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        if let Some((key, value)) = other.first {
            self.push(key, value);
        }
        self.rest.extend(other.rest);
    }
}

/// Why an entry leaves one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Expired,
    Evicted,
    Invalidated,
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
}

pub(crate) struct Shard<K, V> {
    /// Slots by hash.
    index: HashTable<Slot>,
    /// By slot.
    entries: Vec<Entry<K, V>>,
    /// By slot. Kept, so that no entry's key is ever hashed again: that would run user code.
    hashes: Vec<u32>,
    /// `None` until an entry has a deadline.
    expiry: Option<Expiry>,
    order: Order,
    /// In entries.
    capacity: usize,
    hits: u64,
    misses: u64,
    /// Calls that began to run, and that ended.
    begun: u64,
    ended: u64,
    evictions: Evictions,
    /// Whether calls are answered; see [`Shard::hit`].
    open: bool,
}

/// The 64 bits that the index wants, from the 32 that are kept: it takes its place from the low ones and its tag from the
/// seven highest.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl<K, V> Shard<K, V> {
    /// `None`: unbounded.
    pub(crate) fn new(capacity: Option<usize>, order: Order) -> Self {
        Self {
            index: HashTable::new(),
            entries: Vec::new(),
            hashes: Vec::new(),
            expiry: None,
            order,
            capacity: capacity.unwrap_or(MOST).min(MOST),
            hits: 0,
            misses: 0,
            begun: 0,
            ended: 0,
            evictions: Evictions::default(),
            open: true,
        }
    }

    /// The value of a call, counted and touched. The clock is read only if the entry has a deadline.
    #[inline]
    pub(crate) fn hit(&mut self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        if !self.open {
            return None;
        }
        self.get(hash, same, now)
    }

    /// As [`hit`](Self::hit), for those who look for what is stored even when calls are no longer answered.
    #[inline]
    pub(crate) fn get(&mut self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        let slot = self.find(hash, same)?;
        if self.is_expired(slot, now) {
            return None;
        }
        Some(self.used(slot, hash))
    }

    #[inline]
    fn used(&mut self, slot: Slot, hash: u32) -> &V {
        self.hits += 1;
        self.order.touch(slot, hash);
        &self.entries[slot as usize].value
    }

    /// The last look before a call runs: a miss is counted, and the run.
    pub(crate) fn recall(&mut self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        // Looked for first: comparing may panic, and then nothing has begun.
        let slot = self.find(hash, same).filter(|&slot| !self.is_expired(slot, now));
        if let Some(slot) = slot {
            Some(self.used(slot, hash))
        } else {
            self.misses += 1;
            self.begin();
            None
        }
    }

    /// A call begins to run.
    pub(crate) fn begin(&mut self) {
        self.begun += 1;
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
        (!self.is_expired(slot, now)).then(|| &self.entries[slot as usize].value)
    }

    /// Stores a value. One whose deadline has come already is not stored, and the old value goes all the same.
    pub(crate) fn insert(
        &mut self,
        hash: u32,
        key: K,
        value: V,
        same: impl Fn(&K, &K) -> bool,
        deadline: Moment,
        now: impl FnOnce() -> Moment,
    ) -> Removed<K, V> {
        let mut removed = Removed::nothing();
        let found = self.find(hash, |stored| same(stored, &key));
        // Here the last user code has run: from now on nothing can panic half-way.
        let now = if self.expiry.is_some() || deadline != Moment::NEVER { now() } else { Moment(0) };
        if deadline <= now || self.capacity == 0 {
            if let Some(slot) = found {
                removed.append(self.remove_slot(slot, Cause::Invalidated));
            }
            removed.push(key, value);
            return removed;
        }
        if let Some(slot) = found {
            self.evictions.replaced += 1;
            let old = std::mem::replace(&mut self.entries[slot as usize].value, value);
            removed.push(key, old);
            self.order.rewrite(slot, hash, 1);
            self.set_deadline(slot, deadline);
            return removed;
        }
        removed.append(self.sweep(now, SWEEP));
        while self.entries.len() >= self.capacity {
            let Some(slot) = self.order.victim() else { break };
            removed.append(self.remove_slot(slot, Cause::Evicted));
        }
        self.push(hash, Entry { key, value }, deadline);
        removed
    }

    /// Takes an entry out. An expired one counts as absent: the second value is false.
    pub(crate) fn remove(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
    ) -> (Removed<K, V>, bool) {
        let Some(slot) = self.find(hash, same) else { return (Removed::nothing(), false) };
        let cause = if self.is_expired(slot, now) { Cause::Expired } else { Cause::Invalidated };
        (self.remove_slot(slot, cause), cause == Cause::Invalidated)
    }

    /// Takes out what has expired, `most` entries at the most.
    pub(crate) fn sweep(&mut self, now: Moment, most: usize) -> Removed<K, V> {
        let mut removed = Removed::nothing();
        for _ in 0..most {
            let Some(slot) = self.expiry.as_ref().and_then(|expiry| expiry.due(now)) else { break };
            removed.append(self.remove_slot(slot, Cause::Expired));
        }
        removed
    }

    /// Takes everything out and sets the counters to zero.
    pub(crate) fn clear(&mut self) -> Removed<K, V> {
        self.index.clear();
        self.hashes.clear();
        self.expiry = None;
        self.order.clear();
        self.hits = 0;
        self.misses = 0;
        self.evictions = Evictions::default();
        let entries = std::mem::take(&mut self.entries);
        Removed { first: None, rest: entries.into_iter().map(|entry| (entry.key, entry.value)).collect() }
    }

    /// From now on no call is answered.
    pub(crate) fn close(&mut self) {
        self.open = false;
    }

    /// Whether an entry may expire, so that counting needs the time.
    pub(crate) fn is_timed(&self) -> bool {
        self.expiry.is_some()
    }

    /// The expired count until they are swept.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn hits(&self) -> u64 {
        self.hits
    }

    pub(crate) fn evictions(&self) -> Evictions {
        self.evictions
    }

    /// The live entries, in no order.
    pub(crate) fn iter(&self, now: Moment) -> impl Iterator<Item = (&K, &V)> {
        let live = move |slot: usize| self.expiry.as_ref().is_none_or(|expiry| expiry.deadline(index(slot)) > now);
        self.entries
            .iter()
            .enumerate()
            .filter(move |&(slot, _)| live(slot))
            .map(|(_, entry)| (&entry.key, &entry.value))
    }

    #[inline]
    fn find(&self, hash: u32, same: impl Fn(&K) -> bool) -> Option<Slot> {
        self.index.find(spread(hash), |&slot| same(&self.entries[slot as usize].key)).copied()
    }

    #[inline]
    fn is_expired(&self, slot: Slot, now: impl FnOnce() -> Moment) -> bool {
        let Some(expiry) = &self.expiry else { return false };
        let deadline = expiry.deadline(slot);
        deadline != Moment::NEVER && deadline <= now()
    }

    fn set_deadline(&mut self, slot: Slot, deadline: Moment) {
        match &mut self.expiry {
            Some(expiry) => expiry.set(slot, deadline),
            None if deadline == Moment::NEVER => {}
            None => self.expiry.insert(Expiry::with_len(self.entries.len())).set(slot, deadline),
        }
    }

    fn push(&mut self, hash: u32, entry: Entry<K, V>, deadline: Moment) {
        let slot = index(self.entries.len());
        self.entries.push(entry);
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.index.insert_unique(spread(hash), slot, |&slot| spread(hashes[slot as usize]));
        self.order.admit(slot, hash, 1);
        match &mut self.expiry {
            Some(expiry) => expiry.push(deadline),
            None => self.set_deadline(slot, deadline),
        }
    }

    fn remove_slot(&mut self, slot: Slot, cause: Cause) -> Removed<K, V> {
        *match cause {
            Cause::Expired => &mut self.evictions.expired,
            Cause::Evicted => &mut self.evictions.evicted,
            Cause::Invalidated => &mut self.evictions.invalidated,
        } += 1;
        let hash = self.hashes[slot as usize];
        if let Ok(place) = self.index.find_entry(spread(hash), |&other| other == slot) {
            place.remove();
        }
        self.order.forget(slot, hash, cause == Cause::Evicted);
        let last = index(self.entries.len() - 1);
        if last != slot {
            if let Some(moved) = self.index.find_mut(spread(self.hashes[last as usize]), |&other| other == last) {
                *moved = slot;
            }
            self.order.renumber(last, slot);
        }
        if let Some(expiry) = &mut self.expiry {
            expiry.swap_remove(slot);
        }
        self.hashes.swap_remove(slot as usize);
        let Entry { key, value } = self.entries.swap_remove(slot as usize);
        Removed { first: Some((key, value)), rest: Vec::new() }
    }

    #[cfg(test)]
    pub(crate) fn validate(&self) {
        assert_eq!(self.index.len(), self.entries.len());
        assert_eq!(self.hashes.len(), self.entries.len());
        for (slot, &hash) in self.hashes.iter().enumerate() {
            assert!(self.index.find(spread(hash), |&other| other as usize == slot).is_some());
        }
        if let Some(expiry) = &self.expiry {
            expiry.validate(self.entries.len());
        }
    }
}

/// The capacity keeps the number of entries below what a slot can number.
fn index(len: usize) -> Slot {
    Slot::try_from(len).expect("a shard holds fewer than 2^32 entries")
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::policy::Lru;

    const CAPACITY: usize = 8;

    /// The shard's entries, least recently used first: key, value, deadline.
    type Model = VecDeque<(u32, u64, Moment)>;

    struct Random(u64);

    impl Random {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % n
        }
    }

    /// A poor hash on purpose: half of the keys share one.
    fn hash(key: u32) -> u32 {
        (key / 2).wrapping_mul(0x9E37_79B9)
    }

    fn insert(shard: &mut Shard<u32, u64>, key: u32, value: u64, deadline: Moment, now: Moment) {
        drop(shard.insert(hash(key), key, value, |one, other| one == other, deadline, || now));
    }

    fn model_insert(model: &mut Model, key: u32, value: u64, deadline: Moment, now: Moment) {
        let known = model.iter().position(|entry| entry.0 == key);
        if let Some(place) = known {
            model.remove(place);
        }
        if deadline <= now {
            return;
        }
        if known.is_none() {
            model.retain(|entry| entry.2 > now);
            if model.len() == CAPACITY {
                model.pop_front();
            }
        }
        model.push_back((key, value, deadline));
    }

    #[test]
    fn random_operations_leave_the_shard_as_a_naive_model_has_it() {
        for seed in 0..200 {
            let mut random = Random(seed);
            let mut shard = Shard::new(Some(CAPACITY), Order::Lru(Lru::new()));
            let mut model = Model::new();
            let mut now = Moment(1);
            for step in 0..400 {
                let key = u32::try_from(random.below(20)).unwrap();
                match random.below(10) {
                    0..=3 => {
                        let deadline =
                            if random.below(3) == 0 { Moment::NEVER } else { Moment(now.0 + random.below(9)) };
                        insert(&mut shard, key, step, deadline, now);
                        model_insert(&mut model, key, step, deadline, now);
                    }
                    4..=6 => {
                        let got = shard.get(hash(key), |&other| other == key, || now).copied();
                        let place = model.iter().position(|entry| entry.0 == key && entry.2 > now);
                        let expected = place.and_then(|place| model.remove(place));
                        assert_eq!(got, expected.map(|entry| entry.1), "seed {seed}, step {step}");
                        model.extend(expected);
                    }
                    7 => {
                        let (removed, found) = shard.remove(hash(key), |&other| other == key, || now);
                        drop(removed);
                        let place = model.iter().position(|entry| entry.0 == key);
                        let entry = place.and_then(|place| model.remove(place));
                        assert_eq!(found, entry.is_some_and(|entry| entry.2 > now), "seed {seed}, step {step}");
                    }
                    8 => now = Moment(now.0 + random.below(4)),
                    _ if random.below(20) == 0 => {
                        drop(shard.clear());
                        model.clear();
                    }
                    _ => drop(shard.sweep(now, usize::MAX)),
                }
                shard.validate();
                let mut live: Vec<_> = shard.iter(now).map(|(&key, &value)| (key, value)).collect();
                let mut expected: Vec<_> =
                    model.iter().filter(|entry| entry.2 > now).map(|entry| (entry.0, entry.1)).collect();
                live.sort_unstable();
                expected.sort_unstable();
                assert_eq!(live, expected, "seed {seed}, step {step}");
            }
        }
    }

    #[test]
    fn the_expired_make_room_before_the_living() {
        let mut shard = Shard::new(Some(2), Order::Lru(Lru::new()));
        insert(&mut shard, 1, 10, Moment(100), Moment(0));
        insert(&mut shard, 2, 20, Moment(5), Moment(0));
        insert(&mut shard, 3, 30, Moment(100), Moment(5));
        let kept: Vec<_> = shard.iter(Moment(5)).map(|(&key, _)| key).collect();
        assert_eq!(kept, [1, 3]);
        assert_eq!(shard.evictions().expired, 1);
        assert_eq!(shard.evictions().evicted, 0);
    }

    #[test]
    fn a_value_that_is_over_when_it_is_stored_takes_the_old_one_with_it() {
        let mut shard = Shard::new(Some(2), Order::Lru(Lru::new()));
        insert(&mut shard, 1, 10, Moment::NEVER, Moment(0));
        insert(&mut shard, 1, 11, Moment(7), Moment(7));
        assert_eq!(shard.len(), 0);
    }
}
