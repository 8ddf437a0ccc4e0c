//! Which slots have a hash.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a place is taken apart into its halves, and slots fit 32 bits by contract"
)]

use crate::policy::Slot;

/// A place that no slot stands at. It compares as the greatest hash, so that a search that comes upon it ends; and no shard has
/// a slot of this number.
const EMPTY: u64 = u64::MAX;

/// Up to so many slots, half of the places or more stay empty, so that most searches end where they begin. Beyond, a fifth: a
/// large shard waits for memory anyway.
const ROOMY: usize = 4096;

/// How many places a search looks at first. There are as many from the last home on.
const WINDOW: usize = 3;

/// How many places there is room for at first behind the last home, beside one for every 64 homes.
const TAIL: usize = 8;

/// Slots by hash: an ordered hash table with linear probing, after O. Amble and D. E. Knuth, "Ordered hash tables" (1974).
///
/// A place is eight bytes, hash and slot. Homes ascend with the hashes, so all places together are sorted by hash, with gaps. A
/// search begins at its home and ends at the first hash that is not smaller; what is absent takes no longer to be found out
/// than what is there. No place is wrapped around to: behind the last home there are as many more as it takes. To grow is to
/// copy from the first to the last.
#[derive(Debug)]
pub(super) struct Index {
    /// The last one is empty, unless there are none.
    places: Vec<u64>,
    homes: u32,
    /// For how many slots more these homes are meant.
    spare: u32,
}

fn place(hash: u32, slot: Slot) -> u64 {
    u64::from(hash) << 32 | u64::from(slot)
}

#[inline]
fn hash_at(place: u64) -> u32 {
    (place >> 32) as u32
}

/// Where the search for a hash begins, of so many homes: by the hash's highest bits.
#[inline]
fn home(hash: u32, homes: u32) -> usize {
    ((u64::from(hash) * u64::from(homes)) >> 32) as usize
}

