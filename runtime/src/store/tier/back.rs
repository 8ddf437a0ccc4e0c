//! The second tier as a cache sees it: reads within a limit, and writes in the order in which they were decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::super::api::Store;
use super::super::changes::{Changes, Tracking};
use super::super::error::StoreError;
use super::super::hooks::{Hook, Operation, Read, watched};
use super::breaker::Breaker;
use super::duty::{ClearingDuty, Duty};
use super::lease::unique;
use super::ledger::{Change, Ledger, Sight};
use crate::ground::sync::Lock;

/// A write that the store does not acknowledge for so long is given up as lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the second tier of a cache is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierStats {
    /// Calls answered by the store.
    pub hits: u64,
    /// Calls for which the store had nothing.
    pub misses: u64,
    /// Values written.
    pub writes: u64,
    /// Operations that failed or took too long.
    pub errors: u64,
    /// Operations left out because the store had failed again and again.
    pub skipped: u64,
    /// Keys whose change has not reached the store yet.
    pub unsettled: u64,
    /// Whether memory hears of what others change.
    pub tracking: Tracking,
    /// Changes by others that put an end to what was in memory, or being loaded.
    pub invalidations: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) writes: AtomicU64,
    errors: AtomicU64,
    skipped: AtomicU64,
    pub(super) invalidations: AtomicU64,
}

/// Whether it may be over when the store is asked again.
pub(super) fn is_passing(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. } | StoreError::Timeout { .. })
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Stores a value unless there is one; says whether it was stored.
pub(super) async fn add(store: &dyn Store, key: &str, bytes: &[u8], ttl: Option<Duration>) -> Result<bool, StoreError> {
    match store.add(key, bytes, ttl).await {
        Err(StoreError::AlreadyExists { .. }) => Ok(false),
        added => added.map(|()| true),
    }
}

pub(super) struct Back {
    pub(super) store: Arc<dyn Store>,
    hooks: Arc<[Arc<dyn Hook>]>,
    /// Where deletions and clearings are told to others, which they are even if there is nothing to delete.
    pub(super) teller: Arc<dyn Store>,
    /// How long a call waits for the store.
    pub(super) limit: Duration,
    pub(super) ledger: Lock<Ledger>,
    pub(super) reads: Lock<Breaker>,
    changes: Lock<Breaker>,
    /// Where writes run that are decided outside of a runtime.
    runtime: Lock<Option<Handle>>,
    /// What begins the keys of this cache, if they have that in common.
    pub(super) prefix: Option<String>,
    /// Where the store tells of changes, and who we are there.
    feed: Option<(Changes, u64)>,
    /// What ends its keys since it was cleared, where the store could not clear them; empty before that.
    generation: Lock<String>,
    /// Told whenever something is written.
    pub(super) settled: Notify,
    pub(super) tally: Tally,
}

/// A load that is running.
pub(super) struct Load {
    back: Arc<Back>,
    pub(super) key: String,
    began: u64,
}

impl Drop for Load {
    fn drop(&mut self) {
        self.back.ledger.lock().end(&self.key);
    }
}

impl Back {
    pub(super) fn new(
        (store, teller): (Arc<dyn Store>, Arc<dyn Store>),
        hooks: Arc<[Arc<dyn Hook>]>,
        limit: Duration,
        prefix: Option<String>,
        feed: Option<(Changes, u64)>,
    ) -> Self {
        Self {
            store,
            teller,
            hooks,
            limit,
            ledger: Lock::default(),
            reads: Lock::default(),
            changes: Lock::default(),
            runtime: Lock::default(),
            prefix,
            feed,
            generation: Lock::default(),
            settled: Notify::new(),
            tally: Tally::default(),
        }
    }

