//! Law 4: a caller may be dropped at any await, leader or not: the others get their value, and none hangs. A panic reaches one
//! caller, the next waiter runs anew, and nothing is poisoned.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use cachetools::Cache;
use tokio::time::{Instant, sleep};

use crate::support::{Kind, Loads, Task, each_kind, each_kind_in_paused_time, info, number_of, running, settle};

const STEP: Duration = Duration::from_millis(1);

each_kind_in_paused_time! {
    async fn leader_dropped_at_40_of_50_ms_waiter_keeps_the_work_if_the_flight_owns_it(kind) {
        let cache = Cache::builder().build();
        let runs = Arc::new(AtomicUsize::new(0));
        let call = || {
            let runs = runs.clone();
            kind.get_with(&cache, 1, async move {
                let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
                sleep(50 * STEP).await;
                run
            })
        };
        let begin = Instant::now();
        let leader = tokio::spawn(call());
        tokio::task::yield_now().await;
        let waiter = tokio::spawn(call());
        sleep(40 * STEP).await;
        leader.abort();
        assert!(leader.await.expect_err("it was aborted").is_cancelled());
        let run = waiter.await.expect("the waiter");
        let (runs, took) = (runs.load(Ordering::SeqCst), begin.elapsed());
        if kind.owns() {
            assert_eq!((run, runs, took), (1, 1, 50 * STEP));
        } else {
            assert_eq!((run, runs, took), (2, 2, 90 * STEP));
        }
    }

    async fn a_panic_in_one_task_reaches_no_other(kind) {
        let cache = Cache::builder().build();
        let runs = Arc::new(AtomicUsize::new(0));
        let call = || {
            let runs = runs.clone();
            tokio::spawn(kind.get_with(&cache, 1, async move {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                sleep(STEP).await;
                if run == 0 {
                    std::panic::resume_unwind(Box::new("the first run"));
                }
                run
            }))
        };
        let leader = call();
        tokio::task::yield_now().await;
        let waiters = [call(), call(), call()];
        assert!(leader.await.expect_err("its body panicked").is_panic());
        for waiter in waiters {
            assert_eq!(waiter.await.expect("the second run"), 1);
        }
        assert_eq!(running(&cache), 0);
    }

    async fn a_runtime_that_goes_away_takes_no_other_caller_with_it(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let call = kind.get_with(&cache, 1, loads.body());
        // Another runtime, on another thread, leads; and is gone when its thread ends.
        let parted = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let _leader = tokio::spawn(call);
                tokio::task::yield_now().await;
            });
        });
        parted.join().expect("the other thread");
        let waiter = tokio::spawn(kind.get_with(&cache, 1, loads.body()));
        tokio::task::yield_now().await;
        assert_eq!(loads.live(), 1);
        loads.end(loads.started() - 1, 10);
        assert_eq!(waiter.await.expect("the waiter"), 10);
    }
}

