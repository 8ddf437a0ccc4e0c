//! Memory in front of a store: one flight over both, and what was decided last holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{Memory, Store, Tiered, TypedStore};
use cachetools::{Cache, CallExt, ManualClock, Outcome};

use crate::told::Told;

const SECOND: Duration = Duration::from_secs(1);

fn over(store: &Arc<Told>) -> Tiered<u32, u32> {
    Cache::builder().name("f").store(TypedStore::new(store.clone()).namespace("ns")).build()
}

async fn get(cache: &Tiered<u32, u32>, brings: u32) -> (u32, Outcome) {
    cache.get_with(1, async move { brings }).traced().await
}

#[tokio::test]
async fn what_one_process_loaded_another_finds() {
    let store = Arc::new(Told::new());
    let (one, other) = (over(&store), over(&store));
    assert_eq!(get(&one, 10).await, (10, Outcome::Ran));
    assert_eq!(get(&one, 11).await, (10, Outcome::Hit));
    assert_eq!(get(&other, 12).await, (10, Outcome::Store));
    assert_eq!(get(&other, 13).await, (10, Outcome::Hit));
    assert_eq!(store.memory.exists("ns:f:1").await, Ok(true));
    let stats = other.tier_stats();
    assert_eq!((stats.hits, stats.misses, stats.writes, stats.errors), (1, 0, 0, 0));
}

// Law 1
#[tokio::test]
async fn ten_thousand_callers_of_one_key_ask_the_store_once() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    let runs = Arc::new(AtomicU32::new(0));
    let callers = (0..10_000).map(|_| {
        let (cache, runs) = (cache.clone(), runs.clone());
        tokio::spawn(async move {
            let load = async {
                tokio::task::yield_now().await;
                runs.fetch_add(1, Ordering::SeqCst)
            };
            cache.get_with(1, load).await
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap(), 0);
    }
    assert_eq!((runs.load(Ordering::SeqCst), store.gets(), store.sets()), (1, 1, 1));
}

// Law 3
#[tokio::test]
async fn a_failure_is_not_stored() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    let failed: Result<u32, String> = cache.try_get_with(1, async { Err("no".to_owned()) }).await;
    assert_eq!(failed, Err("no".to_owned()));
    assert_eq!(store.sets(), 0);
    assert_eq!(cache.try_get_with(1, async { Ok::<_, String>(1) }).await, Ok(1));
}

#[tokio::test]
async fn what_is_not_worth_keeping_is_kept_nowhere() {
    let store = Arc::new(Told::new());
    let builder = Cache::<u32, u32>::builder().cache_if(|value| *value > 5);
    let cache = builder.store(TypedStore::new(store.clone())).build();
    assert_eq!(get(&cache, 1).await, (1, Outcome::Ran));
    assert_eq!(store.sets(), 0);
    assert_eq!(get(&cache, 6).await, (6, Outcome::Ran));
    assert_eq!(store.sets(), 1);
}

// Law 8
#[tokio::test]
async fn what_comes_from_the_store_lives_as_long_as_it_has_left_there() {
    let clock = ManualClock::new();
    let bytes = Arc::new(Memory::new(100).clock(clock.clone()));
    let of = || {
        let builder = Cache::<u32, u32>::builder().ttl(SECOND * 10).clock(clock.clone());
        builder.store(TypedStore::new(bytes.clone())).build()
    };
    let (one, other) = (of(), of());
    get(&one, 1).await;
    clock.advance(SECOND * 6);
    assert_eq!(get(&other, 2).await, (1, Outcome::Store));
    clock.advance(SECOND * 3);
    assert_eq!(get(&other, 3).await, (1, Outcome::Hit));
    clock.advance(SECOND);
    assert_eq!(get(&other, 4).await, (4, Outcome::Ran));
}

// Law 8
#[tokio::test]
async fn a_life_that_is_drawn_is_drawn_once_for_both() {
    let clock = ManualClock::new();
    let bytes = Arc::new(Memory::new(100).clock(clock.clone()));
    let builder = Cache::<u32, u32>::builder().name("f").ttl(SECOND..=SECOND * 1000).clock(clock.clone());
    let cache = builder.store(TypedStore::new(bytes.clone())).build();
    assert_eq!(cache.near().parameters().ttl, Some((SECOND..=SECOND * 1000).into()));
    for key in 0..20 {
        if key % 2 == 0 {
            cache.get_with(key, async { 1 }).await;
        } else {
            cache.insert(key, 1);
        }
    }
    cache.flush().await;
    for _ in 0..1000 {
        for key in 0..20 {
            let stored = bytes.exists(&format!(":f:{key}")).await.unwrap();
            assert_eq!(cache.near().contains(&key), stored);
        }
        clock.advance(SECOND);
    }
}

