//! What watches a store's operations.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::changes::Tracking;
use super::envelope::Reject;
use super::error::StoreError;
use crate::ground::sync::Lock;

macro_rules! operations {
    ($($variant:ident $name:literal)*) => {
        /// An operation of a [`TypedStore`](super::TypedStore).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        const NAMES: &[&str] = &[$($name),*];

        const ALL: &[Operation] = &[$(Operation::$variant),*];
    };
}
operations! {
    Get "get" GetMany "get_many" Exists "exists" Ttl "ttl" Set "set" SetMany "set_many" Add "add" Delete "delete"
    Increment "increment" Expire "expire" Clear "clear" CompareAndSet "compare_and_set"
    CompareAndDelete "compare_and_delete" Close "close"
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[*self as usize])
    }
}

/// How an operation ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// How long it took.
    pub took: Duration,
    /// How many keys were read: of `get` and `get_many`.
    pub asked: u64,
    /// How many of them had a value that could be read.
    pub found: u64,
    /// Why it failed, if it did.
    pub error: Option<&'a StoreError>,
}

/// Watches the operations of a store. All hooks are told before an operation begins and when it has ended, in their order;
/// of one whose caller left, the end is not told. They are called where the operation runs: what they do holds it up.
pub trait Hook: Send + Sync + 'static {
    /// An operation begins.
    fn before(&self, operation: Operation) {
        let _ = operation;
    }

    /// An operation has ended.
    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        let _ = (operation, outcome);
    }

    /// What is stored under `key` was not read: to the caller it is not there.
    fn rejected(&self, key: &str, why: Reject) {
        let _ = (key, why);
    }

    /// A cache in front of the store hears of what others change there from now on, or does not any more.
    fn tracking(&self, tracking: Tracking) {
        let _ = tracking;
    }
}

impl<H: Hook + ?Sized> Hook for std::sync::Arc<H> {
    fn before(&self, operation: Operation) {
        (**self).before(operation);
    }

    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        (**self).after(operation, outcome);
    }

    fn rejected(&self, key: &str, why: Reject) {
        (**self).rejected(key, why);
    }

    fn tracking(&self, tracking: Tracking) {
        (**self).tracking(tracking);
    }
}

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
            timing.after(Operation::Get, &Outcome { took, asked: 1, found: 0, error: None });
        }
        let times = timing.times(Operation::Get);
        assert_eq!((times.count, times.min.as_secs(), times.max.as_secs()), (2, 1, 2));
        assert_eq!(times.average(), Duration::from_millis(1500));
        assert_eq!(timing.times(Operation::Set), Times::default());
    }

    #[test]
    fn operations_are_called_as_their_verbs() {
        let names: Vec<String> = ALL.iter().map(ToString::to_string).collect();
        assert_eq!(names, NAMES);
        assert_eq!(Operation::SetMany.to_string(), "set_many");
    }
}