each_kind! {
    fn a_leader_that_is_dropped_hands_over_what_it_can(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        drop(leader);
        if kind.owns() {
            assert_eq!((loads.started(), loads.dropped()), (1, 0));
            loads.end(0, 10);
            assert_eq!(waiter.end(), 10);
        } else {
            assert!(waiter.is_woken(), "the lead is offered to it");
            assert!(waiter.poll().is_pending());
            assert_eq!((loads.started(), loads.dropped()), (2, 1));
            loads.end(1, 11);
            assert_eq!(waiter.end(), 11);
        }
        assert_eq!((running(&cache), cache.info()), (0, info(1, 1, 128, 1)));
    }

    fn whichever_caller_is_dropped_the_others_get_the_value(kind) {
        for number in 0..6 {
            let cache = Cache::builder().build();
            let loads = Loads::new();
            let mut callers: Vec<_> =
                (0..6).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
            drop(callers.remove(number));
            settle(&mut callers);
            loads.end(loads.started() - 1, 10);
            assert_eq!(settle(&mut callers), [Some(10); 5], "without caller {number}");
            assert_eq!(running(&cache), 0);
        }
    }

    fn callers_that_leave_one_after_the_other_leave_the_last_one_its_value(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..10).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        while callers.len() > 1 {
            drop(callers.remove(0));
            settle(&mut callers);
            assert_eq!(loads.live(), 1);
        }
        // The new leader may have been any of them.
        assert_eq!(loads.started() == 1, kind.owns());
        loads.end(loads.started() - 1, 10);
        assert_eq!(settle(&mut callers), [Some(10)]);
    }

    fn a_caller_that_was_offered_the_lead_and_leaves_passes_the_offer_on(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        // More waiters than one offer goes to; all who hear of it leave without an answer.
        let mut callers: Vec<_> =
            (0..12).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        drop(callers.remove(0));
        if kind.owns() {
            loads.wake(0);
        }
        while callers.len() > 1 {
            let asked = callers.iter().position(Task::is_woken).expect("somebody is asked");
            drop(callers.remove(asked));
        }
        assert!(callers[0].is_woken());
        assert!(callers[0].poll().is_pending());
        loads.end(loads.started() - 1, 10);
        assert_eq!(callers[0].end(), 10);
    }

    fn a_waiter_that_moves_to_another_task_is_woken_there(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut call = kind.get_with(&cache, 1, loads.body());
        let before = Task::waiting(&mut call);
        drop(before);
        let mut after = Task::waiting(&mut call);
        loads.end(0, 10);
        assert_eq!(leader.end(), 10);
        assert_eq!(after.end(), 10);
    }

    fn a_panic_reaches_the_caller_that_brought_the_body_and_the_next_runs_anew(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiters: Vec<_> =
            (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        loads.panic(0);
        assert_eq!(number_of(&leader.poll_caught().expect_err("the body panicked")), 0);
        assert_eq!(settle(&mut waiters), [None; 3]);
        assert_eq!(loads.started(), 2);
        loads.end(1, 11);
        assert_eq!(settle(&mut waiters), [Some(11); 3]);
        let stats = cache.stats();
        assert_eq!((stats.loads, stats.load_errors, stats.running), (2, 1, 0));
        assert_eq!(cache.info(), info(3, 1, 128, 1));
    }

    fn a_panic_with_nobody_waiting_leaves_nothing_behind(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.panic(0);
        assert!(leader.poll_caught().is_err());
        assert_eq!(running(&cache), 0);
        assert!(!cache.contains(&1));
        let mut next = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(1, 11);
        assert_eq!(next.end(), 11);
    }

    fn a_body_that_panics_when_it_is_first_polled_panics_in_its_caller(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let mut leader = Task::new(kind.get_with(&cache, 1, async { std::panic::resume_unwind(Box::new(7_usize)) }));
        assert_eq!(number_of(&leader.poll_caught().expect_err("it panics at once")), 7);
        assert_eq!(running(&cache), 0);
    }
}

/// The two kinds whose bodies are driven by whoever waits.
const OWNING: [Kind; 2] = [Kind::Shared, Kind::Detached];

#[test]
fn leader_polled_once_and_then_parked_waiter_still_gets_the_value() {
    for kind in OWNING {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let _parked = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(0, 10);
        assert_eq!(waiter.end(), 10);
        assert_eq!(loads.started(), 1);
    }
}

#[test]
fn leader_and_two_waiters_parked_the_fourth_still_gets_the_value() {
    for kind in OWNING {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let _parked: Vec<_> = (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        for _ in 0..20 {
            loads.wake(0);
            let polls = loads.polls(0);
            assert!(waiter.is_woken() && waiter.poll().is_pending());
            assert_eq!(loads.polls(0), polls + 1);
        }
        loads.end(0, 10);
        assert_eq!(waiter.end(), 10);
    }
}

#[test]
fn three_parked_among_many_stall_nobody_wherever_they_sit() {
    for kind in OWNING {
        for first in 0..18 {
            let cache = Cache::builder().build();
            let loads = Loads::new();
            let mut callers: Vec<_> = (0..20).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
            let _parked: Vec<_> = callers.drain(first..first + 3).collect();
            for _ in 0..30 {
                let polls = loads.polls(0);
                loads.wake(0);
                settle(&mut callers);
                assert!(loads.polls(0) > polls, "nobody polled the body, with {first} to {} parked", first + 2);
            }
            loads.end(0, 10);
            assert!(settle(&mut callers).into_iter().all(|got| got == Some(10)));
            assert_eq!(loads.started(), 1);
        }
    }
}

#[test]
fn wake_ups_of_the_body_go_round() {
    for kind in OWNING {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..30).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        for _ in 0..30 {
            loads.wake(0);
            settle(&mut callers);
        }
        assert!(callers.iter().all(|caller| caller.wakes() > 0), "each was asked once at least");
        loads.end(0, ());
        settle(&mut callers);
    }
}

