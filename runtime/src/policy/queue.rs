//! One queue, out of which the oldest goes.

use super::{Policy, Slot, list::Lists};

/// A write makes an entry the newest; with `READS`, a read does, too. Eight bytes an entry.
#[derive(Debug)]
pub(crate) struct Queue<const READS: bool> {
    order: Lists<1>,
}

impl<const READS: bool> Queue<READS> {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self { order: Lists::new() }
    }

    /// Entries were read, in this order.
    pub(super) fn touch_each(&mut self, slots: &[Slot]) {
        if READS {
            self.order.move_each_to_back(0, slots);
        }
    }

    /// A newcomer takes the slot of the one that leaves: see [`Order::relieve`](super::Order::relieve).
    pub(super) fn relieve(&mut self) -> Option<Slot> {
        let slot = self.order.front(0)?;
        self.order.move_to_back(0, slot);
        Some(slot)
    }
}

impl<const READS: bool> Policy for Queue<READS> {
    #[inline]
    fn admit(&mut self, slot: Slot, _hash: u32, _weight: u64) {
        self.order.push(0, slot, ());
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        if READS {
            self.order.move_to_back(0, slot);
        }
    }

    fn rewrite(&mut self, slot: Slot, _hash: u32, _weight: u64) {
        self.order.move_to_back(0, slot);
    }

    fn victim(&mut self) -> Option<Slot> {
        self.order.front(0)
    }

    fn forget(&mut self, slot: Slot, _hash: u32, _evicted: bool) {
        self.order.forget(slot);
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        self.order.renumber(from, to);
    }

    fn clear(&mut self) {
        self.order.clear();
    }
}

#[cfg(any(test, fuzzing))]
impl<const READS: bool> super::Validate for Queue<READS> {
    fn validate(&self, len: usize) {
        self.order.validate(len);
    }

    fn bytes(&self) -> usize {
        self.order.bytes()
    }
}
