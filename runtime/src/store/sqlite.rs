//! Values in SQLite.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::api::{Answer, Store};
use super::error::StoreError;
use super::number::sum;
use super::ttl::Remaining;
use super::url::Url;
use crate::ground::clock::Clock;
use crate::ground::sync::Lock;

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

struct Thread {
    work: mpsc::Sender<Work>,
    /// Drops when the thread has ended and the database is closed.
    ended: oneshot::Receiver<()>,
}

#[derive(Clone)]
struct Settings {
    /// `None`: in memory.
    file: Option<PathBuf>,
    busy_timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// What the thread is to do, also if there is no database to do it with.
type Work = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// The time since 1970.
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS cachetools (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL,
    expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cachetools_expires_at ON cachetools (expires_at) WHERE expires_at IS NOT NULL;";

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
        if url.host.is_some() || url.user.is_some() {
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
                return;
            }
            let done = connection.and_then(|connection| work(connection, millis(clock.now())));
            // Nobody may be waiting any more.
            let _ = sender.send(done);
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
        let spawned = thread::Builder::new().name("cachetools-sqlite".to_owned()).spawn(move || {
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

/// The thread: opens the database, again and again if need be, and works until nobody is left who could ask.
fn serve(settings: &Settings, work: &mpsc::Receiver<Work>) {
    let mut open = None;
    for work in work {
        if open.is_none() {
            match connect(settings) {
                Ok(connection) => open = Some(connection),
                Err(error) => {
                    work(Err(error));
                    continue;
                }
            }
        }
        let open = open.as_mut().ok_or_else(|| StoreError::Unavailable { reason: "not open".to_owned() });
        // A panic in the user's raw work reaches its caller as an error; a step that it was in is undone.
        let _ = catch_unwind(AssertUnwindSafe(|| work(open)));
    }
}

fn connect(settings: &Settings) -> Result<Connection, StoreError> {
    let open = || {
        let mut connection = match &settings.file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(settings.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(32);
        match prepare(&mut connection, millis(settings.clock.now())) {
            // What is there can be read all the same.
            Err(read_only) if read_only.sqlite_error_code() == Some(ErrorCode::ReadOnly) => Ok(connection),
            prepared => prepared.map(|()| connection),
        }
    };
    let begin = Instant::now();
    loop {
        match open() {
            // Where two switch to WAL at once, SQLite does not wait by itself.
            Err(busy)
                if busy.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begin.elapsed() < settings.busy_timeout =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.map_err(error),
        }
    }
}

fn prepare(connection: &mut Connection, now: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(SCHEMA)?;
    connection.execute("DELETE FROM cachetools WHERE expires_at <= ?1", [now])?;
    Ok(())
}

/// Milliseconds; the end of time is far enough.
fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// When a value expires. What is less than a millisecond counts as one.
fn deadline(now: i64, ttl: Option<Duration>) -> Option<i64> {
    let ttl = ttl.filter(|ttl| millis(*ttl) < i64::MAX / 2)?;
    now.checked_add(millis(ttl).max(i64::from(!ttl.is_zero())))
}

// By value, as `map_err` hands it over.
#[expect(clippy::needless_pass_by_value)]
fn error(error: rusqlite::Error) -> StoreError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::TooBig) => StoreError::TooLarge,
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory,
        ) => StoreError::Unavailable { reason },
        _ => StoreError::Refused { reason },
    }
}

const GET: &str = "SELECT value, expires_at FROM cachetools WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
const SET: &str = "INSERT INTO cachetools (key, value, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at";
const DELETE: &str = "DELETE FROM cachetools WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
/// A few at a time: the writes that pay for it stay quick.
const SWEEP: &str = "DELETE FROM cachetools WHERE key IN
    (SELECT key FROM cachetools WHERE expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT 8)";

/// One step over the database: nobody writes in between.
struct Step<'a> {
    transaction: rusqlite::Transaction<'a>,
    now: i64,
}

impl<'a> Step<'a> {
    /// Begins a write. What has expired leaves with it.
    fn begin(connection: &'a mut Connection, now: i64) -> Result<Self, StoreError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
        transaction.prepare_cached(SWEEP).and_then(|mut sweep| sweep.execute([now])).map_err(error)?;
        Ok(Self { transaction, now })
    }

    fn get(&self, key: &str) -> Result<Option<Row>, StoreError> {
        get(&self.transaction, key, self.now).map_err(error)
    }

    fn set(&self, key: &str, value: &[u8], ttl: Option<Duration>) -> Result<(), StoreError> {
        if ttl == Some(Duration::ZERO) {
            return self.delete(key).map(drop);
        }
        self.put(key, value, deadline(self.now, ttl))
    }

    fn put(&self, key: &str, value: &[u8], expires_at: Option<i64>) -> Result<(), StoreError> {
        let put = || self.transaction.prepare_cached(SET)?.execute(params![key, value, expires_at]);
        put().map(drop).map_err(error)
    }

    fn delete(&self, key: &str) -> Result<bool, StoreError> {
        let delete = || self.transaction.prepare_cached(DELETE)?.execute(params![key, self.now]);
        delete().map(|rows| rows > 0).map_err(error)
    }

    fn end<T>(self, value: T) -> Result<T, StoreError> {
        self.transaction.commit().map_err(error)?;
        Ok(value)
    }
}

/// A value, and when it expires.
type Row = (Vec<u8>, Option<i64>);

fn get(connection: &Connection, key: &str, now: i64) -> rusqlite::Result<Option<Row>> {
    let mut get = connection.prepare_cached(GET)?;
    get.query_row(params![key, now], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn remaining(expires_at: Option<i64>, now: i64) -> Remaining {
    match expires_at {
        Some(at) => Remaining::For(Duration::from_millis(u64::try_from(at - now).unwrap_or(0))),
        None => Remaining::Never,
    }
}

impl Store for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let key = key.to_owned();
        Box::pin(self.run(move |connection, now| Ok(get(connection, &key, now).map_err(error)?.map(|(value, _)| value))))
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
