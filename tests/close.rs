//! Closing: from then on calls run as the plain function, and what is stored stays readable.

use std::cell::Cell;
use std::task::Poll;

use cachetools::{Cache, Close};

use crate::support::{Kind, Loads, Task, each_kind, info, running, settle};

fn close(cache: &Cache<u32, u32>, how: Close) -> Task<'static, ()> {
    let cache = cache.clone();
    Task::new(async move { cache.close(how).await })
}

each_kind! {
    fn close_and_wait_ends_when_the_last_running_call_has_ended(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..3).map(|key| Task::waiting(kind.get_with(&cache, key, loads.body()))).collect();
        let mut closes = close(&cache, Close::Wait);
        assert!(!cache.parameters().closed, "nothing happens until it is polled");
        assert!(closes.poll().is_pending());
        assert!(cache.parameters().closed);
        for number in [2, 0] {
            loads.end(number, 10);
            assert_eq!(callers[number].end(), 10);
            assert!(!closes.is_woken() || closes.poll().is_pending());
        }
        loads.end(1, 10);
        assert_eq!(callers[1].end(), 10);
        closes.end();
        assert_eq!(cache.info(), info(0, 3, 128, 3), "what they brought is kept");
        assert_eq!(close(&cache, Close::Wait).poll(), Poll::Ready(()), "a second time is no error");
    }

    fn close_and_wait_ends_when_the_last_caller_leaves(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::<u32>::new();
        let caller = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut closes = close(&cache, Close::Wait);
        assert!(closes.poll().is_pending());
        drop(caller);
        closes.end();
    }

    fn close_and_wait_waits_for_calls_that_were_invalidated(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut caller = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        cache.invalidate(&1);
        let mut closes = close(&cache, Close::Wait);
        assert!(closes.poll().is_pending());
        loads.end(0, 10);
        assert_eq!(caller.end(), 10);
        closes.end();
    }

    fn close_and_wait_outlives_calls_that_fail_and_panic(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut failing = Task::waiting(kind.try_get_with(&cache, 1, loads.body()));
        let mut panicking = Task::waiting(kind.try_get_with(&cache, 2, loads.body()));
        let mut closes = close(&cache, Close::Wait);
        assert!(closes.poll().is_pending());
        loads.end(0, Err("no"));
        assert_eq!(failing.end(), Err("no"));
        loads.panic(1);
        assert!(panicking.poll_caught().is_err());
        closes.end();
    }

    fn close_and_cancel_lets_callers_go_on_as_the_plain_function(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        assert_eq!(close(&cache, Close::Cancel).poll(), Poll::Ready(()), "it ends at once");
        settle(&mut callers);
        assert_eq!(loads.started(), 3, "each runs its own body");
        for number in 0..3_u32 {
            loads.end(number as usize, number);
        }
        let mut got: Vec<_> = settle(&mut callers).into_iter().flatten().collect();
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2]);
        assert_eq!((running(&cache), cache.peek(&1)), (0, None));
    }

    fn close_and_cancel_with_its_leader_gone_drops_the_body(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        drop(leader);
        close(&cache, Close::Cancel).end();
        assert!(waiter.poll().is_pending());
        assert_eq!((loads.live(), loads.dropped(), running(&cache)), (1, 1, 0));
        loads.end(1, 11);
        assert_eq!(waiter.end(), 11);
    }

    fn after_close_calls_run_and_what_is_stored_is_read(kind) {
        let cache = Cache::builder().build();
        cache.insert(1, 9);
        close(&cache, Close::Wait).end();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..2).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        assert_eq!(loads.started(), 2);
        loads.end(0, 10);
        loads.end(1, 11);
        assert_eq!(settle(&mut callers), [Some(10), Some(11)]);
        assert_eq!((cache.get(&1), cache.peek(&1), cache.contains(&1)), (Some(9), Some(9), true));
        assert!(cache.invalidate(&1));
        cache.clear();
        assert_eq!(cache.info(), info(0, 0, 128, 0));
    }

    fn a_body_may_close_its_own_cache(kind) {
        let cache = Cache::builder().build();
        let own = cache.clone();
        let mut caller = Task::new(kind.get_with(&cache, 1, async move {
            own.close(Close::Cancel).await;
            10
        }));
        assert_eq!(caller.end(), 10);
        assert_eq!((running(&cache), cache.parameters().closed), (0, true));
    }
}

#[test]
fn a_waiter_that_was_driving_when_the_cache_was_closed_goes_on_as_the_plain_function() {
    for kind in [Kind::Shared, Kind::Detached] {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let (gates, loads) = (Loads::new(), Loads::new());
        let (own, gate) = (cache.clone(), gates.body());
        let parked = Task::waiting(kind.get_with(&cache, 1, async move {
            gate.await;
            own.close(Close::Cancel).await;
            // It never ends: that is why it was closed.
            std::future::pending().await
        }));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        gates.end(0, ());
        // Its poll runs the body that closes the cache.
        assert!(waiter.poll().is_pending());
        if waiter.is_woken() {
            assert!(waiter.poll().is_pending());
        }
        assert_eq!(loads.started(), 1);
        loads.end(0, 11);
        assert_eq!(waiter.end(), 11);
        drop(parked);
        assert_eq!(running(&cache), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn close_and_wait_waits_for_detached_calls_whose_callers_have_left() {
    let cache = Cache::builder().build();
    let loads = Loads::new();
    drop(Task::waiting(Kind::Detached.get_with(&cache, 1, loads.body())));
    let mut closes = close(&cache, Close::Wait);
    assert!(closes.poll().is_pending());
    loads.end(0, 10);
    tokio::task::yield_now().await;
    closes.end();
    assert_eq!(cache.peek(&1), Some(10));
}

#[test]
fn a_cache_that_is_closed_under_its_own_lock_is_closed_when_the_lock_is_free() {
    thread_local! {
        static ON_CLONE: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    }
    struct Acts;
    impl Clone for Acts {
        fn clone(&self) -> Self {
            if let Some(act) = ON_CLONE.take() {
                act();
            }
            Self
        }
    }
    let cache = Cache::<u32, Acts>::builder().build();
    cache.insert(1, Acts);
    let own = cache.clone();
    ON_CLONE.set(Some(Box::new(move || {
        let mut closes = Task::new(async move { own.close(Close::Wait).await });
        assert!(closes.poll().is_pending(), "how many are running can't be known here");
    })));
    assert!(cache.get(&1).is_some());
    assert!(cache.parameters().closed);
}
