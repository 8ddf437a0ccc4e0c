//! What the tests and documents of `cachetools_async` fix, as far as it carries over. The number of each row stands in a comment.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cachetools::{Cache, cached};
use futures::future::join_all;

use crate::support::{Kind, Loads, Task, each_kind, info, settle};

fn now<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).end()
}

/// Calls that note when they run.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<String>>>);

impl Noted {
    fn call(&self, kind: Kind, cache: &Cache<String, String>, key: &str) -> crate::support::Call<'static, String> {
        let (noted, value) = (self.0.clone(), key.to_owned());
        kind.get_with(cache, key.to_owned(), async move {
            noted.lock().unwrap().push(value.clone());
            tokio::task::yield_now().await;
            value
        })
    }

    fn runs(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

each_kind! {
    // CA-04
    fn five_of_each_at_once_run_once_each_in_order(kind) {
        let (cache, noted) = (Cache::builder().build(), Noted::default());
        let calls = ["foo"; 5].into_iter().chain(["bar"; 5]).map(|key| noted.call(kind, &cache, key));
        let got = now(join_all(calls));
        assert_eq!((&got[..5], &got[5..]), (["foo"; 5].map(str::to_owned).as_slice(), ["bar"; 5].map(str::to_owned).as_slice()));
        assert_eq!(noted.runs(), ["foo", "bar"]);
    }

    // CA-05
    fn one_after_the_other_runs_once_each(kind) {
        let (cache, noted) = (Cache::builder().build(), Noted::default());
        for key in ["foo", "bar", "foo"] {
            assert_eq!(now(noted.call(kind, &cache, key)), key);
        }
        assert_eq!(noted.runs(), ["foo", "bar"]);
    }

    // CA-06
    fn after_an_error_the_next_call_runs(kind) {
        let cache: Cache<u32, &str> = Cache::builder().build();
        assert_eq!(now(kind.try_get_with(&cache, 1, async { Err("no") })), Err("no"));
        assert_eq!(now(kind.try_get_with(&cache, 1, async { Ok::<_, &str>("example") })), Ok("example"));
    }

    // CA-07
    fn three_at_once_that_fail_are_one_run(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..3).map(|_| Task::waiting(kind.try_get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, Err("no"));
        assert_eq!(settle(&mut callers), [Some(Err("no")); 3]);
        assert_eq!(loads.started(), 1);
    }

    // CA-08, inverted: a failure takes no slot and drives nothing out.
    fn a_failure_does_not_stay(kind) {
        let cache: Cache<u32, u32> = Cache::builder().lru(1).build();
        cache.insert(1, 1);
        assert_eq!(now(kind.try_get_with(&cache, 2, async { Err("no") })), Err("no"));
        assert_eq!((cache.info().currsize, cache.peek(&1)), (1, Some(1)));
    }

    // CA-09, CA-10, inverted: a run that gives itself up poisons nothing.
    fn after_a_run_that_gave_itself_up_the_next_runs(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let mut first = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.panic(0);
        assert!(first.poll_caught().is_err());
        for _ in 0..2 {
            assert_eq!(now(kind.get_with(&cache, 1, async { 7 })), 7);
        }
        assert_eq!(cache.stats().loads, 2);
    }

    // CA-11, CA-12: a cache that takes nothing joins nobody, and every call succeeds.
    fn a_cache_that_takes_nothing_lets_every_call_run(kind) {
        let cache = Cache::builder().lru(0).build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..5).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        assert_eq!(loads.started(), 5);
        for number in 0..5 {
            loads.end(number, number);
        }
        assert_eq!(settle(&mut callers), [0, 1, 2, 3, 4].map(Some));
    }

    // CA-14
    fn clearing_makes_the_next_call_run(kind) {
        let (cache, noted) = (Cache::builder().build(), Noted::default());
        now(noted.call(kind, &cache, "foo"));
        now(noted.call(kind, &cache, "foo"));
        cache.clear();
        now(noted.call(kind, &cache, "foo"));
        assert_eq!(noted.runs(), ["foo", "foo"]);
    }

    // CA-15
    fn clearing_while_a_call_runs_lets_the_next_run_too(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut old = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        cache.clear();
        let mut new = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        loads.end(0, "old");
        loads.end(1, "new");
        assert_eq!((old.end(), new.end(), cache.peek(&1)), ("old", "new", Some("new")));
    }
}

