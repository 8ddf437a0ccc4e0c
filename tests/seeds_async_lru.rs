//! What the tests and documents of `async_lru` fix, as far as it carries over. The number of each row stands in a comment.
//!
//! Rows that other modules show are named there: AL-63 to AL-66 (close), AL-57 and AL-60 to AL-62 (laws 3 to 5 and 10), AL-33 and
//! AL-36 (law 6), AL-20 to AL-24 and AL-71 to AL-72 (keys and methods: the handle, the shapes), AL-75 to AL-76 (laws 1 and 4).

use std::time::Duration;

use cachetools::{Cache, CacheInfo, CacheKey, ManualClock, cached};

use crate::support::{Call, Kind, Loads, Task, each_kind, info, settle};

const SECOND: Duration = Duration::from_secs(1);

fn now<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).end()
}

/// A call whose value is its key.
fn same<K: CacheKey>(kind: Kind, cache: &Cache<K, K>, key: K) -> Call<'static, K> {
    let value = key.clone();
    kind.get_with(cache, key, async move { value })
}

/// All calls begin, then all bodies end.
fn at_once(kind: Kind, cache: &Cache<u32, u32>, keys: &[u32]) -> Vec<u32> {
    let loads = Loads::new();
    let mut started = Vec::new();
    let mut callers: Vec<_> = keys
        .iter()
        .map(|&key| {
            let before = loads.started();
            let mut caller = Task::new(kind.get_with(cache, key, loads.body()));
            let polled = caller.poll();
            if loads.started() > before {
                started.push(key);
            }
            (caller, polled)
        })
        .collect();
    for (number, &key) in started.iter().enumerate() {
        loads.end(number, key);
    }
    let mut outputs: Vec<Option<u32>> = callers
        .iter()
        .map(|(_, polled)| match polled {
            std::task::Poll::Ready(value) => Some(*value),
            std::task::Poll::Pending => None,
        })
        .collect();
    while outputs.iter().any(Option::is_none) {
        let mut progress = false;
        for ((caller, _), output) in callers.iter_mut().zip(&mut outputs) {
            if output.is_none() && caller.is_woken() {
                progress = true;
                if let std::task::Poll::Ready(value) = caller.poll() {
                    *output = Some(value);
                }
            }
        }
        assert!(progress, "they wait for each other");
    }
    outputs.into_iter().flatten().collect()
}

