//! First in, first out.

use super::{Policy, Slot, list::Lists};

/// Evicts the entry that was written first; reads don't matter.
///
/// A write to an entry that is there counts as a new arrival, as in Python's cachetools. Eight bytes an entry.
///
/// **Good at** values whose age matters more than their use: every entry leaves after as many writes, so a read never
/// costs more than the look-up.
///
/// **Not for** hit ratio: on most traces it stays 2 to 12 points under [`Lru`](super::Lru).
#[derive(Debug)]
pub(crate) struct Fifo {
    order: Lists<1>,
}

impl Fifo {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self { order: Lists::new() }
    }

    /// A newcomer takes the slot of the one that leaves: see [`Order::relieve`](super::Order::relieve).
    pub(super) fn relieve(&mut self) -> Option<Slot> {
        let slot = self.order.front(0)?;
        self.order.move_to_back(0, slot);
        Some(slot)
    }
}

impl Policy for Fifo {
    fn admit(&mut self, slot: Slot, _hash: u32, _weight: u64) {
        self.order.push(0, slot);
    }

    #[inline]
    fn touch(&mut self, _slot: Slot, _hash: u32) {}

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

    fn set_capacity(&mut self, _capacity: u64) {}
}

#[cfg(any(test, fuzzing))]
impl super::Validate for Fifo {
    fn validate(&self, len: usize) {
        assert_eq!(self.order.len(), len);
        self.order.validate();
    }

    fn bytes(&self) -> usize {
        self.order.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    // CT-24
    #[test]
    fn reads_do_not_protect() {
        let mut cache = Model::new(2, Fifo::new());
        cache.put_all([1, 2, 3]);
        assert_eq!(cache.keys(), [2, 3]);
        cache.get(2);
        cache.put(4);
        assert_eq!(cache.keys(), [3, 4]);
        cache.put(5);
        assert_eq!(cache.keys(), [4, 5]);
    }

    // CT-25
    #[test]
    fn a_rewrite_is_a_new_arrival() {
        let mut cache = Model::new(2, Fifo::new());
        cache.put_all([1, 2, 1, 3]);
        assert_eq!(cache.keys(), [1, 3]);
    }

    // CT-23, CT-39
    #[test]
    fn entries_leave_in_order_of_arrival() {
        let mut cache = Model::new(3, Fifo::new());
        cache.put_all([1, 2, 3]);
        cache.get(1);
        assert_eq!(cache.pop_all(), [1, 2, 3]);
    }
}
