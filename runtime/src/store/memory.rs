//! A store in this process's memory.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::api::{Answer, Store};
use super::error::StoreError;
use super::number::sum;
use super::ttl::Remaining;
use crate::cache::Cache;
use crate::ground::clock::{Clock, SystemClock};
use crate::ground::sync::{Lock, MutexGuard};

/// Keeps values in a [`Cache`] of this process: the least recently used goes first. A clone is the same store.
///
/// `memory://?capacity=100` as a URL.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    cache: Cache<String, Entry>,
    /// Every write holds it, so that what reads and then writes is one step. When which key expires; of a key that was evicted
    /// it may say so yet.
    deadlines: Lock<BTreeSet<(Duration, String)>>,
    clock: Box<dyn Clock>,
}

#[derive(Clone)]
struct Entry {
    value: Arc<[u8]>,
    deadline: Option<Duration>,
}

impl Memory {
    /// A store of up to `capacity` values. With 0 nothing is kept.
    pub fn new(capacity: usize) -> Self {
        Self::of(Cache::builder().lru(capacity).build(), SystemClock)
    }

    /// A store without a bound.
    pub fn unbounded() -> Self {
        Self::of(Cache::builder().unbounded().build(), SystemClock)
    }

    /// The same, empty, with the time read from `clock`.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        let maxsize = self.0.cache.info().maxsize;
        let builder = Cache::builder();
        let builder = match maxsize {
            Some(capacity) => builder.lru(usize::try_from(capacity).unwrap_or(usize::MAX)),
            None => builder.unbounded(),
        };
        Self::of(builder.build(), clock)
    }

    fn of(cache: Cache<String, Entry>, clock: impl Clock) -> Self {
        Self(Arc::new(Inner { cache, deadlines: Lock::default(), clock: Box::new(clock) }))
    }

    /// How many values are stored, those that expired since the last write included.
    pub fn len(&self) -> usize {
        usize::try_from(self.0.cache.info().currsize).unwrap_or(usize::MAX)
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("info", &self.0.cache.info()).finish_non_exhaustive()
    }
}

impl Default for Memory {
    /// 128 values.
    fn default() -> Self {
        Self::new(128)
    }
}

impl Inner {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn live(&self, entry: Entry) -> Option<Entry> {
        // The clock is read only if there is a deadline.
        entry.deadline.is_none_or(|deadline| self.now() < deadline).then_some(entry)
    }

    /// The value, and that it was used.
    fn get(&self, key: &str) -> Option<Entry> {
        self.live(self.cache.get(key)?)
    }

    fn peek(&self, key: &str) -> Option<Entry> {
        self.live(self.cache.peek(key)?)
    }

    fn remaining(&self, entry: &Entry) -> Remaining {
        match entry.deadline {
            Some(deadline) => Remaining::For(deadline.saturating_sub(self.now())),
            None => Remaining::Never,
        }
    }

    /// Begins a write: what has expired leaves first.
    fn write(&self) -> Write<'_> {
        let mut deadlines = self.deadlines.lock();
        if !deadlines.is_empty() {
            let now = self.now();
            while deadlines.first().is_some_and(|(deadline, _)| *deadline <= now) {
                let Some((deadline, key)) = deadlines.pop_first() else { break };
                if self.cache.peek(&key).is_some_and(|entry| entry.deadline == Some(deadline)) {
                    self.cache.invalidate(&key);
                }
            }
        }
        Write { inner: self, deadlines }
    }
}

/// The one write of a moment.
struct Write<'a> {
    inner: &'a Inner,
    deadlines: MutexGuard<'a, BTreeSet<(Duration, String)>>,
}

impl Write<'_> {
    fn remove(&mut self, key: &str) -> bool {
        let Some(entry) = self.inner.cache.peek(key) else { return false };
        self.forget(key, &entry);
        self.inner.cache.invalidate(key)
    }

    fn forget(&mut self, key: &str, entry: &Entry) {
        if let Some(deadline) = entry.deadline {
            self.deadlines.remove(&(deadline, key.to_owned()));
        }
    }

    fn set(&mut self, key: &str, value: Arc<[u8]>, ttl: Option<Duration>) {
        if ttl == Some(Duration::ZERO) {
            self.remove(key);
        } else {
            let deadline = ttl.and_then(|ttl| self.inner.now().checked_add(ttl));
            self.put(key, Entry { value, deadline });
        }
    }

    fn put(&mut self, key: &str, entry: Entry) {
        if let Some(old) = self.inner.cache.peek(key) {
            self.forget(key, &old);
        }
        if let Some(deadline) = entry.deadline {
            self.deadlines.insert((deadline, key.to_owned()));
        }
        self.inner.cache.insert(key.to_owned(), entry);
        self.tidy();
    }

    /// Forgets the deadlines of keys that were evicted, now and then, so that they do not outgrow the values.
    fn tidy(&mut self) {
        if self.deadlines.len() > 64 && self.deadlines.len() as u64 > 2 * self.inner.cache.info().currsize {
            let cache = &self.inner.cache;
            self.deadlines
                .retain(|(deadline, key)| cache.peek(key).is_some_and(|entry| entry.deadline == Some(*deadline)));
        }
    }
}