// What came of a run lives in memory no longer than in the store.
#[tokio::test]
async fn a_ttl_of_the_store_holds_in_memory_too() {
    let clock = ManualClock::new();
    let store = TypedStore::new(Memory::new(100).clock(clock.clone())).default_ttl(SECOND * 10);
    let cache = Cache::<u32, u32>::builder().clock(clock.clone()).store(store).build();
    assert_eq!(cache.near().parameters().ttl, Some((SECOND * 10).into()));
    assert_eq!(get(&cache, 1).await, (1, Outcome::Ran));
    clock.advance(SECOND * 10);
    assert_eq!(get(&cache, 2).await, (2, Outcome::Ran));
}

#[tokio::test]
async fn a_ttl_of_the_store_holds_where_the_cache_has_none() {
    let clock = ManualClock::new();
    let store = TypedStore::new(Memory::new(100).clock(clock.clone())).default_ttl(SECOND * 10);
    let of = || Cache::<u32, u32>::builder().clock(clock.clone()).store(store.clone()).build();
    let (one, other) = (of(), of());
    get(&one, 1).await;
    clock.advance(SECOND * 6);
    get(&other, 2).await;
    clock.advance(SECOND * 4);
    assert_eq!(get(&other, 3).await, (3, Outcome::Ran));
}

#[tokio::test]
async fn without_memory_each_call_asks_the_store_and_concurrent_ones_share_it() {
    let store = Arc::new(Told::new());
    let cache = Cache::<u32, u32>::builder().store(TypedStore::new(store.clone())).memory(false).build();
    assert_eq!(get(&cache, 1).await, (1, Outcome::Ran));
    assert_eq!(get(&cache, 2).await, (1, Outcome::Store));
    let load = || {
        cache.get_with(2, async {
            tokio::task::yield_now().await;
            7
        })
    };
    assert_eq!(tokio::join!(load(), load(), load()), (7, 7, 7));
    assert_eq!(store.gets(), 3);
    assert_eq!(cache.near().info().currsize, 0);
}

#[tokio::test]
async fn insert_invalidate_and_refresh_reach_both() {
    let store = Arc::new(Told::new());
    let (one, other) = (over(&store), over(&store));
    one.insert(1, 5);
    one.flush().await;
    assert_eq!(get(&other, 6).await, (5, Outcome::Store));
    assert_eq!(one.get_with(1, async { 7 }).refresh().await, 7);
    let third = over(&store);
    assert_eq!(get(&third, 8).await, (7, Outcome::Store));
    assert!(third.invalidate(&1));
    third.flush().await;
    assert_eq!(store.memory.len(), 0);
    assert_eq!(get(&over(&store), 9).await, (9, Outcome::Ran));
}

#[tokio::test]
async fn clear_takes_the_values_of_this_cache_and_of_no_other() {
    let store = Arc::new(Told::new());
    let typed = TypedStore::new(store.clone()).namespace("ns");
    let other: Tiered<u32, u32> = Cache::builder().name("ff").store(typed.clone()).build();
    let cache = over(&store);
    get(&other, 1).await;
    get(&cache, 2).await;
    cache.clear();
    cache.flush().await;
    assert_eq!(store.memory.exists("ns:ff:1").await, Ok(true));
    assert_eq!(store.memory.exists("ns:f:1").await, Ok(false));
    assert_eq!(get(&cache, 3).await, (3, Outcome::Ran));
}

// Law 6
#[tokio::test]
async fn until_the_deletion_is_acknowledged_the_old_value_is_not_read() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    get(&cache, 1).await;
    store.writes.forget_permits(usize::MAX);
    cache.invalidate(&1);
    assert_eq!(store.memory.exists("ns:f:1").await, Ok(true));
    let mut load = Box::pin(get(&cache, 2));
    // It runs its body, and waits for the write behind the deletion.
    for _ in 0..10 {
        assert!(futures::poll!(&mut load).is_pending());
        tokio::task::yield_now().await;
    }
    store.writes.add_permits(2);
    assert_eq!(load.await, (2, Outcome::Ran));
    cache.flush().await;
    assert_eq!(get(&over(&store), 3).await, (2, Outcome::Store));
}

// Law 6
#[tokio::test]
async fn what_was_inserted_is_read_before_the_store_has_it() {
    let store = Arc::new(Told::new());
    let builder = Cache::<u32, u32>::builder().name("f");
    let cache = builder.store(TypedStore::new(store.clone())).memory(false).build();
    get(&cache, 1).await;
    store.writes.forget_permits(usize::MAX);
    cache.insert(1, 2);
    assert_eq!(get(&cache, 3).await, (2, Outcome::Store));
    cache.clear();
    // Not even what is on its way.
    let mut load = Box::pin(get(&cache, 4));
    assert!(futures::poll!(&mut load).is_pending());
    store.writes.add_permits(100);
    assert_eq!(load.await, (4, Outcome::Ran));
}

