//! How long a value lives.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::chance::Chance;

/// How long a value lives from when it is stored: one length, or one that each entry draws for itself, so that entries
/// that came together do not all leave together.
///
/// ```
/// use cachetools::{Cache, Ttl};
/// use std::time::Duration;
///
/// let (half, whole) = (Duration::from_secs(30), Duration::from_secs(60));
/// let fixed = Cache::<u32, u32>::builder().ttl(whole).build();
/// let drawn = Cache::<u32, u32>::builder().ttl(half..=whole).build();
/// let jittered = Cache::<u32, u32>::builder().ttl(Ttl::from(half).jitter(half)).build();
/// assert_eq!(drawn.parameters().ttl, jittered.parameters().ttl);
/// # drop(fixed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ttl {
    least: Duration,
    most: Duration,
}

impl Ttl {
    /// Adds a length between zero and `most`, drawn for each entry.
    #[must_use]
    pub const fn jitter(mut self, most: Duration) -> Self {
        self.most = self.most.saturating_add(most);
        self
    }

    /// The shortest life.
    pub const fn least(self) -> Duration {
        self.least
    }

    /// The longest life.
    pub const fn most(self) -> Duration {
        self.most
    }

    pub(crate) fn draw(self, chance: &Chance) -> Duration {
        if self.least == self.most {
            self.least
        } else {
            self.least + chance.up_to(self.most.saturating_sub(self.least))
        }
    }
}

impl From<Duration> for Ttl {
    fn from(ttl: Duration) -> Self {
        Self { least: ttl, most: ttl }
    }
}

/// Any life between the two, both included; the ends may come in either order.
impl From<RangeInclusive<Duration>> for Ttl {
    fn from(range: RangeInclusive<Duration>) -> Self {
        let (one, other) = range.into_inner();
        Self { least: one.min(other), most: one.max(other) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_drawn_between_its_ends() {
        let second = Duration::from_secs(1);
        let ttl = Ttl::from(second).jitter(second);
        let chance = Chance::new(3);
        let lives: Vec<_> = (0..50).map(|_| ttl.draw(&chance)).collect();
        assert!(lives.iter().all(|life| (second..=2 * second).contains(life)));
        assert!(lives.iter().any(|&life| life != lives[0]));
        assert_eq!(Ttl::from(second).draw(&chance), second);
    }
}
