//! Where the border runs between newcomers and residents.

use super::ghost::Ghosts;

/// Divides a bound between a window for newcomers and the main part, and moves the border as the returns of leavers
/// tell.
///
/// An entry that is back soon after it left would have been a hit, had its part been a little larger. So each return
/// moves the border in favour of the part that was left, by up to `STEP` entries: the sooner, the further. That both
/// parts are heard is after N. Megiddo, D. S. Modha, "ARC: a self-tuning, low overhead replacement cache" (2003); that
/// late returns are not, is our own: in a loop that is larger than the bound everything returns, and a larger window
/// would gain nothing.
#[derive(Debug)]
pub(crate) struct Balance {
    capacity: u64,
    /// The share of the window.
    share: f64,
    /// The same as a weight: at least 1.
    window: u64,
    newcomers: Ghosts,
    residents: Ghosts,
    /// How many newcomers that left are remembered, in entries per entry held.
    memory: f64,
}

/// Where the border starts.
const START: f64 = 0.1;
/// Neither part is ever starved, so that each can show what it would gain.
const LEAST: f64 = 0.02;
const MOST: f64 = 0.98;
/// How far one return moves the border, in entries.
const STEP: f64 = 2.0;
/// What counts as slack, in mean weights; none where all weigh 1.
const SLACK: u64 = 4;
/// Returns after more leavers than this, per entry held, don't move the border.
pub(crate) const SOON: f64 = 0.3;

impl Balance {
    /// Remembers `memory` newcomers that left, per entry held, for [`returned`](Self::returned): at least `SOON`.
    pub(crate) fn new(capacity: u64, memory: f64) -> Self {
        let mut balance =
            Self { capacity, share: START, window: 0, newcomers: Ghosts::new(), residents: Ghosts::new(), memory };
        balance.set_capacity(capacity);
        balance
    }

    /// The weight meant for newcomers; at least 1.
    #[inline]
    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    /// The weight meant for residents.
    #[inline]
    pub(crate) fn main(&self) -> u64 {
        self.capacity.saturating_sub(self.window)
    }

    /// Whether the main part, which holds `main` of a `total` in `held` entries, has room for a newcomer of `weight`.
    ///
    /// Entries of different weights never fill a part to the brim. That slack is not room: newcomers that took it
    /// would pass without having been read or met more often than others. So some mean weights stay free.
    pub(crate) fn has_room(&self, main: u64, total: u64, held: usize, weight: u64) -> bool {
        let mean = total / held.max(1) as u64;
        let slack = mean.saturating_sub(1).saturating_mul(SLACK);
        main.saturating_add(weight).saturating_add(slack) <= self.main()
    }

    /// An entry was evicted, one of `held`.
    pub(crate) fn evicted(&mut self, hash: u32, resident: bool, held: usize) {
        let held = held as f64;
        let (ghosts, limit) =
            if resident { (&mut self.residents, held * SOON) } else { (&mut self.newcomers, held * self.memory) };
        ghosts.reserve(limit.ceil() as u32);
        ghosts.insert(hash);
    }

    /// An entry comes in, beside `held` others. Answers whether it is remembered as a newcomer that left.
    pub(crate) fn returned(&mut self, hash: u32, held: usize) -> bool {
        let soon = (held as f64 * SOON).max(1.0);
        let step = |age: u32| (1.0 - f64::from(age) / soon).max(0.0) * STEP / held.max(1) as f64;
        let newcomer = self.newcomers.take(hash);
        let resident = self.residents.take(hash);
        if newcomer.is_some() || resident.is_some() {
            self.share += newcomer.map_or(0.0, step) - resident.map_or(0.0, step);
            self.share = self.share.clamp(LEAST, MOST);
            self.place_border();
        }
        newcomer.is_some()
    }

    /// Forgets who left: the border stays where it was, in proportion.
    pub(crate) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
        self.newcomers.clear();
        self.residents.clear();
        self.place_border();
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.capacity, self.memory);
    }

    fn place_border(&mut self) {
        self.window = ((self.capacity as f64 * self.share).round() as u64).max(1);
    }
}

#[cfg(any(test, fuzzing))]
impl Balance {
    pub(crate) fn bytes(&self) -> usize {
        self.newcomers.bytes() + self.residents.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::mixed;
    use super::*;

    #[test]
    fn a_soon_return_moves_the_border_in_its_favour() {
        let mut balance = Balance::new(1000, 1.0);
        assert_eq!((balance.window(), balance.main()), (100, 900));
        for key in 0..100 {
            balance.evicted(mixed(key), false, 1000);
            assert!(balance.returned(mixed(key), 1000));
        }
        assert_eq!(balance.window(), 300);
        for key in 0..100 {
            balance.evicted(mixed(key), true, 1000);
            assert!(!balance.returned(mixed(key), 1000));
        }
        assert_eq!(balance.window(), 100);
    }

    #[test]
    fn a_late_return_is_known_and_moves_nothing() {
        let mut balance = Balance::new(1000, 1.0);
        (0..900).for_each(|key| balance.evicted(mixed(key), false, 1000));
        let known = (0..600).filter(|&key| balance.returned(mixed(key), 1000)).count();
        assert!(known > 540, "{known} of 600");
        assert_eq!(balance.window(), 100);
    }

    #[test]
    fn no_part_is_starved() {
        let mut balance = Balance::new(1000, 1.0);
        for key in 0..10_000 {
            balance.evicted(mixed(key), false, 1000);
            balance.returned(mixed(key), 1000);
        }
        assert_eq!((balance.window(), balance.main()), (980, 20));
        for key in 0..10_000 {
            balance.evicted(mixed(key), true, 1000);
            balance.returned(mixed(key), 1000);
        }
        assert_eq!((balance.window(), balance.main()), (20, 980));
    }

    #[test]
    fn slack_between_weights_is_not_room() {
        let balance = Balance::new(1000, 1.0);
        assert!(balance.has_room(899, 999, 999, 1) && !balance.has_room(900, 999, 999, 1));
        assert!(balance.has_room(850, 950, 95, 10) && !balance.has_room(860, 960, 96, 10));
        assert!(!balance.has_room(u64::MAX, u64::MAX, 1, u64::MAX));
    }

    #[test]
    fn the_share_outlives_a_new_bound() {
        let mut balance = Balance::new(1000, 1.0);
        balance.set_capacity(50);
        assert_eq!(balance.window(), 5);
        balance.set_capacity(0);
        assert_eq!((balance.window(), balance.main()), (1, 0));
        balance.set_capacity(u64::MAX);
        assert!(balance.window() > u64::MAX / 11);
    }
}
