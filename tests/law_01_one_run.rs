//! Law 1: however many callers ask for one key at once, the body runs once; all get its value.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use cachetools::Cache;
use futures::future::join_all;
use tokio::task::{JoinSet, yield_now};

use crate::support::{Kind, Loads, Task, each_kind, each_kind_in_paused_time, info, settle};

each_kind! {
    fn a_hundred_callers_of_one_key_share_one_run(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..100).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        assert_eq!(loads.started(), 1);
        loads.end(0, "one");
        let got: Vec<_> = settle(&mut callers).into_iter().flatten().collect();
        assert_eq!(got, ["one"; 100]);
        assert_eq!((loads.started(), cache.info()), (1, info(99, 1, 128, 1)));
    }

    fn callers_of_different_keys_do_not_wait_for_each_other(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..8).map(|key| Task::waiting(kind.get_with(&cache, key, loads.body()))).collect();
        assert_eq!(loads.started(), 8);
        loads.end(5, 55);
        assert_eq!(callers[5].end(), 55);
        assert!(callers.iter().all(|caller| !caller.is_woken()));
    }

    fn a_caller_that_comes_when_the_load_has_ended_but_its_waiters_have_not_heard_yet_gets_the_value(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(0, 10);
        assert_eq!(leader.poll(), Poll::Ready(10));
        assert_eq!(Task::new(kind.get_with(&cache, 1, loads.body())).end(), 10);
        assert_eq!(waiter.end(), 10);
        assert_eq!((loads.started(), cache.info()), (1, info(2, 1, 128, 1)));
    }

    fn a_call_runs_nothing_until_it_is_polled(kind) {
        let cache = Cache::builder().build();
        let loads: Loads<u8> = Loads::new();
        drop(kind.get_with(&cache, 1, loads.body()));
        assert_eq!((loads.started(), cache.info()), (0, info(0, 0, 128, 0)));
    }

    fn callers_of_all_kinds_share_one_run(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = [kind, Kind::Inline, Kind::Shared, Kind::Detached]
            .map(|kind| Task::waiting(kind.get_with(&cache, 1, loads.body())))
            .into();
        loads.end(0, 10);
        assert_eq!(settle(&mut callers), [Some(10); 4]);
        assert_eq!(loads.started(), 1);
    }

    fn ten_thousand_waiters_are_not_all_woken_for_every_step_of_the_body(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..10_000).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        for _ in 0..100 {
            loads.wake(0);
            settle(&mut callers);
        }
        let wakes: usize = callers.iter().map(Task::wakes).sum();
        assert!((100..=400).contains(&wakes), "{wakes} wake-ups for 100 steps");
        loads.end(0, ());
        assert_eq!(settle(&mut callers).into_iter().flatten().count(), 10_000);
        assert_eq!(loads.started(), 1);
    }
}

each_kind_in_paused_time! {
    async fn ten_thousand_concurrent_callers_on_one_thread_make_one_run(kind) {
        let cache = Cache::builder().build();
        let runs = Arc::new(AtomicUsize::new(0));
        let calls = (0..10_000).map(|_| {
            let runs = runs.clone();
            kind.get_with(&cache, 7, async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                runs.fetch_add(1, Ordering::SeqCst) + 1
            })
        });
        assert!(join_all(calls).await.iter().all(|&run| run == 1));
        assert_eq!(cache.info(), info(9_999, 1, 128, 1));
    }

    async fn ten_thousand_concurrent_tasks_on_one_thread_make_one_run(kind) {
        let cache = Cache::builder().build();
        let runs = Arc::new(AtomicUsize::new(0));
        assert_eq!(ten_thousand_tasks(kind, &cache, &runs).await, 10_000);
        assert_eq!((runs.load(Ordering::SeqCst), cache.info()), (1, info(9_999, 1, 128, 1)));
    }
}

/// Ten thousand tasks call one key. The body does not end before all of them wait for it. Says how many got its value.
async fn ten_thousand_tasks(kind: Kind, cache: &Cache<u32, usize>, runs: &Arc<AtomicUsize>) -> usize {
    let before = cache.stats().coalesced;
    let mut tasks = JoinSet::new();
    for _ in 0..10_000 {
        let (runs, own) = (runs.clone(), cache.clone());
        tasks.spawn(kind.get_with(cache, 7, async move {
            let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
            while own.stats().coalesced < before + 9_999 {
                yield_now().await;
            }
            run
        }));
    }
    let mut got = 0;
    let mut first = None;
    while let Some(run) = tasks.join_next().await {
        let run = run.expect("no caller panics");
        assert_eq!(*first.get_or_insert(run), run);
        got += 1;
    }
    got
}

fn many_threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().expect("a runtime")
}

fn on_many_threads(kind: Kind) {
    let cache = Cache::builder().build();
    let runs = Arc::new(AtomicUsize::new(0));
    let got = many_threads().block_on(ten_thousand_tasks(kind, &cache, &runs));
    assert_eq!((got, runs.load(Ordering::SeqCst)), (10_000, 1));
    assert_eq!(cache.info(), info(9_999, 1, 128, 1));
}

#[test]
fn ten_thousand_concurrent_callers_on_many_threads_make_one_run_inline() {
    on_many_threads(Kind::Inline);
}

#[test]
fn ten_thousand_concurrent_callers_on_many_threads_make_one_run_shared() {
    on_many_threads(Kind::Shared);
}

#[test]
fn ten_thousand_concurrent_callers_on_many_threads_make_one_run_detached() {
    on_many_threads(Kind::Detached);
}

#[test]
fn callers_of_several_runtimes_in_turn_make_one_run_each_time_nothing_is_stored() {
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        let cache = Cache::builder().ttl(Duration::ZERO).build();
        let runs = Arc::new(AtomicUsize::new(0));
        for turn in 1..=3 {
            let runtime = if turn == 2 {
                many_threads()
            } else {
                tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
            };
            assert_eq!(runtime.block_on(ten_thousand_tasks(kind, &cache, &runs)), 10_000);
            assert_eq!(runs.load(Ordering::SeqCst), turn);
        }
    }
}

#[test]
fn callers_of_two_runtimes_at_once_make_one_run() {
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        let cache = Cache::builder().build();
        let runs = Arc::new(AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let (own, counted) = (cache.clone(), runs.clone());
                    let call = kind.get_with(&cache, 7, async move {
                        counted.fetch_add(1, Ordering::SeqCst);
                        while own.stats().coalesced < 1 {
                            yield_now().await;
                        }
                    });
                    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(call);
                });
            }
        });
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }
}
