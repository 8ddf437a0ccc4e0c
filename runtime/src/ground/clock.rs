//! The passing of time, which tests move by hand.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where a cache reads the time from.
///
/// The caches read it only when an entry has a deadline. It may be called under a lock: an implementation must not call
/// into a cache, and must never go back.
///
/// ```
/// use cachetools::{Cache, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let cache = Cache::<u32, &str>::builder().ttl(Duration::from_secs(60)).clock(clock.clone()).build();
/// cache.insert(1, "one");
/// clock.advance(Duration::from_secs(59));
/// assert_eq!(cache.get(&1), Some("one"));
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(cache.get(&1), None); // at exactly ttl it is gone
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time that has passed since a point that never changes.
    fn now(&self) -> Duration;
}

/// The system's monotonic clock: what a cache uses unless told otherwise.
///
/// On Linux a cache whose ttl is a second or more reads the coarse clock, whose step is a few milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands still until it is told to move. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock on by `by`. It stops at its end, some 584 years from zero.
    pub fn advance(&self, by: Duration) {
        let by = nanos(by);
        let _ = self.nanos.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| Some(now.saturating_add(by)));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::SeqCst))
    }
}

/// A clock that follows tokio's, so that it stands still and jumps with `tokio::time::pause` and `advance`.
#[cfg(feature = "tokio")]
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

#[cfg(feature = "tokio")]
impl Clock for TokioClock {
    fn now(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        let now = tokio::time::Instant::now().into_std();
        // Paused clocks start at the real time, each with its runtime, and are moved on from there. So the beginning is the
        // real time, too, and early enough for runtimes that are older than the first reading.
        let start = START.get_or_init(|| {
            let now = Instant::now();
            let back = |seconds| now.checked_sub(Duration::from_secs(seconds));
            back(30 * 24 * 60 * 60).or_else(|| back(60 * 60)).or_else(|| back(1)).unwrap_or(now)
        });
        now.saturating_duration_since(*start)
    }
}

/// A point in time, in nanoseconds of its cache's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// A deadline that never comes.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// The deadline `ttl` from here. One beyond the clock's end never comes.
    pub(crate) fn after(self, ttl: Duration) -> Self {
        Self(self.0.saturating_add(nanos(ttl)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A cache's own clock: the system's without a virtual call, or the user's.
#[derive(Clone)]
pub(crate) enum Time {
    Coarse,
    Precise,
    Given(Arc<dyn Clock>),
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Coarse => "Coarse",
            Self::Precise => "Precise",
            Self::Given(_) => "Given",
        })
    }
}

impl Time {
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::Coarse => Moment(coarse()),
            Self::Precise => Moment(nanos(SystemClock.now())),
            Self::Given(clock) => Moment(nanos(clock.now())),
        }
    }
}

/// A cheap reading, in nanoseconds, that is right on average: for sums, and for deadlines that are long beside its step.
#[cfg(target_os = "linux")]
pub(crate) fn coarse() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    // The time since the machine was started: it is not below zero.
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// A cheap reading, in nanoseconds, that is right on average: for sums, and for deadlines that are long beside its step.
#[cfg(not(target_os = "linux"))]
pub(crate) fn coarse() -> u64 {
    nanos(SystemClock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_beyond_the_end_of_time_never_comes() {
        assert_eq!(Moment(5).after(Duration::MAX), Moment::NEVER);
        assert_eq!(Moment(5).after(Duration::from_nanos(2)), Moment(7));
    }

    #[test]
    fn clones_of_a_manual_clock_move_together() {
        let clock = ManualClock::new();
        clock.clone().advance(Duration::from_millis(3));
        assert_eq!(clock.now(), Duration::from_millis(3));
    }

    #[test]
    fn the_coarse_clock_does_not_go_back() {
        let first = coarse();
        assert!(coarse() >= first);
    }
}
