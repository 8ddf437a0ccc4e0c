//! A window, and a gate that only the more frequent pass.

use super::{
    Policy, Slot,
    balance::SOON,
    parts::{Parts, WINDOW},
    sketch::{MOST, Sketch},
};

/// Keeps newcomers in a window, and lets those out of it into the main part that were met more often than whom they
/// replace.
///
/// G. Einziger, R. Friedman, B. Manes, "`TinyLFU`: a highly efficient cache admission policy" (2017), and, for the
/// window that adapts, G. Einziger, O. Eytan, R. Friedman, B. Manes, "Adaptive software cache management" (2018). The
/// main part is a segmented LRU: a second use protects an entry, and up to four fifths of the part are protected. What
/// differs from the papers, as measured:
///
/// - The window adapts by who returns, as [`Balance`](super::balance::Balance) says. Climbing by the hit ratio needs several periods of ten
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
    /// Counting the uses of those that are held, exactly.
    parts: Parts<3>,
    /// The frequencies of those that have left.
    left: Sketch,
    /// Since the sketch was last aged.
    leavers: usize,
    /// Since the residents were last aged.
    uses: usize,
}

const PROBATION: usize = 1;
const PROTECTED: usize = 2;

/// The sketch ages after as many leavers per entry, which is before it is full of them.
const LEAVERS: usize = 5;
/// Residents age after as many hits per entry. Ageing them more often lets a loop's keys look as rare as those that it
/// pushes out.
const USES: usize = 16;

impl TinyLfu {
    /// Empty queues for a total weight of `capacity`.
    pub(crate) fn new(capacity: u64) -> Self {
        Self { parts: Parts::new(capacity, SOON), left: Sketch::new(), leavers: 0, uses: 0 }
    }

    fn resident(&self) -> Option<Slot> {
        self.parts.front(PROBATION).or_else(|| self.parts.front(PROTECTED))
    }

    /// Tells the sketch of a leaver.
    fn remember(&mut self, hash: u32, frequency: u8) {
        let held = self.parts.len();
        self.left.reserve(held);
        self.left.raise(hash, frequency);
        self.leavers += 1;
        if self.leavers >= held * LEAVERS {
            self.leavers = 0;
            self.left.age();
            // Without any hits residents must age too, slowly.
            self.use_up(held);
        }
    }

    #[inline]
    fn use_up(&mut self, uses: usize) {
        self.uses += uses;
        if self.uses >= self.parts.len() * USES {
            self.age_residents();
        }
    }

    #[cold]
    fn age_residents(&mut self) {
        self.uses = 0;
        self.parts.age();
    }
}

impl Policy for TinyLfu {
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64) {
        self.parts.returned(hash);
        let frequency = (self.left.frequency(hash) + 1).min(MOST);
        self.parts.admit(WINDOW, slot, frequency, weight);
        while let Some(slot) = self.parts.overflow() {
            self.parts.move_to(PROBATION, slot);
        }
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _hash: u32) {
        self.parts.raise(slot, MOST);
        if self.parts.queue_of(slot) == PROBATION {
            self.parts.move_to(PROTECTED, slot);
            let main = self.parts.main();
            let most = main - main / 5;
            while self.parts.held(PROTECTED) > most {
                let Some(slot) = self.parts.front(PROTECTED) else { break };
                self.parts.move_to(PROBATION, slot);
            }
        } else {
            self.parts.renew(slot);
        }
        self.use_up(1);
    }

    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64) {
        self.parts.weigh(slot, weight);
        self.touch(slot, hash);
    }

    fn victim(&mut self) -> Option<Slot> {
        let (Some(candidate), Some(resident)) = (self.parts.front(WINDOW), self.resident()) else {
            return self.parts.front(WINDOW).or(self.resident());
        };
        if !self.parts.is_window_full() {
            return Some(resident);
        }
        if self.parts.count(candidate) > self.parts.count(resident) {
            self.parts.move_to(PROBATION, candidate);
            return Some(resident);
        }
        self.parts.renew(resident);
        Some(candidate)
    }

    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
        self.remember(hash, self.parts.count(slot));
        self.parts.forget(slot, hash, evicted);
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        self.parts.renumber(from, to);
    }

    fn clear(&mut self) {
        self.parts.clear();
        self.left.clear();
        (self.leavers, self.uses) = (0, 0);
    }

    fn set_capacity(&mut self, capacity: u64) {
        self.parts.set_capacity(capacity);
        self.left.clear();
    }
}

#[cfg(any(test, fuzzing))]
impl super::Validate for TinyLfu {
    fn validate(&self, len: usize) {
        self.parts.validate(len);
    }

    fn bytes(&self) -> usize {
        self.parts.bytes() + self.left.bytes()
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

    fn held(cache: &Model<TinyLfu>) -> [u64; 3] {
        [WINDOW, PROBATION, PROTECTED].map(|queue| cache.policy.parts.held(queue))
    }

    #[test]
    fn the_first_to_come_fill_the_main_part() {
        let cache = filled(10);
        assert_eq!(held(&cache), [1, 9, 0]);
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
        assert_eq!(held(&cache), [1, 1, 8], "four fifths of nine, in whole entries");
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
            assert_eq!(cache.policy.parts.count(9), met);
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
        assert_eq!(cache.policy.parts.count(0), MOST);
        cache.get_all([1; 140]);
        assert_eq!(cache.policy.parts.count(0), MOST / 2);
        cache.put_all(1000..2000);
        assert_eq!(cache.policy.parts.count(0), MOST / 4);
    }
}
