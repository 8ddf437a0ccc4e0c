//! A naive shard for tests: a `Vec` of entries searched from end to end, the order of events of the real one.

use std::sync::{Arc, Mutex};

use super::{Policy, Slot, Validate};

pub(crate) struct Model<P> {
    pub policy: P,
    capacity: u64,
    entries: Vec<(u64, u64)>,
    hash: fn(u64) -> u32,
    shown: Option<Arc<Mutex<Vec<u64>>>>,
}

/// Mixes a key as a good hasher would.
pub(crate) fn mixed(key: u64) -> u32 {
    let mixed = (key ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

impl<P: Policy + Validate> Model<P> {
    pub(crate) fn new(capacity: u64, policy: P) -> Self {
        Self { policy, capacity, entries: Vec::new(), hash: mixed, shown: None }
    }

    pub(crate) fn hashing(self, hash: fn(u64) -> u32) -> Self {
        Self { hash, ..self }
    }

    /// Keeps a copy of the keys by slot, for choosers that judge by the key.
    pub(crate) fn showing_keys_to(self, shown: Arc<Mutex<Vec<u64>>>) -> Self {
        Self { shown: Some(shown), ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.entries.iter().map(|entry| entry.1).sum()
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        self.slot(key).is_some()
    }

    /// The keys held, in their own order.
    pub(crate) fn keys(&self) -> Vec<u64> {
        let mut keys: Vec<_> = self.entries.iter().map(|entry| entry.0).collect();
        keys.sort_unstable();
        keys
    }

    pub(crate) fn get(&mut self, key: u64) -> bool {
        let Some(slot) = self.slot(key) else { return false };
        self.policy.touch(slot, (self.hash)(key));
        self.check();
        true
    }

    pub(crate) fn get_all(&mut self, keys: impl IntoIterator<Item = u64>) {
        keys.into_iter().for_each(|key| assert!(self.get(key), "{key} is held"));
    }

    /// What was evicted for it, in order; `None` if the key was turned away.
    pub(crate) fn put(&mut self, key: u64) -> Option<Vec<u64>> {
        self.put_weighing(key, 1)
    }

    pub(crate) fn put_all(&mut self, keys: impl IntoIterator<Item = u64>) {
        keys.into_iter().for_each(|key| assert!(self.put(key).is_some(), "{key} has room"));
    }

    pub(crate) fn put_weighing(&mut self, key: u64, weight: u64) -> Option<Vec<u64>> {
        if weight > self.capacity {
            return None;
        }
        let mut evicted = Vec::new();
        loop {
            let held = self.slot(key);
            let old = held.map_or(0, |slot| self.entries[slot as usize].1);
            if self.weight() - old <= self.capacity - weight {
                if let Some(slot) = held {
                    self.entries[slot as usize].1 = weight;
                    self.policy.rewrite(slot, (self.hash)(key), weight);
                } else {
                    self.policy.admit(self.len() as Slot, (self.hash)(key), weight);
                    self.entries.push((key, weight));
                }
                self.check();
                return Some(evicted);
            }
            evicted.push(self.pop()?);
        }
    }

    /// Evicts one, as the policy says.
    pub(crate) fn pop(&mut self) -> Option<u64> {
        let slot = self.policy.victim()?;
        let (key, _) = *self.entries.get(slot as usize).expect("a victim is held");
        self.forget(slot, true);
        Some(key)
    }

    pub(crate) fn pop_all(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.pop()).collect()
    }

    /// Invalidates.
    pub(crate) fn remove(&mut self, key: u64) -> bool {
        let held = self.slot(key);
        held.inspect(|&slot| self.forget(slot, false)).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.policy.clear();
        self.check();
    }

    pub(crate) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
        self.policy.set_capacity(capacity);
        while self.weight() > capacity && self.pop().is_some() {}
        self.check();
    }

    fn slot(&self, key: u64) -> Option<Slot> {
        self.entries.iter().position(|entry| entry.0 == key).map(|slot| slot as Slot)
    }

    fn forget(&mut self, slot: Slot, evicted: bool) {
        let hash = (self.hash)(self.entries[slot as usize].0);
        let last = self.len() as Slot - 1;
        self.policy.forget(slot, hash, evicted);
        if slot != last {
            self.policy.renumber(last, slot);
        }
        self.entries.swap_remove(slot as usize);
        self.check();
    }

    fn check(&self) {
        self.policy.validate(self.len());
        if let Some(shown) = &self.shown {
            *shown.lock().unwrap() = self.entries.iter().map(|entry| entry.0).collect();
        }
    }
}
