//! Circular doubly linked lists through one array, indexed by slot.
//!
//! Slots are dense, so a list needs no allocation of its own: eight bytes a slot hold both neighbours. Each list
//! closes over a sentinel at the start of the array; with it, linking and unlinking have no case for an end or an
//! empty list, and an entry can leave its list without anyone knowing which one it stood in.
//!
//! Each slot has a mark beside its links: what a policy keeps of an entry.

use std::ops::{Index, IndexMut};

use super::Slot;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    prev: u32,
    next: u32,
}

/// `N` lists over the slots of one shard; every slot stands in exactly one of them, and has a mark.
///
/// The front of a list is its oldest end: what is admitted or touched goes to the back.
#[derive(Debug)]
pub(crate) struct Lists<const N: usize, M = ()> {
    /// `N` sentinels, then the slots in order: slot `s` is node `s + N`.
    links: Vec<Link>,
    /// By slot.
    marks: Vec<M>,
}

impl<const N: usize, M> Lists<N, M> {
    pub(crate) fn new() -> Self {
        // It grows by doubling: from a power of two, bounds below one are not paid twice.
        let mut links = Vec::with_capacity((N + 1).next_power_of_two());
        links.extend((0..N as u32).map(|list| Link { prev: list, next: list }));
        Self { links, marks: Vec::new() }
    }

    /// The number of slots, those of all lists together.
    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Links a new slot at the back of `list`. The slot must be the next one: `len()`.
    #[inline]
    pub(crate) fn push(&mut self, list: usize, slot: Slot, mark: M) {
        debug_assert_eq!(slot as usize, self.len(), "slots are dense");
        self.marks.push(mark);
        let node = self.links.len() as u32;
        let back = self.links[list].prev;
        self.links.push(Link { prev: back, next: list as u32 });
        self.links[back as usize].next = node;
        self.links[list].prev = node;
    }

    /// Moves a slot from wherever it stands to the back of `list`.
    #[inline]
    pub(crate) fn move_to_back(&mut self, list: usize, slot: Slot) {
        let links = &mut self.links[..];
        let node = slot as usize + N;
        // Read before anything is written, so that no load waits for a store. A hot key is touched many times in a row:
        // it is where it belongs already.
        let back = links[list].prev;
        if back == node as u32 {
            return;
        }
        // Each by itself: one load of both would stall if a neighbour's touch has just written half of it.
        let prev = links[node].prev;
        let next = links[node].next;
        links[prev as usize].next = next;
        links[next as usize].prev = prev;
        links[node].prev = back;
        links[node].next = list as u32;
        links[back as usize].next = node as u32;
        links[list].prev = node as u32;
    }

    /// Moves slots to the back of `list`, one after the other.
    pub(crate) fn move_each_to_back(&mut self, list: usize, slots: &[Slot]) {
        let links = &mut self.links[..];
        // The list is left open at its end meanwhile, so that no move waits for what the one before has written there.
        let mut back = links[list].prev;
        for &slot in slots {
            let node = slot + N as u32;
            if node == back {
                continue;
            }
            let Link { prev, next } = links[node as usize];
            links[prev as usize].next = next;
            links[next as usize].prev = prev;
            links[node as usize].prev = back;
            links[back as usize].next = node;
            back = node;
        }
        links[back as usize].next = list as u32;
        links[list].prev = back;
    }

    /// Moves a slot from wherever it stands to the front of `list`.
    #[inline]
    pub(crate) fn move_to_front(&mut self, list: usize, slot: Slot) {
        self.place(slot as usize + N, list);
    }

    /// Moves a slot from wherever it stands to the place right behind `other`, which is another slot.
    #[inline]
    pub(crate) fn move_behind(&mut self, slot: Slot, other: Slot) {
        debug_assert_ne!(slot, other);
        self.place(slot as usize + N, other as usize + N);
    }

