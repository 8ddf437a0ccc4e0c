//! Values in SQLite.

mod rows;
mod thread;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;

use super::api::{Answer, Store};
use super::error::StoreError;
use super::number::sum;
use super::ttl::Remaining;
use super::url::Url;
use crate::ground::clock::Clock;
use crate::ground::sync::Lock;
use rows::{Step, get, remaining};
use thread::{Settings, Then, Thread, Work, error, millis, serve};

/// Keeps values in an SQLite database, in a file or in memory. A clone is the same store.
///
/// One thread of its own does the work, in the order in which it was asked for; no executor waits for the disk. It opens the file
/// when it is first needed, in WAL mode, so that several processes may share it. A write is safe from a crash of the process;
/// a power failure may lose the last ones.
///
/// Values expire by the wall clock, since they outlive the process. What has expired leaves when the file is opened, and with the
/// writes, a few at a time.
///
/// ```no_run
/// use cachetools::store::{Sqlite, TypedStore};
///
/// let store = TypedStore::new(Sqlite::file("cache.db")).namespace("main");
/// ```
#[derive(Clone)]
pub struct Sqlite(Arc<Inner>);

struct Inner {
    settings: Settings,
    /// Once there is one. It ends when this is dropped.
    thread: Lock<Option<Thread>>,
}

/// The time since 1970.
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

impl Sqlite {
    /// A file, made if it is not there. The folder must be.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::of(Some(path.as_ref().to_owned()))
    }

    /// A database in memory, until it is closed.
    pub fn in_memory() -> Self {
        Self::of(None)
    }

    fn of(file: Option<PathBuf>) -> Self {
        let settings = Settings { file, busy_timeout: Duration::from_secs(2), clock: Arc::new(WallClock) };
        Self(Arc::new(Inner { settings, thread: Lock::default() }))
    }

    fn change(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self(Arc::new(Inner { settings, thread: Lock::default() }))
    }

    /// How long an operation waits for another process that holds the file.
    ///
    /// Defaults to: 2 seconds.
    #[must_use]
    pub fn busy_timeout(self, limit: Duration) -> Self {
        self.change(|settings| settings.busy_timeout = limit)
    }

    /// Reads the time from `clock`: since 1970, for what others are to read.
    ///
    /// Defaults to: the wall clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        self.change(|settings| settings.clock = Arc::new(clock))
    }

    pub(crate) fn from_url(url: &Url) -> Result<Self, StoreError> {
        url.allow(&["busy_timeout"])?;
        let invalid = |part, expected| StoreError::InvalidUrl { part, expected };
        if url.host.is_some() || url.port.is_some() || url.user.is_some() || url.password.is_some() {
            return Err(invalid("host", "left out: write sqlite:file or sqlite:///folder/file"));
        }
        let store = match url.path.as_str() {
            "" | ":memory:" => Self::in_memory(),
            path if url.slashes => Self::file(format!("/{path}")),
            path => Self::file(path),
        };
        Ok(match url.duration("busy_timeout")? {
            Some(limit) => store.busy_timeout(limit),
            None => store,
        })
    }

    /// Works with the database itself, on the thread of the store. The values are in the table `cachetools`.
    ///
    /// # Errors
    ///
    /// As the operations of a store, and [`StoreError::Refused`] if `work` panics.
    pub async fn raw<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(|connection, _| work(connection).map_err(error)).await
    }

    /// Has the thread do `work`; tells it the time in milliseconds.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, i64) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let clock = self.0.settings.clock.clone();
        self.send(Box::new(move |connection| {
            // Whose caller has left need not be done: so what nobody waits for does not pile up.
            if sender.is_closed() {
                return Then::Keep;
            }
            let done = connection.and_then(|connection| work(connection, millis(clock.now())));
            let then = if matches!(done, Err(StoreError::ReadOnly)) { Then::Reopen } else { Then::Keep };
            // Nobody may be waiting any more.
            let _ = sender.send(done);
            then
        }))?;
        let panicked = || StoreError::Refused { reason: "the work panicked".to_owned() };
        receiver.await.unwrap_or_else(|_| Err(panicked()))
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        let mut thread = self.0.thread.lock();
        let work = match &*thread {
            Some(thread) => match thread.work.send(work) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(work)) => work,
            },
            None => work,
        };
        let unavailable = |reason: &dyn fmt::Display| StoreError::Unavailable { reason: reason.to_string() };
        let (sender, receiver) = mpsc::channel();
        let (alive, ended) = oneshot::channel();
        let settings = self.0.settings.clone();
        let spawned = std::thread::Builder::new().name("cachetools-sqlite".to_owned()).spawn(move || {
            let _alive = alive;
            serve(&settings, &receiver);
        });
        spawned.map_err(|error| unavailable(&error))?;
        let sent = sender.send(work).map_err(|_| unavailable(&"the thread of the database has ended"));
        *thread = Some(Thread { work: sender, ended });
        sent
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("file", &self.0.settings.file).finish_non_exhaustive()
    }
}

