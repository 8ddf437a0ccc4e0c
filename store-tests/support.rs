//! A store under test, with keys of its own and its own way to let time pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::ManualClock;
use cachetools::store::{Memory, Store};

/// A store under test.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    /// No other test uses keys that begin with it.
    prefix: String,
    time: Time,
    /// A ttl that is long beside what an operation takes.
    pub(crate) unit: Duration,
    /// Whether a ttl may be a fraction of a second.
    pub(crate) fractions: bool,
    /// Whether keys can be cleared by their prefix.
    pub(crate) clears_prefixes: bool,
}

enum Time {
    Manual(ManualClock),
    /// The server's, which may be late by so much.
    Real {
        late: Duration,
    },
}

impl Fixture {
    /// A key that is this test's own.
    pub(crate) fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Lets `time` pass, and not more than needed for the store to notice.
    pub(crate) async fn pass(&self, time: Duration) {
        match &self.time {
            Time::Manual(clock) => clock.advance(time),
            Time::Real { late } => tokio::time::sleep(time + *late).await,
        }
    }

    /// Lets about `time` pass, at the end of which what had more than that is still there.
    pub(crate) async fn pass_at_most(&self, time: Duration) {
        match &self.time {
            Time::Manual(clock) => clock.advance(time),
            Time::Real { .. } => tokio::time::sleep(time).await,
        }
    }
}

/// Something that no other test has.
pub(crate) fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}-{}-", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) async fn memory() -> Option<Fixture> {
    let clock = ManualClock::new();
    let store = Memory::new(10_000).clock(clock.clone());
    Some(Fixture {
        store: Arc::new(store),
        prefix: unique(),
        time: Time::Manual(clock),
        unit: Duration::from_secs(1),
        fractions: true,
        clears_prefixes: true,
    })
}