impl Index {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new(), homes: 0, spare: 0 }
    }

    /// The slot of this hash that `is` says yes of. It is asked of numbers that are no slots, too.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way of every hit")]
    pub(super) fn find<T>(&self, hash: u32, is: impl Fn(Slot) -> Option<T>) -> Option<T> {
        let &[first, second, third] = self.places.get(home(hash, self.homes)..)?.first_chunk::<WINDOW>()?;
        // Mostly the first, and else one of the next two: which, no branch could foretell, so there is none.
        let sought = place(hash, 0);
        let mut near = if first < sought { second } else { first };
        near = if second < sought { third } else { near };
        if hash_at(near) == hash {
            if let found @ Some(_) = is(near as Slot) {
                return found;
            }
        } else if hash_at(near) > hash {
            return None;
        }
        self.walk(hash, is)
    }

    /// Goes from place to place.
    #[cold]
    #[inline(never)]
    fn walk<T>(&self, hash: u32, is: impl Fn(Slot) -> Option<T>) -> Option<T> {
        let sorted = self.places[home(hash, self.homes)..].iter().skip_while(|&&place| hash_at(place) < hash);
        sorted.take_while(|&&place| hash_at(place) == hash).find_map(|&place| is(place as Slot))
    }

    /// Another slot, which is not there yet. No more than `bound` are expected, unless there are more already.
    pub(super) fn insert(&mut self, hash: u32, slot: Slot, bound: u64) {
        if self.spare == 0 {
            self.grow(bound);
        }
        self.spare -= 1;
        let home = home(hash, self.homes);
        let window = self.places[home..].split_first_chunk_mut::<WINDOW>();
        let (first, rest) = window.expect("there is a window from the last home on");
        // Whoever is greater is carried on, to the first gap, where what is carried is no slot any more. Mostly that is near: who is
        // greater is found out without a branch, and where the gap is matters only if it is not.
        let mut carried = place(hash, slot);
        let carry =
            |place: &mut u64, carried: &mut u64| (*place, *carried) = (*carried.min(place), *carried.max(place));
        for place in first {
            carry(place, &mut carried);
        }
        let mut rest = rest.iter_mut();
        while carried != EMPTY {
            let Some(place) = rest.next() else { break };
            carry(place, &mut carried);
        }
        if rest.len() == 0 {
            self.lengthen();
        }
    }

    /// Places may be filled up to the last, which was empty.
    #[cold]
    fn lengthen(&mut self) {
        if self.places.last() != Some(&EMPTY) {
            // Not twice as many, as `push` by itself would see to.
            self.places.reserve_exact(1);
            self.places.push(EMPTY);
        }
    }

    /// A slot that is there leaves.
    pub(super) fn remove(&mut self, hash: u32, slot: Slot) {
        let Some(at) = self.position(hash, slot) else { return };
        self.spare += 1;
        // Who was pushed away from home comes nearer.
        let Some(mut gap) = self.close_up(at) else { return };
        while let Some(&next) = self.places.get(gap + 1) {
            // An empty place could move, too, to no end.
            if next == EMPTY || home(hash_at(next), self.homes) > gap {
                break;
            }
            self.places[gap] = next;
            gap += 1;
        }
        self.places[gap] = EMPTY;
    }

    /// The first two moves to close a gap, without a branch; says where the gap is then, unless it is closed.
    #[inline]
    fn close_up(&mut self, gap: usize) -> Option<usize> {
        let homes = self.homes;
        // An empty place seems to have the last home. Where it would move from, all that follows is empty.
        let Some([here, first, second]) = self.places[gap..].first_chunk_mut() else { return Some(gap) };
        let (one, two) = (*first, *second);
        let mask = |moves: bool| 0_u64.wrapping_sub(u64::from(moves));
        let moves_one = mask(home(hash_at(one), homes) <= gap);
        let moves_two = mask(home(hash_at(two), homes) <= gap + 1) & moves_one;
        // What is all ones is empty.
        *here = one | !moves_one;
        *first = (one & !moves_one) | ((two | !moves_two) & moves_one);
        *second = two | moves_two;
        (moves_two != 0).then_some(gap + 2)
    }

    /// A slot that is there gets another number.
    pub(super) fn renumber(&mut self, hash: u32, from: Slot, to: Slot) {
        if let Some(at) = self.position(hash, from) {
            self.places[at] = place(hash, to);
        }
    }

    /// Gives back what `room` slots, or those that are there, don't need.
    pub(super) fn shrink_to(&mut self, room: usize) {
        self.rebuild(room.max(self.len()));
    }

    fn position(&self, hash: u32, slot: Slot) -> Option<usize> {
        let (this, home) = (place(hash, slot), home(hash, self.homes));
        let here = self.places.get(home..)?;
        let first: &[u64; WINDOW] = here.first_chunk()?;
        // As in `find`: it is near, and no branch could foretell where.
        let near: usize = first.iter().map(|&other| usize::from(other < place(hash, 0))).sum();
        if here.get(near) == Some(&this) {
            return Some(home + near);
        }
        here.iter().position(|&place| place == this).map(|distance| home + distance)
    }

    /// How many slots there are, by a count of them all.
    pub(super) fn len(&self) -> usize {
        self.places.iter().filter(|&&place| place != EMPTY).count()
    }

    #[cold]
    fn grow(&mut self, bound: u64) {
        let len = self.len();
        // Twice as many while that costs little, half as many again later.
        let room = if len < ROOMY { (len * 2).max(4) } else { len + len / 2 };
        let bound = usize::try_from(bound).unwrap_or(usize::MAX);
        self.rebuild(if bound > len { room.min(bound) } else { room });
    }

    fn rebuild(&mut self, room: usize) {
        let homes = if room <= ROOMY { room * 2 } else { room + room / 4 };
        self.spare = u32::try_from(room - self.len()).unwrap_or(u32::MAX);
        self.homes = u32::try_from(homes).unwrap_or(u32::MAX);
        let homes = self.homes as usize;
        let old = std::mem::take(&mut self.places);
        let places = &mut self.places;
        places.reserve_exact(homes + TAIL + homes / 64);
        for place in old.into_iter().filter(|&place| place != EMPTY) {
            let home = home(hash_at(place), self.homes);
            places.resize(home.max(places.len()), EMPTY);
            places.push(place);
        }
        places.resize(homes.max(places.len()) + WINDOW, EMPTY);
    }
}

#[cfg(any(test, fuzzing))]
impl Index {
    /// For how many slots there are homes.
    pub(super) fn room(&self) -> usize {
        self.len() + self.spare as usize
    }

