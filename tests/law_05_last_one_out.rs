//! Law 5: when every caller of a running call is gone, the body is dropped and nothing stays in the tables; `detached` excepted.

use std::sync::Arc;
use std::time::Duration;

use cachetools::Cache;

use crate::support::{Kind, Loads, Task, each_kind, info, running, settle};

each_kind! {
    fn all_callers_dropped_the_body_is_dropped_and_the_next_call_runs_anew(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let callers: Vec<_> = (0..5).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        assert_eq!(running(&cache), 1);
        assert!(cache.contains(&1));
        drop(callers);
        assert_eq!((loads.live(), running(&cache), cache.contains(&1)), (0, 0, false));
        assert_eq!(cache.info(), info(4, 1, 128, 0));
        let before = loads.started();
        let mut next = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        assert_eq!(loads.started(), before + 1);
        loads.end(before, 10);
        assert_eq!(next.end(), 10);
    }

    fn what_the_body_holds_is_given_back_with_the_last_caller(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let held = Arc::new(());
        let call = || {
            let held = held.clone();
            kind.get_with(&cache, 1, async move {
                std::future::pending::<()>().await;
                drop(held);
                1
            })
        };
        let first = Task::waiting(call());
        let second = Task::waiting(call());
        drop(first);
        assert!(Arc::strong_count(&held) > 1);
        drop(second);
        assert_eq!(Arc::strong_count(&held), 1);
    }

    fn callers_of_an_invalidated_load_are_the_last_ones_of_it(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let old = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        cache.invalidate(&1);
        let mut new = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        assert_eq!(running(&cache), 2);
        drop(old);
        assert_eq!((loads.dropped(), loads.live(), running(&cache)), (1, 1, 1));
        loads.end(1, 11);
        assert_eq!(new.end(), 11);
    }

    fn a_body_that_calls_the_cache_when_it_is_dropped_finds_its_call_gone(kind) {
        struct Looks(Cache<u32, u32>, Arc<std::sync::Mutex<Vec<(bool, u64)>>>);
        impl Drop for Looks {
            fn drop(&mut self) {
                let seen = (self.0.contains(&1), running(&self.0));
                self.1.lock().unwrap().push(seen);
                self.0.insert(2, 22);
            }
        }
        let cache = Cache::builder().build();
        let seen = Arc::default();
        let looks = Looks(cache.clone(), Arc::clone(&seen));
        let caller = Task::waiting(kind.get_with(&cache, 1, async move {
            std::future::pending::<()>().await;
            drop(looks);
            1
        }));
        drop(caller);
        if kind.owns() {
            assert_eq!(*seen.lock().unwrap(), [(false, 0)]);
        }
        assert_eq!((cache.peek(&2), running(&cache)), (Some(22), 0));
    }

    fn a_caller_that_leaves_before_it_was_polled_leaves_no_trace(kind) {
        let cache = Cache::builder().build();
        let loads: Loads<u8> = Loads::new();
        let caller = Task::new(kind.get_with(&cache, 1, loads.body()));
        drop(caller);
        assert_eq!((running(&cache), cache.info()), (0, info(0, 0, 128, 0)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_detached_load_whose_callers_are_all_gone_ends_and_is_kept() {
    let cache = Cache::builder().build();
    let call = || {
        Kind::Detached.get_with(&cache, 1, async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            10
        })
    };
    let mut callers: Vec<_> = (0..3).map(|_| Task::waiting(call())).collect();
    assert_eq!(settle(&mut callers), [None; 3]);
    drop(callers);
    assert_eq!(running(&cache), 1);
    tokio::time::sleep(Duration::from_millis(49)).await;
    assert_eq!(cache.peek(&1), None);
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!((cache.peek(&1), running(&cache)), (Some(10), 0));
    assert_eq!(cache.info(), info(2, 1, 128, 1));
}

#[tokio::test(start_paused = true)]
async fn a_detached_load_that_panics_with_nobody_waiting_leaves_nothing_behind() {
    let cache = Cache::builder().build();
    let loads = Loads::new();
    drop(Task::waiting(Kind::Detached.get_with(&cache, 1, loads.body())));
    assert_eq!(loads.live(), 1);
    loads.panic(0);
    tokio::task::yield_now().await;
    let stats = cache.stats();
    assert_eq!((stats.running, stats.loads, stats.load_errors, cache.contains(&1)), (0, 1, 1, false));
    let mut next = Task::waiting(Kind::Detached.get_with(&cache, 1, loads.body()));
    loads.end(1, 11);
    tokio::task::yield_now().await;
    assert_eq!(next.end(), 11);
}

#[test]
fn a_runtime_that_shuts_down_takes_its_detached_loads_along() {
    let cache = Cache::builder().build();
    let loads: Loads<u32> = Loads::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        drop(Task::waiting(Kind::Detached.get_with(&cache, 1, loads.body())));
        tokio::task::yield_now().await;
    });
    assert_eq!((loads.live(), running(&cache)), (1, 1));
    drop(runtime);
    assert_eq!((loads.live(), running(&cache)), (0, 0));
}
