//! What each option of the attributes does, seen from outside.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cachetools::{Cache, CallExt, Close, InstanceCaches, ManualClock, Outcome, cached, cachedmethod};

/// Counts the runs of a body that has no state of its own.
struct Runs(AtomicU32);

impl Runs {
    const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    fn ran(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn without_options_it_keeps_128_entries() {
    #[cached]
    async fn plain(id: u32) -> u32 {
        id
    }
    for id in 0..200 {
        plain(id).await;
    }
    assert_eq!(plain::cache_info().to_string(), "CacheInfo(hits=0, misses=200, maxsize=128, currsize=128)");
    assert!(plain::cache_contains(72) && !plain::cache_contains(71));
}

#[tokio::test]
async fn lru_bounds_and_unbounded_does_not() {
    const SIZE: usize = 1;
    #[cached(lru = SIZE + 1)]
    async fn two(id: u32) -> u32 {
        id
    }
    #[cached(unbounded)]
    async fn all(id: u32) -> u32 {
        id
    }
    #[cached(lru = 0)]
    async fn none(id: u32) -> u32 {
        id
    }
    for id in [1, 2, 1, 3] {
        two(id).await;
        all(id).await;
        none(id).await;
    }
    assert!(two::cache_contains(1) && !two::cache_contains(2) && two::cache_contains(3));
    assert_eq!((all::cache_info().currsize, all::cache_info().maxsize), (3, None));
    assert_eq!((none::cache_info().currsize, none::cache_info().misses), (0, 4));
}

static CLOCK: LazyLock<ManualClock> = LazyLock::new(ManualClock::new);

#[tokio::test]
async fn a_ttl_is_seconds_text_or_a_duration() {
    #[cached(ttl = 60, clock = CLOCK.clone())]
    async fn seconds() {}
    #[cached(ttl = "1m500ms", clock = CLOCK.clone())]
    async fn text() {}
    #[cached(ttl = Duration::from_secs(30) * 2 + Duration::from_secs(1), clock = CLOCK.clone())]
    async fn computed() {}
    seconds().await;
    text().await;
    computed().await;
    let kept = || [seconds::cache_contains(), text::cache_contains(), computed::cache_contains()];
    CLOCK.advance(Duration::from_millis(59_999));
    assert_eq!(kept(), [true; 3]);
    CLOCK.advance(Duration::from_millis(1));
    assert_eq!(kept(), [false, true, true]);
    CLOCK.advance(Duration::from_millis(500));
    assert_eq!(kept(), [false, false, true]);
    CLOCK.advance(Duration::from_millis(500));
    assert_eq!(kept(), [false; 3]);
}

#[tokio::test]
async fn what_is_ignored_is_not_in_the_key() {
    static RUNS: Runs = Runs::new();
    #[cached(ignore = "a")]
    async fn add(a: u32, b: u32) -> u32 {
        RUNS.ran();
        a + b
    }
    assert_eq!((add(1, 2).await, add(100, 2).await, add(1, 3).await), (3, 3, 4));
    assert_eq!(RUNS.count(), 2);
    assert_eq!(add::cache_parameters().ignored, ["a"]);
}

#[tokio::test]
async fn a_key_is_computed_before_the_body_may_run() {
    static RUNS: Runs = Runs::new();
    #[cached(key = |name, id: &u32| -> Option<(String, u32)> {
        let first = name.chars().next()?;
        Some((first.to_lowercase().to_string(), *id))
    })]
    async fn user(name: &str, id: u32) -> String {
        RUNS.ran();
        format!("{name}{id}")
    }
    assert_eq!(user("Ann", 1).await, "Ann1");
    assert_eq!(user("alf", 1).await, "Ann1");
    assert_eq!(user("", 1).await, "1");
    assert_eq!(RUNS.count(), 2);
    let key = Some(("a".to_owned(), 1));
    assert!(user::cache_contains(&key));
    assert_eq!(user::cache_peek(&key).as_deref(), Some("Ann1"));
    assert!(user::cache_invalidate(&key) && !user::cache_invalidate(&key));
    user::cache_insert(key, "set".into());
    assert_eq!(user("A", 1).await, "set");
}