    /// Walks all places.
    ///
    /// # Panics
    ///
    /// If a search would not find what is there.
    pub(super) fn validate(&self) {
        assert!(self.places.last().is_none_or(|&place| place == EMPTY), "every search ends");
        assert!(self.places.len() >= self.homes as usize + WINDOW || self.places.is_empty(), "a look has its window");
        let mut gap = 0;
        let mut before = 0;
        for (at, &place) in self.places.iter().enumerate() {
            if place == EMPTY {
                gap = at + 1;
                continue;
            }
            let home = home(hash_at(place), self.homes);
            assert!((gap..=at).contains(&home), "no gap between a home and its slot");
            assert!(hash_at(place) >= before, "sorted by hash");
            before = hash_at(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::hash::BuildHasher as _;

    use super::super::entry::low;
    use super::*;
    use crate::ground::key::mixed;
    use crate::policy::trial::{Draws, Source as _};

    fn slots(index: &Index, hash: u32) -> Vec<Slot> {
        let found = std::cell::RefCell::new(Vec::new());
        let none: Option<()> = index.find(hash, |slot| {
            found.borrow_mut().push(slot);
            None
        });
        assert!(none.is_none());
        let mut found = found.into_inner();
        found.retain(|&slot| slot != Slot::MAX);
        found.sort_unstable();
        // One may be asked about twice.
        found.dedup();
        found
    }

    #[test]
    fn random_slots_are_found_by_their_hashes_and_no_others() {
        // Hashes: of few homes, of all, at both ends.
        let kinds: [fn(u64) -> u32; 3] = [
            |n| n as u32 % 5,
            |n| (n as u32).wrapping_mul(0x9e37_79b9),
            |n| if n % 2 == 0 { u32::MAX - n as u32 % 3 } else { 0 },
        ];
        for (seed, hash) in (0..60).flat_map(|seed| kinds.map(|hash| (seed, hash))) {
            let mut draws = Draws::new(seed, 2_000);
            let mut index = Index::new();
            let mut model: BTreeMap<Slot, u32> = BTreeMap::new();
            while let Some(step) = draws.below(5) {
                let (Some(slot), Some(number)) = (draws.below(40), draws.below(u64::MAX)) else { break };
                let (slot, hash) = (slot as Slot, hash(number));
                match (step, model.get(&slot).copied()) {
                    (0..3, None) => {
                        index.insert(hash, slot, [u64::MAX, 20][seed as usize % 2]);
                        model.insert(slot, hash);
                    }
                    (0..3, Some(hash)) => {
                        index.remove(hash, slot);
                        model.remove(&slot);
                    }
                    (3, Some(hash)) => {
                        index.renumber(hash, slot, slot + 100);
                        assert!(slots(&index, hash).contains(&(slot + 100)));
                        index.renumber(hash, slot + 100, slot);
                    }
                    (4, _) if number % 16 == 0 => index.shrink_to(0),
                    _ => {}
                }
                index.validate();
                let expected: Vec<Slot> =
                    model.iter().filter(|&(_, &other)| other == hash).map(|(&slot, _)| slot).collect();
                assert_eq!(slots(&index, hash), expected);
            }
        }
    }

    #[test]
    fn numbers_in_a_row_stand_near_their_homes_whatever_the_seed() {
        for seed in 0..200 {
            let shared = Box::leak(Box::new(foldhash::SharedSeed::from_u64(seed)));
            let state = foldhash::fast::SeedableRandomState::with_seed(seed, shared);
            let hashes: Vec<_> = (0..10_000_u64).map(|key| mixed(state.hash_one(key << 12))).collect();
            let hashes = hashes.iter().filter(|&hash| hash >> 60 == 0);
            let mut index = Index::new();
            for (slot, hash) in (0..).zip(hashes) {
                index.insert(low(*hash), slot, 600);
            }
            let away =
                |(at, &place): (usize, &u64)| if place == EMPTY { 0 } else { at - home(hash_at(place), index.homes) };
            let away: usize = index.places.iter().enumerate().map(away).sum();
            assert!(away < index.len(), "seed {seed}: {away} steps for {}", index.len());
            assert!((500..750).contains(&index.len()), "seed {seed}: {} of 10,000 in one of 16 shards", index.len());
        }
    }

    #[test]
    fn as_many_places_as_the_bound_needs_and_no_more() {
        let mut index = Index::new();
        for slot in 0..50_000_u32 {
            index.insert(slot.wrapping_mul(0x9e37_79b9), slot, 50_000);
        }
        index.validate();
        assert!(index.places.capacity() < 64_000, "{}", index.places.capacity());
    }

    #[test]
    fn the_greatest_hash_is_no_empty_place() {
        let mut index = Index::new();
        assert!(slots(&index, u32::MAX).is_empty());
        index.insert(7, 0, 1);
        assert!(slots(&index, u32::MAX).is_empty());
        index.insert(u32::MAX, 1, 2);
        assert_eq!(slots(&index, u32::MAX), [1]);
    }
}