    /// The oldest slot of `list`.
    #[inline]
    pub(crate) fn front(&self, list: usize) -> Option<Slot> {
        Self::slot(self.links[list].next)
    }

    /// The neighbour of `slot` that is one newer, in the same list.
    #[inline]
    pub(crate) fn newer(&self, slot: Slot) -> Option<Slot> {
        Self::slot(self.links[slot as usize + N].next)
    }

    /// The neighbour of `slot` that is one older, in the same list.
    #[inline]
    pub(crate) fn older(&self, slot: Slot) -> Option<Slot> {
        Self::slot(self.links[slot as usize + N].prev)
    }

    /// Takes a slot out. Unless it is the last one, [`renumber`](Self::renumber) must fill its place next.
    #[inline]
    pub(crate) fn forget(&mut self, slot: Slot) {
        let node = slot as usize + N;
        self.unlink(node);
        if node + 1 == self.links.len() {
            self.links.pop();
            self.marks.pop();
        }
    }

    /// The last slot, `from`, takes the place `to` that was forgotten before.
    #[inline]
    pub(crate) fn renumber(&mut self, from: Slot, to: Slot) {
        debug_assert_eq!(from as usize + 1, self.len(), "only the last slot moves");
        let node = (to as usize + N) as u32;
        if let Some(link) = self.links.pop() {
            self.links[link.prev as usize].next = node;
            self.links[link.next as usize].prev = node;
            self.links[node as usize] = link;
        }
        self.marks.swap_remove(to as usize);
    }

    /// The marks of all slots, in no order that matters.
    pub(crate) fn marks_mut(&mut self) -> impl Iterator<Item = &mut M> {
        self.marks.iter_mut()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Moves a node right behind another.
    #[inline]
    fn place(&mut self, node: usize, other: usize) {
        self.unlink(node);
        let next = self.links[other].next;
        self.links[other].next = node as u32;
        self.links[next as usize].prev = node as u32;
        self.links[node] = Link { prev: other as u32, next };
    }

    #[inline]
    fn unlink(&mut self, node: usize) {
        let Link { prev, next } = self.links[node];
        self.links[prev as usize].next = next;
        self.links[next as usize].prev = prev;
    }

    #[inline]
    fn slot(node: u32) -> Option<Slot> {
        node.checked_sub(N as u32)
    }
}

impl<const N: usize, M> Index<Slot> for Lists<N, M> {
    type Output = M;

    /// The mark of a slot.
    #[inline]
    fn index(&self, slot: Slot) -> &M {
        &self.marks[slot as usize]
    }
}

impl<const N: usize, M> IndexMut<Slot> for Lists<N, M> {
    #[inline]
    fn index_mut(&mut self, slot: Slot) -> &mut M {
        &mut self.marks[slot as usize]
    }
}

#[cfg(any(test, fuzzing))]
impl<const N: usize, M> Lists<N, M> {
    /// The slots of `list`, oldest first.
    pub(crate) fn iter(&self, list: usize) -> impl Iterator<Item = Slot> + '_ {
        std::iter::successors(self.front(list), |&slot| self.newer(slot))
    }

