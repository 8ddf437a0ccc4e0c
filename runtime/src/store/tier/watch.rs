//! What others change in the store is forgotten in memory.
//!
//! The store names a change by the text of its key, and memory knows a key by its hash: an index leads from one to the other. A
//! load is entered before it reads the store, and so is a value before it is stored; what leaves is found when others are entered.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::ops::Bound::{Excluded, Unbounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::super::api::Store;
use super::super::changes::{Changes, Hear, Tracking};
use super::super::error::StoreError;
use super::back::{Back, count};
use crate::cache::Cache;
use crate::ground::key::Seed;
use crate::ground::sync::Lock;

/// While changes cannot be heard of, a value lives so long in memory: long enough to keep the callers of a busy key apart.
pub(super) const BLIND: Duration = Duration::from_secs(1);

pub(super) struct Watch<K, V> {
    near: Cache<K, V>,
    back: Arc<Back>,
    pub(super) changes: Changes,
    texts: Seed,
    index: Lock<Index>,
    /// Counts what was heard.
    heard: AtomicU64,
    /// Counts the times at which all was forgotten.
    epoch: AtomicU64,
    /// The epoch in which the store was asked for the prefix, so that it tells of a clearing.
    marked: AtomicU64,
    turned: Box<dyn Fn(Tracking) + Send + Sync>,
}

impl<K, V> Watch<K, V>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Hears of changes from now on, as the hearer of this `number`.
    pub(super) fn begin(
        near: Cache<K, V>,
        back: Arc<Back>,
        (changes, number): (Changes, u64),
        turned: Box<dyn Fn(Tracking) + Send + Sync>,
    ) -> Arc<Self> {
        let watch = Arc::new(Self {
            near,
            back,
            changes,
            texts: Seed::default(),
            index: Lock::default(),
            heard: AtomicU64::new(0),
            epoch: AtomicU64::new(1),
            marked: AtomicU64::new(0),
            turned,
        });
        let hearer: Arc<dyn Hear> = watch.clone();
        watch.changes.subscribe(number, Arc::downgrade(&hearer));
        watch
    }

    /// Forgets what others have changed. A running load keeps its callers, and what it brings is stored nowhere.
    fn forget(&self, hashes: impl IntoIterator<Item = u64>) {
        for hash in hashes {
            // The `Drop` of a value may panic; the others have to go all the same.
            let forgotten = catch_unwind(AssertUnwindSafe(|| self.near.forget_hash(hash)));
            if !matches!(forgotten, Ok(false)) {
                count(&self.back.tally.invalidations);
            }
        }
    }
}

impl<K, V> Watch<K, V> {
    /// The key of this text and hash is being loaded, or stored: from now on its changes count.
    pub(super) fn enter(&self, text: &str, hash: u64) {
        let text = self.texts.hash_one(text);
        self.index.lock().enter(text, hash, |hash| self.near.holds_hash(hash));
    }

    /// How many changes were heard.
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }

    /// How long a value may live in memory, if there is a limit. `known`: the store has been asked for its key.
    pub(super) fn limit(&self, known: bool) -> Option<Duration> {
        match self.changes.tracking() {
            Tracking::Off => None,
            Tracking::On if known => None,
            Tracking::On | Tracking::Down => Some(BLIND),
        }
    }

    /// Sees to it that clearings are told.
    pub(super) async fn mark(&self) -> Result<(), StoreError> {
        let Some(prefix) = &self.back.prefix else { return Ok(()) };
        let epoch = self.epoch.load(Ordering::SeqCst);
        if self.marked.load(Ordering::SeqCst) != epoch {
            self.back.store.exists(prefix).await?;
            self.marked.store(epoch, Ordering::SeqCst);
        }
        Ok(())
    }

    fn is_prefix(&self, key: &str) -> bool {
        self.back.prefix.as_ref().is_some_and(|prefix| prefix == key)
    }
}

impl<K, V> Hear for Watch<K, V>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn overtaken(&self, key: Option<&str>) {
        self.back.overtake(key.filter(|key| !self.is_prefix(key)));
    }

    fn changed(&self, key: &str) {
        if self.is_prefix(key) {
            return self.flushed();
        }
        self.heard.fetch_add(1, Ordering::SeqCst);
        let hashes = self.index.lock().of(self.texts.hash_one(key));
        self.forget(hashes);
    }

    fn flushed(&self) {
        self.heard.fetch_add(1, Ordering::SeqCst);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        let all = std::mem::take(&mut *self.index.lock());
        self.forget(all.entries.into_iter().map(|(_, hash)| hash));
    }

    fn turned(&self, tracking: Tracking) {
        (self.turned)(tracking);
    }
}

/// From the hash of a key's text to the hash of the key. It holds what memory holds and what is being loaded, and at the most as
/// much again that has left.
#[derive(Default)]
struct Index {
    entries: BTreeSet<(u64, u64)>,
    /// The entry that was looked at last.
    at: (u64, u64),
}

impl Index {
    fn of(&self, text: u64) -> Vec<u64> {
        self.entries.range((text, 0)..=(text, u64::MAX)).map(|(_, hash)| *hash).collect()
    }

    /// Enters one, and looks at two others: those which are not `held` any more go.
    fn enter(&mut self, text: u64, hash: u64, held: impl Fn(u64) -> bool) {
        if !self.entries.insert((text, hash)) {
            return;
        }
        for _ in 0..2 {
            let next = self.entries.range((Excluded(self.at), Unbounded)).next().or_else(|| self.entries.first());
            let Some(&next) = next else { return };
            self.at = next;
            if next != (text, hash) && !held(next.1) {
                self.entries.remove(&next);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_with_one_hash_are_both_found() {
        let mut index = Index::default();
        index.enter(7, 1, |_| true);
        index.enter(7, 2, |_| true);
        index.enter(8, 3, |_| true);
        assert_eq!(index.of(7), [1, 2]);
        assert!(index.of(9).is_empty());
    }

    #[test]
    fn a_million_keys_that_came_and_went_leave_nothing_behind() {
        let mut index = Index::default();
        let seed = Seed::default();
        // Memory holds the last thousand.
        for number in 0..1_000_000_u64 {
            index.enter(seed.hash_one(number), number, |held| held + 1000 > number);
            assert!(index.entries.len() <= 2100, "{}", index.entries.len());
        }
        for number in 999_001..1_000_000_u64 {
            assert_eq!(index.of(seed.hash_one(number)), [number]);
        }
    }
}
