//! What is counted, and when.

use std::cell::Cell;
use std::time::Duration;

use cachetools::{Cache, ManualClock};

use crate::support::{Kind, Loads, Task, each_kind, info, running, settle};

each_kind! {
    fn who_joins_counts_as_a_hit_at_the_moment_it_joins(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::<u32>::new();
        let _leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        assert_eq!(cache.info(), info(0, 1, 128, 0));
        let _waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        assert_eq!(cache.info(), info(1, 1, 128, 0));
        let stats = cache.stats();
        assert_eq!((stats.hits, stats.coalesced, stats.misses, stats.loads, stats.running), (0, 1, 1, 1, 1));
    }

    fn hits_and_misses_add_up_to_the_calls(kind) {
        let cache = Cache::builder().lru(2).build();
        for call in 0..100_u32 {
            Task::new(kind.get_with(&cache, call * call % 5, async { 0 })).end();
        }
        let info = cache.info();
        assert_eq!(info.hits + info.misses, 100);
        assert_eq!(cache.stats().loads, info.misses);
    }

    fn a_load_that_changes_hands_is_one_miss_and_several_loads(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        loads.panic(0);
        assert!(callers[0].poll_caught().is_err());
        callers.remove(0);
        settle(&mut callers);
        loads.end(1, 10);
        settle(&mut callers);
        let stats = cache.stats();
        assert_eq!((stats.misses, stats.coalesced, stats.loads, stats.load_errors), (1, 2, 2, 1));
    }

    fn clearing_sets_all_to_zero_but_what_is_running(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut running = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let _joined = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        cache.insert(2, 20);
        cache.get(&2);
        cache.insert(2, 21);
        cache.invalidate(&2);
        cache.clear();
        let stats = cache.stats();
        assert_eq!(stats.running, 1);
        assert_eq!(cachetools::CacheStats::default(), { let mut stats = stats; stats.running = 0; stats });
        loads.end(0, 10);
        assert_eq!(running.end(), 10);
        assert_eq!(cache.stats().running, 0);
    }

    fn errors_are_counted_once_for_each_run(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..8).map(|_| Task::waiting(kind.try_get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, Err("no"));
        settle(&mut callers);
        let stats = cache.stats();
        assert_eq!((stats.misses, stats.coalesced, stats.loads, stats.load_errors), (1, 7, 1, 1));
    }
}

#[test]
fn a_look_counts_if_it_finds_and_nothing_is_loaded() {
    let cache = Cache::builder().build();
    assert_eq!(cache.get(&1), None);
    cache.insert(1, 10);
    assert_eq!((cache.get(&1), cache.peek(&1)), (Some(10), Some(10)));
    assert_eq!(cache.info(), info(1, 0, 128, 1));
}

#[test]
fn what_leaves_is_counted_by_its_cause() {
    let clock = ManualClock::new();
    let cache = Cache::builder().lru(2).ttl(Duration::from_secs(10)).clock(clock.clone()).build();
    for key in [1, 2, 3] {
        cache.insert(key, key);
    }
    cache.insert(3, 33);
    cache.invalidate(&3);
    clock.advance(Duration::from_secs(10));
    assert_eq!(cache.info().currsize, 0);
    let evictions = cache.stats().evictions;
    assert_eq!(
        (evictions.evicted, evictions.replaced, evictions.invalidated, evictions.expired),
        (1, 1, 1, 1),
        "1 made room, 3 was rewritten and invalidated, 2 expired"
    );
}

#[tokio::test(start_paused = true)]
async fn a_detached_load_that_its_own_task_drives_is_one_load() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    let loads = Loads::new();
    let mut callers: Vec<_> = (0..3).map(|_| Task::waiting(Kind::Detached.get_with(&cache, 1, loads.body()))).collect();
    loads.panic(0);
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    assert!(callers[0].poll_caught().is_err(), "its task ran the body, and the panic is the caller's");
    callers.remove(0);
    settle(&mut callers);
    assert_eq!((loads.started(), cache.stats().loads), (2, 2));
    loads.end(1, 10);
    assert_eq!(settle(&mut callers), [Some(10); 2]);
    tokio::task::yield_now().await;
    assert_eq!((cache.stats().loads, cache.stats().running), (2, 0));
}

#[test]
fn who_takes_over_from_a_landing_that_panicked_is_counted_as_running() {
    thread_local! {
        /// The clone that panics, counted from the next.
        static PANICS: Cell<u32> = const { Cell::new(0) };
    }
    struct Fragile;
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            let left = PANICS.get();
            PANICS.set(left.saturating_sub(1));
            if left == 1 {
                std::panic::resume_unwind(Box::new("as meant"));
            }
            Self
        }
    }
    for kind in [Kind::Inline, Kind::Shared] {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(0, Fragile);
        // The first is for the table, the second for those who wait.
        PANICS.set(2);
        assert!(leader.poll_caught().is_err());
        PANICS.set(0);
        assert!(waiter.poll().is_pending());
        assert_eq!((loads.started(), cache.stats().running), (2, 1));
        loads.end(1, Fragile);
        waiter.end();
        assert_eq!(cache.stats().running, 0);
    }
}

/// What a body sees of its own cache in its first poll.
#[test]
fn a_call_is_counted_and_found_while_its_body_is_polled_for_the_first_time() {
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        let cache = Cache::builder().build();
        let own = cache.clone();
        let seen = kind.get_with(&cache, 1, async move { (own.info(), own.stats().running, own.contains(&1)) });
        assert_eq!(Task::new(seen).end(), (info(0, 1, 128, 0), 1, true));
    }
}

/// What a body does to its own cache in its first poll.
#[test]
fn a_call_that_is_invalidated_in_its_own_first_poll_is_not_stored() {
    let forget: [fn(&Cache<u32, u32>); 3] =
        [|cache| assert!(cache.invalidate(&1), "it is running"), Cache::clear, |cache| cache.insert(1, 99)];
    for (number, forget) in forget.into_iter().enumerate() {
        for (kind, pends) in
            [Kind::Inline, Kind::Shared, Kind::Detached].into_iter().flat_map(|kind| [(kind, false), (kind, true)])
        {
            let cache = Cache::builder().build();
            let (own, gates) = (cache.clone(), Loads::new());
            let gate = gates.body();
            let mut call = Task::new(kind.get_with(&cache, 1, async move {
                forget(&own);
                if pends {
                    gate.await;
                }
                10
            }));
            if pends {
                assert!(call.poll().is_pending());
                gates.end(0, ());
            }
            assert_eq!(call.end(), 10);
            assert_eq!((cache.peek(&1), running(&cache)), ((number == 2).then_some(99), 0));
        }
    }
}
