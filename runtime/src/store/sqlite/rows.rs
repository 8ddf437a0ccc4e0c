//! Rows, and steps over several of them.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::super::error::StoreError;
use super::super::ttl::Remaining;
use super::thread::{error, millis};

/// When a value expires. What is less than a millisecond counts as one.
pub(super) fn deadline(now: i64, ttl: Option<Duration>) -> Option<i64> {
    let ttl = ttl.filter(|ttl| millis(*ttl) < i64::MAX / 2)?;
    now.checked_add(millis(ttl).max(i64::from(!ttl.is_zero())))
}

pub(super) const GET: &str =
    "SELECT value, expires_at FROM cachetools WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
pub(super) const SET: &str = "INSERT INTO cachetools (key, value, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at";
pub(super) const DELETE: &str = "DELETE FROM cachetools WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
/// A few at a time: the writes that pay for it stay quick.
pub(super) const SWEEP: &str = "DELETE FROM cachetools WHERE key IN
    (SELECT key FROM cachetools WHERE expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT 8)";

/// One step over the database: nobody writes in between.
pub(super) struct Step<'a> {
    transaction: rusqlite::Transaction<'a>,
    now: i64,
}

impl<'a> Step<'a> {
    /// Begins a write. What has expired leaves with it.
    pub(super) fn begin(connection: &'a mut Connection, now: i64) -> Result<Self, StoreError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
        transaction.prepare_cached(SWEEP).and_then(|mut sweep| sweep.execute([now])).map_err(error)?;
        Ok(Self { transaction, now })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Row>, StoreError> {
        get(&self.transaction, key, self.now).map_err(error)
    }

    pub(super) fn set(&self, key: &str, value: &[u8], ttl: Option<Duration>) -> Result<(), StoreError> {
        if ttl == Some(Duration::ZERO) {
            return self.delete(key).map(drop);
        }
        self.put(key, value, deadline(self.now, ttl))
    }

    pub(super) fn put(&self, key: &str, value: &[u8], expires_at: Option<i64>) -> Result<(), StoreError> {
        let put = || self.transaction.prepare_cached(SET)?.execute(params![key, value, expires_at]);
        put().map(drop).map_err(error)
    }

    pub(super) fn delete(&self, key: &str) -> Result<bool, StoreError> {
        let delete = || self.transaction.prepare_cached(DELETE)?.execute(params![key, self.now]);
        delete().map(|rows| rows > 0).map_err(error)
    }

    pub(super) fn end<T>(self, value: T) -> Result<T, StoreError> {
        self.transaction.commit().map_err(error)?;
        Ok(value)
    }
}

/// A value, and when it expires.
pub(super) type Row = (Vec<u8>, Option<i64>);

pub(super) fn get(connection: &Connection, key: &str, now: i64) -> rusqlite::Result<Option<Row>> {
    let mut get = connection.prepare_cached(GET)?;
    get.query_row(params![key, now], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

pub(super) fn remaining(expires_at: Option<i64>, now: i64) -> Remaining {
    match expires_at {
        Some(at) => Remaining::For(Duration::from_millis(u64::try_from(at - now).unwrap_or(0))),
        None => Remaining::Never,
    }
}
