//! Least frequently used.

use super::{Policy, Slot, list::Lists};

/// Evicts the entry with the fewest uses; among these, the one whose last use is the longest ago.
///
/// Constant time by groups of equal count (K. Shah, A. Mitra, D. Matani, "An O(1) algorithm for implementing the LFU
/// cache eviction scheme", 2010), here as stretches of one list. Being stored is the first use, and a write is a use.
/// Twelve bytes an entry, and 24 for every different count.
///
/// **Good at** a popularity that does not change.
///
/// **Not for** popularity that moves: counts never age, so what was hot last week holds its place, and newcomers that
/// are hot now push out each other. Expect tens of points under [`Lru`](super::Lru) then; [`TinyLfu`](super::TinyLfu)
/// ages its counts.
#[derive(Debug)]
pub(crate) struct Lfu {
    /// By count, then by last use: the front is the next to leave. Each group is one stretch; the mark of a slot is its
    /// group's number in `groups`.
    order: Lists<1, u32>,
    groups: Vec<Group>,
    /// The group with the lowest count, or `NONE`.
    lowest: u32,
    /// The first of the unused places in `groups`, chained through `higher`, or `NONE`.
    unused: u32,
}

/// Entries of one count.
#[derive(Clone, Copy, Debug)]
struct Group {
    count: u64,
    /// The most recently used of the group: its end in the order.
    newest: Slot,
    lower: u32,
    higher: u32,
}

const NONE: u32 = u32::MAX;

impl Lfu {
    /// No entries, no counts.
    pub(crate) fn new() -> Self {
        Self { order: Lists::new(), groups: Vec::new(), lowest: NONE, unused: NONE }
    }

    /// Counts a use.
    fn promote(&mut self, slot: Slot) {
        let old = self.order[slot];
        let Group { count, newest, higher, .. } = self.groups[old as usize];
        let has_next = higher != NONE && self.groups[higher as usize].count == count + 1;
        let alone = newest == slot && self.next_older_in(slot, old).is_none();
        if alone && !has_next {
            // The order stays as it is: the whole group, this one entry, moves up by one.
            self.groups[old as usize].count += 1;
            return;
        }
        let behind = if has_next { self.groups[higher as usize].newest } else { newest };
        let new = if has_next { higher } else { self.insert_group(count + 1, old) };
        self.leave_group(slot);
        if behind != slot {
            self.order.move_behind(slot, behind);
        }
        self.groups[new as usize].newest = slot;
        self.order[slot] = new;
    }

    /// The neighbour that is one older, if it is of the same group.
    fn next_older_in(&self, slot: Slot, group: u32) -> Option<Slot> {
        self.order.older(slot).filter(|&older| self.order[older] == group)
    }

    /// Makes an empty group right above `lower` (or below all). Its `newest` is for the caller to set.
    fn insert_group(&mut self, count: u64, lower: u32) -> u32 {
        let higher = if lower == NONE { self.lowest } else { self.groups[lower as usize].higher };
        let group = Group { count, newest: NONE, lower, higher };
        let number = if let Some(place) = self.groups.get_mut(self.unused as usize) {
            let number = self.unused;
            self.unused = place.higher;
            *place = group;
            number
        } else {
            self.groups.push(group);
            (self.groups.len() - 1) as u32
        };
        match self.groups.get_mut(lower as usize) {
            Some(lower) => lower.higher = number,
            None => self.lowest = number,
        }
        if let Some(higher) = self.groups.get_mut(higher as usize) {
            higher.lower = number;
        }
        number
    }

    /// Takes a slot out of its group, while its links still stand; an empty group goes.
    fn leave_group(&mut self, slot: Slot) {
        let number = self.order[slot];
        let Group { newest, lower, higher, .. } = self.groups[number as usize];
        if newest != slot {
            return;
        }
        if let Some(older) = self.next_older_in(slot, number) {
            self.groups[number as usize].newest = older;
            return;
        }
        match self.groups.get_mut(lower as usize) {
            Some(lower) => lower.higher = higher,
            None => self.lowest = higher,
        }
        if let Some(higher) = self.groups.get_mut(higher as usize) {
            higher.lower = lower;
        }
        self.groups[number as usize].higher = self.unused;
        self.unused = number;
    }
}

