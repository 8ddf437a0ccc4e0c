//! Law 8: time starts when the value is stored; at exactly `ttl` it is gone; a read does not extend it, a rewrite does. `currsize`
//! never counts the expired. `ttl = 0` joins callers and keeps nothing; `lru = 0` does neither.

use std::time::Duration;

use cachetools::{Cache, ManualClock};

use crate::support::{Loads, Task, each_kind, info, running, settle};

const SECOND: Duration = Duration::from_secs(1);

fn timed(ttl: Duration) -> (ManualClock, Cache<u32, u32>) {
    let clock = ManualClock::new();
    (clock.clone(), Cache::builder().ttl(ttl).clock(clock).build())
}

each_kind! {
    fn a_load_that_takes_longer_than_the_ttl_lives_its_whole_ttl(kind) {
        let (clock, cache) = timed(10 * SECOND);
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        clock.advance(60 * SECOND);
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(0, 10);
        assert_eq!((leader.end(), waiter.end()), (10, 10));
        clock.advance(Duration::from_nanos(9_999_999_999));
        assert_eq!(cache.peek(&1), Some(10));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(cache.peek(&1), None);
    }

    fn at_exactly_the_ttl_a_call_runs_again(kind) {
        let (clock, cache) = timed(10 * SECOND);
        let call = |value| Task::new(kind.get_with(&cache, 1, async move { value })).end();
        assert_eq!(call(10), 10);
        clock.advance(Duration::from_nanos(9_999_999_999));
        assert_eq!(call(11), 10);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(call(12), 12);
        assert_eq!(cache.info(), info(1, 2, 128, 1));
    }

    fn a_read_does_not_extend_a_life(kind) {
        let (clock, cache) = timed(10 * SECOND);
        let call = |value| Task::new(kind.get_with(&cache, 1, async move { value })).end();
        assert_eq!(call(10), 10);
        for _ in 0..9 {
            clock.advance(SECOND);
            assert_eq!((call(11), cache.get(&1)), (10, Some(10)));
        }
        clock.advance(SECOND);
        assert_eq!((cache.get(&1), call(12)), (None, 12));
    }

    fn with_a_ttl_of_zero_callers_join_and_nothing_is_kept(kind) {
        let (_, cache) = timed(Duration::ZERO);
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..10).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, 1);
        assert_eq!(settle(&mut callers), [Some(1); 10]);
        assert_eq!((loads.started(), cache.peek(&1), cache.info()), (1, None, info(9, 1, 128, 0)));
        for run in 2..=5 {
            assert_eq!(Task::new(kind.get_with(&cache, 1, async move { run })).end(), run);
        }
        assert_eq!(cache.info(), info(9, 5, 128, 0));
    }

    fn with_room_for_nothing_callers_do_not_join_and_nothing_is_kept(kind) {
        let cache = Cache::builder().lru(0).build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..4).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        assert_eq!((loads.started(), running(&cache)), (4, 0));
        for run in [2, 0, 3, 1] {
            loads.end(run, run);
            assert_eq!(callers[run].end(), run);
        }
        assert_eq!((cache.peek(&1), cache.info()), (None, info(0, 4, 0, 0)));
    }
}

#[test]
fn a_rewrite_gives_a_new_life() {
    let (clock, cache) = timed(10 * SECOND);
    cache.insert(1, 10);
    clock.advance(6 * SECOND);
    cache.insert(1, 11);
    clock.advance(6 * SECOND);
    assert_eq!(cache.peek(&1), Some(11));
    clock.advance(4 * SECOND);
    assert_eq!(cache.peek(&1), None);
}

#[test]
fn the_size_never_counts_the_expired() {
    let (clock, cache) = timed(10 * SECOND);
    for key in 0..5 {
        cache.insert(key, key);
        clock.advance(SECOND);
    }
    for left in (0..5).rev() {
        clock.advance(if left == 4 { 5 * SECOND } else { SECOND });
        assert_eq!(cache.info().currsize, left);
        assert_eq!(cache.iter().count() as u64, left);
    }
}

#[test]
fn what_has_expired_is_absent_for_every_verb() {
    let (clock, cache) = timed(SECOND);
    cache.insert(1, 10);
    clock.advance(SECOND);
    assert_eq!((cache.get(&1), cache.peek(&1), cache.contains(&1), cache.iter().next()), (None, None, false, None));
    assert!(!cache.invalidate(&1));
    assert_eq!(cache.info(), info(0, 0, 128, 0));
}

#[test]
fn a_value_that_is_inserted_with_a_ttl_of_zero_is_not_kept() {
    let (_, cache) = timed(Duration::ZERO);
    cache.insert(1, 10);
    assert_eq!((cache.peek(&1), cache.info().currsize), (None, 0));
}

#[test]
fn a_ttl_beyond_the_end_of_the_clock_is_for_ever() {
    let (clock, cache) = timed(Duration::MAX);
    clock.advance(SECOND);
    cache.insert(1, 10);
    clock.advance(Duration::from_secs(60 * 60 * 24 * 365 * 100));
    assert_eq!(cache.peek(&1), Some(10));
}

#[test]
fn without_a_ttl_a_value_lives_for_ever_and_the_clock_is_not_read() {
    struct Unread;
    impl cachetools::Clock for Unread {
        fn now(&self) -> Duration {
            panic!("nobody asked for the time")
        }
    }
    let cache = Cache::builder().clock(Unread).build();
    cache.insert(1, 10);
    assert_eq!((cache.get(&1), cache.info()), (Some(10), info(1, 0, 128, 1)));
}
