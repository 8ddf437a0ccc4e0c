//! One queue and a hand.

use super::{Policy, Slot, list::Lists};

/// Evicts by a hand that goes from old to new and spares, once, what was read since it last came by.
///
/// Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson, K. V. Rashmi, "SIEVE is simpler than LRU: an efficient turn-key eviction
/// algorithm for web caches" (2024). Entries that are spared keep their place, so newcomers that nobody reads are
/// sifted out while the old ones stay. Nine bytes an entry.
///
/// **Good at** skewed use, as of web caches, with hits that write one byte.
///
/// **Not for** entries that are read a few times soon after they came and then never: the hand can stay a constant few
/// slots behind the newest and evict each before its second read. On such a trace it fell to 1 % where
/// [`Lru`](super::Lru) has 33 %. Not a safe default.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// In order of arrival; marked if it was read.
    queue: Lists<1, bool>,
    /// Where the hand is; `None` stands for the oldest.
    hand: Option<Slot>,
}

impl Sieve {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self { queue: Lists::new(), hand: None }
    }
}

impl Policy for Sieve {
    fn admit(&mut self, slot: Slot, _hash: u32, _weight: u64) {
        self.queue.push(0, slot, false);
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        // Read first: a mark that is there already is not written, and stays in the memory of both of two threads.
        if !self.queue[slot] {
            self.queue[slot] = true;
        }
    }

    fn victim(&mut self) -> Option<Slot> {
        let mut slot = self.hand.or_else(|| self.queue.front(0))?;
        // Ends after one round at the latest: what it passes is no longer marked.
        while std::mem::take(&mut self.queue[slot]) {
            slot = self.queue.newer(slot).or_else(|| self.queue.front(0))?;
        }
        self.hand = Some(slot);
        self.hand
    }

    fn forget(&mut self, slot: Slot, _hash: u32, _evicted: bool) {
        if self.hand == Some(slot) {
            self.hand = self.queue.newer(slot);
        }
        self.queue.forget(slot);
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        if self.hand == Some(from) {
            self.hand = Some(to);
        }
        self.queue.renumber(from, to);
    }

    fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(any(test, fuzzing))]
impl super::Validate for Sieve {
    fn validate(&self, len: usize) {
        assert!(self.hand.is_none_or(|hand| (hand as usize) < len), "the hand points at an entry");
        self.queue.validate(len);
    }

    fn bytes(&self) -> usize {
        self.queue.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    #[test]
    fn what_was_read_is_spared_once_and_keeps_its_place() {
        let mut cache = Model::new(3, Sieve::new());
        cache.put_all([1, 2, 3]);
        cache.get(1);
        assert_eq!(cache.put(4), Some(vec![2]));
        assert_eq!(cache.put(5), Some(vec![3]));
        assert_eq!(cache.put(6), Some(vec![4]));
        assert_eq!(cache.put(7), Some(vec![5]));
        assert_eq!(cache.keys(), [1, 6, 7]);
    }

    #[test]
    fn the_hand_starts_over_at_the_oldest() {
        let mut cache = Model::new(3, Sieve::new());
        cache.put_all([1, 2, 3]);
        cache.get_all([2, 3]);
        assert_eq!(cache.put(4), Some(vec![1]));
        cache.get(4);
        assert_eq!(cache.put(5), Some(vec![2]), "2, 3 and 4 were passed, then 2 met unread");
    }

    #[test]
    fn the_hand_moves_on_when_its_entry_is_invalidated() {
        let mut cache = Model::new(3, Sieve::new());
        cache.put_all([1, 2, 3]);
        cache.get(1);
        assert_eq!(cache.put(4), Some(vec![2]));
        assert!(cache.remove(3));
        cache.put(5);
        assert_eq!(cache.put(6), Some(vec![4]));
        assert_eq!(cache.keys(), [1, 5, 6]);
    }

    // CT-39 in its own order
    #[test]
    fn unread_entries_leave_in_order_of_arrival() {
        let mut cache = Model::new(3, Sieve::new());
        cache.put_all([1, 2, 3]);
        assert_eq!(cache.pop_all(), [1, 2, 3]);
    }
}
