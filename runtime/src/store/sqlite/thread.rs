//! The thread that owns the database.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::super::error::StoreError;
use crate::ground::clock::Clock;

pub(super) struct Thread {
    pub(super) work: mpsc::Sender<Work>,
    /// Drops when the thread has ended and the database is closed.
    pub(super) ended: oneshot::Receiver<()>,
}

#[derive(Clone)]
pub(super) struct Settings {
    /// `None`: in memory.
    pub(super) file: Option<PathBuf>,
    pub(super) busy_timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

/// What the thread is to do, also if there is no database to do it with.
pub(super) type Work = Box<dyn FnOnce(Result<&mut Connection, StoreError>) -> Then + Send>;

/// What becomes of the connection then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Keep,
    /// The file was read-only, which a connection keeps to: the next one may find that it is no more.
    Reopen,
}

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS cachetools (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL,
    expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cachetools_expires_at ON cachetools (expires_at) WHERE expires_at IS NOT NULL;";

/// The thread: opens the database, again and again if need be, and works until nobody is left who could ask.
pub(super) fn serve(settings: &Settings, work: &mpsc::Receiver<Work>) {
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
        let connection = open.as_mut().ok_or_else(|| StoreError::Unavailable { reason: "not open".to_owned() });
        // A panic in the user's raw work reaches its caller as an error; a step that it was in is undone.
        let then = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or(Then::Keep);
        // A database in memory would be lost.
        if then == Then::Reopen && settings.file.is_some() {
            open = None;
        }
    }
}

pub(super) fn connect(settings: &Settings) -> Result<Connection, StoreError> {
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

pub(super) fn prepare(connection: &mut Connection, now: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(SCHEMA)?;
    connection.execute("DELETE FROM cachetools WHERE expires_at <= ?1", [now])?;
    Ok(())
}

/// Milliseconds; the end of time is far enough.
pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

// By value, as `map_err` hands it over.
#[expect(clippy::needless_pass_by_value)]
pub(super) fn error(error: rusqlite::Error) -> StoreError {
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
