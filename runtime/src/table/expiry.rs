//! The deadlines of a shard's entries, soonest first.
//!
//! A binary heap of slots that knows where each slot stands in it, so that rewriting an entry moves its deadline instead of
//! leaving an old one behind. Entries of one constant ttl are added in constant time, since the newest deadline is the last.

use std::time::Duration;

use super::entry::index;
use crate::ground::clock::Moment;
use crate::policy::Slot;

/// No place in the heap: the slot's entry never expires.
const NOWHERE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Expiry {
    /// By slot: its deadline, or with idle time, a moment that is not after it.
    dues: Vec<Moment>,
    /// By slot: its place in `heap`.
    places: Vec<u32>,
    heap: Vec<Slot>,
    idle: Option<Idle>,
}

/// Idle time: a use puts an entry's end off. The heap is not told; it asks when the entry seems due.
#[derive(Debug)]
struct Idle {
    tti: Duration,
    /// By slot: when it is over however often it is used.
    deadlines: Vec<Moment>,
    /// By slot: when it was last used.
    used: Vec<Moment>,
}

impl Idle {
    fn end(&self, slot: Slot) -> Moment {
        self.deadlines[slot as usize].min(self.used[slot as usize].after(self.tti))
    }
}

impl Expiry {
    /// Knows `len` entries that never expire.
    pub(crate) fn with_len(len: usize) -> Self {
        Self { dues: vec![Moment::NEVER; len], places: vec![NOWHERE; len], heap: Vec::new(), idle: None }
    }

    /// Entries expire when they have not been used for `tti`.
    pub(crate) fn idle(tti: Duration) -> Self {
        Self { idle: Some(Idle { tti, deadlines: Vec::new(), used: Vec::new() }), ..Self::default() }
    }

    /// Forgets all entries.
    pub(crate) fn clear(&mut self) {
        *self = self.idle.as_ref().map_or_else(Self::default, |idle| Self::idle(idle.tti));
    }

    /// Whether an entry can expire at all.
    #[inline]
    pub(crate) fn is_timed(&self, slot: Slot) -> bool {
        self.dues[slot as usize] != Moment::NEVER
    }

    /// Whether an entry has expired: at exactly its deadline it has.
    #[inline]
    pub(crate) fn is_over(&self, slot: Slot, now: Moment) -> bool {
        // A due that has not come is before the end in any case.
        self.dues[slot as usize] <= now && self.idle.as_ref().is_none_or(|idle| idle.end(slot) <= now)
    }

    /// An entry is used, unless it has expired; says whether it is.
    #[inline(never)]
    pub(crate) fn touch(&mut self, slot: Slot, now: Moment) -> bool {
        let is_over = self.is_over(slot, now);
        if let Some(idle) = &mut self.idle {
            if !is_over {
                idle.used[slot as usize] = now;
            }
        }
        !is_over
    }

    /// The entry that has expired first, if one has.
    pub(crate) fn due(&mut self, now: Moment) -> Option<Slot> {
        loop {
            let slot = self.heap.first().copied().filter(|&slot| self.dues[slot as usize] <= now)?;
            match &self.idle {
                Some(idle) if idle.end(slot) > now => {
                    let end = idle.end(slot);
                    self.schedule(slot, end);
                }
                _ => return Some(slot),
            }
        }
    }

    /// Adds the next slot.
    pub(crate) fn push(&mut self, deadline: Moment, now: Moment) {
        let slot = index(self.dues.len());
        self.dues.push(Moment::NEVER);
        self.places.push(NOWHERE);
        if let Some(idle) = &mut self.idle {
            idle.deadlines.push(deadline);
            idle.used.push(now);
        }
        self.set(slot, deadline, now);
    }

    /// Gives `slot` another deadline; it is used now.
    pub(crate) fn set(&mut self, slot: Slot, deadline: Moment, now: Moment) {
        let due = match &mut self.idle {
            Some(idle) => {
                idle.deadlines[slot as usize] = deadline;
                idle.used[slot as usize] = now;
                idle.end(slot)
            }
            None => deadline,
        };
        self.schedule(slot, due);
    }

    /// Removes `slot`; the last slot takes its number.
    pub(crate) fn swap_remove(&mut self, slot: Slot) {
        self.schedule(slot, Moment::NEVER);
        self.dues.swap_remove(slot as usize);
        self.places.swap_remove(slot as usize);
        if let Some(idle) = &mut self.idle {
            idle.deadlines.swap_remove(slot as usize);
            idle.used.swap_remove(slot as usize);
        }
        if let Some(&place) = self.places.get(slot as usize) {
            if place != NOWHERE {
                self.heap[place as usize] = slot;
            }
        }
    }

    fn schedule(&mut self, slot: Slot, due: Moment) {
        self.dues[slot as usize] = due;
        let place = self.places[slot as usize];
        match (place, due) {
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
        self.dues[self.heap[place] as usize]
    }

    fn settle(&mut self, place: usize) {
        self.places[self.heap[place] as usize] = index(place);
    }

    #[cfg(any(test, fuzzing))]
    pub(super) fn validate(&self, len: usize) {
        assert_eq!(self.dues.len(), len);
        assert_eq!(self.places.len(), len);
        for (place, &slot) in self.heap.iter().enumerate() {
            assert_eq!(self.places[slot as usize] as usize, place);
            assert!(place == 0 || self.due_at((place - 1) / 2) <= self.due_at(place));
        }
        let timed = self.dues.iter().filter(|&&deadline| deadline != Moment::NEVER).count();
        assert_eq!(self.heap.len(), timed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment(0);

    #[test]
    fn rewriting_moves_a_deadline_and_never_adds_one() {
        let mut expiry = Expiry::default();
        expiry.push(Moment(10), START);
        expiry.push(Moment(20), START);
        for at in 0..1000 {
            expiry.set(0, Moment(30 + at), START);
            expiry.validate(2);
        }
        assert_eq!(expiry.heap.len(), 2);
        assert_eq!(expiry.due(Moment(20)), Some(1));
        expiry.set(1, Moment::NEVER, START);
        assert_eq!(expiry.due(Moment(1028)), None);
        assert_eq!(expiry.due(Moment(1029)), Some(0));
    }

    #[test]
    fn the_last_slot_takes_the_number_of_the_removed_one() {
        let mut expiry = Expiry::default();
        for at in [5, 3, 9, 1] {
            expiry.push(Moment(at), START);
        }
        expiry.swap_remove(1);
        expiry.validate(3);
        assert_eq!(expiry.due(Moment(1)), Some(1));
        expiry.swap_remove(1);
        expiry.validate(2);
        assert_eq!(expiry.due(Moment(9)), Some(0));
    }

    #[test]
    fn a_use_puts_the_end_off_but_not_beyond_the_deadline() {
        let mut expiry = Expiry::idle(Duration::from_nanos(10));
        expiry.push(Moment(25), START);
        expiry.push(Moment::NEVER, START);
        expiry.touch(0, Moment(9));
        assert_eq!(expiry.due(Moment(10)), Some(1));
        expiry.swap_remove(1);
        assert_eq!(expiry.due(Moment(18)), None);
        expiry.validate(1);
        expiry.touch(0, Moment(18));
        assert!(!expiry.is_over(0, Moment(24)));
        assert!(expiry.is_over(0, Moment(25)));
        assert_eq!(expiry.due(Moment(25)), Some(0));
    }
}
