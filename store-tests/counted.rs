//! A store that counts what reaches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{Answer, Remaining, Store};

pub(crate) struct Counted {
    store: Arc<dyn Store>,
    reads: AtomicU32,
    writes: AtomicU32,
}

impl Counted {
    pub(crate) fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, reads: AtomicU32::new(0), writes: AtomicU32::new(0) })
    }

    /// How many reads and writes have reached it.
    pub(crate) fn requests(&self) -> (u32, u32) {
        (self.reads.load(Ordering::SeqCst), self.writes.load(Ordering::SeqCst))
    }
}

impl Store for Counted {
    fn name(&self) -> &'static str {
        self.store.name()
    }

    fn fits(&self, key: &str) -> bool {
        self.store.fits(key)
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.get(key)
    }

    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.get_living(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.store.set(key, value, ttl)
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.store.delete(key)
    }
}