    /// What the lists hold of memory, spare room left out.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.links[..]) + size_of_val(&self.marks[..])
    }

    /// Walks all links: neighbours agree, and every one of `len` slots is met once in all lists together.
    ///
    /// # Panics
    ///
    /// If that is not so.
    pub(crate) fn validate(&self, len: usize) {
        assert_eq!((self.links.len() - N, self.marks.len()), (len, len), "a slot has links and a mark");
        let mut met = vec![false; len];
        for list in 0..N {
            let mut node = list;
            loop {
                let next = self.links[node].next as usize;
                assert_eq!(self.links[next].prev as usize, node, "neighbours agree");
                if next < N {
                    assert_eq!(next, list, "a list ends at its own sentinel");
                    break;
                }
                assert!(!std::mem::replace(&mut met[next - N], true), "slot {} is met twice", next - N);
                node = next;
            }
        }
        assert!(met.iter().all(|&met| met), "no slot is lost");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Even slots in one list, odd ones in the other; each is marked with its first number.
    fn filled() -> Lists<2, Slot> {
        let mut lists = Lists::new();
        for slot in 0..6 {
            lists.push(slot as usize % 2, slot, slot);
        }
        lists
    }

    fn order<const N: usize, M>(lists: &Lists<N, M>, list: usize) -> Vec<Slot> {
        lists.validate(lists.len());
        lists.iter(list).collect()
    }

    #[test]
    fn lists_share_the_slots() {
        let lists = filled();
        assert_eq!(order(&lists, 0), [0, 2, 4]);
        assert_eq!(order(&lists, 1), [1, 3, 5]);
        assert_eq!(lists.front(1), Some(1));
        assert_eq!((lists.older(1), lists.newer(1)), (None, Some(3)));
    }

    #[test]
    fn a_moved_slot_is_last() {
        let mut lists = filled();
        lists.move_to_back(0, 2);
        assert_eq!(order(&lists, 0), [0, 4, 2]);
        lists.move_to_back(0, 2);
        assert_eq!(order(&lists, 0), [0, 4, 2]);
        lists.move_to_back(0, 5);
        assert_eq!(order(&lists, 0), [0, 4, 2, 5]);
        assert_eq!(order(&lists, 1), [1, 3]);
    }

    #[test]
    fn slots_that_move_together_end_as_those_that_move_one_by_one() {
        for moves in [&[][..], &[0], &[4], &[4, 4], &[0, 2, 4], &[4, 2, 0], &[0, 4, 0], &[2, 2, 0, 4, 4, 2], &[0, 5, 2]]
        {
            let (mut together, mut one_by_one) = (filled(), filled());
            together.move_each_to_back(0, moves);
            for &slot in moves {
                one_by_one.move_to_back(0, slot);
            }
            assert_eq!(order(&together, 0), order(&one_by_one, 0));
            assert_eq!(order(&together, 1), order(&one_by_one, 1));
        }
    }

    #[test]
    fn a_slot_moves_behind_another() {
        let mut lists = filled();
        lists.move_behind(0, 4);
        assert_eq!(order(&lists, 0), [2, 4, 0]);
        lists.move_behind(0, 2);
        assert_eq!(order(&lists, 0), [2, 0, 4]);
        lists.move_behind(0, 2);
        assert_eq!(order(&lists, 0), [2, 0, 4]);
        lists.move_behind(1, 2);
        assert_eq!(order(&lists, 0), [2, 1, 0, 4]);
        assert_eq!(order(&lists, 1), [3, 5]);
    }

    #[test]
    fn a_slot_moves_to_the_front() {
        let mut lists = filled();
        lists.move_to_front(0, 4);
        assert_eq!(order(&lists, 0), [4, 0, 2]);
        lists.move_to_front(0, 1);
        assert_eq!(order(&lists, 0), [1, 4, 0, 2]);
        assert_eq!(order(&lists, 1), [3, 5]);
    }

    #[test]
    fn the_last_slot_fills_the_gap_and_keeps_its_order() {
        let mut lists = filled();
        lists.forget(2);
        lists.renumber(5, 2);
        assert_eq!(order(&lists, 0), [0, 4]);
        assert_eq!(order(&lists, 1), [1, 3, 2]);
        assert_eq!((lists[2], lists[4]), (5, 4), "a mark moves with its slot");
        lists.forget(4);
        assert_eq!(order(&lists, 0), [0]);
        assert_eq!(lists.len(), 4);
    }

    #[test]
    fn empty_lists_have_no_ends() {
        let mut lists = filled();
        lists.clear();
        assert_eq!((lists.front(0), lists.front(1), lists.len()), (None, None, 0));
        lists.push(1, 0, 0);
        assert_eq!(order(&lists, 1), [0]);
        lists.forget(0);
        assert!(order(&lists, 1).is_empty());
    }
}
