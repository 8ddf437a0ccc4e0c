//! A window, and a gate that only the more frequent pass.

use super::{
    Policy, Slot,
    balance::{Balance, SOON},
    list::Lists,
    sketch::{MOST, Sketch},
    weights::Weights,
};

/// Keeps newcomers in a window, and lets those out of it into the main part that were met more often than whom they
/// replace.
///
/// G. Einziger, R. Friedman, B. Manes, "`TinyLFU`: a highly efficient cache admission policy" (2017), and, for the
/// window that adapts, G. Einziger, O. Eytan, R. Friedman, B. Manes, "Adaptive software cache management" (2018). The
/// main part is a segmented LRU: a second use protects an entry, and up to four fifths of the part are protected. What
/// differs from the papers, as measured:
///
/// - The window adapts by who returns, as [`Balance`] says. Climbing by the hit ratio needs several periods of ten
///   times the bound to learn that a working set has shifted, and lost up to 14 points to [`Lru`](super::Lru)
///   meanwhile.
/// - Entries that are held count their own uses, exactly; the sketch remembers only those that have left. So a hit
///   touches no sketch.
/// - A resident that wins against a candidate goes to the back, so that the next one meets another.
///
/// At most 16 bytes an entry, and 8 more when entries weigh other than 1. Ages by halving: a pass over one byte an
/// entry every 16 hits per entry.
///
/// **Good at** skewed use whose favourites last, scans and loops: the best mean of all policies here.
///
/// **Not for** popularity that drifts fast, where [`S3Fifo`](super::S3Fifo) is up to five points ahead, nor for those
/// who must be able to say in advance which entry goes next.
#[derive(Debug)]
pub(crate) struct TinyLfu {
    queues: Lists<3>,
    /// By slot: the frequency in the low four bits, the queue above.
    marks: Vec<u8>,
    weights: Weights,
    balance: Balance,
    /// The frequencies of those that have left; of those that are held, `marks` knows them exactly.
    left: Sketch,
    /// The weight of each queue.
    held: [u64; 3],
    /// Since the sketch was last aged.
    leavers: usize,
    /// Since the residents were last aged.
    uses: usize,
}

const WINDOW: usize = 0;
const PROBATION: usize = 1;
const PROTECTED: usize = 2;

/// The frequency's bits in a mark, and where the queue's begin.
const FREQUENCY: u8 = MOST;
const QUEUE: u32 = 4;

/// The sketch ages after as many leavers per entry, which is before it is full of them.
const LEAVERS: usize = 5;
/// Residents age after as many hits per entry. Ageing them more often lets a loop's keys look as rare as those that it
/// pushes out.
const USES: usize = 16;

impl TinyLfu {
    /// Empty queues for a total weight of `capacity`.
    pub(crate) fn new(capacity: u64) -> Self {
        Self {
            queues: Lists::new(),
            marks: Vec::new(),
            weights: Weights::new(),
            balance: Balance::new(capacity, SOON),
            left: Sketch::new(),
            held: [0; 3],
            leavers: 0,
            uses: 0,
        }
    }

    #[inline]
    fn queue_of(&self, slot: Slot) -> usize {
        usize::from(self.marks[slot as usize] >> QUEUE)
    }

    #[inline]
    fn frequency(&self, slot: Slot) -> u8 {
        self.marks[slot as usize] & FREQUENCY
    }

    fn move_to(&mut self, queue: usize, slot: Slot) {
        let weight = self.weights.get(slot);
        let mark = &mut self.marks[slot as usize];
        self.held[usize::from(*mark >> QUEUE)] -= weight;
        self.held[queue] += weight;
        *mark = (*mark & FREQUENCY) | ((queue as u8) << QUEUE);
        self.queues.move_to_back(queue, slot);
    }

    fn resident(&self) -> Option<Slot> {
        self.queues.front(PROBATION).or_else(|| self.queues.front(PROTECTED))
    }

    /// What is too much for the window goes to the main part, as long as that has room.
    fn settle(&mut self) {
        while self.held[WINDOW] > self.balance.window() {
            let [window, probation, protected] = self.held;
            let main = probation + protected;
            let room = |weight| self.balance.has_room(main, window + main, self.marks.len(), weight);
            let slot = self.queues.front(WINDOW).filter(|&slot| room(self.weights.get(slot)));
            let Some(slot) = slot else { break };
            self.move_to(PROBATION, slot);
        }
    }

    /// Tells the sketch of a leaver.
    fn remember(&mut self, hash: u32, frequency: u8) {
        self.left.reserve(self.marks.len());
        self.left.raise(hash, frequency);
        self.leavers += 1;
        if self.leavers >= self.marks.len() * LEAVERS {
            self.leavers = 0;
            self.left.age();
            // Without any hits residents must age too, slowly.
            self.use_up(self.marks.len());
        }
    }

    #[inline]
    fn use_up(&mut self, uses: usize) {
        self.uses += uses;
        if self.uses >= self.marks.len() * USES {
            self.age_residents();
        }
    }

    #[cold]
    fn age_residents(&mut self) {
        self.uses = 0;
        for mark in &mut self.marks {
            *mark = (*mark & !FREQUENCY) | ((*mark & FREQUENCY) / 2);
        }
    }
}

