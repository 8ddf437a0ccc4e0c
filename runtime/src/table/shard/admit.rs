//! How an entry comes in, and who makes room for it.

use std::mem;

use super::{Entry, MOST, SWEEP, Shard, index};
use crate::ground::clock::Moment;
use crate::ground::stats::RemovalCause;
use crate::policy::{Policy as _, Slot};
use crate::table::entry::Terms;
use crate::table::expiry::Expiry;
use crate::table::removed::{Left, Removed};

/// Room for one more: twice as much as there was, but for no more than `bound` if that is enough.
fn make_place<T>(places: &mut Vec<T>, bound: u64) {
    if places.len() == places.capacity() {
        let bound = usize::try_from(bound).unwrap_or(usize::MAX);
        let room = (places.len() * 2).max(4);
        let room = if bound > places.len() { room.min(bound) } else { room };
        places.reserve_exact(room - places.len());
    }
}

impl<K, V> Shard<K, V> {
    /// Stores a value. One whose deadline has come already, or that weighs more than fits, is not stored, and the old value
    /// goes all the same: it is out of date.
    pub(crate) fn insert(
        &mut self,
        hash: u32,
        key: K,
        value: V,
        same: impl Fn(&K, &K) -> bool,
        terms: Terms,
        now: impl FnOnce() -> Moment,
    ) -> Removed<K, V> {
        let mut removed = Removed::nothing();
        let found = self.find(hash, |stored| same(stored, &key));
        self.store(found, hash, Entry { key, value }, terms, now, &mut removed);
        removed
    }

    /// The same for a key that is not there.
    #[inline]
    pub(crate) fn insert_absent(
        &mut self,
        hash: u32,
        key: K,
        value: V,
        terms: Terms,
        now: impl FnOnce() -> Moment,
        removed: &mut Removed<K, V>,
    ) {
        self.store(None, hash, Entry { key, value }, terms, now, removed);
    }

    /// Here the last user code has run: from now on nothing can panic half-way.
    #[inline]
    fn store(
        &mut self,
        found: Option<Slot>,
        hash: u32,
        entry: Entry<K, V>,
        terms: Terms,
        now: impl FnOnce() -> Moment,
        removed: &mut Removed<K, V>,
    ) {
        // First, since a policy of the user's may panic.
        self.order();
        let Terms { deadline, weight, .. } = terms;
        let now = terms.now.unwrap_or_else(|| if self.expiry.is_some() { now() } else { Moment(0) });
        let keeps = deadline > now && weight <= self.capacity;
        if let Some(slot) = found {
            let is_over = self.is_over(slot, now);
            let others = self.weight - self.weight_of(slot);
            if keeps && !is_over && others + weight <= self.capacity {
                self.evictions.replaced += 1;
                let Entry { key, value } = entry;
                let old = mem::replace(&mut self.entries[slot as usize].value, value);
                removed.push(Left { key, value: old, cause: Some(RemovalCause::Replaced) });
                self.weight = others + weight;
                if let Some(weights) = &mut self.weights {
                    weights[slot as usize] = weight;
                }
                self.order().rewrite(slot, hash, weight);
                self.set_deadline(slot, deadline, now);
                return;
            }
            removed.push(self.remove_slot(slot, if is_over { RemovalCause::Expired } else { RemovalCause::Replaced }));
        }
        if keeps {
            if self.expiry.is_some() {
                removed.append(self.sweep(now, SWEEP));
            }
            // The most frequent case of all: one comes, one goes, and nobody else moves.
            if self.weight == self.capacity && self.weights.is_none() {
                if let Some(slot) = self.order().relieve() {
                    removed.push(self.replace(slot, hash, entry, deadline, now));
                    return;
                }
            }
            self.make_room(weight, removed);
        }
        if keeps && self.weight + weight <= self.capacity && self.entries.len() < MOST {
            self.push(hash, entry, terms, now);
        } else {
            let Entry { key, value } = entry;
            removed.push(Left { key, value, cause: None });
        }
    }

    #[inline]
    fn set_deadline(&mut self, slot: Slot, deadline: Moment, now: Moment) {
        match &mut self.expiry {
            Some(expiry) => expiry.set(slot, deadline, now),
            None if deadline == Moment::NEVER => {}
            None => self.expiry.insert(Box::new(Expiry::with_len(self.entries.len()))).set(slot, deadline, now),
        }
    }

    /// Evicts until `weight` more fits, or the policy has nothing to offer.
    pub(super) fn make_room(&mut self, weight: u64, removed: &mut Removed<K, V>) {
        while self.weight.saturating_add(weight) > self.capacity {
            let Some(slot) = self.order().victim() else { break };
            removed.push(self.remove_slot(slot, RemovalCause::Evicted));
        }
    }

    /// A newcomer takes the slot of one that is evicted; the order knows.
    #[inline]
    fn replace(&mut self, slot: Slot, hash: u32, entry: Entry<K, V>, deadline: Moment, now: Moment) -> Left<K, V> {
        self.admitted += 1;
        self.evictions.evicted += 1;
        let old = mem::replace(&mut self.hashes[slot as usize], hash);
        self.index.remove(old, slot);
        self.index.insert(hash, slot, self.capacity);
        self.set_deadline(slot, deadline, now);
        let Entry { key, value } = mem::replace(&mut self.entries[slot as usize], entry);
        Left { key, value, cause: Some(RemovalCause::Evicted) }
    }

    fn push(&mut self, hash: u32, entry: Entry<K, V>, terms: Terms, now: Moment) {
        self.admitted += 1;
        let slot = index(self.entries.len());
        make_place(&mut self.entries, self.capacity);
        self.entries.push(entry);
        make_place(&mut self.hashes, self.capacity);
        self.hashes.push(hash);
        self.index.insert(hash, slot, self.capacity);
        self.weight += terms.weight;
        if let Some(weights) = &mut self.weights {
            make_place(weights, self.capacity);
            weights.push(terms.weight);
        }
        self.order().admit(slot, hash, terms.weight);
        match &mut self.expiry {
            Some(expiry) => expiry.push(terms.deadline, now),
            None => self.set_deadline(slot, terms.deadline, now),
        }
    }
}
