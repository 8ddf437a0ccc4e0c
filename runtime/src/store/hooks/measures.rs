//! Hooks that measure.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{ALL, Hook, Operation, Outcome};
use crate::ground::sync::Lock;

/// Measures how long operations take.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cachetools::store::StoreError> {
/// use cachetools::store::{Memory, Operation, Timing, TypedStore};
/// use std::sync::Arc;
///
/// let timing = Arc::new(Timing::default());
/// let store = TypedStore::new(Memory::new(100)).hook(timing.clone());
/// store.set("k", &1).await?;
/// assert_eq!(timing.times(Operation::Set).count, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Timing(Lock<[Times; ALL.len()]>);

/// How long the operations of one kind took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// How many there were.
    pub count: u64,
    /// All of them together.
    pub sum: Duration,
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

impl Times {
    /// The mean; zero if there was none.
    pub fn average(&self) -> Duration {
        u32::try_from(self.count).ok().and_then(|count| self.sum.checked_div(count)).unwrap_or_default()
    }
}

impl Timing {
    /// The times of one kind of operation.
    pub fn times(&self, operation: Operation) -> Times {
        self.0.lock()[operation as usize]
    }
}

impl Hook for Timing {
    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        let took = outcome.took;
        let times = &mut self.0.lock()[operation as usize];
        times.min = if times.count == 0 { took } else { times.min.min(took) };
        times.max = times.max.max(took);
        times.sum += took;
        times.count += 1;
    }
}

/// Counts how many of the keys that were read had a value. Each key of `get_many` counts.
#[derive(Debug, Default)]
pub struct HitRatio {
    asked: AtomicU64,
    found: AtomicU64,
}

/// What [`HitRatio`] counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hits {
    /// Keys that had a value.
    pub hits: u64,
    /// Keys that were read.
    pub total: u64,
}

impl Hits {
    /// Hits among all, from 0 to 1; 0 if nothing was read.
    // A count beyond 2^53 may lose its last digits.
    #[expect(clippy::cast_precision_loss)]
    pub fn ratio(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.hits as f64 / self.total as f64 }
    }
}

impl HitRatio {
    /// The counts so far.
    pub fn hits(&self) -> Hits {
        Hits { hits: self.found.load(Ordering::Relaxed), total: self.asked.load(Ordering::Relaxed) }
    }
}

impl Hook for HitRatio {
    fn after(&self, _: Operation, outcome: &Outcome<'_>) {
        self.asked.fetch_add(outcome.asked, Ordering::Relaxed);
        self.found.fetch_add(outcome.found, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up() {
        let timing = Timing::default();
        for seconds in [1, 2] {
            let took = Duration::from_secs(seconds);
            timing.after(Operation::Get, &Outcome { took, asked: 1, found: 0, error: None, given_up: false });
        }
        let times = timing.times(Operation::Get);
        assert_eq!((times.count, times.min.as_secs(), times.max.as_secs()), (2, 1, 2));
        assert_eq!(times.average(), Duration::from_millis(1500));
        assert_eq!(timing.times(Operation::Set), Times::default());
    }
}
