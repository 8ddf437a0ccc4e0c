//! `rusqlite`, off the threads that answer requests.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use cachetools::SharedError;
use rusqlite::Connection;
use tokio::task::spawn_blocking;

/// A connection, and how many queries went through it. A clone is the same one.
#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
    queries: Arc<AtomicU64>,
}

/// What may go wrong.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database says so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The query panicked, or the runtime is shutting down.
    #[error("the query was given up")]
    GivenUp(#[from] tokio::task::JoinError),
    /// Somebody else asked the same, and it went wrong. This variant is all it takes for a call's failure to be shared.
    #[error(transparent)]
    Shared(#[from] SharedError),
}

impl Database {
    /// A new one with a few articles in it.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub fn in_memory() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, author TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL);
             CREATE INDEX by_author ON articles (author);
             INSERT INTO articles VALUES
                 (1, 'ada', 'On engines', 'It weaves algebraic patterns.'),
                 (2, 'ada', 'On numbers', 'They could compose music.'),
                 (3, 'grace', 'On nanoseconds', 'This wire is one of them.');",
        )?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), queries: Arc::default() })
    }

    /// Runs one query.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.queries.fetch_add(1, Relaxed);
        let connection = self.connection.clone();
        let run = move || query(&mut connection.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(spawn_blocking(run).await??)
    }

    /// How many queries there were.
    pub fn queries(&self) -> u64 {
        self.queries.load(Relaxed)
    }
}