impl Store for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let key = key.to_owned();
        Box::pin(
            self.run(move |connection, now| Ok(get(connection, &key, now).map_err(error)?.map(|(value, _)| value))),
        )
    }

    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        let key = key.to_owned();
        Box::pin(self.run(move |connection, now| {
            let row = get(connection, &key, now).map_err(error)?;
            Ok(row.map(|(value, expires_at)| (value, remaining(expires_at, now))))
        }))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            step.set(&key, &value, ttl)?;
            step.end(())
        }))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        let key = key.to_owned();
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            let deleted = step.delete(&key)?;
            step.end(deleted)
        }))
    }

    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            if step.get(&key)?.is_some() {
                return Err(StoreError::AlreadyExists { key });
            }
            step.set(&key, &value, ttl)?;
            step.end(())
        }))
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        let keys = keys.to_owned();
        Box::pin(self.run(move |connection, now| {
            // All as of one moment.
            let transaction = connection.transaction().map_err(error)?;
            let value = |key| Ok(get(&transaction, key, now).map_err(error)?.map(|(value, _)| value));
            keys.iter().map(|key: &String| value(key)).collect()
        }))
    }

    fn set_many<'a>(&'a self, pairs: &'a [(String, Vec<u8>)], ttl: Option<Duration>) -> Answer<'a, ()> {
        let pairs = pairs.to_owned();
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            pairs.iter().try_for_each(|(key, value)| step.set(key, value, ttl))?;
            step.end(())
        }))
    }

    fn increment<'a>(&'a self, key: &'a str, by: i64) -> Answer<'a, i64> {
        let key = key.to_owned();
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            let (old, expires_at) =
                step.get(&key)?.map_or((None, None), |(value, expires_at)| (Some(value), expires_at));
            let sum = sum(&key, old.as_deref(), by)?;
            step.put(&key, sum.to_string().as_bytes(), expires_at)?;
            step.end(sum)
        }))
    }

    fn expire<'a>(&'a self, key: &'a str, ttl: Option<Duration>) -> Answer<'a, bool> {
        let key = key.to_owned();
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            let stored = step.get(&key)?;
            if let Some((value, _)) = &stored {
                step.set(&key, value, ttl)?;
            }
            step.end(stored.is_some())
        }))
    }

    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        const SQL: &str =
            "SELECT expires_at FROM cachetools WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
        let key = key.to_owned();
        Box::pin(self.run(move |connection, now| {
            let query = || {
                let mut ttl = connection.prepare_cached(SQL)?;
                ttl.query_row(params![key, now], |row| row.get::<_, Option<i64>>(0)).optional()
            };
            Ok(query().map_err(error)?.map(|expires_at| remaining(expires_at, now)))
        }))
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        // As bytes: the length of a text ends at its first zero.
        const SQL: &str = "DELETE FROM cachetools
            WHERE key >= ?1 AND substr(CAST(key AS BLOB), 1, length(CAST(?1 AS BLOB))) = CAST(?1 AS BLOB)";
        let prefix = prefix.to_owned();
        Box::pin(self.run(move |connection, _| connection.execute(SQL, [prefix]).map(drop).map_err(error)))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: &'a [u8],
        value: &'a [u8],
        ttl: Option<Duration>,
    ) -> Answer<'a, bool> {
        let (key, expected, value) = (key.to_owned(), expected.to_owned(), value.to_owned());
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            let same = step.get(&key)?.is_some_and(|(stored, _)| stored == expected);
            if same {
                step.set(&key, &value, ttl)?;
            }
            step.end(same)
        }))
    }

    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        let (key, expected) = (key.to_owned(), expected.to_owned());
        Box::pin(self.run(move |connection, now| {
            let step = Step::begin(connection, now)?;
            let same = step.get(&key)?.is_some_and(|(stored, _)| stored == expected);
            if same {
                step.delete(&key)?;
            }
            step.end(same)
        }))
    }

    /// Closes the file, when what was asked for before is done. A database in memory stays as it is: it would be lost.
    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            if self.0.settings.file.is_none() {
                return Ok(());
            }
            let thread = self.0.thread.lock().take();
            if let Some(Thread { work, ended }) = thread {
                drop(work);
                let _ = ended.await;
            }
            Ok(())
        })
    }
}
