//! The code that locks, under random schedules: `RUSTFLAGS="--cfg shuttle" cargo test -p cachetools --test schedules`.
//!
//! Shuttle runs all threads in one and switches at each lock; it finds a deadlock, and says how to replay a schedule that failed.
#![cfg(shuttle)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};

use cachetools::Cache;
use shuttle::future::{block_on, yield_now};
use shuttle::thread;

const SCHEDULES: usize = 3_000;

fn cache() -> Cache<u32, u32> {
    Cache::builder().lru(2).build()
}

async fn load(runs: Arc<AtomicU32>, value: u32) -> u32 {
    runs.fetch_add(1, Ordering::SeqCst);
    yield_now().await;
    yield_now().await;
    value
}

/// Calls key 1 to its end; the flight is `shared`, or inline.
fn call(cache: &Cache<u32, u32>, shared: bool, load: impl Future<Output = u32> + Send + 'static) -> u32 {
    if shared { block_on(cache.shared().get_with(1, load)) } else { block_on(cache.get_with(1, load)) }
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

#[test]
fn callers_in_many_threads_share_one_run() {
    shuttle::check_random(
        || {
            let (cache, runs) = (cache(), Arc::new(AtomicU32::new(0)));
            let caller = |shared: bool| {
                let (cache, runs) = (cache.clone(), runs.clone());
                thread::spawn(move || {
                    assert_eq!(call(&cache, shared, load(runs, 10)), 10);
                })
            };
            join(vec![caller(true), caller(false), caller(true)]);
            assert_eq!(runs.load(Ordering::SeqCst), 1);
            assert_eq!(cache.info().hits, 2);
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

#[test]
fn an_invalidation_in_another_thread_wins_over_a_running_load() {
    shuttle::check_random(
        || {
            let (cache, source) = (cache(), Arc::new(AtomicU32::new(1)));
            let read = || {
                let (cache, source) = (cache.clone(), source.clone());
                async move {
                    let load = async move {
                        let value = source.load(Ordering::SeqCst);
                        yield_now().await;
                        value
                    };
                    cache.shared().get_with(1, load).await
                }
            };
            // The load has begun when the other threads do.
            let mut begun = Box::pin(read());
            assert!(begun.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let begun = thread::spawn(move || assert_eq!(block_on(begun), 1));
            let later = read();
            let later = thread::spawn(move || {
                block_on(later);
            });
            let writer = {
                let (cache, source) = (cache.clone(), source.clone());
                thread::spawn(move || {
                    source.store(2, Ordering::SeqCst);
                    cache.invalidate(&1);
                    let seen = block_on(cache.shared().get_with(1, async {
                        yield_now().await;
                        2
                    }));
                    assert_eq!(seen, 2, "an old value was served behind its invalidation");
                })
            };
            join(vec![begun, writer, later]);
            assert_ne!(cache.get(&1), Some(1), "an old value was stored behind its invalidation");
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

#[test]
fn callers_that_leave_in_the_middle_leave_nothing_behind() {
    shuttle::check_random(
        || {
            let (cache, runs) = (cache(), Arc::new(AtomicU32::new(0)));
            let caller = |polls: usize| {
                let (cache, runs) = (cache.clone(), runs.clone());
                thread::spawn(move || {
                    let mut polled = 0;
                    let shared = cache.shared();
                    let mut call = std::pin::pin!(shared.get_with(1, load(runs, 10)));
                    block_on(std::future::poll_fn(|context| {
                        polled += 1;
                        if polled > polls {
                            return std::task::Poll::Ready(());
                        }
                        context.waker().wake_by_ref();
                        call.as_mut().poll(context).map(drop)
                    }));
                })
            };
            let one_that_stays = {
                let (cache, runs) = (cache.clone(), runs.clone());
                thread::spawn(move || {
                    // It is woken by nobody but the flight.
                    assert_eq!(block_on(cache.shared().get_with(1, load(runs, 10))), 10);
                })
            };
            join(vec![caller(1), one_that_stays, caller(2)]);
            assert_eq!(cache.parameters().running, 0);
            assert_eq!(cache.get(&1), Some(10));
        },
        SCHEDULES,
    );
}

#[test]
fn clear_insert_and_eviction_meet_loads_without_a_deadlock() {
    shuttle::check_random(
        || {
            let (cache, runs) = (cache(), Arc::new(AtomicU32::new(0)));
            let caller = |key| {
                let (cache, runs) = (cache.clone(), runs.clone());
                thread::spawn(move || {
                    assert_eq!(block_on(cache.shared().get_with(key, load(runs, key))), key);
                })
            };
            let others = {
                let cache = cache.clone();
                thread::spawn(move || {
                    cache.insert(1, 1);
                    cache.clear();
                    cache.insert(3, 3);
                    cache.set_capacity(1);
                    assert!(cache.info().currsize <= 1);
                })
            };
            join(vec![caller(1), caller(2), others]);
            assert!(cache.info().currsize <= 1);
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

#[test]
fn calls_that_wait_for_each_other_across_threads_end() {
    shuttle::check_random(
        || {
            let cache = cache();
            let caller = |one: u32, other: u32| {
                let cache = cache.clone();
                thread::spawn(move || {
                    let inner = cache.clone();
                    let body = async move {
                        yield_now().await;
                        inner.shared().get_with(other, async { 1 }).await
                    };
                    block_on(cache.shared().get_with(one, body));
                })
            };
            join(vec![caller(1, 2), caller(2, 1)]);
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

/// A load that is over in its first poll: in the middle of it other threads have their turn.
fn quick_load(
    runs: &Arc<AtomicU32>,
    at_once: &Arc<AtomicU32>,
    value: u32,
) -> impl Future<Output = u32> + Send + 'static {
    let (runs, at_once) = (runs.clone(), at_once.clone());
    async move {
        assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0, "two bodies of one key run at once");
        runs.fetch_add(1, Ordering::SeqCst);
        for _ in 0..3 {
            thread::yield_now();
        }
        at_once.fetch_sub(1, Ordering::SeqCst);
        value
    }
}

#[test]
fn who_joins_in_the_first_poll_of_a_body_gets_its_value() {
    shuttle::check_random(
        || {
            let cache = cache();
            let (runs, at_once) = (Arc::default(), Arc::default());
            let caller = |shared: bool| {
                let (cache, load) = (cache.clone(), quick_load(&runs, &at_once, 10));
                thread::spawn(move || {
                    assert_eq!(call(&cache, shared, load), 10);
                })
            };
            join(vec![caller(true), caller(false), caller(true)]);
            assert_eq!(runs.load(Ordering::SeqCst), 1);
            assert_eq!((cache.info().hits, cache.info().misses), (2, 1));
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

#[test]
fn who_joins_in_the_first_poll_of_a_body_that_then_pends_gets_its_value() {
    shuttle::check_random(
        || {
            let cache = cache();
            let (runs, at_once) = (Arc::default(), Arc::default());
            let caller = |shared: bool| {
                let (cache, load) = (cache.clone(), quick_load(&runs, &at_once, 10));
                let load = async move {
                    let value = load.await;
                    yield_now().await;
                    value
                };
                thread::spawn(move || {
                    assert_eq!(call(&cache, shared, load), 10);
                })
            };
            join(vec![caller(true), caller(true), caller(false)]);
            assert_eq!(runs.load(Ordering::SeqCst), 1);
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

/// Readers whose bodies end in their first poll, and a writer that makes the cache forget what they read before.
fn forgotten_in_the_first_poll(forget: fn(&Cache<u32, u32>)) {
    shuttle::check_random(
        move || {
            let (cache, source) = (cache(), Arc::new(AtomicU32::new(1)));
            let read = |shared: bool| {
                let (cache, source) = (cache.clone(), source.clone());
                thread::spawn(move || {
                    let load = async move {
                        let value = source.load(Ordering::SeqCst);
                        thread::yield_now();
                        value
                    };
                    call(&cache, shared, load);
                })
            };
            let writer = {
                let (cache, source) = (cache.clone(), source.clone());
                thread::spawn(move || {
                    source.store(2, Ordering::SeqCst);
                    forget(&cache);
                    assert_ne!(cache.get(&1), Some(1), "an old value was stored behind its invalidation");
                })
            };
            join(vec![read(true), read(false), read(true), writer]);
            assert_ne!(cache.get(&1), Some(1), "an old value was stored behind its invalidation");
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}

#[test]
fn an_invalidation_in_the_first_poll_of_a_body_wins_over_it() {
    forgotten_in_the_first_poll(|cache| {
        cache.invalidate(&1);
    });
}

#[test]
fn a_clear_in_the_first_poll_of_a_body_wins_over_it() {
    forgotten_in_the_first_poll(Cache::clear);
}

#[test]
fn an_insert_in_the_first_poll_of_a_body_wins_over_it() {
    forgotten_in_the_first_poll(|cache| cache.insert(1, 2));
}

#[test]
fn bodies_that_panic_in_their_first_poll_leave_nobody_behind() {
    shuttle::check_random(
        || {
            let (cache, runs) = (cache(), Arc::new(AtomicU32::new(0)));
            let caller = |shared: bool| {
                let (cache, runs) = (cache.clone(), runs.clone());
                thread::spawn(move || {
                    let load = async move {
                        let first = runs.fetch_add(1, Ordering::SeqCst) == 0;
                        thread::yield_now();
                        if first {
                            std::panic::resume_unwind(Box::new("the first run"));
                        }
                        10
                    };
                    let call = std::panic::AssertUnwindSafe(|| call(&cache, shared, load));
                    u32::from(std::panic::catch_unwind(call).is_err())
                })
            };
            let callers = vec![caller(true), caller(false), caller(true)];
            let panics: u32 = callers.into_iter().map(|caller| caller.join().expect("it is caught")).sum();
            assert_eq!(panics, 1);
            assert_eq!(runs.load(Ordering::SeqCst), 2);
            assert_eq!(cache.parameters().running, 0);
            assert_eq!(cache.get(&1), Some(10));
        },
        SCHEDULES,
    );
}

#[test]
fn calls_that_meet_in_first_polls_and_wait_for_each_other_end() {
    shuttle::check_random(
        || {
            let cache = cache();
            let caller = |one: u32, other: u32| {
                let cache = cache.clone();
                thread::spawn(move || {
                    let inner = cache.clone();
                    let body = async move {
                        thread::yield_now();
                        inner.shared().get_with(other, async { 1 }).await
                    };
                    block_on(cache.shared().get_with(one, body));
                })
            };
            join(vec![caller(1, 2), caller(2, 1), caller(1, 2)]);
            assert_eq!(cache.parameters().running, 0);
        },
        SCHEDULES,
    );
}
