//! Any entry, by lot.

use std::fmt;

use super::{Policy, Slot};

/// Evicts an entry drawn by lot. Nothing is kept per entry.
///
/// The `RRCache` of Python's cachetools. The generator is `SplitMix64` (G. L. Steele, D. Lea, C. H. Flood, "Fast
/// splittable pseudorandom number generators", 2014), seeded by the caller, so that a run can be repeated.
///
/// **Good at** loops that are larger than the bound, where it keeps a share and `lru` keeps nothing, and
/// at costing nothing.
///
/// **Not for** skewed use: a hot entry is drawn as often as a cold one.
pub struct Random {
    len: Slot,
    choose: Chooser,
}

enum Chooser {
    Seeded(u64),
    Given(Box<dyn FnMut(u32) -> u32 + Send>),
}

impl Random {
    /// Draws from a generator that starts at `seed`: equal seeds draw equally.
    pub fn seeded(seed: u64) -> Self {
        Self { len: 0, choose: Chooser::Seeded(seed) }
    }

    /// Asks `choose` for the victim: given the number of entries, at least one, it answers a slot below it.
    ///
    /// An answer out of range chooses nothing: the newcomer is turned away and what is there stays. `choose` is not
    /// called when the cache is empty.
    pub fn choosing(choose: impl FnMut(u32) -> u32 + Send + 'static) -> Self {
        Self { len: 0, choose: Chooser::Given(Box::new(choose)) }
    }
}

impl Policy for Random {
    fn admit(&mut self, slot: Slot, _hash: u32, _weight: u64) {
        debug_assert_eq!(slot, self.len, "slots are dense");
        self.len += 1;
    }

    #[inline]
    fn touch(&mut self, _slot: Slot, _hash: u32) {}

    fn victim(&mut self) -> Option<Slot> {
        if self.len == 0 {
            return None;
        }
        let slot = match &mut self.choose {
            // The high half times the length is an even draw up to a bias of len / 2^32, without a division.
            Chooser::Seeded(state) => (((split_mix(state) >> 32) * u64::from(self.len)) >> 32) as Slot,
            Chooser::Given(choose) => choose(self.len),
        };
        (slot < self.len).then_some(slot)
    }

    fn forget(&mut self, _slot: Slot, _hash: u32, _evicted: bool) {
        self.len -= 1;
    }

    fn renumber(&mut self, _from: Slot, _to: Slot) {}

    fn clear(&mut self) {
        self.len = 0;
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").field("len", &self.len).finish_non_exhaustive()
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(any(test, fuzzing))]
impl super::Validate for Random {
    fn validate(&self, len: usize) {
        assert_eq!(self.len as usize, len);
    }

    fn bytes(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::model::Model;
    use super::*;

    /// Draws the smallest key, as the tests of cachetools do with `choice=min`.
    fn smallest_first(capacity: u64) -> Model<Random> {
        let keys = Arc::new(Mutex::new(Vec::<u64>::new()));
        let seen = keys.clone();
        let choose = move |len: u32| {
            let keys = seen.lock().unwrap();
            assert_eq!(keys.len(), len as usize);
            (0..len).min_by_key(|&slot| keys[slot as usize]).unwrap()
        };
        Model::new(capacity, Random::choosing(choose)).showing_keys_to(keys)
    }

    // CT-34
    #[test]
    fn the_chooser_decides() {
        let mut cache = smallest_first(2);
        cache.put_all([1, 2, 3]);
        assert_eq!(cache.keys(), [2, 3]);
        cache.put(0);
        assert_eq!(cache.keys(), [0, 3]);
        cache.put(4);
        assert_eq!(cache.keys(), [3, 4]);
    }

    // CT-35
    #[test]
    fn a_rewrite_does_not_protect() {
        let mut cache = smallest_first(2);
        cache.put_all([1, 2, 1, 3]);
        assert_eq!(cache.keys(), [2, 3]);
    }

    // CT-36
    #[test]
    fn a_choice_out_of_range_changes_nothing() {
        let mut cache = Model::new(2, Random::choosing(|len| len));
        cache.put_all([1, 2]);
        assert_eq!(cache.put(3), None);
        assert_eq!(cache.keys(), [1, 2]);
        assert!(cache.get(1) && cache.get(2));
    }

    // CT-37
    #[test]
    fn the_chooser_is_not_asked_about_nothing() {
        let mut cache = Model::new(2, Random::choosing(|_| unreachable!("called on an empty cache")));
        assert_eq!(cache.pop(), None);
    }

    #[test]
    fn equal_seeds_draw_equally() {
        let run = |seed| {
            let mut cache = Model::new(8, Random::seeded(seed));
            cache.put_all(0..100);
            cache.keys()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn every_slot_is_drawn() {
        let mut random = Random::seeded(1);
        (0..5).for_each(|slot| random.admit(slot, 0, 1));
        let mut drawn = [0; 5];
        (0..5_000).for_each(|_| drawn[random.victim().unwrap() as usize] += 1);
        assert!(drawn.iter().all(|&times| (850..1150).contains(&times)), "{drawn:?}");
    }
}
