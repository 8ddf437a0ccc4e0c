//! Law 7: a body that calls itself with the same key, directly or in a circle, in its own task, runs as the plain function would.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cachetools::{Cache, cached};

use crate::support::{Call, Kind, Loads, Task, each_kind, info, running, settle};

type Numbers = Cache<u32, u64>;

/// Calls `key`, whose body calls `key` again, `depth` times.
fn same(kind: Kind, cache: &Numbers, runs: &Arc<AtomicUsize>, depth: u64) -> Call<'static, u64> {
    let (own, counted) = (cache.clone(), runs.clone());
    kind.get_with(cache, 1, async move {
        counted.fetch_add(1, Ordering::SeqCst);
        if depth == 0 { 0 } else { 1 + same(kind, &own, &counted, depth - 1).await }
    })
}

/// Calls key 0, whose body calls key 1, and so on in a circle of `length`, until `budget` is used up.
fn circle(kind: Kind, cache: &Numbers, key: u32, length: u32, budget: u64) -> Call<'static, u64> {
    let own = cache.clone();
    kind.get_with(cache, key, async move {
        if budget == 0 { 0 } else { 1 + circle(kind, &own, (key + 1) % length, length, budget - 1).await }
    })
}

fn fib(kind: Kind, cache: &Numbers, n: u32) -> Call<'static, u64> {
    let own = cache.clone();
    kind.get_with(cache, n, async move {
        if n < 2 { u64::from(n) } else { fib(kind, &own, n - 1).await + fib(kind, &own, n - 2).await }
    })
}

each_kind! {
    fn a_body_that_calls_its_own_key_runs_as_the_plain_function(kind) {
        let cache = Cache::builder().build();
        let runs = Arc::default();
        assert_eq!(Task::new(same(kind, &cache, &runs, 5)).end(), 5);
        assert_eq!(runs.load(Ordering::SeqCst), 6);
        assert_eq!((cache.peek(&1), running(&cache)), (Some(5), 0));
    }

    fn a_circle_over_several_keys_ends(kind) {
        for length in 2..6 {
            let cache = Cache::builder().build();
            assert_eq!(Task::new(circle(kind, &cache, 0, length, 12)).end(), 12, "a circle of {length}");
            assert_eq!(running(&cache), 0);
            assert!((0..length).all(|key| cache.peek(&key).is_some()));
        }
    }

    fn a_call_that_leads_back_over_two_tasks_ends_in_both(kind) {
        // One task has 1 call 2, while the other has 2 call 1.
        let cache: Numbers = Cache::builder().build();
        let gates = Loads::new();
        let half = |key: u32, other: u32| {
            let (own, gate) = (cache.clone(), gates.body());
            kind.get_with(&cache, key, async move {
                gate.await;
                let rest = kind.get_with(&own, other, async move { u64::from(other) * 10 }).await;
                u64::from(key) + rest
            })
        };
        let mut tasks = [Task::waiting(half(1, 2)), Task::waiting(half(2, 1))];
        gates.end(0, ());
        gates.end(1, ());
        let got = settle(&mut tasks);
        // Whoever closes the circle runs the other's plain function; the other joins, or does the same.
        assert!(got.iter().all(Option::is_some), "{got:?}");
        assert_eq!(running(&cache), 0);
    }

    fn a_circle_over_three_tasks_ends_in_all(kind) {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let cache: Numbers = Cache::builder().build();
            let gates = Loads::new();
            let third = |key: u32| {
                let (own, gate) = (cache.clone(), gates.body());
                kind.get_with(&cache, key, async move {
                    gate.await;
                    1 + kind.get_with(&own, (key + 1) % 3, async { 100 }).await
                })
            };
            let mut tasks = [0, 1, 2].map(|key| Task::waiting(third(key)));
            let mut outputs = Vec::new();
            for gate in order {
                gates.end(gate, ());
                outputs.extend(settle(&mut tasks).into_iter().flatten());
            }
            assert_eq!(outputs.len(), 3, "{order:?}: {outputs:?}");
            assert_eq!(running(&cache), 0);
        }
    }

    fn waiters_of_a_call_that_calls_itself_get_its_value(kind) {
        let cache: Numbers = Cache::builder().build();
        let gates = Loads::new();
        let call = || {
            let (own, gate) = (cache.clone(), gates.body());
            kind.get_with(&cache, 1, async move {
                gate.await;
                1 + kind.get_with(&own, 1, async { 41 }).await
            })
        };
        let mut callers: Vec<_> = (0..4).map(|_| Task::waiting(call())).collect();
        gates.end(0, ());
        assert_eq!(settle(&mut callers), [Some(42); 4]);
        assert_eq!(gates.started(), 1);
    }

    fn two_calls_of_one_key_side_by_side_in_one_body_share_a_run(kind) {
        let cache: Numbers = Cache::builder().build();
        let (own, runs) = (cache.clone(), Arc::new(AtomicUsize::new(0)));
        let counted = runs.clone();
        let outer = kind.get_with(&cache, 1, async move {
            let inner = || {
                let counted = counted.clone();
                kind.get_with(&own, 2, async move { counted.fetch_add(1, Ordering::SeqCst) as u64 })
            };
            let (one, two) = futures::join!(inner(), inner());
            one + two
        });
        assert_eq!(Task::new(outer).end(), 0);
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    fn calls_of_other_keys_within_a_body_are_cached(kind) {
        let cache = Cache::builder().build();
        assert_eq!(Task::new(fib(kind, &cache, 30)).end(), 832_040);
        assert_eq!(cache.info(), info(28, 31, 128, 31));
    }

    fn a_call_that_was_no_circle_is_not_taken_for_one(kind) {
        // 1 and 2 both wait for 3: that is a diamond.
        let cache: Numbers = Cache::builder().build();
        let gates = Loads::new();
        let arm = |key: u32| {
            let (own, gate) = (cache.clone(), gates.clone());
            kind.get_with(&cache, key, async move { u64::from(key) + kind.get_with(&own, 3, gate.body()).await })
        };
        let mut arms = [Task::waiting(arm(1)), Task::waiting(arm(2))];
        assert_eq!(gates.started(), 1);
        gates.end(0, 30);
        assert_eq!(settle(&mut arms), [Some(31), Some(32)]);
        assert_eq!(gates.started(), 1);
    }

    fn a_call_made_in_a_body_and_dropped_there_waits_for_nobody(kind) {
        let cache: Numbers = Cache::builder().build();
        let gates = Loads::new();
        let (own, gate) = (cache.clone(), gates.clone());
        let mut outer = Task::waiting(kind.get_with(&cache, 1, async move {
            // Polls a call of 2 once, and gives it up.
            let mut call = Box::pin(kind.get_with(&own, 2, gate.body()));
            assert!(futures::poll!(&mut call).is_pending());
            drop(call);
            gate.body().await
        }));
        assert_eq!((gates.started(), gates.dropped()), (2, 1));
        // 2 may wait for 1 now: there is no circle any more.
        let (own, gate) = (cache.clone(), gates.clone());
        let mut back =
            Task::waiting(kind.get_with(&cache, 2, async move { 1 + kind.get_with(&own, 1, gate.body()).await }));
        assert_eq!(gates.started(), 2, "it joined the call of 1 that runs");
        gates.end(1, 10);
        assert_eq!((outer.end(), back.end()), (10, 11));
    }
}

