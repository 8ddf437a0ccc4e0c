//! Three queues, first in, first out.

use super::{Policy, Slot, balance::Balance, list::Lists, weights::Weights};

/// Lets newcomers pass a small queue, and keeps in a main one what was read there or is back soon after leaving.
///
/// J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi, "FIFO queues are all you need for cache eviction" (2023): a small
/// queue, a main queue whose entries go round again as often as they were read (up to three times), and the hashes of
/// newcomers that have left, which enter the main queue directly when they are back. Two things differ from the paper,
/// both measured:
///
/// - The border between the queues moves, as [`Balance`] says, instead of standing at 10 %.
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
    queues: Lists<2>,
    /// By slot: the reads in the low bits, and whether the entry is in the main queue.
    marks: Vec<u8>,
    weights: Weights,
    balance: Balance,
    /// The weight of each queue.
    held: [u64; 2],
}

const SMALL: usize = 0;
const MAIN: usize = 1;

/// As many reads are counted.
const READS: u8 = 3;
/// As many take an entry from the small queue to the main one.
const ENOUGH: u8 = 2;
const IN_MAIN: u8 = 4;
/// Newcomers remembered after they left, per entry held.
const MEMORY: f64 = 1.0;

impl S3Fifo {
    /// Empty queues for a total weight of `capacity`.
    pub(crate) fn new(capacity: u64) -> Self {
        Self {
            queues: Lists::new(),
            marks: Vec::new(),
            weights: Weights::new(),
            balance: Balance::new(capacity, MEMORY),
            held: [0; 2],
        }
    }

    fn queue_of(&self, slot: Slot) -> usize {
        usize::from(self.marks[slot as usize] / IN_MAIN)
    }

    fn keep(&mut self, slot: Slot) {
        self.marks[slot as usize] = IN_MAIN;
        let weight = self.weights.get(slot);
        self.held[SMALL] -= weight;
        self.held[MAIN] += weight;
        self.queues.move_to_back(MAIN, slot);
    }

    /// What is too much for the small queue goes to the main one, as long as that has room.
    fn settle(&mut self) {
        while self.held[SMALL] > self.balance.window() {
            let [small, main] = self.held;
            let room = |weight| self.balance.has_room(main, small + main, self.marks.len(), weight);
            let slot = self.queues.front(SMALL).filter(|&slot| room(self.weights.get(slot)));
            let Some(slot) = slot else { break };
            self.keep(slot);
        }
    }
}

impl Policy for S3Fifo {
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64) {
        let back = self.balance.returned(hash, self.marks.len());
        let queue = if back { MAIN } else { SMALL };
        self.queues.push(queue, slot);
        self.marks.push(if back { IN_MAIN } else { 0 });
        self.weights.push(weight);
        self.held[queue] += weight;
        self.settle();
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        let mark = &mut self.marks[slot as usize];
        *mark += u8::from(*mark & READS < READS);
    }

    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64) {
        self.touch(slot, hash);
        let held = &mut self.held[usize::from(self.marks[slot as usize] / IN_MAIN)];
        *held = *held - self.weights.get(slot) + weight;
        self.weights.set(slot, weight);
    }

    fn victim(&mut self) -> Option<Slot> {
        loop {
            let small = self.queues.front(SMALL);
            let main = self.queues.front(MAIN);
            // Every round ends one entry's stay in the small queue or uses up one read in the main one.
            match (small, main) {
                (Some(slot), _) if self.held[SMALL] >= self.balance.window() || main.is_none() => {
                    if self.marks[slot as usize] & READS < ENOUGH {
                        return small;
                    }
                    self.keep(slot);
                }
                (_, Some(slot)) => {
                    let mark = &mut self.marks[slot as usize];
                    if *mark & READS == 0 {
                        return main;
                    }
                    *mark -= 1;
                    self.queues.move_to_back(MAIN, slot);
                }
                _ => return None,
            }
        }
    }

    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
        let queue = self.queue_of(slot);
        if evicted {
            self.balance.evicted(hash, queue == MAIN, self.marks.len());
        }
        self.held[queue] -= self.weights.get(slot);
        self.queues.forget(slot);
        self.weights.forget(slot);
        if slot as usize + 1 == self.marks.len() {
            self.marks.pop();
        }
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        self.queues.renumber(from, to);
        self.weights.renumber(from, to);
        self.marks.swap_remove(to as usize);
    }

    fn clear(&mut self) {
        self.queues.clear();
        self.marks = Vec::new();
        self.weights.clear();
        self.balance.clear();
        self.held = [0; 2];
    }

    fn set_capacity(&mut self, capacity: u64) {
        self.balance.set_capacity(capacity);
    }
}

#[cfg(any(test, fuzzing))]
impl super::Validate for S3Fifo {
    fn validate(&self, len: usize) {
        assert_eq!((self.queues.len(), self.weights.len(), self.marks.len()), (len, len, len));
        self.queues.validate();
        self.weights.validate();
        for queue in [SMALL, MAIN] {
            assert!(self.queues.iter(queue).all(|slot| self.queue_of(slot) == queue));
            assert_eq!(self.queues.iter(queue).map(|slot| self.weights.get(slot)).sum::<u64>(), self.held[queue]);
        }
    }

    fn bytes(&self) -> usize {
        self.queues.bytes() + self.marks.len() + self.weights.bytes() + self.balance.bytes()
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
        assert_eq!(cache.policy.held, [1, 9]);
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