#[tokio::test]
async fn cache_if_sees_what_would_be_kept() {
    #[cached(cache_if = |value| *value > 1)]
    async fn plain(id: u32) -> u32 {
        id
    }
    #[cached(cache_if = |value: &String| !value.is_empty())]
    async fn ok(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
    for id in 0..4 {
        plain(id).await;
    }
    ok("").await.unwrap();
    ok("a").await.unwrap();
    assert_eq!((plain::cache_info().currsize, ok::cache_info().currsize), (2, 1));
}

#[tokio::test]
async fn errors_are_shared_or_every_waiter_runs() {
    static SHARED: Runs = Runs::new();
    static AGAIN: Runs = Runs::new();
    #[cached]
    async fn shared(id: u32) -> Result<u32, String> {
        SHARED.ran();
        tokio::task::yield_now().await;
        Err(format!("no {id}"))
    }
    #[cached(errors = retry)]
    async fn again(id: u32) -> Result<u32, String> {
        AGAIN.ran();
        tokio::task::yield_now().await;
        Err(format!("no {id}"))
    }
    let eight = futures::future::join_all((0..8).map(|_| shared(1))).await;
    assert!(eight.iter().all(|result| result.as_ref().is_err_and(|error| error == "no 1")));
    assert_eq!(SHARED.count(), 1);
    let eight = futures::future::join_all((0..8).map(|_| again(1))).await;
    assert!(eight.iter().all(Result::is_err));
    assert_eq!(AGAIN.count(), 8);
}

#[tokio::test]
async fn each_flight_runs_one_body_for_all_who_wait() {
    static RUNS: [Runs; 3] = [Runs::new(), Runs::new(), Runs::new()];
    #[cached(flight = shared)]
    async fn shared(id: &str) -> usize {
        RUNS[0].ran();
        tokio::task::yield_now().await;
        id.len()
    }
    #[cached(flight = inline)]
    async fn inline(id: &str) -> usize {
        RUNS[1].ran();
        tokio::task::yield_now().await;
        id.len()
    }
    #[cached(flight = detached)]
    async fn detached(id: &str) -> usize {
        RUNS[2].ran();
        tokio::task::yield_now().await;
        id.len()
    }
    let id = String::from("abc");
    let calls = (0..10).map(|_| async { (shared(&id).await, inline(&id).await, detached(&id).await) });
    assert_eq!(futures::future::join_all(calls).await, [(3, 3, 3); 10]);
    assert_eq!(RUNS.each_ref().map(Runs::count), [1; 3]);
}

#[tokio::test]
async fn a_name_is_the_path_or_what_is_said() {
    #[cached]
    async fn by_path() {}
    #[cached(name = "peps")]
    async fn by_name() {}
    assert!(by_path::cache_parameters().name.ends_with("attribute::by_path"), "{}", by_path::cache_parameters().name);
    assert_eq!(by_name::cache_parameters().name, "peps");
}

static SHARED: LazyLock<Cache<u32, String>> = LazyLock::new(|| Cache::builder().lru(10).build());

#[tokio::test]
async fn functions_can_share_a_cache() {
    #[cached(cache = SHARED)]
    async fn one(id: u32) -> String {
        format!("one {id}")
    }
    #[cached(cache = SHARED)]
    async fn other(id: u32) -> Result<String, std::fmt::Error> {
        Ok(format!("other {id}"))
    }
    assert_eq!(one(1).await, "one 1");
    assert_eq!(other(1).await.unwrap(), "one 1");
    assert!(std::ptr::eq(one::cache(), other::cache()));
    assert_eq!(SHARED.info().hits, 1);
}

mod facade {
    pub(super) use cachetools::*;
}

#[tokio::test]
async fn the_runtime_may_be_elsewhere() {
    #[facade::cached(crate = facade)]
    async fn elsewhere(id: u32) -> u32 {
        id
    }
    elsewhere(1).await;
    let info: facade::CacheInfo = elsewhere::cache_info();
    assert_eq!(info.misses, 1);
}

#[tokio::test]
async fn the_handle_shows_and_steers() {
    #[cached(lru = 3)]
    async fn double(n: u32) -> u32 {
        n * 2
    }
    assert_eq!(double::cache_peek(1), None);
    assert_eq!(double(1).await, 2);
    double::cache_insert(2, 5);
    assert_eq!(double(2).await, 5);
    assert!(double::cache_invalidate(2) && !double::cache_invalidate(2));
    assert_eq!(double(2).await, 4);
    assert_eq!(double::cache_stats().loads, 2);
    assert_eq!(double(1).traced().await, (2, Outcome::Hit));
    assert_eq!(double(3).traced().await, (6, Outcome::Ran));
    double::cache_clear();
    assert_eq!(double::cache_info().to_string(), "CacheInfo(hits=0, misses=0, maxsize=3, currsize=0)");
    double(1).await;
    double::cache_close(Close::Wait).await;
    assert!(double::cache_parameters().closed);
    assert_eq!((double(9).await, double::cache_contains(9), double::cache_peek(1)), (18, false, Some(2)));
    assert!(std::ptr::eq(double::cache(), double::cache()));
}

#[derive(Default)]
struct Calculator {
    caches: InstanceCaches,
    runs: AtomicU32,
}

impl Calculator {
    #[cachedmethod]
    pub async fn increment(&self, n: u32) -> u32 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        n + 1
    }

    #[cachedmethod(ignore = "self")]
    pub async fn add(&self, a: u32, b: u32) -> u32 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        a + b
    }

    #[cachedmethod(handle = false)]
    pub async fn hidden(&self, n: u32) -> u32 {
        n
    }

    #[cachedmethod(name = "named")]
    pub async fn named(&self, n: u32) -> u32 {
        n
    }
}

