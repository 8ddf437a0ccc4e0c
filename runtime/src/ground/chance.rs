//! Chance, from a seed: a cache that is given the same seed draws the same lives.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The generator `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Its state is a counter,
/// so that many threads can draw without a lock.
#[derive(Debug)]
pub(crate) struct Chance(AtomicU64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A seed that nobody can foretell.
    pub(crate) fn any_seed() -> u64 {
        RandomState::new().hash_one(0)
    }

    pub(crate) fn draw(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Any length from zero to `most`, both included.
    pub(crate) fn up_to(&self, most: Duration) -> Duration {
        let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        // The high half of a product draws evenly, up to a bias of one in 2^64 nanoseconds.
        let drawn = (u128::from(self.draw()) * (u128::from(nanos) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_draws_one_sequence() {
        let (one, other) = (Chance::new(7), Chance::new(7));
        let drawn: Vec<_> = (0..5).map(|_| one.draw()).collect();
        assert_eq!(drawn, (0..5).map(|_| other.draw()).collect::<Vec<_>>());
        assert_ne!(drawn[0], drawn[1]);
    }

    #[test]
    fn lengths_lie_between_zero_and_the_most_and_reach_both() {
        let chance = Chance::new(1);
        let most = Duration::from_nanos(3);
        let drawn: Vec<_> = (0..100).map(|_| chance.up_to(most).as_nanos()).collect();
        for nanos in 0..=3 {
            assert!(drawn.contains(&nanos));
        }
        assert!(drawn.iter().all(|&nanos| nanos <= 3));
        assert_eq!(chance.up_to(Duration::ZERO), Duration::ZERO);
    }
}
