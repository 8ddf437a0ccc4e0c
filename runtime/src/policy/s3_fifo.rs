//! Three queues, first in, first out.

use super::{
    Policy, Slot,
    parts::{Parts, WINDOW},
};

/// Lets newcomers pass a small queue, and keeps in a main one what was read there or is back soon after leaving.
///
/// J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi, "FIFO queues are all you need for cache eviction" (2023): a small
/// queue, a main queue whose entries go round again as often as they were read (up to three times), and the hashes of
/// newcomers that have left, which enter the main queue directly when they are back. Two things differ from the paper,
/// both measured:
///
/// - The border between the queues moves, as [`Balance`](super::balance::Balance) says, instead of standing at 10 %.
/// - While the main queue has room, what leaves the small one goes there. So a loop larger than the bound keeps a
///   share of its keys instead of none.
///
/// At most 15 bytes an entry, and 8 more when entries weigh other than 1.
///
/// **Good at** nearly everything: skewed use, scans, loops and shifts, with hits that write one byte. Over 14 traces
/// and seven patterns it was never more than two points under [`Lru`](super::Lru).
///
/// **Not for** those who must be able to say in advance which entry goes next.
#[derive(Debug)]
pub(crate) struct S3Fifo {
    /// Counting reads.
    parts: Parts<2>,
}

const MAIN: usize = 1;

/// As many reads are counted.
const READS: u8 = 3;
/// As many take an entry from the small queue to the main one.
const ENOUGH: u8 = 2;
/// Newcomers remembered after they left, per entry held.
const MEMORY: f64 = 1.0;

impl S3Fifo {
    /// Empty queues for a total weight of `capacity`.
    pub(crate) fn new(capacity: u64) -> Self {
        Self { parts: Parts::new(capacity, MEMORY) }
    }

    fn keep(&mut self, slot: Slot) {
        self.parts.reset(slot);
        self.parts.move_to(MAIN, slot);
    }
}

impl Policy for S3Fifo {
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64) {
        let queue = if self.parts.returned(hash) { MAIN } else { WINDOW };
        self.parts.admit(queue, slot, 0, weight);
        while let Some(slot) = self.parts.overflow() {
            self.keep(slot);
        }
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        self.parts.raise(slot, READS);
    }

    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64) {
        self.touch(slot, hash);
        self.parts.weigh(slot, weight);
    }

    fn victim(&mut self) -> Option<Slot> {
        loop {
            // Every round ends one entry's stay in the small queue or uses up one read in the main one.
            match (self.parts.front(WINDOW), self.parts.front(MAIN)) {
                (Some(slot), main) if self.parts.is_window_full() || main.is_none() => {
                    if self.parts.count(slot) < ENOUGH {
                        return Some(slot);
                    }
                    self.keep(slot);
                }
                (_, Some(slot)) => {
                    if self.parts.count(slot) == 0 {
                        return Some(slot);
                    }
                    self.parts.lower(slot);
                    self.parts.renew(slot);
                }
                _ => return None,
            }
        }
    }

    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
        self.parts.forget(slot, hash, evicted);
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        self.parts.renumber(from, to);
    }

    fn clear(&mut self) {
        self.parts.clear();
    }

    fn set_capacity(&mut self, capacity: u64) {
        self.parts.set_capacity(capacity);
    }
}

#[cfg(any(test, fuzzing))]
impl super::Validate for S3Fifo {
    fn validate(&self, len: usize) {
        self.parts.validate(len);
    }

    fn bytes(&self) -> usize {
        self.parts.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    fn filled(capacity: u64) -> Model<S3Fifo> {
        let mut cache = Model::new(capacity, S3Fifo::new(capacity));
        cache.put_all(0..capacity);
        cache
    }

    #[test]
    fn the_first_to_come_fill_the_main_queue() {
        let cache = filled(10);
        assert_eq!([WINDOW, MAIN].map(|queue| cache.policy.parts.held(queue)), [1, 9]);
    }

    #[test]
    fn a_newcomer_that_nobody_reads_leaves_first() {
        let mut cache = filled(10);
        for key in 10..30 {
            assert_eq!(cache.put(key), Some(vec![key - 1]));
        }
    }

    #[test]
    fn a_newcomer_read_twice_stays_and_one_read_once_does_not() {
        let mut cache = filled(10);
        cache.put(10);
        cache.get(10);
        assert_eq!(cache.put(11), Some(vec![10]));
        cache.get_all([11, 11]);
        assert_eq!(cache.put(12), Some(vec![0]), "the oldest of the main queue");
        assert!(cache.contains(11));
    }

    #[test]
    fn residents_go_round_once_per_read() {
        let mut cache = filled(10);
        cache.get_all([0, 1, 1]);
        // Each newcomer that stays takes the place of a resident.
        let mut leavers = Vec::new();
        for key in 10..20 {
            cache.put(key);
            cache.get_all([key, key]);
            leavers.extend(cache.put(key + 100).unwrap());
        }
        let place = |key| leavers.iter().position(|&leaver| leaver == key);
        assert!(place(2) < place(0), "{leavers:?}");
        assert_eq!(place(1), None, "{leavers:?}");
    }

    #[test]
    fn a_newcomer_that_is_back_enters_the_main_queue() {
        let mut cache = filled(10);
        cache.put(10);
        assert_eq!(cache.put(11), Some(vec![10]));
        cache.put(10);
        for key in 12..20 {
            cache.put(key);
            assert!(cache.contains(10));
        }
    }

    #[test]
    fn an_invalidated_entry_is_not_remembered() {
        let mut cache = filled(10);
        cache.put(10);
        cache.remove(10);
        cache.put(10);
        assert_eq!(cache.put(11), Some(vec![10]));
    }

    #[test]
    fn a_loop_larger_than_the_bound_keeps_a_share() {
        let mut cache = Model::new(20, S3Fifo::new(20));
        let hits = (0..1000).filter(|at| cache.get(at % 50) || (cache.put(at % 50), false).1).count();
        assert!(hits > 250, "{hits} of at most 400");
    }
}