impl Policy for TinyLfu {
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64) {
        self.balance.returned(hash, self.marks.len());
        let frequency = (self.left.frequency(hash) + 1).min(MOST);
        self.queues.push(WINDOW, slot);
        self.marks.push((WINDOW as u8) << QUEUE | frequency);
        self.weights.push(weight);
        self.held[WINDOW] += weight;
        self.settle();
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        let mark = &mut self.marks[slot as usize];
        *mark += u8::from(*mark & FREQUENCY < MOST);
        let queue = usize::from(*mark >> QUEUE);
        if queue == PROBATION {
            self.move_to(PROTECTED, slot);
            let main = self.balance.main();
            let most = main - main / 5;
            while self.held[PROTECTED] > most {
                let Some(slot) = self.queues.front(PROTECTED) else { break };
                self.move_to(PROBATION, slot);
            }
        } else {
            self.queues.move_to_back(queue, slot);
        }
        self.use_up(1);
    }

    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64) {
        let held = &mut self.held[usize::from(self.marks[slot as usize] >> QUEUE)];
        *held = *held - self.weights.get(slot) + weight;
        self.weights.set(slot, weight);
        self.touch(slot, hash);
    }

    fn victim(&mut self) -> Option<Slot> {
        let (Some(candidate), Some(resident)) = (self.queues.front(WINDOW), self.resident()) else {
            return self.queues.front(WINDOW).or(self.resident());
        };
        if self.held[WINDOW] < self.balance.window() {
            return Some(resident);
        }
        if self.frequency(candidate) > self.frequency(resident) {
            self.move_to(PROBATION, candidate);
            return Some(resident);
        }
        self.queues.move_to_back(self.queue_of(resident), resident);
        Some(candidate)
    }

    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
        let queue = self.queue_of(slot);
        if evicted {
            self.balance.evicted(hash, queue != WINDOW, self.marks.len());
        }
        self.remember(hash, self.frequency(slot));
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
        self.left.clear();
        self.held = [0; 3];
        (self.leavers, self.uses) = (0, 0);
    }

    fn set_capacity(&mut self, capacity: u64) {
        self.balance.set_capacity(capacity);
        self.left.clear();
    }
}

#[cfg(any(test, fuzzing))]
impl super::Validate for TinyLfu {
    fn validate(&self, len: usize) {
        assert_eq!((self.queues.len(), self.weights.len(), self.marks.len()), (len, len, len));
        self.queues.validate();
        self.weights.validate();
        for queue in [WINDOW, PROBATION, PROTECTED] {
            assert!(self.queues.iter(queue).all(|slot| self.queue_of(slot) == queue));
            assert_eq!(self.queues.iter(queue).map(|slot| self.weights.get(slot)).sum::<u64>(), self.held[queue]);
        }
    }

    fn bytes(&self) -> usize {
        self.queues.bytes() + self.marks.len() + self.weights.bytes() + self.balance.bytes() + self.left.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    fn filled(capacity: u64) -> Model<TinyLfu> {
        let mut cache = Model::new(capacity, TinyLfu::new(capacity));
        cache.put_all(0..capacity);
        cache
    }

    #[test]
    fn the_first_to_come_fill_the_main_part() {
        let cache = filled(10);
        assert_eq!(cache.policy.held, [1, 9, 0]);
    }

    #[test]
    fn a_newcomer_met_as_rarely_as_a_resident_leaves_first() {
        let mut cache = filled(10);
        for key in 10..30 {
            assert_eq!(cache.put(key), Some(vec![key - 1]));
        }
    }

    #[test]
    fn a_newcomer_met_more_often_replaces_a_resident() {
        let mut cache = filled(10);
        cache.put(10);
        cache.get(10);
        assert_eq!(cache.put(11), Some(vec![1]), "0 has won against 9, so it is 1 that meets 10");
        assert!(cache.contains(10));
    }

    #[test]
    fn a_second_use_protects() {
        let mut cache = filled(10);
        cache.get_all(0..8);
        assert_eq!(cache.policy.held, [1, 1, 8], "four fifths of nine, in whole entries");
        cache.put(10);
        cache.get_all([10, 10]);
        assert_eq!(cache.put(11), Some(vec![8]), "the only resident used once");
    }

    #[test]
    fn uses_are_remembered_after_leaving() {
        let mut cache = filled(10);
        cache.remove(9);
        for met in 1..5 {
            cache.put(10);
            assert_eq!(cache.policy.frequency(9), met);
            cache.remove(10);
        }
    }

    #[test]
    fn a_winner_meets_the_next_candidate_later() {
        let mut cache = filled(4);
        cache.get_all([0, 1, 2]);
        cache.put(4);
        let first = cache.policy.resident();
        cache.put(5);
        assert_ne!(cache.policy.resident(), first);
    }

    #[test]
    fn a_loop_larger_than_the_bound_keeps_a_share() {
        let mut cache = Model::new(20, TinyLfu::new(20));
        let hits = (0..1000).filter(|at| cache.get(at % 50) || (cache.put(at % 50), false).1).count();
        assert!(hits > 250, "{hits} of at most 400");
    }

    #[test]
    fn residents_age_with_and_without_hits() {
        let mut cache = filled(10);
        cache.get_all([0; 20]);
        assert_eq!(cache.policy.frequency(0), MOST);
        cache.get_all([1; 140]);
        assert_eq!(cache.policy.frequency(0), MOST / 2);
        cache.put_all(1000..2000);
        assert_eq!(cache.policy.frequency(0), MOST / 4);
    }
}
