//! Law 10: bounded by default, and what has expired or was invalidated is given back without a call for its key.

use std::sync::Arc;
use std::time::Duration;

use cachetools::{Cache, ManualClock};

use crate::support::{Loads, Task, each_kind, info, running};

const SECOND: Duration = Duration::from_secs(1);

/// A value that shows by its count how many of it are alive.
type Counted = Arc<()>;

fn alive(counted: &Counted) -> usize {
    Arc::strong_count(counted) - 1
}

each_kind! {
    fn unless_told_otherwise_a_cache_keeps_128_entries(kind) {
        let cache = Cache::builder().build();
        for key in 0..1000 {
            Task::new(kind.get_with(&cache, key, async move { key })).end();
        }
        assert_eq!(cache.info(), info(0, 1000, 128, 128));
        assert!((872..1000).all(|key| cache.contains(&key)), "the last 128");
    }

    fn what_has_expired_is_given_back_by_the_traffic_of_other_keys(kind) {
        let (clock, counted) = (ManualClock::new(), Counted::default());
        let cache = Cache::builder().unbounded().ttl(SECOND).clock(clock.clone()).build();
        for key in 0..1000_u32 {
            let value = counted.clone();
            Task::new(kind.get_with(&cache, key, async move { value })).end();
        }
        assert_eq!(alive(&counted), 1000);
        clock.advance(SECOND);
        // As many again, of other keys: in each of the shards there is traffic.
        for key in 1000..2000 {
            let value = counted.clone();
            Task::new(kind.get_with(&cache, key, async move { value })).end();
        }
        assert_eq!(alive(&counted), 1000);
    }

    fn calls_that_fail_leave_nothing_alive(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let counted = Counted::default();
        for key in 0..1000 {
            let error = counted.clone();
            let result = Task::new(kind.try_get_with(&cache, key, async move { Err::<u32, _>(error) })).end();
            drop(result.expect_err("it fails"));
            assert_eq!(alive(&counted), 0);
        }
        assert_eq!((cache.info(), running(&cache)), (info(0, 1000, 128, 0), 0));
    }

    fn a_failure_takes_no_slot_and_evicts_nothing(kind) {
        let cache: Cache<u32, u32> = Cache::builder().lru(2).build();
        cache.insert(1, 10);
        cache.insert(2, 20);
        let loads = Loads::new();
        let mut failing = Task::waiting(kind.try_get_with(&cache, 3, loads.body()));
        assert_eq!(cache.info().currsize, 2);
        loads.end(0, Err("no"));
        assert_eq!(failing.end(), Err("no"));
        assert_eq!((cache.peek(&1), cache.peek(&2)), (Some(10), Some(20)));
    }

    fn a_running_call_takes_no_slot_and_evicts_nothing(kind) {
        let cache: Cache<u32, u32> = Cache::builder().lru(1).build();
        cache.insert(1, 10);
        let loads = Loads::new();
        let mut callers: Vec<_> = (2..10).map(|key| Task::waiting(kind.get_with(&cache, key, loads.body()))).collect();
        assert_eq!((cache.peek(&1), running(&cache)), (Some(10), 8));
        for (number, caller) in callers.iter_mut().enumerate() {
            loads.end(number, 0);
            caller.end();
        }
        assert_eq!((cache.peek(&1), cache.info().currsize, running(&cache)), (None, 1, 0));
    }

    fn keys_are_given_back_with_their_values(kind) {
        let cache: Cache<Arc<u32>, u32> = Cache::builder().lru(2).build();
        let keys: Vec<_> = (0..5).map(Arc::new).collect();
        for key in &keys {
            Task::new(kind.get_with(&cache, key.clone(), async { 0 })).end();
        }
        let held: Vec<_> = keys.iter().map(|key| Arc::strong_count(key) - 1).collect();
        assert_eq!(held, [0, 0, 0, 1, 1]);
        cache.clear();
        assert!(keys.iter().all(|key| Arc::strong_count(key) == 1));
    }
}

#[test]
fn the_least_recently_used_goes_first() {
    let cache = Cache::builder().lru(3).build();
    for key in [1, 2, 3] {
        cache.insert(key, key);
    }
    assert_eq!(cache.get(&1), Some(1));
    cache.insert(2, 22);
    cache.insert(4, 4);
    assert_eq!([1, 2, 3, 4].map(|key| cache.contains(&key)), [true, true, false, true]);
}

#[test]
fn the_expired_go_before_the_living() {
    let clock = ManualClock::new();
    let cache = Cache::builder().lru(2).ttl(10 * SECOND).clock(clock.clone()).build();
    cache.insert(1, 1);
    clock.advance(5 * SECOND);
    cache.insert(2, 2);
    // 1 is the most recently used, and the first to expire.
    assert_eq!(cache.get(&1), Some(1));
    clock.advance(5 * SECOND);
    cache.insert(3, 3);
    assert_eq!([1, 2, 3].map(|key| cache.contains(&key)), [false, true, true]);
    let evictions = cache.stats().evictions;
    assert_eq!((evictions.expired, evictions.evicted), (1, 0));
}

#[test]
fn a_larger_cache_holds_its_capacity_to_the_entry() {
    for capacity in [1025, 3000, 4096] {
        let cache = Cache::builder().lru(capacity).build();
        for key in 0..capacity * 8 {
            cache.insert(key, ());
        }
        assert_eq!(cache.info().currsize, capacity as u64);
    }
}

#[test]
fn what_is_invalidated_replaced_or_cleared_is_dropped_at_once() {
    let counted = Counted::default();
    let cache = Cache::builder().build();
    for key in 0..10 {
        cache.insert(key, counted.clone());
    }
    cache.invalidate(&0);
    assert_eq!(alive(&counted), 9);
    cache.insert(1, Counted::default());
    assert_eq!(alive(&counted), 8);
    cache.clear();
    assert_eq!(alive(&counted), 0);
}

#[test]
fn what_has_expired_can_be_taken_out_by_hand() {
    let (clock, counted) = (ManualClock::new(), Counted::default());
    let cache = Cache::builder().unbounded().ttl(SECOND).clock(clock.clone()).build();
    for key in 0..100_000 {
        cache.insert(key, counted.clone());
    }
    clock.advance(SECOND);
    cache.remove_expired();
    assert_eq!(alive(&counted), 0);
}

#[test]
fn an_unbounded_cache_keeps_all() {
    let cache = Cache::builder().unbounded().build();
    for key in 0..10_000 {
        cache.insert(key, key);
    }
    assert_eq!(cache.info(), info(0, 0, None, 10_000));
    assert_eq!(cache.info().to_string(), "CacheInfo(hits=0, misses=0, maxsize=None, currsize=10000)");
}