each_kind! {
    // AL-03
    fn a_hundred_callers_make_99_hits_and_a_later_one_the_hundredth(kind) {
        let cache = Cache::builder().build();
        assert_eq!(at_once(kind, &cache, &[7; 100]), [7; 100]);
        assert_eq!(cache.info(), info(99, 1, 128, 1));
        now(same(kind, &cache, 7));
        assert_eq!(cache.info(), info(100, 1, 128, 1));
    }

    // AL-04
    fn the_counters_of_callers_at_once(kind) {
        let cache = Cache::builder().lru(4).build();
        at_once(kind, &cache, &[1, 2, 3]);
        assert_eq!(cache.info(), info(0, 3, 4, 3));
        cache.clear();
        assert_eq!(cache.info(), info(0, 0, 4, 0));
        at_once(kind, &cache, &[1, 1, 1]);
        assert_eq!(cache.info(), info(2, 1, 4, 1));
        cache.clear();
        assert_eq!(at_once(kind, &cache, &[1, 2, 3, 4, 1, 2, 3, 4]), [1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!(cache.info(), info(4, 4, 4, 4));
    }

    // AL-05
    fn the_counters_of_one_caller_after_the_other(kind) {
        let cache = Cache::builder().build();
        for (hits, _) in (0..).zip(0..3) {
            now(same(kind, &cache, 1));
            assert_eq!(cache.info(), info(hits, 1, 128, 1));
        }
        cache.clear();
        for misses in 1..=3 {
            now(same(kind, &cache, misses));
            assert_eq!(cache.info().misses, misses);
        }
    }

    // AL-08, AL-09
    fn what_was_asked_for_last_stays(kind) {
        for (second, hits, misses) in [([3, 2, 1], 1, 5), ([1, 2, 3], 0, 6)] {
            let cache = Cache::builder().lru(3).build();
            for key in [3, 4, 5].into_iter().chain(second) {
                now(same(kind, &cache, key));
            }
            assert_eq!(cache.info(), info(hits, misses, 3, 3));
            // Oldest to newest: each newcomer takes the place of the next.
            for (newcomer, oldest) in (10..).zip(second) {
                assert!(cache.contains(&oldest));
                cache.insert(newcomer, newcomer);
                assert!(!cache.contains(&oldest));
            }
        }
    }

    // AL-10
    fn without_a_bound_all_stays(kind) {
        let cache = Cache::builder().unbounded().build();
        at_once(kind, &cache, &[1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!(cache.info(), info(4, 4, None, 4));
    }

    // AL-11
    fn with_room_for_nothing_every_call_runs(kind) {
        let cache = Cache::builder().lru(0).build();
        assert_eq!(at_once(kind, &cache, &[1, 2, 3, 4, 1, 2, 3, 4]), [1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!(cache.info(), info(0, 8, 0, 0));
    }

    // AL-12: running calls take no slot here, so that the third joins the first.
    fn a_call_that_runs_is_not_evicted(kind) {
        let cache = Cache::builder().lru(1).build();
        assert_eq!(at_once(kind, &cache, &[1, 2, 1]), [1, 2, 1]);
        assert_eq!(cache.info(), info(1, 2, 1, 1));
    }

    // AL-14
    fn two_caches_share_nothing(kind) {
        let (one, other) = (Cache::builder().build(), Cache::<u32, u32>::builder().build());
        now(same(kind, &one, 1));
        assert_eq!((one.info().misses, other.info()), (1, info(0, 0, 128, 0)));
    }

    // AL-19
    fn the_order_of_arguments_counts(kind) {
        let cache = Cache::builder().build();
        now(same(kind, &cache, (0, 1)));
        now(same(kind, &cache, (1, 0)));
        assert_eq!(cache.info(), info(0, 2, 128, 2));
        assert!(cache.invalidate(&(0, 1)));
        assert!(cache.contains(&(1, 0)));
    }

    // AL-30, AL-31
    fn invalidating_does_not_touch_hits_and_misses(kind) {
        let cache = Cache::builder().build();
        for key in 1..=3 {
            assert!(!cache.invalidate(&key));
            now(same(kind, &cache, key));
        }
        assert_eq!(cache.info(), info(0, 3, 128, 3));
        for (key, left) in [(1, 2), (2, 1), (3, 0)] {
            assert!(cache.invalidate(&key));
            assert_eq!(cache.info(), info(0, 3, 128, left));
        }
        for key in 1..=3 {
            now(same(kind, &cache, key));
        }
        assert_eq!(cache.info(), info(0, 6, 128, 3));
    }

    // AL-35
    fn who_waits_while_the_cache_is_cleared_gets_the_value(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut caller = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        cache.clear();
        loads.end(0, "foo");
        assert_eq!((caller.end(), cache.info()), ("foo", info(0, 0, 128, 0)));
    }

    // AL-37, AL-46
    fn an_old_end_of_life_is_not_that_of_a_later_entry(kind) {
        let clock = ManualClock::new();
        let cache = Cache::builder().ttl(2 * SECOND).clock(clock.clone()).build();
        for forget in [|cache: &Cache<u32, u32>| cache.clear(), |cache: &Cache<u32, u32>| assert!(cache.invalidate(&1))] {
            now(same(kind, &cache, 1));
            forget(&cache);
            clock.advance(SECOND);
            now(same(kind, &cache, 1));
            clock.advance(SECOND);
            assert!(cache.contains(&1));
            clock.advance(SECOND);
            assert!(!cache.contains(&1));
        }
    }

    // AL-44
    fn the_size_is_zero_when_the_time_is_over_without_a_call(kind) {
        let clock = ManualClock::new();
        let cache = Cache::builder().unbounded().ttl(SECOND).clock(clock.clone()).build();
        now(same(kind, &cache, 1));
        assert_eq!(cache.info(), info(0, 1, None, 1));
        now(same(kind, &cache, 1));
        assert_eq!(cache.info(), info(1, 1, None, 1));
        clock.advance(2 * SECOND);
        assert_eq!(cache.info(), info(1, 1, None, 0));
        now(same(kind, &cache, 1));
        assert_eq!(cache.info(), info(1, 2, None, 1));
    }

    // AL-45
    fn a_bound_and_a_ttl_go_together(kind) {
        let clock = ManualClock::new();
        let cache = Cache::builder().lru(1).ttl(SECOND).clock(clock).build();
        for (key, hits, misses) in [(1, 0, 1), (2, 0, 2), (2, 1, 2), (1, 1, 3)] {
            now(same(kind, &cache, key));
            assert_eq!(cache.info(), info(hits, misses, 1, 1));
        }
    }

    // AL-47
    fn what_ends_when_it_was_displaced_is_right_all_the_same(kind) {
        let clock = ManualClock::new();
        let cache = Cache::builder().lru(1).ttl(SECOND).clock(clock).build();
        assert_eq!(at_once(kind, &cache, &[1, 2]), [1, 2]);
        assert_eq!(cache.info().currsize, 1);
    }

    // AL-48
    fn a_running_call_does_not_expire(kind) {
        let clock = ManualClock::new();
        let cache = Cache::builder().ttl(SECOND).clock(clock.clone()).build();
        let loads = Loads::new();
        let mut first = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        clock.advance(10 * SECOND);
        let mut second = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(0, 1);
        assert_eq!((first.end(), second.end(), loads.started()), (1, 1, 1));
    }

    // AL-55, AL-56, AL-58
    fn three_callers_of_a_failing_call_share_its_error_and_the_next_runs(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let error = std::sync::Arc::new("no");
        let mut callers: Vec<_> =
            (0..3).map(|_| Task::waiting(kind.try_get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, Err(error.clone()));
        for got in settle(&mut callers) {
            assert!(std::sync::Arc::ptr_eq(&got.unwrap().unwrap_err(), &error));
        }
        assert_eq!(cache.info(), info(2, 1, 128, 0));
        let mut again = Task::waiting(kind.try_get_with(&cache, 1, loads.body()));
        loads.end(1, Err(error.clone()));
        assert!(again.end().is_err());
        assert_eq!(cache.info(), info(2, 2, 128, 0));
    }

    // AL-60
    fn of_three_calls_of_different_keys_those_that_stay_get_their_values(kind) {
        for leave in 0..=3_usize {
            let cache = Cache::builder().build();
            let loads = Loads::new();
            let mut callers: Vec<_> =
                (0..3).map(|key| Task::waiting(kind.get_with(&cache, key, loads.body()))).collect();
            drop(callers.drain(..leave));
            for (number, caller) in (leave..).zip(&mut callers) {
                loads.end(number, number);
                assert_eq!(caller.end(), number);
            }
            assert_eq!((loads.live(), cache.info().currsize), (0, 3 - leave as u64));
        }
    }

    // AL-61
    fn the_first_of_three_leaves_and_the_others_get_the_value(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        drop(callers.remove(0));
        settle(&mut callers);
        loads.end(loads.started() - 1, 5);
        assert_eq!(settle(&mut callers), [Some(5), Some(5)]);
        assert_eq!(cache.info(), info(2, 1, 128, 1));
    }

    // AL-62
    fn all_three_leave_and_nothing_is_left(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::<u32>::new();
        drop((0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect::<Vec<_>>());
        assert_eq!((cache.info(), loads.live()), (info(2, 1, 128, 0), 0));
    }

    // AL-70
    fn a_closure_with_bound_arguments_may_be_what_is_called(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let bound = || kind.get_with(&cache, 2, loads.body());
        let mut callers: Vec<_> = (0..5).map(|_| Task::waiting(bound())).collect();
        loads.end(0, 2);
        assert_eq!(settle(&mut callers), [Some(2); 5]);
        assert_eq!(cache.info(), info(4, 1, 128, 1));
    }
}

// AL-01
#[test]
fn the_eleven_peps() {
    #[cached(lru = 32)]
    async fn pep(number: u32) -> u32 {
        number
    }
    for number in [8, 290, 308, 320, 8, 218, 320, 279, 289, 320, 9991] {
        assert_eq!(now(pep(number)), number);
    }
    assert_eq!(pep::cache_info(), info(3, 8, 32, 8));
}

// AL-02, AL-06, AL-07
#[test]
fn what_a_fresh_function_shows() {
    #[cached]
    async fn fresh(id: u32) -> u32 {
        id
    }
    let CacheInfo { hits, misses, maxsize, currsize } = fresh::cache_info();
    assert_eq!((hits, misses, maxsize, currsize), (0, 0, Some(128), 0));
    for _ in 0..2 {
        let parameters = fresh::cache_parameters();
        assert_eq!((parameters.maxsize, parameters.running, parameters.closed), (Some(128), 0, false));
        now(fresh(1));
    }
}

// AL-20, AL-22, AL-24, AL-28
#[test]
fn a_key_leaves_the_connection_out() {
    #[cached(lru = 1, key = |query| -> String { query.to_string() })]
    async fn execute(connection: &str, query: &str) -> String {
        format!("{connection}={query}")
    }
    assert_eq!(now(execute("conn1", "SELECT 1")), "conn1=SELECT 1");
    assert_eq!(now(execute("conn2", "SELECT 1")), "conn1=SELECT 1");
    assert_eq!(execute::cache_info(), info(1, 1, 1, 1));
    assert_eq!(now(execute("conn2", "SELECT 2")), "conn2=SELECT 2");
    assert_eq!(execute::cache_info(), info(1, 2, 1, 1));
    assert_eq!(now(execute("conn2", "SELECT 1")), "conn2=SELECT 1");
    assert!(execute::cache_contains(&"SELECT 1".to_owned()));
    assert!(execute::cache_invalidate(&"SELECT 1".to_owned()));
    assert!(!execute::cache_invalidate(&"SELECT 1".to_owned()));
}

// AL-27
#[test]
fn after_its_life_a_call_runs_with_the_arguments_of_then() {
    static CLOCK: std::sync::LazyLock<ManualClock> = std::sync::LazyLock::new(ManualClock::new);
    #[cached(ttl = 1, clock = CLOCK.clone(), ignore = "connection")]
    async fn execute(connection: &str, query: &str) -> String {
        format!("{connection}={query}")
    }
    assert_eq!(now(execute("conn1", "SELECT 1")), "conn1=SELECT 1");
    assert_eq!(now(execute("conn2", "SELECT 1")), "conn1=SELECT 1");
    CLOCK.advance(SECOND);
    assert_eq!(now(execute("conn2", "SELECT 1")), "conn2=SELECT 1");
}

// AL-32
#[test]
fn invalidate_takes_as_many_arguments_as_there_are() {
    #[cached]
    async fn none() -> u32 {
        0
    }
    #[cached]
    #[allow(clippy::too_many_arguments, reason = "nine are the most of the row")]
    async fn nine(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8) -> u32 {
        [a, b, c, d, e, f, g, h, i].map(u32::from).iter().sum()
    }
    assert!(!none::cache_invalidate());
    now(none());
    assert!(none::cache_invalidate());
    now(nine(1, 2, 3, 4, 5, 6, 7, 8, 9));
    assert!(!nine::cache_invalidate(1, 2, 3, 4, 5, 6, 7, 9, 8));
    assert!(nine::cache_invalidate(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

// AL-34
#[test]
fn clearing_sets_hits_and_misses_to_zero() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    for _ in 0..3 {
        now(cache.get_with(1, async { 1 }));
    }
    cache.clear();
    assert_eq!(cache.info(), info(0, 0, 128, 0));
}

// AL-38 to AL-40, AL-42
#[test]
fn contains_changes_nothing() {
    let cache = Cache::builder().lru(2).build();
    cache.insert(1, 1);
    cache.insert(2, 2);
    let before = cache.info();
    for _ in 0..10 {
        assert!(cache.contains(&1) && !cache.contains(&3));
    }
    assert_eq!(cache.info(), before);
    cache.insert(3, 3);
    assert_eq!([1, 2, 3].map(|key| cache.contains(&key)), [false, true, true]);
    cache.invalidate(&2);
    assert!(!cache.contains(&2));
    cache.clear();
    assert!(!cache.contains(&3));
}

// AL-43
#[test]
fn on_a_method() {
    #[derive(Default)]
    struct Service {
        caches: cachetools::InstanceCaches,
    }
    impl Service {
        #[cachetools::cachedmethod(handle = true)]
        async fn number(&self, id: u32) -> u32 {
            id
        }
    }
    let service = Service::default();
    now(service.number(1));
    assert_eq!(service.number_cache().cache_info(), info(0, 1, 128, 1));
    assert!(service.number_cache().cache_invalidate(1));
    assert_eq!(service.number_cache().cache_info(), info(0, 1, 128, 0));
}

// AL-50
#[test]
fn with_a_ttl_of_zero_nothing_is_kept() {
    let cache = Cache::builder().ttl(Duration::ZERO).build();
    assert_eq!(now(same(Kind::Shared, &cache, 1)), 1);
    assert_eq!((cache.contains(&1), cache.info()), (false, info(0, 1, 128, 0)));
}

// AL-51 to AL-53
#[test]
fn jitter_draws_each_life() {
    let clock = ManualClock::new();
    let ttl = cachetools::Ttl::from(3600 * SECOND).jitter(1800 * SECOND);
    let cache = Cache::builder().unbounded().ttl(ttl).clock(clock.clone()).build();
    for key in 0..1000 {
        cache.insert(key, key);
    }
    clock.advance(3599 * SECOND);
    assert_eq!(cache.info().currsize, 1000);
    clock.advance(900 * SECOND);
    assert!((350..650).contains(&cache.info().currsize), "half of them, more or less");
    clock.advance(901 * SECOND);
    assert_eq!(cache.info().currsize, 0);
    let plain = cachetools::Ttl::from(SECOND).jitter(Duration::ZERO);
    assert_eq!((plain.least(), plain.most()), (SECOND, SECOND));
}

// AL-69
#[test]
fn arguments_may_be_bound_beforehand() {
    #[cached]
    async fn power(base: u64, exponent: u32) -> u64 {
        base.pow(exponent)
    }
    let square = |base| power(base, 2);
    assert_eq!((now(square(3)), now(square(3)), now(power(3, 2))), (9, 9, 9));
    assert_eq!(power::cache_info(), info(2, 1, 128, 1));
}

// AL-74
#[test]
fn a_cached_function_may_call_itself() {
    #[cached(unbounded)]
    async fn fib(n: u32) -> u64 {
        if n < 2 { u64::from(n) } else { Box::pin(fib(n - 1)).await + Box::pin(fib(n - 2)).await }
    }
    assert_eq!(now(fib(30)), 832_040);
    assert_eq!(fib::cache_info(), info(28, 31, None, 31));
}

// AL-79
#[test]
fn the_verbs_need_no_runtime() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    cache.insert(1, 1);
    assert!(cache.contains(&1) && cache.invalidate(&1));
    cache.clear();
    assert_eq!(cache.info(), info(0, 0, 128, 0));
}

// AL-80
#[tokio::test(start_paused = true)]
async fn three_at_once_with_a_wait_inside() {
    #[cached]
    async fn fetch(key: &str) -> String {
        tokio::time::sleep(Duration::from_millis(10)).await;
        format!("data_{key}")
    }
    let got = futures::join!(fetch("test"), fetch("test"), fetch("test"));
    assert_eq!(got, ("data_test".to_owned(), "data_test".to_owned(), "data_test".to_owned()));
    assert_eq!(fetch::cache_info().hits, 2);
}

// AL-81
#[test]
fn three_threads_on_one_cache_make_one_run() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| futures::executor::block_on(cache.get_with(1, async { 1 })));
        }
    });
    assert_eq!(cache.info(), info(2, 1, 128, 1));
}
