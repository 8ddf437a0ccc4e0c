//! What a store tells of changes that others make, and who hears of it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::api::Store;
use crate::ground::sync::Lock;

/// Whether a cache hears of what others change in its store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tracking {
    /// No: the store does not tell, or there is no memory in front of it. Values in memory live until their time is over.
    #[default]
    Off,
    /// Not now: the connection was lost, or not made yet. What memory had is forgotten; a value lives there for a second.
    Down,
    /// Yes.
    On,
}

/// A store that tells of changes: see [`Store::tracked`].
#[derive(Clone)]
pub struct Tracked {
    /// The store. What is read through it is tracked, and what is changed through it is not told.
    pub store: Arc<dyn Store>,
    /// Where it tells.
    pub changes: Changes,
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("store", &self.store.name()).field("changes", &self.changes).finish()
    }
}

/// Where a store tells of changes that others make, for the caches in front of it. A clone is the same.
///
/// Told too often, a cache loses a value that it could have kept; told too late or not at all, it serves one that is over.
///
/// ```
/// use cachetools::store::{Changes, Tracking};
///
/// let changes = Changes::new(); // what `Store::tracked` returns a clone of
/// assert_eq!(changes.tracking(), Tracking::Down);
/// let period = changes.begin(); // a connection was made
/// changes.changed("users:7"); // the server has said so
/// changes.end(period); // the connection was lost
/// assert_eq!(changes.tracking(), Tracking::Down);
/// ```
#[derive(Clone)]
pub struct Changes(Arc<Hub>);

struct Hub {
    state: Lock<(Tracking, Period)>,
    hearers: Lock<Vec<(u64, Weak<dyn Hear>)>>,
    numbers: AtomicU64,
}

/// The time from a [`Changes::begin`] to its [`Changes::end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(u64);

/// One who hears of changes. What it does may run user code, unless it is said not to.
pub(crate) trait Hear: Send + Sync {
    /// The value of a key is another now, or gone; `None`: of all keys. What is being loaded is over. No user code runs.
    fn overtaken(&self, key: Option<&str>);
    /// The value of a key is another now, or gone: what is in memory is over.
    fn changed(&self, key: &str);
    /// All values may be others.
    fn flushed(&self);
    /// What is told from now on is another.
    fn turned(&self, tracking: Tracking);
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Changes").field(&self.tracking()).finish()
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

impl Changes {
    /// One who does not tell yet: [`Tracking::Down`].
    pub fn new() -> Self {
        let state = Lock::new((Tracking::Down, Period(0)));
        Self(Arc::new(Hub { state, hearers: Lock::default(), numbers: AtomicU64::new(0) }))
    }

    /// Whether it tells.
    pub fn tracking(&self) -> Tracking {
        self.0.state.lock().0
    }

    /// From now on every change of a key that is read through the store is told, until the period [ends](Self::end). One that has
    /// not ended yet ends now.
    pub fn begin(&self) -> Period {
        self.turn(Tracking::On)
    }

    /// From now on changes may go untold, until another period begins. Of a period that is over, nothing happens.
    pub fn end(&self, period: Period) {
        let ends = {
            let mut state = self.0.state.lock();
            let ends = *state == (Tracking::On, period);
            if ends {
                state.0 = Tracking::Down;
            }
            ends
        };
        if ends {
            self.turned(Tracking::On, Tracking::Down);
        }
    }

    /// Changes will not be told: the server cannot. Caches keep their values until their time is over.
    pub fn refuse(&self) {
        self.turn(Tracking::Off);
    }

    fn turn(&self, now: Tracking) -> Period {
        let (before, period) = {
            let mut state = self.0.state.lock();
            let before = state.0;
            *state = (now, Period(state.1.0 + 1));
            (before, state.1)
        };
        self.turned(before, now);
        period
    }

    fn turned(&self, before: Tracking, now: Tracking) {
        if before == Tracking::On {
            self.flushed();
        }
        if before != now {
            self.tell(|_, hearer| hearer.turned(now));
        }
    }

    /// The value of a key is another now, or gone.
    pub fn changed(&self, key: &str) {
        self.changed_by(u64::MAX, key);
    }

    /// The first half of [`changed`](Self::changed) and [`flushed`](Self::flushed), for where user code must not run.
    #[cfg(feature = "redis")]
    pub(crate) fn overtaken(&self, key: Option<&str>) {
        self.tell(|_, hearer| hearer.overtaken(key));
    }

    /// All values may be others, or gone.
    pub fn flushed(&self) {
        self.tell(|_, hearer| {
            hearer.overtaken(None);
            hearer.flushed();
        });
    }

    /// A number for one who will hear.
    pub(crate) fn number(&self) -> u64 {
        self.0.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn subscribe(&self, number: u64, hearer: Weak<dyn Hear>) {
        let mut hearers = self.0.hearers.lock();
        hearers.retain(|(_, hearer)| hearer.strong_count() > 0);
        hearers.push((number, hearer));
    }

    /// The hearer of this `number` has changed a key: its store does not tell those who share it.
    pub(crate) fn changed_by(&self, number: u64, key: &str) {
        self.tell(|other, hearer| {
            if other != number {
                // First what is to be written: who calls from now on begins a new load.
                hearer.overtaken(Some(key));
                hearer.changed(key);
            }
        });
    }

    fn tell(&self, word: impl Fn(u64, &dyn Hear)) {
        let hearers = self.0.hearers.lock().clone();
        for (number, hearer) in hearers {
            if let Some(hearer) = hearer.upgrade() {
                // A value's `Drop` may panic. Who tells is a task of the store, and there are others to be told.
                let _ = catch_unwind(AssertUnwindSafe(|| word(number, &*hearer)));
            }
        }
    }
}
