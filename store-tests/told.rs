//! A store that does as it is told.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{Answer, Memory, Remaining, Store, StoreError};
use tokio::sync::Semaphore;

/// A store that counts, fails and waits as it is told.
pub(crate) struct Told {
    pub(crate) memory: Memory,
    pub(crate) gets: AtomicU32,
    pub(crate) sets: AtomicU32,
    pub(crate) fails: AtomicBool,
    /// Writes wait for a permit each.
    pub(crate) writes: Semaphore,
    /// Reads take so long.
    pub(crate) reads_take: Duration,
    pub(crate) clears: bool,
    pub(crate) writes_fail: bool,
}

impl Told {
    pub(crate) fn new() -> Self {
        Self {
            memory: Memory::new(1000),
            gets: AtomicU32::new(0),
            sets: AtomicU32::new(0),
            fails: AtomicBool::new(false),
            writes: Semaphore::new(1_000_000),
            reads_take: Duration::ZERO,
            clears: true,
            writes_fail: false,
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable { reason: "told so".to_owned() });
        }
        Ok(())
    }

    async fn permit(&self) {
        self.writes.acquire().await.unwrap().forget();
    }

    pub(crate) fn gets(&self) -> u32 {
        self.gets.load(Ordering::SeqCst)
    }

    pub(crate) fn sets(&self) -> u32 {
        self.sets.load(Ordering::SeqCst)
    }
}

impl Store for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.gets.fetch_add(1, Ordering::SeqCst);
            if !self.reads_take.is_zero() {
                tokio::time::sleep(self.reads_take).await;
            }
            self.check()?;
            self.memory.get(key).await
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            self.permit().await;
            self.check()?;
            if self.writes_fail {
                return Err(StoreError::Full);
            }
            self.sets.fetch_add(1, Ordering::SeqCst);
            self.memory.set(key, value, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            self.permit().await;
            self.check()?;
            self.memory.delete(key).await
        })
    }

    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        self.memory.ttl(key)
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            if !self.clears {
                return Err(StoreError::Unsupported { store: "told", operation: "clear" });
            }
            self.permit().await;
            self.check()?;
            self.memory.clear(prefix).await
        })
    }
}
