//! The calls of W2: `(&str, u32) -> Arc<str>`, where the key has to be looked up by references, or made for the occasion.

use std::sync::{Arc, LazyLock};

use equivalent::Equivalent;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use quick_cache::sync::Cache as Quick;

use crate::calls::{
    CACHED, CACHED_BY_KEY, CACHED_CONCURRENT, FLOOR, FOYER_SAFE, MOKA_SAFE, OURS, OURS_INLINE, QUICK, QUICK_SAFE,
    Subject,
};

/// How many keys there are.
pub(crate) const KEYS: usize = 1024;
/// The keys: texts of 24 bytes.
pub(crate) static NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..KEYS).map(|number| format!("user-{number:07}-of-the-club")).collect());

/// The second part of every key.
pub(crate) const REGION: u32 = 7;

/// Something to be done with every call.
pub(crate) trait VisitTexts {
    fn call(&mut self, subject: Subject, call: impl AsyncFn(&str, u32) -> Arc<str> + Copy + 'static);
}

type Key = (String, u32);

/// What one has to write by hand to look up by references in a peer that can.
#[derive(Hash)]
struct View<'a>(&'a str, u32);

impl Equivalent<Key> for View<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

#[expect(clippy::unused_async, reason = "a body is what runs when all else is done")]
async fn body(name: &str, _: u32) -> Arc<str> {
    name.into()
}

#[cachetools::cached(lru = 10000)]
pub(crate) async fn ours(name: &str, region: u32) -> Arc<str> {
    body(name, region).await
}

#[cachetools::cached(lru = 10000, flight = inline)]
async fn ours_inline(name: &str, region: u32) -> Arc<str> {
    body(name, region).await
}

pub(crate) async fn quick(name: &str, region: u32) -> Arc<str> {
    static CACHE: LazyLock<Quick<Key, Arc<str>>> = LazyLock::new(|| Quick::new(10000));
    if let Some(value) = CACHE.get(&View(name, region)) {
        return value;
    }
    let value = body(name, region).await;
    CACHE.insert((name.to_owned(), region), value.clone());
    value
}

pub(crate) async fn quick_safe(name: &str, region: u32) -> Arc<str> {
    static CACHE: LazyLock<Quick<Key, Arc<str>>> = LazyLock::new(|| Quick::new(10000));
    let load = async { Ok::<_, std::convert::Infallible>(body(name, region).await) };
    match CACHE.get_or_insert_async(&(name.to_owned(), region), load).await {
        Ok(value) => value,
    }
}

async fn moka_safe(name: &str, region: u32) -> Arc<str> {
    static CACHE: LazyLock<moka::future::Cache<Key, Arc<str>>> = LazyLock::new(|| moka::future::Cache::new(10000));
    CACHE.get_with((name.to_owned(), region), body(name, region)).await
}

#[cached::macros::cached(max_size = 10000)]
async fn plain(name: &str, region: u32) -> Arc<str> {
    body(name, region).await
}

#[cached::macros::cached(max_size = 10000, sync_writes = "by_key")]
async fn by_key(name: &str, region: u32) -> Arc<str> {
    body(name, region).await
}

#[cached::macros::concurrent_cached(max_size = 10000)]
async fn concurrent(name: &str, region: u32) -> Arc<str> {
    body(name, region).await
}

async fn foyer_safe(name: &str, region: u32) -> Arc<str> {
    static CACHE: LazyLock<foyer_memory::Cache<Key, Arc<str>>> = LazyLock::new(|| crate::calls::foyer(10000));
    let key = (name.to_owned(), region);
    let owned = name.to_owned();
    let load = move || async move { Ok::<_, std::io::Error>(body(&owned, region).await) };
    CACHE.get_or_fetch(&key, load).await.expect("the body does not fail").value().clone()
}

/// The floor: a map that is full from the start, and nobody writes.
pub(crate) async fn floor(name: &str, region: u32) -> Arc<str> {
    static MAP: LazyLock<HashMap<Key, Arc<str>, RandomState>> =
        LazyLock::new(|| NAMES.iter().map(|name| ((name.clone(), REGION), name.as_str().into())).collect());
    MAP.get(&View(name, region)).cloned().unwrap_or_else(|| name.into())
}

/// Every call of W2.
pub(crate) fn all(visit: &mut impl VisitTexts) {
    visit.call(FLOOR, floor);
    visit.call(OURS, ours);
    visit.call(OURS_INLINE, ours_inline);
    visit.call(QUICK, quick);
    visit.call(QUICK_SAFE, quick_safe);
    visit.call(MOKA_SAFE, moka_safe);
    visit.call(CACHED, plain);
    visit.call(CACHED_BY_KEY, by_key);
    visit.call(CACHED_CONCURRENT, concurrent);
    visit.call(FOYER_SAFE, foyer_safe);
}