impl Policy for Lfu {
    fn admit(&mut self, slot: Slot, _hash: u32, _weight: u64) {
        self.order.push(0, slot, NONE);
        let lowest = self.groups.get(self.lowest as usize).filter(|group| group.count == 1);
        let group = if let Some(newest) = lowest.map(|group| group.newest) {
            self.order.move_behind(slot, newest);
            self.lowest
        } else {
            // Below all others: at the front.
            self.order.move_to_front(0, slot);
            self.insert_group(1, NONE)
        };
        self.groups[group as usize].newest = slot;
        self.order[slot] = group;
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        self.promote(slot);
    }

    fn victim(&mut self) -> Option<Slot> {
        self.order.front(0)
    }

    fn forget(&mut self, slot: Slot, _hash: u32, _evicted: bool) {
        self.leave_group(slot);
        self.order.forget(slot);
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        self.order.renumber(from, to);
        let group = &mut self.groups[self.order[to] as usize];
        if group.newest == from {
            group.newest = to;
        }
    }

    fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(any(test, fuzzing))]
impl super::Validate for Lfu {
    fn validate(&self, len: usize) {
        self.order.validate(len);
        let mut order = self.order.iter(0).peekable();
        let (mut number, mut lower, mut count, mut used) = (self.lowest, NONE, 0, 0);
        while number != NONE {
            let group = self.groups[number as usize];
            assert!(group.count > count, "groups stand by count");
            assert_eq!(group.lower, lower);
            let mut last = NONE;
            while let Some(slot) = order.next_if(|&slot| self.order[slot] == number) {
                last = slot;
            }
            assert_ne!(last, NONE, "a group is not empty");
            assert_eq!(last, group.newest, "a group knows its end");
            (lower, number, count, used) = (number, group.higher, group.count, used + 1);
        }
        assert_eq!(order.next(), None, "every entry is in a group");
        let unused = std::iter::successors(self.groups.get(self.unused as usize), |group| {
            self.groups.get(group.higher as usize)
        });
        assert_eq!(unused.count() + used, self.groups.len(), "a place is used or free");
    }

    fn bytes(&self) -> usize {
        self.order.bytes() + size_of_val(&self.groups[..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    // CT-29
    #[test]
    fn the_least_used_leaves() {
        let mut cache = Model::new(2, Lfu::new());
        cache.put(1);
        cache.get(1);
        cache.put_all([2, 3]);
        assert_eq!(cache.keys(), [1, 3]);
        cache.get_all([1, 3, 3]);
        cache.put(4);
        assert_eq!(cache.keys(), [3, 4]);
    }

    // CT-30
    #[test]
    fn of_equals_the_longest_unused_leaves() {
        let mut cache = Model::new(3, Lfu::new());
        cache.put_all([1, 2, 3]);
        cache.get_all([3, 2, 1]);
        assert_eq!(cache.put(4), Some(vec![3]));
        cache.get(4);
        assert_eq!(cache.put(5), Some(vec![2]));
        assert_eq!(cache.keys(), [1, 4, 5]);
    }

    // CT-31
    #[test]
    fn without_reads_the_last_remain() {
        let mut cache = Model::new(3, Lfu::new());
        for key in 1..20 {
            cache.put(key);
            assert_eq!(cache.keys(), (key.saturating_sub(2).max(1)..=key).collect::<Vec<_>>());
        }
    }

    // CT-32
    #[test]
    fn a_write_counts_as_a_use() {
        let mut cache = Model::new(2, Lfu::new());
        cache.put_all([1, 2, 1, 3]);
        assert_eq!(cache.keys(), [1, 3]);
    }

    // CT-33
    #[test]
    fn clear_forgets_counts() {
        let mut cache = Model::new(2, Lfu::new());
        cache.put_all([1, 1, 1, 1]);
        cache.clear();
        cache.put_all([1, 2]);
        cache.get(2);
        cache.put(3);
        assert_eq!(cache.keys(), [2, 3]);
    }

    // CT-39
    #[test]
    fn entries_leave_by_count() {
        let mut cache = Model::new(3, Lfu::new());
        cache.put_all([1, 2, 3]);
        cache.get_all([3, 3, 2]);
        assert_eq!(cache.pop_all(), [1, 2, 3]);
    }

    #[test]
    fn groups_are_used_again() {
        let mut cache = Model::new(4, Lfu::new());
        for round in 0..1000 {
            cache.put(round % 7);
            cache.get(round % 5);
        }
        assert!(cache.policy.groups.len() <= 5, "{:?}", cache.policy.groups);
    }
}
