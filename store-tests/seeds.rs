//! What the tests of aiocache and of Asyncio Caches pin down about decorated functions, with a store behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{Fail, Memory, Null, Remaining, Store, StoreError, Tiered, TypedStore};
use cachetools::{Cache, CallExt, ManualClock, Outcome, cached};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::support;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Runs(AtomicU32);

impl Runs {
    async fn next(&self) -> u32 {
        tokio::task::yield_now().await;
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

// PC-14: with a life of no time at all, calls are joined and nothing is kept.
#[tokio::test]
async fn concurrent_calls_are_joined_although_nothing_is_stored() {
    let (bytes, runs) = (Memory::new(10), Runs::default());
    let cache: Tiered<u8, u32> = Cache::builder().ttl(Duration::ZERO).store(TypedStore::new(bytes.clone())).build();
    assert_eq!(join_all((0..10).map(|_| cache.get_with(1, runs.next()))).await, [1; 10]);
    for expected in 2..=11 {
        assert_eq!(cache.get_with(1, runs.next()).await, expected);
    }
    assert!(bytes.is_empty());
}

// PC-15
#[tokio::test]
async fn a_store_that_keeps_nothing_joins_calls_too() {
    let runs = Runs::default();
    let cache: Tiered<u8, u32> = Cache::builder().store(TypedStore::new(Null)).memory(false).build();
    assert_eq!(join_all((0..3).map(|_| cache.get_with(1, runs.next()))).await, [1; 3]);
    assert_eq!(cache.get_with(1, runs.next()).await, 2);
}

// PC-16, inverted: one that leaves takes nobody along.
#[tokio::test]
async fn of_three_waiters_one_may_leave() {
    let runs = Runs::default();
    let cache: Tiered<u8, u32> = Cache::builder().store(TypedStore::new(Memory::new(10))).build();
    for who in 0..3 {
        cache.clear();
        cache.flush().await;
        let mut calls: Vec<_> = (0..3).map(|_| Box::pin(cache.get_with(1, runs.next()))).collect();
        for call in &mut calls {
            assert!(futures::poll!(call).is_pending());
        }
        drop(calls.remove(who));
        let answers = join_all(calls).await;
        assert_eq!(answers[0], answers[1]);
    }
}

// PC-17, AI-76, AI-83
#[tokio::test]
async fn concurrent_calls_that_fail_share_one_run_and_store_nothing() {
    let (bytes, runs) = (Memory::new(10), Runs::default());
    let cache: Tiered<u8, u32> = Cache::builder().store(TypedStore::new(bytes.clone())).build();
    let call = || cache.try_get_with(1, async { Err::<u32, u32>(runs.next().await) });
    assert_eq!(join_all((0..3).map(|_| call())).await, [Err(1); 3]);
    assert_eq!(call().await, Err(2));
    assert!(bytes.is_empty());
}

async fn left(store: &TypedStore, key: &str) -> Duration {
    match store.ttl(key).await.unwrap() {
        Some(Remaining::For(left)) => left,
        other => panic!("{key}: {other:?}"),
    }
}

// PC-20, PC-21, AI-68: lives hold in the store as in memory.
#[tokio::test]
async fn each_value_draws_a_life_between_the_two() {
    let store = TypedStore::new(Memory::new(1000));
    let cache: Tiered<u32, u32> =
        Cache::builder().name("f").ttl((SECOND * 100)..=(SECOND * 200)).store(store.clone()).build();
    let mut lives = Vec::new();
    for key in 0..200 {
        cache.get_with(key, async move { key }).await;
        lives.push(left(&store, &format!("f:{key}")).await);
    }
    assert!(lives.iter().all(|life| (SECOND * 90..=SECOND * 200).contains(life)));
    lives.sort();
    lives.dedup();
    assert!(lives.len() > 150, "{}", lives.len());
}

// PC-22, inverted: a function of key and value says how long.
#[tokio::test]
async fn a_life_may_depend_on_key_and_value() {
    let clock = ManualClock::new();
    let store = TypedStore::new(Memory::new(10).clock(clock.clone()));
    let builder = Cache::<u32, Option<u32>>::builder().name("f").clock(clock.clone());
    let life = |key: &u32, value: &Option<u32>| value.map(|value| SECOND * (key + value));
    let cache = builder.ttl_with(life).store(store.clone()).build();
    cache.get_with(1, async { Some(9) }).await;
    cache.get_with(2, async { None }).await;
    assert_eq!(left(&store, "f:1").await, SECOND * 10);
    assert_eq!(store.ttl("f:2").await, Ok(Some(Remaining::Never)));
    clock.advance(SECOND * 10);
    assert_eq!(cache.get_with(1, async { Some(8) }).traced().await, (Some(8), Outcome::Ran));
}

/// A value of which one can tell whether it is the same object.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct Described(Arc<str>);

impl From<String> for Described {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Described> for String {
    fn from(described: Described) -> Self {
        described.0.as_ref().to_owned()
    }
}

static BYTES: std::sync::LazyLock<Memory> = std::sync::LazyLock::new(Memory::unbounded);

#[cached(ttl = 60, store = TypedStore::new(BYTES.clone()).namespace("seeds"))]
async fn described(text: &str) -> Described {
    text.to_owned().into()
}

#[cached(store = TypedStore::new(BYTES.clone()).namespace("seeds"))]
async fn described_otherwise(text: &str) -> String {
    format!("otherwise {text}")
}

// PC-12, PC-13, AI-80: the same object for the same arguments, another one after an invalidation.
#[tokio::test]
async fn the_same_object_is_served_until_it_is_invalidated() {
    let (first, again, other) = (described("a").await, described("a").await, described("b").await);
    assert!(Arc::ptr_eq(&first.0, &again.0));
    assert!(!Arc::ptr_eq(&first.0, &other.0));
    assert!(described::cache_invalidate("a"));
    assert!(!Arc::ptr_eq(&first.0, &described("a").await.0));
}

// PC-24, PC-26, AI-69, AI-70, AI-79: one store for all functions, whose paths keep them apart.
#[tokio::test]
async fn functions_that_share_a_store_do_not_share_values() {
    assert_eq!(&*described("c").await.0, "c");
    assert_eq!(described_otherwise("c").await, "otherwise c");
    assert_eq!(BYTES.exists(r#"seeds:stores::seeds::described:"c""#).await, Ok(true));
    assert_eq!(BYTES.exists(r#"seeds:stores::seeds::described_otherwise:"c""#).await, Ok(true));
}

// AI-73: a call that does not read writes, and one that is not cached does neither.
#[tokio::test]
async fn a_call_says_whether_it_reads() {
    let bytes = Memory::new(10);
    let cache: Tiered<u8, u8> = Cache::builder().name("f").store(TypedStore::new(bytes.clone())).build();
    assert_eq!(cache.get_with(1, async { 1 }).uncached().await, 1);
    assert!(bytes.is_empty());
    assert_eq!(cache.get_with(1, async { 2 }).await, 2);
    assert_eq!(cache.get_with(1, async { 3 }).refresh().traced().await, (3, Outcome::Ran));
    assert_eq!(TypedStore::new(bytes).get("f:1").await, Ok(Some(3)));
}

// AI-101: where the store cannot have such a lease, each process runs.
#[tokio::test]
async fn a_lease_may_be_a_fraction_of_a_second_where_the_store_can_count_it() {
    let fixtures = [support::memory(), support::sqlite(), support::redis(), support::memcached()];
    for fixture in fixtures.into_iter().flatten() {
        let store = TypedStore::new(fixture.store.clone()).namespace(&fixture.key("ns"));
        let builder = || Cache::<u8, u8>::builder().name("f").store(store.clone()).lease(Duration::from_millis(1500));
        assert_eq!(builder().build().get_with(1, async { 1 }).await, 1);
        assert_eq!(builder().build().get_with(1, async { 2 }).await, 1);
        let strict = builder().on_store_error(Fail).build();
        let answer = strict.try_get_with(2, async { Ok::<u8, StoreError>(1) }).await;
        if fixture.fractions {
            assert_eq!(answer, Ok(1));
        } else {
            assert!(matches!(answer, Err(StoreError::InvalidTtl { .. })), "{answer:?}");
        }
    }
}

// AI-110
#[tokio::test]
async fn a_cache_that_is_closed_leaves_the_store_with_all_that_was_decided() {
    let (bytes, runs) = (Memory::new(10), Runs::default());
    let cache: Tiered<u8, u32> = Cache::builder().store(TypedStore::new(bytes.clone())).build();
    cache.get_with(1, runs.next()).await;
    cache.insert(2, 7);
    cache.close(cachetools::Close::Wait).await;
    assert_eq!((bytes.len(), runs.count()), (2, 1));
}
