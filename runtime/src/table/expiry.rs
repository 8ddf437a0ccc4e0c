//! The deadlines of a shard's entries, soonest first.
//!
//! A binary heap of slots that knows where each slot stands in it, so that rewriting an entry moves its deadline instead of
//! leaving an old one behind. Entries of one constant ttl are added in constant time, since the newest deadline is the last.

use crate::ground::clock::Moment;
use crate::policy::Slot;

/// No place in the heap: the slot's entry never expires.
const NOWHERE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Expiry {
    /// By slot.
    deadlines: Vec<Moment>,
    /// By slot: its place in `heap`.
    places: Vec<u32>,
    heap: Vec<Slot>,
}

impl Expiry {
    /// Knows `len` entries that never expire.
    pub(crate) fn with_len(len: usize) -> Self {
        Self { deadlines: vec![Moment::NEVER; len], places: vec![NOWHERE; len], heap: Vec::new() }
    }

    #[inline]
    pub(crate) fn deadline(&self, slot: Slot) -> Moment {
        self.deadlines[slot as usize]
    }

    /// The entry that is due first, if it is due by `now`: at exactly its deadline it is.
    pub(crate) fn due(&self, now: Moment) -> Option<Slot> {
        self.heap.first().copied().filter(|&slot| self.deadline(slot) <= now)
    }

    /// Adds the next slot.
    pub(crate) fn push(&mut self, deadline: Moment) {
        let slot = index(self.deadlines.len());
        self.deadlines.push(Moment::NEVER);
        self.places.push(NOWHERE);
        self.set(slot, deadline);
    }

    /// Gives `slot` another deadline.
    pub(crate) fn set(&mut self, slot: Slot, deadline: Moment) {
        self.deadlines[slot as usize] = deadline;
        let place = self.places[slot as usize];
        match (place, deadline) {
            (NOWHERE, Moment::NEVER) => {}
            (NOWHERE, _) => {
                self.heap.push(slot);
                self.rise(self.heap.len() - 1);
            }
            (_, Moment::NEVER) => self.leave(place as usize),
            (_, _) => {
                let place = self.rise(place as usize);
                self.sink(place);
            }
        }
    }

    /// Removes `slot`; the last slot takes its number.
    pub(crate) fn swap_remove(&mut self, slot: Slot) {
        self.set(slot, Moment::NEVER);
        self.deadlines.swap_remove(slot as usize);
        self.places.swap_remove(slot as usize);
        if let Some(&place) = self.places.get(slot as usize) {
            if place != NOWHERE {
                self.heap[place as usize] = slot;
            }
        }
    }

    fn leave(&mut self, place: usize) {
        let slot = self.heap.swap_remove(place);
        self.places[slot as usize] = NOWHERE;
        if place < self.heap.len() {
            self.settle(place);
            let place = self.rise(place);
            self.sink(place);
        }
    }

    /// Moves the slot at `place` up to where it belongs, and says where that is.
    fn rise(&mut self, mut place: usize) -> usize {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.due_at(parent) <= self.due_at(place) {
                break;
            }
            self.heap.swap(parent, place);
            self.settle(place);
            place = parent;
        }
        self.settle(place);
        place
    }

    /// Moves the slot at `place` down to where it belongs.
    fn sink(&mut self, mut place: usize) {
        loop {
            let mut first = place;
            for child in [2 * place + 1, 2 * place + 2] {
                if child < self.heap.len() && self.due_at(child) < self.due_at(first) {
                    first = child;
                }
            }
            if first == place {
                break;
            }
            self.heap.swap(first, place);
            self.settle(place);
            place = first;
        }
        self.settle(place);
    }

    fn due_at(&self, place: usize) -> Moment {
        self.deadline(self.heap[place])
    }

    fn settle(&mut self, place: usize) {
        self.places[self.heap[place] as usize] = index(place);
    }

    #[cfg(test)]
    pub(super) fn validate(&self, len: usize) {
        assert_eq!(self.deadlines.len(), len);
        assert_eq!(self.places.len(), len);
        for (place, &slot) in self.heap.iter().enumerate() {
            assert_eq!(self.places[slot as usize] as usize, place);
            assert!(place == 0 || self.due_at((place - 1) / 2) <= self.due_at(place));
        }
        let timed = self.deadlines.iter().filter(|&&deadline| deadline != Moment::NEVER).count();
        assert_eq!(self.heap.len(), timed);
    }
}

/// A shard never holds more entries than a `Slot` can number; [`Shard`](super::shard::Shard) sees to that.
fn index(len: usize) -> u32 {
    u32::try_from(len).expect("a shard holds fewer than 2^32 entries")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewriting_moves_a_deadline_and_never_adds_one() {
        let mut expiry = Expiry::default();
        expiry.push(Moment(10));
        expiry.push(Moment(20));
        for at in 0..1000 {
            expiry.set(0, Moment(30 + at));
            expiry.validate(2);
        }
        assert_eq!(expiry.heap.len(), 2);
        assert_eq!(expiry.due(Moment(20)), Some(1));
        expiry.set(1, Moment::NEVER);
        assert_eq!(expiry.due(Moment(1028)), None);
        assert_eq!(expiry.due(Moment(1029)), Some(0));
    }

    #[test]
    fn the_last_slot_takes_the_number_of_the_removed_one() {
        let mut expiry = Expiry::default();
        for at in [5, 3, 9, 1] {
            expiry.push(Moment(at));
        }
        expiry.swap_remove(1);
        expiry.validate(3);
        assert_eq!(expiry.due(Moment(1)), Some(1));
        expiry.swap_remove(1);
        expiry.validate(2);
        assert_eq!(expiry.due(Moment(9)), Some(0));
    }
}
