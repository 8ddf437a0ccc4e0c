//! Redis as a cache with memory in front of it uses it: the server remembers what is read here, and tells when another changes it.
//!
//! That is client-side caching as Redis calls it, in its default mode: the server tells each client of the keys which that client
//! has read, once, at the moment of the change and in order with its answers. (In broadcasting mode it tells all clients of all
//! keys, and collects what it tells, so that a change by another between two of one's own could go untold.) So each write here is a
//! transaction that reads its key at the end: otherwise the server would have nothing more to tell of it.

use std::time::Duration;

use redis::{FromRedisValue, Pipeline, Value};

use super::super::api::{Answer, Store};
use super::super::error::StoreError;
use super::super::ttl::Remaining;
use super::command::{command, set, set_if_absent};
use super::{Again, Redis};

/// It has a connection of its own, so that what this process changes by another way is told, too.
pub(super) struct TrackedRedis(pub(super) Redis);

impl TrackedRedis {
    /// A transaction that changes a key, and reads it at the end.
    async fn change<T: FromRedisValue>(&self, key: &str, again: Again, change: &mut Pipeline) -> Result<T, StoreError> {
        self.0.ask_all(change.atomic().add_command(command("EXISTS", key)).ignore(), again).await
    }

    /// Deletes a key; it is told even if there was nothing.
    async fn touch(&self, key: &str) -> Result<bool, StoreError> {
        let mut delete = redis::pipe();
        delete.add_command(command("EXISTS", key));
        delete.add_command(set(key, b"", None)).ignore().add_command(command("DEL", key)).ignore();
        match self.change(key, Again::Yes, &mut delete).await {
            Ok((existed,)) => Ok(existed),
            // A server without room deletes nevertheless, and tells of what there was.
            Err(StoreError::Full) => {
                let (existed,) = self.change(key, Again::Yes, redis::pipe().add_command(command("DEL", key))).await?;
                Ok(existed)
            }
            Err(error) => Err(error),
        }
    }
}

impl Store for TrackedRedis {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn fits(&self, key: &str) -> bool {
        self.0.fits(key)
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        self.0.get(key)
    }

    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        self.0.get_living(key)
    }

    fn exists<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        self.0.exists(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            if ttl == Some(Duration::ZERO) {
                return self.touch(key).await.map(drop);
            }
            self.change(key, Again::Yes, redis::pipe().add_command(set(key, value, ttl)).ignore()).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(self.touch(key))
    }

    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            if ttl == Some(Duration::ZERO) {
                return self.0.add(key, value, ttl).await;
            }
            let mut add = redis::pipe();
            add.add_command(set_if_absent(key, value, ttl));
            let (added,): (Option<Value>,) = self.change(key, Again::No, &mut add).await?;
            added.map(drop).ok_or_else(|| StoreError::AlreadyExists { key: key.to_owned() })
        })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            if !prefix.is_empty() {
                // First, so that it overtakes no load that has begun since.
                self.touch(prefix).await?;
            }
            self.0.clear(prefix).await
        })
    }

    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        self.0.compare_and_delete(key, expected)
    }

    fn close(&self) -> Answer<'_, ()> {
        self.0.close()
    }
}
