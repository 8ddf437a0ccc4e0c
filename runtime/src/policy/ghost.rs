//! Who left lately.

/// The hashes of entries that have left, as many as it was made for; the oldest are forgotten first.
///
/// A table of sets of eight places of four bytes: a tag out of the hash, and when it left. One hash is taken for
/// another about once in 8,000 questions.
#[derive(Debug)]
pub(crate) struct Ghosts {
    marks: Vec<Mark>,
    /// How many leavers are remembered.
    limit: u32,
    /// Leavers so far, wrapping.
    now: u32,
    /// Times are kept in units of `1 << unit` leavers, so that `limit` stays below an eighth of what 16 bits count.
    unit: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// Half of the hash; 0 for an unused place.
    tag: u16,
    time: u16,
}

const SET: usize = 8;

impl Ghosts {
    pub(crate) fn new() -> Self {
        Self { marks: Vec::new(), limit: 0, now: 0, unit: 0 }
    }

    /// Sees to it that `limit` leavers are remembered. What was remembered is lost when the table grows.
    pub(crate) fn reserve(&mut self, limit: u32) {
        let places = (limit as usize + limit as usize / 8).next_multiple_of(SET);
        if places > self.marks.len() {
            // Small tables are roomy: their sets fill less evenly.
            self.marks = vec![Mark::default(); places + 64];
        }
        self.limit = limit;
        let unit = (limit >> 13).checked_ilog2().map_or(0, |log| log + 1);
        if unit != self.unit {
            self.marks.fill(Mark::default());
            self.unit = unit;
        }
    }

    pub(crate) fn insert(&mut self, hash: u32) {
        if self.marks.is_empty() {
            return;
        }
        self.now = self.now.wrapping_add(1);
        let (set, tag) = place(self.marks.len(), hash);
        let time = self.time();
        // The place of the same tag, else an unused one, else the oldest.
        let place = self.marks[set..][..SET].iter_mut().max_by_key(|mark| match mark.tag {
            0 => 1 << 16,
            other if other == tag => 1 << 17,
            _ => u32::from(time.wrapping_sub(mark.time)),
        });
        if let Some(place) = place {
            *place = Mark { tag, time };
        }
    }

    /// Finds a hash that left lately, and forgets it. Answers how many have left since.
    pub(crate) fn take(&mut self, hash: u32) -> Option<u32> {
        if self.marks.is_empty() {
            return None;
        }
        let (set, tag) = place(self.marks.len(), hash);
        let now = self.time();
        let mark = self.marks[set..][..SET].iter_mut().find(|mark| mark.tag == tag)?;
        let age = u32::from(now.wrapping_sub(std::mem::take(mark).time)) << self.unit;
        (age <= self.limit).then_some(age)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    fn time(&self) -> u16 {
        (self.now >> self.unit) as u16
    }
}

/// The start of the hash's set, and its tag, which is never 0.
fn place(places: usize, hash: u32) -> (usize, u16) {
    let sets = places / SET;
    let set = ((u64::from(hash) * sets as u64) >> 32) as usize;
    (set * SET, (hash as u16).max(1))
}

#[cfg(any(test, fuzzing))]
impl Ghosts {
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.marks[..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::mixed;
    use super::*;

    fn after(limit: u32, leavers: u64) -> Ghosts {
        let mut ghosts = Ghosts::new();
        for key in 0..leavers {
            ghosts.reserve(limit);
            ghosts.insert(mixed(key));
        }
        ghosts
    }

    #[test]
    fn a_leaver_is_known_once_with_its_age() {
        let mut ghosts = after(100, 50);
        assert_eq!(ghosts.take(mixed(49)), Some(0));
        assert_eq!(ghosts.take(mixed(9)), Some(40));
        assert_eq!(ghosts.take(mixed(9)), None);
        assert_eq!(ghosts.take(mixed(1000)), None);
    }

    #[test]
    fn who_left_again_is_young_again() {
        let mut ghosts = after(100, 50);
        ghosts.insert(mixed(9));
        assert_eq!(ghosts.take(mixed(9)), Some(0));
        assert_eq!(ghosts.take(mixed(9)), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        for (limit, leavers) in [(10, 1000), (1000, 5000), (100_000, 1_000_000)] {
            let mut ghosts = after(limit, leavers);
            let first = leavers - u64::from(limit);
            let known = (first..leavers).filter(|&key| ghosts.take(mixed(key)).is_some()).count();
            assert!(known * 10 >= limit as usize * 9, "{known} of {limit}");
            let unknown = (0..first).filter(|&key| ghosts.take(mixed(key)).is_some()).count();
            assert!(unknown as u64 * 100 <= first, "{unknown} of {first}");
        }
    }

    #[test]
    fn ages_survive_the_wrap_of_the_count() {
        let mut ghosts = after(1 << 16, 0);
        ghosts.reserve(1 << 16);
        ghosts.now = u32::MAX - 100;
        (0..1000).for_each(|key| ghosts.insert(mixed(key)));
        let age = ghosts.take(mixed(50)).expect("known");
        assert!((930..970).contains(&age), "{age}");
    }

    #[test]
    fn nobody_is_known_before_anyone_left() {
        assert_eq!(Ghosts::new().take(7), None);
        let mut ghosts = Ghosts::new();
        ghosts.insert(7);
        assert_eq!(ghosts.take(7), None);
    }
}
