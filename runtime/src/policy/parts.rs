//! A window for newcomers, beside the queues of those that stay.

use super::{Slot, balance::Balance, list::Lists, weights::Weights};

/// The queue of the newcomers; the others are the main part.
pub(crate) const WINDOW: usize = 0;

/// `N` queues of weighted entries. Each entry has a small count, for its policy to use, and the border between the window and
/// the main part moves as [`Balance`] says.
///
/// Nine bytes an entry, four to seven of ghosts, and 8 more when entries weigh other than 1.
#[derive(Debug)]
pub(crate) struct Parts<const N: usize> {
    queues: Lists<N, Mark>,
    weights: Weights,
    balance: Balance,
    /// The weight of each queue.
    held: [u64; N],
}

/// A count in the low four bits, the queue above.
#[derive(Clone, Copy, Debug)]
struct Mark(u8);

const COUNT: u8 = 15;
const QUEUE: u32 = 4;

impl Mark {
    #[inline]
    fn new(queue: usize, count: u8) -> Self {
        Self((queue as u8) << QUEUE | count)
    }

    #[inline]
    fn queue(self) -> usize {
        usize::from(self.0 >> QUEUE)
    }

    #[inline]
    fn count(self) -> u8 {
        self.0 & COUNT
    }
}

impl<const N: usize> Parts<N> {
    /// Empty queues for a total weight of `capacity`, and a memory as [`Balance::new`] wants it.
    pub(crate) fn new(capacity: u64, memory: f64) -> Self {
        let balance = Balance::new(capacity, memory);
        Self { queues: Lists::new(), weights: Weights::new(), balance, held: [0; N] }
    }

    pub(crate) fn len(&self) -> usize {
        self.queues.len()
    }

    #[inline]
    pub(crate) fn queue_of(&self, slot: Slot) -> usize {
        self.queues[slot].queue()
    }

    #[inline]
    pub(crate) fn count(&self, slot: Slot) -> u8 {
        self.queues[slot].count()
    }

    /// Counts one more, up to `most`, which is at most 15.
    #[inline]
    pub(crate) fn raise(&mut self, slot: Slot, most: u8) {
        // Read first, as in `sieve`: most of what is used often counts no further.
        if self.count(slot) < most {
            self.queues[slot].0 += 1;
        }
    }

    /// Counts one less. The count is not 0.
    pub(crate) fn lower(&mut self, slot: Slot) {
        self.queues[slot].0 -= 1;
    }

    /// The count starts again at 0.
    pub(crate) fn reset(&mut self, slot: Slot) {
        self.queues[slot].0 &= !COUNT;
    }

    /// Halves all counts.
    pub(crate) fn age(&mut self) {
        self.queues.marks_mut().for_each(|mark| *mark = Mark::new(mark.queue(), mark.count() / 2));
    }

    /// The oldest of a queue.
    #[inline]
    pub(crate) fn front(&self, queue: usize) -> Option<Slot> {
        self.queues.front(queue)
    }

    /// What a queue weighs.
    #[inline]
    pub(crate) fn held(&self, queue: usize) -> u64 {
        self.held[queue]
    }

    /// The weight meant for the main part.
    #[inline]
    pub(crate) fn main(&self) -> u64 {
        self.balance.main()
    }

    /// Whether the window holds as much as it is meant to.
    pub(crate) fn is_window_full(&self) -> bool {
        self.held[WINDOW] >= self.balance.window()
    }

    /// The oldest of a window that holds too much, if the main part has room for it.
    pub(crate) fn overflow(&self) -> Option<Slot> {
        if self.held[WINDOW] <= self.balance.window() {
            return None;
        }
        let total: u64 = self.held.iter().sum();
        let slot = self.front(WINDOW)?;
        let has_room = self.balance.has_room(total - self.held[WINDOW], total, self.len(), self.weights.get(slot));
        has_room.then_some(slot)
    }

    /// An entry comes in. Answers whether it left as a newcomer and is remembered.
    pub(crate) fn returned(&mut self, hash: u32) -> bool {
        self.balance.returned(hash, self.len())
    }

    pub(crate) fn admit(&mut self, queue: usize, slot: Slot, count: u8, weight: u64) {
        self.queues.push(queue, slot, Mark::new(queue, count));
        self.weights.push(weight);
        self.held[queue] += weight;
    }

