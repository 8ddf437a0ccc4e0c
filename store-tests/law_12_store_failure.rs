//! Law 12: a store's failure is not the caller's: the call runs, the failure is counted and told. Who wants it strict gets the
//! failure instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{Fail, HitRatio, Hook, Operation, Reject, Store, StoreError, Tiered, TypedStore};
use cachetools::{Cache, CallExt, Close, Outcome};
use tokio::time::Instant;

use crate::told::Told;

const LIMIT: Duration = Duration::from_millis(500);

/// What hooks were told that is no success.
#[derive(Default)]
struct Heard(std::sync::Mutex<Vec<String>>);

impl Heard {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Hook for Heard {
    fn after(&self, operation: Operation, outcome: &cachetools::store::Outcome<'_>) {
        if let Some(error) = outcome.error {
            self.0.lock().unwrap().push(format!("{operation}: {error}"));
        }
        if outcome.given_up {
            self.0.lock().unwrap().push(format!("{operation}: given up"));
        }
    }

    fn rejected(&self, key: &str, why: Reject) {
        self.0.lock().unwrap().push(format!("{key}: {why}"));
    }
}

fn heard_over(store: &Arc<Told>) -> (Tiered<u32, u32>, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let typed = TypedStore::new(store.clone()).namespace("ns").hook(heard.clone());
    (Cache::builder().name("f").store(typed).build(), heard)
}

fn failing() -> Arc<Told> {
    let store = Arc::new(Told::new());
    store.fails.store(true, Ordering::SeqCst);
    store
}

#[tokio::test]
async fn with_a_store_that_fails_the_call_runs_and_the_failure_is_counted_and_told() {
    let (cache, heard) = heard_over(&failing());
    assert_eq!(cache.get_with(1, async { 10 }).traced().await, (10, Outcome::Ran));
    assert_eq!(cache.get_with(1, async { unreachable!() }).traced().await, (10, Outcome::Hit));
    let failed: Result<u32, String> = cache.try_get_with(2, async { Err("its own".to_owned()) }).await;
    assert_eq!(failed, Err("its own".to_owned()));
    assert_eq!(cache.tier_stats().errors, 3);
    let away = "the store is unavailable: told so";
    assert_eq!(heard.all(), [format!("get: {away}"), format!("set: {away}"), format!("get: {away}")]);
}

#[tokio::test(start_paused = true)]
async fn with_a_store_that_fails_all_verbs_hold_in_this_process() {
    let (cache, _) = heard_over(&failing());
    cache.insert(1, 10);
    assert_eq!(cache.get_with(1, async { unreachable!() }).await, 10);
    assert!(cache.invalidate(&1));
    assert_eq!(cache.get_with(1, async { 11 }).traced().await, (11, Outcome::Ran));
    cache.clear();
    assert_eq!(cache.get_with(1, async { 12 }).traced().await, (12, Outcome::Ran));
    cache.close(Close::Wait).await;
}

#[tokio::test(start_paused = true)]
async fn with_a_store_that_hangs_the_call_runs_after_the_limit_and_the_failure_is_counted_and_told() {
    let store = Arc::new(Told { reads_take: LIMIT * 1000, ..Told::new() });
    let (cache, heard) = heard_over(&store);
    let begin = Instant::now();
    assert_eq!(cache.get_with(1, async { 10 }).traced().await, (10, Outcome::Ran));
    assert_eq!(begin.elapsed(), LIMIT);
    assert_eq!(cache.tier_stats().errors, 1);
    assert_eq!(heard.all(), ["get: the store did not answer within 500ms"]);
}

#[tokio::test(start_paused = true)]
async fn with_a_store_that_takes_no_write_the_call_ends_after_the_limit() {
    let store = Arc::new(Told { writes: tokio::sync::Semaphore::new(0), ..Told::new() });
    let (cache, _) = heard_over(&store);
    let begin = Instant::now();
    assert_eq!(cache.get_with(1, async { 10 }).await, 10);
    assert_eq!(begin.elapsed(), LIMIT);
    // It is written as soon as the store takes it.
    store.writes.add_permits(1);
    cache.flush().await;
    assert_eq!(store.sets(), 1);
}

#[tokio::test]
async fn garbage_in_the_store_is_a_miss_that_is_counted_told_and_replaced() {
    let store = Arc::new(Told::new());
    let heard = Arc::new(Heard::default());
    let typed = TypedStore::new(store.clone()).namespace("ns").hook(heard.clone());
    let cache: Tiered<u32, u32> = Cache::builder().name("f").store(typed.clone()).build();
    let garbage: [&[u8]; 4] = [b"", b"garbage", &[0xff; 100], b"\xc7ct\x01 and then something else"];
    for (key, garbage) in (0..).zip(garbage) {
        store.memory.set(&format!("ns:f:{key}"), garbage, None).await.unwrap();
        assert_eq!(cache.get_with(key, async move { key + 10 }).traced().await, (key + 10, Outcome::Ran));
        assert_eq!(typed.get(&format!("f:{key}")).await, Ok(Some(key + 10)));
    }
    let stats = cache.tier_stats();
    assert_eq!((stats.errors, stats.hits, stats.misses), (0, 0, 4));
    assert_eq!((typed.rejected().foreign, typed.rejected().codec), (3, 1));
    assert_eq!(heard.all()[..2], ["ns:f:0: foreign", "ns:f:1: foreign"]);
}

#[tokio::test]
async fn hooks_see_what_a_cache_asks_its_store() {
    let ratio = Arc::new(HitRatio::default());
    let store = Arc::new(Told::new());
    let typed = TypedStore::new(store.clone()).hook(ratio.clone());
    let cache = || Cache::<u32, u32>::builder().name("f").store(typed.clone()).build();
    assert_eq!(cache().get_with(1, async { 10 }).await, 10);
    assert_eq!(cache().get_with(1, async { unreachable!() }).await, 10);
    assert_eq!((ratio.hits().hits, ratio.hits().total), (1, 2));
}

#[tokio::test]
async fn an_operation_whose_caller_leaves_is_told_as_given_up() {
    let store = Arc::new(Told { reads_take: Duration::from_millis(1), ..Told::new() });
    let (cache, heard) = heard_over(&store);
    let mut call = Box::pin(cache.get_with(1, async { 10 }));
    while store.gets() == 0 {
        assert!(futures::poll!(&mut call).is_pending());
    }
    drop(call);
    assert_eq!(heard.all(), ["get: given up"]);
}

// AI-51
#[tokio::test]
async fn a_store_that_is_switched_off_is_not_asked() {
    let store = Arc::new(Told::new());
    let typed = TypedStore::new(store.clone()).enabled(false);
    let cache: Tiered<u32, u32> = Cache::builder().store(typed).build();
    assert_eq!(cache.get_with(1, async { 10 }).traced().await, (10, Outcome::Ran));
    assert_eq!((store.gets(), store.sets()), (0, 0));
}

/// What a strict caller gets.
#[derive(Clone, Debug, PartialEq)]
enum Failed {
    Own(u32),
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn strict_over(store: &Arc<Told>) -> Tiered<u32, u32, Fail> {
    Cache::builder().name("f").store(TypedStore::new(store.clone()).namespace("ns")).on_store_error(Fail).build()
}

async fn strict(cache: &Tiered<u32, u32, Fail>, key: u32, brings: u32) -> Result<u32, Failed> {
    cache.try_get_with(key, async move { Ok(brings) }).await
}

#[tokio::test(start_paused = true)]
async fn strict_callers_all_get_the_stores_failure_and_nothing_runs() {
    let store = Arc::new(Told { reads_take: LIMIT / 10, ..Told::new() });
    store.fails.store(true, Ordering::SeqCst);
    let cache = strict_over(&store);
    let runs = AtomicU32::new(0);
    let load = || async {
        runs.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Failed>(1)
    };
    let calls = futures::future::join_all((0..100).map(|_| cache.try_get_with(1, load()))).await;
    let away = || Failed::Store(StoreError::Unavailable { reason: "told so".to_owned() });
    assert!(calls.iter().all(|call| *call == Err(away())));
    assert_eq!((store.gets(), runs.into_inner(), cache.near().info().currsize), (1, 0, 0));
    // It is asked again, and what is in memory needs no store.
    store.fails.store(false, Ordering::SeqCst);
    assert_eq!(strict(&cache, 1, 2).await, Ok(2));
    store.fails.store(true, Ordering::SeqCst);
    assert_eq!(strict(&cache, 1, 3).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn strict_callers_get_a_timeout_of_a_store_that_hangs() {
    let store = Arc::new(Told { reads_take: LIMIT * 1000, ..Told::new() });
    let error = strict(&strict_over(&store), 1, 1).await;
    assert_eq!(error, Err(Failed::Store(StoreError::Timeout { limit: LIMIT })));
}

#[tokio::test]
async fn strict_callers_get_their_own_errors_and_garbage_is_a_miss_to_them_too() {
    let store = Arc::new(Told::new());
    let cache = strict_over(&store);
    assert_eq!(cache.try_get_with(1, async { Err(Failed::Own(7)) }).await, Err(Failed::Own(7)));
    store.memory.set("ns:f:1", b"garbage", None).await.unwrap();
    assert_eq!(strict(&cache, 1, 2).await, Ok(2));
}

#[tokio::test]
async fn a_value_that_could_not_be_written_is_no_failure_to_strict_callers() {
    // Its reads work.
    let store = Arc::new(Told { writes_fail: true, ..Told::new() });
    let cache = strict_over(&store);
    assert_eq!(strict(&cache, 1, 2).await, Ok(2));
    assert_eq!(cache.tier_stats().errors, 1);
}

#[test]
fn without_a_runtime_strict_callers_get_an_error() {
    let error = futures::executor::block_on(strict(&strict_over(&Arc::new(Told::new())), 1, 1));
    assert!(matches!(error, Err(Failed::Store(StoreError::Unavailable { .. }))), "{error:?}");
}