// Law 6
#[tokio::test]
async fn what_a_load_brings_after_an_invalidation_is_stored_nowhere() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut old = Box::pin(cache.get_with(1, async {
        wait.await.unwrap();
        1
    }));
    while store.gets() == 0 {
        assert!(futures::poll!(&mut old).is_pending());
    }
    assert!(futures::poll!(&mut old).is_pending());
    cache.invalidate(&1);
    assert_eq!(get(&cache, 2).await, (2, Outcome::Ran));
    go.send(()).unwrap();
    assert_eq!(old.await, 1);
    cache.flush().await;
    assert_eq!(get(&cache, 3).await, (2, Outcome::Hit));
    assert_eq!(get(&over(&store), 4).await, (2, Outcome::Store));
}

// Law 12
#[tokio::test]
async fn a_store_that_fails_is_none_of_the_callers_business() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    store.fails.store(true, Ordering::SeqCst);
    assert_eq!(get(&cache, 1).await, (1, Outcome::Ran));
    assert_eq!(get(&cache, 2).await, (1, Outcome::Hit));
    assert_eq!(cache.tier_stats().errors, 2);
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_reaches_the_store_when_it_is_back() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    get(&cache, 1).await;
    store.fails.store(true, Ordering::SeqCst);
    cache.invalidate(&1);
    tokio::time::sleep(SECOND * 60).await;
    assert_eq!(store.memory.exists("ns:f:1").await, Ok(true));
    assert_eq!(cache.tier_stats().unsettled, 1);
    store.fails.store(false, Ordering::SeqCst);
    // Its value may be known to this process only.
    assert_eq!(get(&cache, 2).await, (2, Outcome::Ran));
    while cache.tier_stats().unsettled > 0 {
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(get(&over(&store), 3).await, (2, Outcome::Store));
}

// Law 12
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_write_that_has_failed_before() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    get(&cache, 1).await;
    store.fails.store(true, Ordering::SeqCst);
    cache.invalidate(&1);
    let begin = tokio::time::Instant::now();
    // The deletion fails while this call waits for its own write, which is behind it.
    assert_eq!(get(&cache, 2).await, (2, Outcome::Ran));
    assert_eq!(begin.elapsed(), Duration::ZERO);
    cache.invalidate(&1);
    assert_eq!(get(&cache, 3).await, (3, Outcome::Ran));
    assert_eq!(begin.elapsed(), Duration::ZERO);
    store.fails.store(false, Ordering::SeqCst);
    cache.flush().await;
    assert_eq!(get(&over(&store), 4).await, (3, Outcome::Store));
}

// Law 12
#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_costs_its_limit_and_is_then_left_alone() {
    let store = Arc::new(Told { reads_take: SECOND * 3600, ..Told::new() });
    let cache = over(&store);
    let begin = tokio::time::Instant::now();
    for key in 0..100 {
        assert_eq!(cache.get_with(key, async move { key }).await, key);
    }
    let stats = cache.tier_stats();
    assert!(stats.skipped > 80, "{stats:?}");
    assert!(begin.elapsed() < SECOND * 6, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_damaged_value_is_loaded_anew_and_replaced() {
    let store = Arc::new(Told::new());
    get(&over(&store), 1).await;
    let mut bytes = store.memory.get("ns:f:1").await.unwrap().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    store.memory.set("ns:f:1", &bytes, None).await.unwrap();
    assert_eq!(get(&over(&store), 2).await, (2, Outcome::Ran));
    assert_eq!(get(&over(&store), 3).await, (2, Outcome::Store));
}

#[tokio::test]
async fn where_keys_cannot_be_cleared_others_are_used() {
    let store = Arc::new(Told { clears: false, ..Told::new() });
    let cache = over(&store);
    get(&cache, 1).await;
    cache.clear();
    cache.flush().await;
    assert_eq!(get(&cache, 2).await, (2, Outcome::Ran));
    cache.near().clear();
    assert_eq!(get(&cache, 3).await, (2, Outcome::Store));
    // Keys of one's own making have nothing in common to be cleared by.
    let typed = TypedStore::new(store.clone()).key_with(|name: &str, args: &str| format!("{args}/{name}"));
    let custom: Tiered<u32, u32> = Cache::builder().name("g").store(typed).build();
    get(&custom, 1).await;
    assert_eq!(store.memory.exists("1/g").await, Ok(true));
    custom.clear();
    assert_eq!(get(&custom, 2).await, (2, Outcome::Ran));
}

// Law 4
#[tokio::test]
async fn a_lead_that_leaves_while_it_asks_the_store_harms_nobody() {
    let store = Arc::new(Told { reads_take: Duration::from_millis(1), ..Told::new() });
    let cache = over(&store);
    let mut lead = Box::pin(get(&cache, 1));
    assert!(futures::poll!(&mut lead).is_pending());
    let mut waiter = Box::pin(get(&cache, 2));
    assert!(futures::poll!(&mut waiter).is_pending());
    drop(lead);
    assert_eq!(waiter.await, (2, Outcome::Ran));
}

#[test]
fn what_was_decided_outside_of_a_runtime_is_written_in_the_next_one() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    cache.insert(1, 1);
    assert_eq!(store.sets(), 0);
    runtime().block_on(cache.flush());
    assert_eq!(store.sets(), 1);
    // This time the runtime that it knows is gone.
    cache.invalidate(&1);
    runtime().block_on(async {
        assert_eq!(get(&cache, 2).await, (2, Outcome::Ran));
        cache.flush().await;
        assert_eq!(get(&over(&store), 3).await, (2, Outcome::Store));
    });
}