    /// To the back of its own queue.
    #[inline]
    pub(crate) fn renew(&mut self, slot: Slot) {
        self.queues.move_to_back(self.queue_of(slot), slot);
    }

    /// To the back of a queue.
    pub(crate) fn move_to(&mut self, queue: usize, slot: Slot) {
        let weight = self.weights.get(slot);
        let mark = self.queues[slot];
        self.held[mark.queue()] -= weight;
        self.held[queue] += weight;
        self.queues[slot] = Mark::new(queue, mark.count());
        self.queues.move_to_back(queue, slot);
    }

    /// An entry weighs something else.
    pub(crate) fn weigh(&mut self, slot: Slot, weight: u64) {
        let held = &mut self.held[self.queues[slot].queue()];
        *held = *held - self.weights.get(slot) + weight;
        self.weights.set(slot, weight);
    }

    pub(crate) fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
        let queue = self.queue_of(slot);
        if evicted {
            self.balance.evicted(hash, queue != WINDOW, self.len());
        }
        self.held[queue] -= self.weights.get(slot);
        self.queues.forget(slot);
        self.weights.forget(slot);
    }

    pub(crate) fn renumber(&mut self, from: Slot, to: Slot) {
        self.queues.renumber(from, to);
        self.weights.renumber(from, to);
    }

    pub(crate) fn clear(&mut self) {
        self.queues.clear();
        self.weights.clear();
        self.balance.clear();
        self.held = [0; N];
    }

    pub(crate) fn set_capacity(&mut self, capacity: u64) {
        self.balance.set_capacity(capacity);
    }
}

#[cfg(any(test, fuzzing))]
impl<const N: usize> super::Validate for Parts<N> {
    fn validate(&self, len: usize) {
        self.queues.validate(len);
        self.weights.validate(len);
        for queue in 0..N {
            assert!(self.queues.iter(queue).all(|slot| self.queue_of(slot) == queue));
            assert_eq!(self.queues.iter(queue).map(|slot| self.weights.get(slot)).sum::<u64>(), self.held[queue]);
        }
    }

    fn bytes(&self) -> usize {
        self.queues.bytes() + self.weights.bytes() + self.balance.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Validate as _;
    use super::*;

    #[test]
    fn a_count_stays_in_its_bits_and_goes_with_its_entry() {
        let mut parts = Parts::<3>::new(100, 1.0);
        parts.admit(2, 0, 14, 1);
        parts.admit(1, 1, 3, 1);
        (0..3).for_each(|_| parts.raise(0, 15));
        assert_eq!((parts.queue_of(0), parts.count(0)), (2, 15));
        parts.move_to(1, 0);
        assert_eq!((parts.queue_of(0), parts.count(0)), (1, 15));
        parts.forget(1, 0, false);
        parts.age();
        assert_eq!(parts.count(0), 7);
        parts.reset(0);
        assert_eq!((parts.queue_of(0), parts.count(0)), (1, 0));
        parts.validate(1);
    }

    #[test]
    fn each_queue_knows_its_weight() {
        let mut parts = Parts::<2>::new(100, 1.0);
        parts.admit(WINDOW, 0, 0, 20);
        parts.admit(1, 1, 0, 30);
        parts.weigh(0, 25);
        assert_eq!((parts.held(WINDOW), parts.held(1)), (25, 30));
        parts.move_to(1, 0);
        parts.forget(1, 0, false);
        assert_eq!((parts.held(WINDOW), parts.held(1)), (0, 25));
        parts.validate(1);
    }

    #[test]
    fn a_window_overflows_while_the_main_part_has_room() {
        let mut parts = Parts::<2>::new(10, 1.0);
        parts.admit(WINDOW, 0, 0, 1);
        assert_eq!((parts.is_window_full(), parts.overflow()), (true, None));
        parts.admit(WINDOW, 1, 0, 1);
        assert_eq!(parts.overflow(), Some(0));
        parts.move_to(1, 0);
        (2..10).for_each(|slot| parts.admit(1, slot, 0, 1));
        parts.admit(WINDOW, 10, 0, 1);
        assert_eq!(parts.overflow(), None);
    }
}