/// The store never waits: its answers are ready.
fn ready<'a, T: Send + 'a>(answer: impl FnOnce() -> Result<T, StoreError> + Send + 'a) -> Answer<'a, T> {
    Box::pin(async move { answer() })
}

impl Store for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        ready(|| Ok(self.0.get(key).map(|entry| entry.value.to_vec())))
    }

    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        ready(|| Ok(self.0.get(key).map(|entry| (entry.value.to_vec(), self.0.remaining(&entry)))))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        ready(move || {
            self.0.write().set(key, value.into(), ttl);
            Ok(())
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        ready(|| Ok(self.0.write().remove(key)))
    }

    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        ready(move || {
            let mut write = self.0.write();
            if self.0.peek(key).is_some() {
                return Err(StoreError::AlreadyExists { key: key.to_owned() });
            }
            write.set(key, value.into(), ttl);
            Ok(())
        })
    }

    fn exists<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        ready(|| Ok(self.0.peek(key).is_some()))
    }

    fn increment<'a>(&'a self, key: &'a str, by: i64) -> Answer<'a, i64> {
        ready(move || {
            let mut write = self.0.write();
            let old = self.0.peek(key);
            let sum = sum(key, old.as_ref().map(|entry| &*entry.value), by)?;
            let deadline = old.and_then(|entry| entry.deadline);
            write.put(key, Entry { value: sum.to_string().into_bytes().into(), deadline });
            Ok(sum)
        })
    }

    fn expire<'a>(&'a self, key: &'a str, ttl: Option<Duration>) -> Answer<'a, bool> {
        ready(move || {
            let mut write = self.0.write();
            let entry = self.0.peek(key);
            Ok(entry.map(|entry| write.set(key, entry.value, ttl)).is_some())
        })
    }

    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        ready(|| Ok(self.0.peek(key).map(|entry| self.0.remaining(&entry))))
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        ready(move || {
            let mut write = self.0.write();
            if prefix.is_empty() {
                write.deadlines.clear();
                self.0.cache.clear();
            } else {
                let keys = self.0.cache.iter().map(|(key, _)| key);
                for key in keys.filter(|key| key.starts_with(prefix)).collect::<Vec<_>>() {
                    write.remove(&key);
                }
            }
            Ok(())
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: &'a [u8],
        value: &'a [u8],
        ttl: Option<Duration>,
    ) -> Answer<'a, bool> {
        ready(move || {
            let mut write = self.0.write();
            let same = self.0.peek(key).is_some_and(|entry| *entry.value == *expected);
            if same {
                write.set(key, value.into(), ttl);
            }
            Ok(same)
        })
    }

    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        ready(move || {
            let mut write = self.0.write();
            Ok(self.0.peek(key).is_some_and(|entry| *entry.value == *expected) && write.remove(key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::clock::ManualClock;
    use futures::executor::block_on;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn deadlines_of_evicted_keys_do_not_pile_up() {
        let store = Memory::new(10);
        for n in 0..10_000 {
            block_on(store.set(&format!("k{n}"), b"v", Some(SECOND * 1000))).unwrap();
        }
        assert_eq!(store.len(), 10);
        assert!(store.0.deadlines.lock().len() <= 65);
    }

    #[test]
    fn the_expired_leave_with_the_next_write_of_any_key() {
        let clock = ManualClock::new();
        let store = Memory::default().clock(clock.clone());
        for n in 0..50 {
            block_on(store.set(&format!("k{n}"), b"v", Some(SECOND))).unwrap();
        }
        clock.advance(SECOND);
        block_on(store.set("other", b"v", None)).unwrap();
        assert_eq!(store.len(), 1);
        assert!(store.0.deadlines.lock().is_empty());
    }

    #[test]
    fn a_key_that_was_cleared_and_set_again_does_not_die_of_its_old_deadline() {
        let clock = ManualClock::new();
        let store = Memory::default().clock(clock.clone());
        block_on(store.set("k", b"old", Some(SECOND))).unwrap();
        block_on(store.clear("")).unwrap();
        block_on(store.set("k", b"new", None)).unwrap();
        clock.advance(SECOND);
        block_on(store.set("other", b"v", None)).unwrap();
        assert_eq!(block_on(store.get("k")).unwrap(), Some(b"new".to_vec()));
    }

    #[test]
    fn reading_keeps_a_value_from_being_the_next_to_go() {
        let store = Memory::new(2);
        for key in ["k1", "k2"] {
            block_on(store.set(key, b"v", None)).unwrap();
        }
        block_on(store.get("k1")).unwrap();
        block_on(store.add("k3", b"v", None)).unwrap();
        let left = |key| block_on(store.exists(key)).unwrap();
        assert_eq!([left("k1"), left("k2"), left("k3")], [true, false, true]);
    }
}