#[tokio::test]
async fn an_uncached_call_leaves_the_store_alone() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    assert_eq!(cache.get_with(1, async { 1 }).uncached().await, 1);
    assert_eq!((store.gets(), store.sets()), (0, 0));
    cache.close(cachetools::Close::Wait).await;
    assert_eq!(get(&cache, 1).await, (1, Outcome::Ran));
    assert_eq!((store.gets(), store.sets()), (0, 0));
}

#[tokio::test]
async fn a_call_that_a_cancelling_close_sets_free_leaves_the_store_alone() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    let mut lead = Box::pin(cache.get_with(1, std::future::pending()));
    while store.gets() == 0 {
        assert!(futures::poll!(&mut lead).is_pending());
        tokio::task::yield_now().await;
    }
    let mut waiter = Box::pin(get(&cache, 2));
    assert!(futures::poll!(&mut waiter).is_pending());
    cache.close(cachetools::Close::Cancel).await;
    assert_eq!(waiter.await, (2, Outcome::Ran));
    assert_eq!((store.gets(), store.sets()), (1, 0));
}

#[test]
fn without_tokio_memory_is_all_there_is() {
    let store = Arc::new(Told::new());
    let cache = over(&store);
    assert_eq!(futures::executor::block_on(get(&cache, 1)), (1, Outcome::Ran));
    assert_eq!(futures::executor::block_on(get(&cache, 2)), (1, Outcome::Hit));
    assert_eq!(store.gets(), 0);
}

fn leased(bytes: &Memory) -> Tiered<u32, u32> {
    Cache::builder().name("f").store(TypedStore::new(bytes.clone())).lease(SECOND * 10).build()
}

// AI-81, AI-97
#[tokio::test]
async fn of_two_processes_one_runs_and_the_other_waits_for_its_value() {
    let bytes = Memory::new(100);
    let (one, other) = (leased(&bytes), leased(&bytes));
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let first = tokio::spawn(async move {
        let load = async {
            wait.await.unwrap();
            1
        };
        one.get_with(1, load).traced().await
    });
    while !bytes.exists(":f:1-lock").await.unwrap() {
        tokio::task::yield_now().await;
    }
    let mut second = Box::pin(get(&other, 2));
    for _ in 0..100 {
        assert!(futures::poll!(&mut second).is_pending());
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    assert_eq!(second.await, (1, Outcome::Store));
    assert_eq!(first.await.unwrap(), (1, Outcome::Ran));
    // The lease is given back.
    while bytes.exists(":f:1-lock").await.unwrap() {
        tokio::task::yield_now().await;
    }
}

// AI-84, AI-99
#[tokio::test]
async fn a_lease_is_given_back_by_a_run_that_fails_and_by_one_that_is_dropped() {
    let bytes = Memory::new(100);
    let (one, other) = (leased(&bytes), leased(&bytes));
    let failed: Result<u32, String> = one.try_get_with(1, async { Err("no".to_owned()) }).await;
    assert!(failed.is_err());
    let mut dropped = Box::pin(one.get_with(1, std::future::pending()));
    while !bytes.exists(":f:1-lock").await.unwrap() {
        assert!(futures::poll!(&mut dropped).is_pending());
        tokio::task::yield_now().await;
    }
    drop(dropped);
    assert_eq!(get(&other, 2).await, (2, Outcome::Ran));
}

// AI-82, AI-98, AI-102
#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_lease() {
    let bytes = Memory::new(100);
    // Of a process that died a moment ago.
    bytes.add(":f:1-lock", b"its token", Some(SECOND * 10)).await.unwrap();
    let begin = tokio::time::Instant::now();
    assert_eq!(get(&leased(&bytes), 2).await, (2, Outcome::Ran));
    assert!(begin.elapsed() >= SECOND * 10 && begin.elapsed() < SECOND * 11, "{:?}", begin.elapsed());
    // What is not ours is not given back.
    assert_eq!(bytes.get(":f:1-lock").await, Ok(Some(b"its token".to_vec())));
}