#[test]
fn a_body_that_is_woken_again_is_offered_to_others_than_those_who_did_not_answer() {
    for kind in OWNING {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..9).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        loads.wake(0);
        let (parked, mut others): (Vec<_>, Vec<_>) = callers.drain(..).partition(Task::is_woken);
        assert!(!parked.is_empty() && !others.is_empty());
        let polls = loads.polls(0);
        loads.wake(0);
        settle(&mut others);
        assert!(loads.polls(0) > polls, "nobody else was asked");
        loads.end(0, 10);
        assert!(settle(&mut others).into_iter().all(|got| got == Some(10)));
    }
}

#[test]
fn a_panic_whose_caller_has_left_reaches_the_one_whose_poll_ran_the_body() {
    for kind in OWNING {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiters: Vec<_> = (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        drop(leader);
        loads.panic(0);
        assert_eq!(number_of(&waiters[1].poll_caught().expect_err("it ran the body")), 0);
        waiters.remove(1);
        settle(&mut waiters);
        loads.end(1, 11);
        assert_eq!(settle(&mut waiters), [Some(11); 2]);
    }
}

#[test]
fn a_waiter_whose_poll_ran_the_body_into_a_panic_runs_its_own() {
    for kind in OWNING {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut leader = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut waiter = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.panic(0);
        assert!(waiter.poll().is_pending());
        assert_eq!(loads.started(), 2);
        loads.end(1, 11);
        assert_eq!(waiter.end(), 11);
        // What has come since takes nothing from it.
        assert_eq!(number_of(&leader.poll_caught().expect_err("the panic is the leader's own")), 0);
        assert_eq!(running(&cache), 0);
    }
}

#[test]
fn an_inline_leader_that_is_not_polled_holds_up_its_waiters_and_nobody_else() {
    let cache = Cache::builder().build();
    let loads = Loads::new();
    let parked = Task::waiting(Kind::Inline.get_with(&cache, 1, loads.body()));
    let mut waiter = Task::waiting(Kind::Inline.get_with(&cache, 1, loads.body()));
    let mut other = Task::waiting(Kind::Inline.get_with(&cache, 2, loads.body()));
    loads.end(0, 10);
    assert!(!waiter.is_woken());
    loads.end(1, 11);
    assert_eq!(other.end(), 11);
    drop(parked);
    assert!(waiter.poll().is_pending());
    loads.end(2, 12);
    assert_eq!(waiter.end(), 12);
}

#[tokio::test(start_paused = true)]
async fn a_detached_load_goes_on_while_all_its_callers_are_parked() {
    let cache = Cache::builder().build();
    let loads = Loads::new();
    let parked: Vec<_> = (0..6).map(|_| Task::waiting(Kind::Detached.get_with(&cache, 1, loads.body()))).collect();
    tokio::task::yield_now().await;
    loads.end(0, 10);
    // The body's task hears of it when its turn comes, however many are asked before it.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(cache.peek(&1), Some(10));
    for mut caller in parked {
        assert_eq!(caller.poll(), Poll::Ready(10));
    }
}

/// Real threads, and callers that give up after some polls: whatever meets whatever, all who stay get a value.
#[test]
fn callers_of_many_threads_that_come_and_go_all_end() {
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        let cache: Cache<u32, u32> = Cache::builder().ttl(Duration::ZERO).build();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("a runtime");
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for number in 0..64_u32 {
                let cache = cache.clone();
                tasks.spawn(async move {
                    for call in 0..300_u32 {
                        let key = (number + call) % 3;
                        let mut load = kind.get_with(&cache, key, async move {
                            for _ in 0..call % 4 {
                                tokio::task::yield_now().await;
                            }
                            key
                        });
                        if (number + call) % 5 == 0 {
                            // It is polled a few times, and dropped wherever it is.
                            for _ in 0..call % 3 {
                                if futures::poll!(&mut load).is_ready() {
                                    break;
                                }
                                tokio::task::yield_now().await;
                            }
                        } else {
                            assert_eq!(load.await, key);
                        }
                        if call % 50 == number % 50 {
                            cache.invalidate(&key);
                        }
                    }
                });
            }
            while let Some(ended) = tasks.join_next().await {
                ended.expect("no task panics");
            }
            // The tasks of detached bodies that nobody waits for end by themselves.
            while kind == Kind::Detached && running(&cache) > 0 {
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(running(&cache), 0, "{kind:?}");
        let stats = cache.stats();
        assert_eq!((stats.load_errors, cache.info().currsize), (0, 0));
    }
}