#[tokio::test]
async fn every_instance_runs_its_own() {
    let (one, other) = (Calculator::default(), Calculator::default());
    for n in [5, 5, 6] {
        assert_eq!(one.increment(n).await, n + 1);
    }
    assert_eq!((one.runs.load(Ordering::SeqCst), other.runs.load(Ordering::SeqCst)), (2, 0));
    other.increment(5).await;
    assert_eq!(other.runs.load(Ordering::SeqCst), 1);
    assert_eq!(one.increment_cache().cache_info().to_string(), "CacheInfo(hits=1, misses=2, maxsize=128, currsize=2)");
    assert!(one.increment_cache().cache_parameters().name.ends_with("attribute::Calculator::increment"));
    assert_eq!(one.named_cache().cache_parameters().name, "named");
}

#[tokio::test]
async fn ignoring_self_drops_no_real_argument() {
    let calculator = Calculator::default();
    assert_eq!((calculator.add(1, 2).await, calculator.add(100, 2).await, calculator.add(1, 2).await), (3, 102, 3));
    assert_eq!(calculator.runs.load(Ordering::SeqCst), 2);
    assert_eq!(calculator.hidden(1).await, 1);
}

#[tokio::test]
async fn a_methods_handle_steers_its_instance() {
    let calculator = Calculator::default();
    let handle = calculator.increment_cache();
    handle.cache_insert(1, 100);
    assert_eq!(calculator.increment(1).await, 100);
    assert!(handle.cache_invalidate(1));
    assert_eq!(calculator.increment(1).await, 2);
    assert_eq!(handle.cache_peek(1), Some(2));
    handle.cache_clear();
    assert!(!handle.cache_contains(1));
    handle.cache_close(Close::Cancel).await;
    assert_eq!(calculator.increment(7).await, 8);
    assert!(!handle.cache_contains(7));
}

/// The error of a body keeps its own type through `?`, and its own early returns.
#[tokio::test]
async fn a_decorated_body_means_what_the_plain_one_does() {
    #[derive(Clone, Debug, PartialEq)]
    struct Broken(String);
    impl From<std::num::ParseIntError> for Broken {
        fn from(error: std::num::ParseIntError) -> Self {
            Self(error.to_string())
        }
    }
    #[cached]
    async fn parse(text: &str) -> Result<Option<Arc<str>>, Broken> {
        if text.is_empty() {
            return Ok(None);
        }
        let number: u32 = text.parse()?;
        let local = std::cell::Cell::new(number);
        Ok(Some(local.get().to_string().into()))
    }
    assert_eq!(parse("").await, Ok(None));
    assert_eq!(parse("12").await.unwrap().as_deref(), Some("12"));
    assert_eq!(parse("x").await.unwrap_err().0, "invalid digit found in string");
}