    pub(super) fn stats(&self) -> TierStats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Tally { hits, misses, writes, errors, skipped, invalidations } = &self.tally;
        let tracking = self.feed.as_ref().map(|(changes, _)| changes.tracking());
        let unsettled = self.ledger.lock().unsettled() as u64;
        TierStats {
            hits: of(hits),
            misses: of(misses),
            writes: of(writes),
            errors: of(errors),
            skipped: of(skipped),
            unsettled,
            tracking: tracking.unwrap_or_default(),
            invalidations: of(invalidations),
        }
    }

    /// The runtime at hand, or the last one that was.
    pub(super) fn handle(&self) -> Option<Handle> {
        let mut known = self.runtime.lock();
        if let Ok(handle) = Handle::try_current() {
            *known = Some(handle);
        }
        known.clone()
    }

    /// Begins a load.
    pub(super) fn begin(self: &Arc<Self>, key: String) -> (Load, Sight) {
        let (sight, began) = self.ledger.lock().begin(&key);
        if !matches!(sight, Sight::Ask) {
            // Whoever was to write it may have gone with its runtime.
            self.work_on(&key);
            self.work_on_clearing();
        }
        (Load { back: self.clone(), key, began }, sight)
    }

    /// Asks the store for what a call waits for.
    pub(super) async fn ask<T>(
        &self,
        operation: Operation,
        question: impl Future<Output = Result<(T, Read), StoreError>>,
    ) -> Result<T, StoreError> {
        self.within(self.limit, &self.reads, operation, question).await
    }

    /// What a read finds out without the store.
    pub(super) fn sight(&self, key: &str) -> Sight {
        self.ledger.lock().sight(key)
    }

    /// Has the store change something.
    pub(super) async fn tell<T>(
        &self,
        operation: Operation,
        order: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let order = async { Ok((order.await?, Read::default())) };
        self.within(PATIENCE, &self.changes, operation, order).await
    }

    /// Asks the store, within a limit, unless it is left alone.
    async fn within<T>(
        &self,
        limit: Duration,
        breaker: &Lock<Breaker>,
        operation: Operation,
        question: impl Future<Output = Result<(T, Read), StoreError>>,
    ) -> Result<T, StoreError> {
        if !breaker.lock().lets_through(Instant::now()) {
            count(&self.tally.skipped);
            return Err(StoreError::Unavailable { reason: "it has failed again and again".to_owned() });
        }
        let question = async { timeout(limit, question).await.unwrap_or(Err(StoreError::Timeout { limit })) };
        let answer = watched(&self.hooks, operation, question).await;
        let Err(error) = &answer else {
            breaker.lock().succeeded();
            return answer;
        };
        count(&self.tally.errors);
        if !is_passing(error) {
            breaker.lock().succeeded();
        } else if breaker.lock().failed(Instant::now()) {
            // A connection that does not even say that it is lost is given up.
            let store = self.store.clone();
            tokio::spawn(async move { store.close().await });
        }
        answer
    }

    /// Forgets a key, or stores its value, from now on.
    pub(super) fn decide(self: &Arc<Self>, key: &str, change: Change) {
        if self.ledger.lock().decide(key, change) {
            self.work_on(key);
        } else {
            self.work_on_clearing();
        }
    }

    /// Forgets all keys, from now on.
    pub(super) fn clear(self: &Arc<Self>) {
        if self.prefix.is_some() {
            self.ledger.lock().clear();
            self.work_on_clearing();
        } else {
            self.begin_generation();
            self.ledger.lock().forget();
        }
    }

    /// Another process has changed a key, or all of them: what running loads bring is not written.
    pub(super) fn overtake(&self, key: Option<&str>) {
        self.ledger.lock().overtake(key);
        // Who waits for a write that is left out has waited for it.
        self.settled.notify_waiters();
    }

    /// Tells the other caches of this process, which share the store's connection, of a change.
    pub(super) fn tell_others(&self, key: &str) {
        if let Some((changes, number)) = &self.feed {
            changes.changed_by(*number, key);
        }
    }

    /// From now on other keys are used.
    pub(super) fn begin_generation(&self) {
        *self.generation.lock() = format!("@{}", &unique()[..12]);
    }

    /// What ends the keys.
    pub(super) fn generation(&self) -> String {
        self.generation.lock().clone()
    }

    /// Sees to it that what is to be written under a key is written.
    pub(super) fn work_on(self: &Arc<Self>, key: &str) {
        let Some(runtime) = self.handle() else { return };
        let Some(change) = self.ledger.lock().take(key) else { return };
        runtime.spawn(Duty::new(self.clone(), key).run(change));
    }

    fn work_on_clearing(self: &Arc<Self>) {
        let Some(runtime) = self.handle() else { return };
        if self.ledger.lock().take_clear() {
            runtime.spawn(ClearingDuty(self.clone()).run());
        }
    }

    /// Waits until all is written that was decided before. It does not end while the store is away.
    pub(super) async fn settle(self: &Arc<Self>) {
        loop {
            let settled = self.settled.notified();
            {
                let ledger = self.ledger.lock();
                if ledger.is_settled() {
                    return;
                }
            }
            // What was decided where there was no runtime has nobody yet.
            let waiting = self.ledger.lock().waiting();
            for key in waiting {
                self.work_on(&key);
            }
            self.work_on_clearing();
            settled.await;
        }
    }
}

impl Load {
    /// Has the value of the load stored, unless something was decided on its key meanwhile; waits for it, but not for long.
    pub(super) async fn bring(&self, change: Change) {
        let written = self.back.ledger.lock().bring(&self.key, self.began, change);
        if let Some(written) = written {
            self.back.work_on(&self.key);
            // Who does not wait for it any more does not stop it.
            let _ = timeout(self.back.limit, written).await;
        }
    }
}
