//! A store under test, with keys of its own and its own way to let time pass.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::ManualClock;
use cachetools::store::{Memory, Sqlite, Store};

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
    /// What goes when the test is over.
    _folder: Option<Folder>,
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

/// A folder that goes with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("cachetools-{}", unique()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn manual(store: impl Store, clock: ManualClock, folder: Option<Folder>) -> Fixture {
    Fixture {
        store: Arc::new(store),
        prefix: unique(),
        time: Time::Manual(clock),
        unit: Duration::from_secs(1),
        fractions: true,
        clears_prefixes: true,
        _folder: folder,
    }
}

// As those of servers, which may not be there.
#[expect(clippy::unnecessary_wraps)]
pub(crate) fn memory() -> Option<Fixture> {
    let clock = ManualClock::new();
    Some(manual(Memory::new(10_000).clock(clock.clone()), clock, None))
}

// As those of servers, which may not be there.
#[expect(clippy::unnecessary_wraps)]
pub(crate) fn sqlite() -> Option<Fixture> {
    let (clock, folder) = (ManualClock::new(), Folder::new());
    let store = Sqlite::file(folder.path().join("cache.db")).clock(clock.clone());
    Some(manual(store, clock, Some(folder)))
}

// As those of servers, which may not be there.
#[expect(clippy::unnecessary_wraps)]
pub(crate) fn sqlite_in_memory() -> Option<Fixture> {
    let clock = ManualClock::new();
    Some(manual(Sqlite::in_memory().clock(clock.clone()), clock, None))
}

/// The URL of a server, if there is one.
pub(crate) fn url(variable: &str) -> Option<String> {
    let url = env::var(variable).ok();
    if url.is_none() {
        println!("not tested: {variable} is not set; `cargo xtask test` starts the server and sets it");
    }
    url
}

fn real(store: Arc<dyn Store>, unit: u64, late: u64, whole: bool) -> Fixture {
    Fixture {
        store,
        prefix: unique(),
        time: Time::Real { late: Duration::from_millis(late) },
        unit: Duration::from_millis(unit),
        fractions: !whole,
        clears_prefixes: !whole,
        _folder: None,
    }
}

pub(crate) fn redis() -> Option<Fixture> {
    let url = url("CACHETOOLS_REDIS_URL")?;
    Some(real(cachetools::store(&url).unwrap().bytes().clone(), 1000, 20, false))
}

pub(crate) fn redis_resp2() -> Option<Fixture> {
    let url = url("CACHETOOLS_REDIS_URL")?;
    Some(real(cachetools::store(&format!("{url}?protocol=2")).unwrap().bytes().clone(), 1000, 20, false))
}

pub(crate) fn memcached() -> Option<Fixture> {
    let url = url("CACHETOOLS_MEMCACHED_URL")?;
    Some(real(cachetools::store(&url).unwrap().bytes().clone(), 3000, 1100, true))
}