// CA-01
#[tokio::test(start_paused = true)]
async fn eight_reports_of_the_weather_are_three_requests() {
    static REQUESTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    #[cached(lru = 1024, ttl = 600)]
    async fn weather(place: &str) -> String {
        REQUESTS.lock().unwrap().push(place.to_owned());
        tokio::time::sleep(Duration::from_millis(20)).await;
        format!("sun in {place}")
    }
    let places = ["New York", "London", "London", "Miami", "New York", "Miami", "London", "New York"];
    let reports = join_all(places.map(weather)).await;
    assert_eq!(reports, places.map(|place| format!("sun in {place}")));
    assert_eq!(*REQUESTS.lock().unwrap(), ["New York", "London", "Miami"]);
    assert_eq!(weather::cache_info(), info(5, 3, 1024, 3));
}

// CA-03
#[test]
fn arguments_and_results_are_passed_through() {
    #[cached]
    async fn pair(left: &str, right: Option<u8>) -> (String, Option<u8>) {
        (left.to_owned(), right)
    }
    for _ in 0..2 {
        assert_eq!(now(pair("a", Some(1))), ("a".to_owned(), Some(1)));
        assert_eq!(now(pair("a", None)), ("a".to_owned(), None));
    }
}

// CA-13: waiters that all leave do not stop a call that is detached.
#[tokio::test(start_paused = true)]
async fn a_detached_call_ends_although_all_have_left() {
    #[cached(flight = detached)]
    async fn slow(id: u32) -> u32 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        id
    }
    let callers: Vec<_> = (0..3).map(|_| Task::waiting(slow(1))).collect();
    drop(callers);
    tokio::time::sleep(Duration::from_millis(21)).await;
    assert_eq!(slow(1).await, 1);
    assert_eq!(slow::cache_info(), info(3, 1, 128, 1));
}

// CA-17
#[test]
fn the_cache_of_a_function_can_be_looked_at() {
    #[cached]
    async fn number(id: u32) -> u32 {
        id
    }
    now(number(7));
    assert_eq!(number::cache().iter().collect::<Vec<_>>(), [(7, 7)]);
}

// CA-20, CA-22
#[test]
fn a_methods_cache_is_the_instances_and_leaves_it_out_of_the_key() {
    #[derive(Default)]
    struct Service {
        factor: u32,
        caches: cachetools::InstanceCaches,
    }
    impl Service {
        #[cachetools::cachedmethod(handle = true)]
        async fn scaled(&self, id: u32) -> u32 {
            self.factor * id
        }
    }
    let (two, three) = (Service { factor: 2, ..Service::default() }, Service { factor: 3, ..Service::default() });
    assert_eq!((now(two.scaled(5)), now(three.scaled(5)), now(two.scaled(5))), (10, 15, 10));
    two.scaled_cache().cache_clear();
    assert_eq!(two.scaled_cache().cache_info(), info(0, 0, 128, 0));
    assert_eq!(three.scaled_cache().cache_info(), info(0, 1, 128, 1));
}

// CA-24, inverted: what is weighed is the value.
#[test]
fn the_value_is_weighed_when_it_is_there() {
    let cache: Cache<u32, String> = Cache::builder().lru(10).weigh(|_, value: &String| value.len()).build();
    now(cache.get_with(1, async { "four".to_owned() }));
    now(cache.get_with(2, async { "sixsix".to_owned() }));
    assert_eq!(cache.info().currsize, 10);
    now(cache.get_with(3, async { "x".to_owned() }));
    assert_eq!([1, 2, 3].map(|key| cache.contains(&key)), [false, true, true]);
}

// CA-25, decided the other way (D-03): a life begins when the value is stored.
#[test]
fn a_call_that_takes_longer_than_the_ttl_is_joined_to_its_end() {
    let clock = cachetools::ManualClock::new();
    let cache = Cache::builder().ttl(Duration::from_millis(50)).clock(clock.clone()).build();
    let loads = Loads::new();
    let mut first = Task::waiting(cache.get_with(1, loads.body()));
    clock.advance(Duration::from_millis(60));
    let mut second = Task::waiting(cache.get_with(1, loads.body()));
    loads.end(0, 1);
    assert_eq!((first.end(), second.end(), loads.started()), (1, 1, 1));
    assert!(cache.contains(&1));
}