/// What no macro can see: each function's body calls the other's by the same key.
#[test]
fn two_decorated_functions_that_call_each_other_end() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[cached]
    async fn one(key: u32) -> u32 {
        other(key).await + 1
    }
    #[cached]
    async fn other(key: u32) -> u32 {
        if RUNS.fetch_add(1, Ordering::SeqCst) == 2 { 0 } else { boxed(key).await + 1 }
    }
    fn boxed(key: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(one(key))
    }
    assert_eq!(Task::new(one(1)).end(), 5);
    assert_eq!((one::cache_peek(1), other::cache_peek(1)), (Some(5), Some(4)));
    assert_eq!((running(one::cache()), running(other::cache())), (0, 0));
}

#[test]
fn a_decorated_function_that_calls_its_own_key_with_another_depth_ends() {
    #[cached(ignore = "depth")]
    async fn inline(key: u32, depth: u32) -> u32 {
        if depth == 0 { key } else { Box::pin(inline(key, depth - 1)).await + 1 }
    }
    #[cached(ignore = "depth")]
    async fn shared(key: u32, depth: u32) -> u32 {
        if depth == 0 { key } else { boxed(key, depth - 1).await + 1 }
    }
    fn boxed(key: u32, depth: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(shared(key, depth))
    }
    assert_eq!((Task::new(inline(7, 5)).end(), Task::new(shared(7, 5)).end()), (12, 12));
    assert_eq!((inline::cache_peek(7), shared::cache_peek(7)), (Some(12), Some(12)));
    assert_eq!((running(inline::cache()), running(shared::cache())), (0, 0));
}

/// Random bodies that call each other, over several tasks: whatever the order, all end.
#[test]
fn random_circles_over_several_tasks_end() {
    const KEYS: u32 = 5;
    struct Random(u64);
    impl Random {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).expect("31 bits") % n
        }
    }
    fn node(
        cache: &Numbers,
        gates: &Loads<()>,
        calls: &Arc<Vec<Vec<u32>>>,
        key: u32,
        depth: u32,
        kind: Kind,
    ) -> Call<'static, u64> {
        let (own, gates, calls) = (cache.clone(), gates.clone(), calls.clone());
        kind.get_with(cache, key, async move {
            gates.body().await;
            let mut sum = 1;
            if depth < 4 {
                for &next in &calls[key as usize] {
                    sum += node(&own, &gates, &calls, next, depth + 1, kind).await;
                }
            }
            sum
        })
    }
    for seed in 0..500 {
        let mut random = Random(seed);
        let kind = [Kind::Inline, Kind::Shared, Kind::Detached][random.below(3)];
        let cache = Cache::builder().build();
        let gates = Loads::new();
        let calls: Arc<Vec<Vec<u32>>> = Arc::new(
            (0..KEYS)
                .map(|_| (0..random.below(3)).map(|_| u32::try_from(random.below(KEYS as usize)).unwrap()).collect())
                .collect(),
        );
        let mut tasks: Vec<_> =
            (0..KEYS).map(|key| Task::waiting(node(&cache, &gates, &calls, key, 0, kind))).collect();
        let mut done = 0;
        let mut open: Vec<usize> = (0..gates.started()).collect();
        let mut known = gates.started();
        while done < KEYS as usize {
            assert!(!open.is_empty(), "seed {seed}: nobody runs, and {done} have ended");
            gates.end(open.swap_remove(random.below(open.len())), ());
            done += settle(&mut tasks).into_iter().flatten().count();
            open.extend(known..gates.started());
            known = gates.started();
        }
        assert_eq!(running(&cache), 0, "seed {seed}");
    }
}
