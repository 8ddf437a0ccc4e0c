//! The handle: a type of the function's name that shows and steers its cache.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::{Cache, CacheInfo, Close, ManualClock, PolicyKind, Ttl, cached};

use crate::support::{Loads, Task, info};

fn now<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).end()
}

#[test]
fn a_fresh_handle_shows_nothing_done() {
    #[cached]
    async fn fresh(id: u32) -> u32 {
        id
    }
    assert_eq!(fresh::cache_info(), info(0, 0, 128, 0));
    assert_eq!(fresh::cache_info().to_string(), "CacheInfo(hits=0, misses=0, maxsize=128, currsize=0)");
    let parameters = fresh::cache_parameters();
    assert_eq!((parameters.maxsize, parameters.ttl, parameters.running), (Some(128), None, 0));
    assert!(!parameters.closed);
    assert_eq!(parameters.policy, PolicyKind::Lru);
    assert!(parameters.name.ends_with("::fresh"), "{}", parameters.name);
    drop(fresh(1));
    assert_eq!(fresh::cache_info(), info(0, 0, 128, 0), "a call that is not polled is none");
}

#[test]
fn the_verbs_take_the_arguments_of_the_function() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[cached]
    async fn page(language: &str, number: u32) -> String {
        RUNS.fetch_add(1, Ordering::SeqCst);
        format!("{language} {number}")
    }
    assert_eq!(now(page("de", 7)), "de 7");
    assert!(page::cache_contains("de", 7) && !page::cache_contains("de", 8) && !page::cache_contains("en", 7));
    assert_eq!(page::cache_peek("de", 7).as_deref(), Some("de 7"));
    assert!(page::cache_invalidate("de", 7));
    assert!(!page::cache_invalidate("de", 7), "it is gone");
    page::cache_insert("de", 7, "primed".to_owned());
    assert_eq!(now(page("de", 7)), "primed");
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    page::cache_clear();
    assert_eq!(page::cache_info(), info(0, 0, 128, 0));
}

#[test]
fn the_verbs_of_a_function_without_arguments_take_none() {
    #[cached]
    async fn constant() -> u32 {
        42
    }
    assert!(!constant::cache_contains());
    assert_eq!(now(constant()), 42);
    assert_eq!((constant::cache_peek(), constant::cache_contains()), (Some(42), true));
    assert!(constant::cache_invalidate());
    constant::cache_insert(43);
    assert_eq!(now(constant()), 43);
}

#[test]
fn ignored_arguments_are_not_asked_for() {
    #[cached(ignore = ("db", "span"))]
    async fn user(db: &str, id: u64, span: &str, #[cached(ignore)] retries: u8) -> String {
        format!("{db} {id} {span} {retries}")
    }
    assert_eq!(now(user("main", 1, "first", 3)), "main 1 first 3");
    assert_eq!(now(user("replica", 1, "second", 0)), "main 1 first 3");
    assert!(user::cache_contains(1));
    assert!(user::cache_invalidate(1));
    user::cache_insert(2, "primed".to_owned());
    assert_eq!(now(user("main", 2, "third", 0)), "primed");
    assert_eq!(user::cache_parameters().ignored, ["db", "span", "retries"]);
}

#[test]
fn with_a_key_of_its_own_the_handle_takes_the_key() {
    struct User {
        id: u64,
        name: &'static str,
    }
    #[cached(key = |user, region| -> (u64, String) { (user.id, region.to_lowercase()) })]
    async fn rate(user: &User, region: &str) -> String {
        format!("{} in {region}", user.name)
    }
    let user = User { id: 1, name: "Ada" };
    assert_eq!(now(rate(&user, "EU")), "Ada in EU");
    assert_eq!(now(rate(&User { id: 1, name: "Bob" }, "eu")), "Ada in EU");
    let key = (1, "eu".to_owned());
    assert!(rate::cache_contains(&key));
    assert_eq!(rate::cache_peek(&key).as_deref(), Some("Ada in EU"));
    assert!(rate::cache_invalidate(&key));
    rate::cache_insert(key, "primed".to_owned());
    assert_eq!(now(rate(&user, "Eu")), "primed");
    assert_eq!(rate::cache_info(), info(2, 1, 128, 1));
}

#[test]
fn of_a_result_the_value_is_kept() {
    #[cached]
    async fn parse(text: &str) -> Result<i32, std::num::ParseIntError> {
        text.parse()
    }
    assert_eq!(now(parse("7")), Ok(7));
    assert_eq!(parse::cache_peek("7"), Some(7));
    parse::cache_insert("x", 9);
    assert_eq!(now(parse("x")), Ok(9));
}

#[test]
fn contains_and_peek_touch_neither_counters_nor_order() {
    #[cached(lru = 2)]
    async fn number(id: u32) -> u32 {
        id
    }
    now(number(1));
    now(number(2));
    for _ in 0..10 {
        assert!(number::cache_contains(1) && !number::cache_contains(9));
        assert_eq!((number::cache_peek(1), number::cache_peek(9)), (Some(1), None));
    }
    assert_eq!(number::cache_info(), info(0, 2, 2, 2));
    now(number(3));
    assert!(!number::cache_contains(1), "1 was still the oldest");
    assert!(number::cache_contains(2) && number::cache_contains(3));
}

#[test]
fn contains_is_true_while_the_call_is_running() {
    static LOADS: std::sync::LazyLock<Loads<u32>> = std::sync::LazyLock::new(Loads::new);
    #[cached]
    async fn slow(id: u32) -> u32 {
        LOADS.body().await + id
    }
    let mut call = Task::waiting(slow(1));
    assert!(slow::cache_contains(1));
    assert_eq!(slow::cache_peek(1), None);
    assert_eq!((slow::cache_parameters().running, slow::cache_stats().running), (1, 1));
    assert!(slow::cache_invalidate(1), "it was running");
    assert!(!slow::cache_contains(1));
    LOADS.end(0, 10);
    assert_eq!(call.end(), 11);
    assert!(!slow::cache_contains(1));
}

#[test]
fn the_handle_may_be_renamed_or_left_out() {
    #[cached(handle = squares)]
    async fn square(id: u64) -> u64 {
        id * id
    }
    #[cached(handle = false)]
    async fn unseen(id: u64) -> u64 {
        id
    }
    // The name is free for a type of one's own.
    #[expect(non_camel_case_types, reason = "it is the function's")]
    #[allow(dead_code, reason = "that it is there is the test")]
    enum unseen {}
    assert_eq!((now(square(4)), now(unseen(4))), (16, 4));
    assert_eq!(squares::cache_info().misses, 1);
}

#[test]
fn the_options_are_those_of_the_attribute() {
    #[cached(lru = 32, ttl = "10m", name = "peps", ignore = "db")]
    async fn pep(db: &str, number: u32) -> usize {
        db.len() + number as usize
    }
    #[cached(unbounded)]
    async fn all(number: u32) -> u32 {
        number
    }
    let parameters = pep::cache_parameters();
    assert_eq!((parameters.name.as_ref(), parameters.maxsize), ("peps", Some(32)));
    assert_eq!((parameters.ttl, parameters.ignored), (Some(Ttl::from(Duration::from_secs(600))), ["db"].as_slice()));
    assert_eq!((all::cache_parameters().policy, all::cache_parameters().maxsize), (PolicyKind::Unbounded, None));
    assert_eq!(now(all(1)), 1);
    assert_eq!(now(pep("db", 1)), 3);
}

#[test]
fn an_attribute_can_say_what_is_worth_keeping_and_whose_time_it_is() {
    static CLOCK: std::sync::LazyLock<ManualClock> = std::sync::LazyLock::new(ManualClock::new);
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[cached(ttl = 60, cache_if = |value: &Option<u32>| value.is_some(), clock = CLOCK.clone())]
    async fn find(id: u32) -> Option<u32> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        (id < 10).then_some(id)
    }
    for _ in 0..3 {
        assert_eq!((now(find(1)), now(find(11))), (Some(1), None));
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 4, "1 once, 11 three times");
    CLOCK.advance(Duration::from_secs(60));
    assert_eq!((now(find(1)), RUNS.load(Ordering::SeqCst)), (Some(1), 5));
}

#[test]
fn the_cache_itself_is_in_reach() {
    #[cached]
    async fn number(id: u32) -> u64 {
        u64::from(id)
    }
    now(number(1));
    let cache: &'static Cache<u32, u64> = number::cache();
    assert_eq!((cache.get(&1), cache.iter().collect::<Vec<_>>()), (Some(1), vec![(1, 1)]));
    cache.insert(2, 22);
    assert_eq!(now(number(2)), 22);
}

#[tokio::test(start_paused = true)]
async fn a_closed_function_runs_as_the_plain_one_and_shows_what_it_had() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[cached]
    async fn number(id: u32) -> u32 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        RUNS.fetch_add(1, Ordering::SeqCst);
        id
    }
    number(1).await;
    let running = tokio::spawn(number(2));
    tokio::task::yield_now().await;
    number::cache_close(Close::Wait).await;
    assert_eq!((running.await.expect("it ended"), number::cache_peek(2)), (2, Some(2)));
    assert!(number::cache_parameters().closed);
    assert_eq!((number(1).await, RUNS.load(Ordering::SeqCst)), (1, 3));
    assert_eq!(number::cache_info().currsize, 2);
    number::cache_close(Close::Wait).await;
}

/// The main job, without a network: eleven documents, three of them asked for twice.
#[test]
fn eleven_calls_of_eight_documents_make_three_hits() {
    #[cached(lru = 32)]
    async fn get_pep(number: u32) -> String {
        format!("PEP {number}")
    }
    for number in [8, 290, 308, 320, 8, 218, 320, 279, 289, 320, 9991] {
        assert_eq!(now(get_pep(number)), format!("PEP {number}"));
    }
    assert_eq!(get_pep::cache_info(), CacheInfo { hits: 3, misses: 8, maxsize: Some(32), currsize: 8 });
}

/// Recursion: each number is computed once.
#[test]
fn fib_of_30_makes_28_hits_and_31_misses() {
    #[cached(unbounded)]
    async fn fib(n: u64) -> u64 {
        if n < 2 { n } else { Box::pin(fib(n - 1)).await + Box::pin(fib(n - 2)).await }
    }
    assert_eq!(now(fib(30)), 832_040);
    assert_eq!(fib::cache_info(), info(28, 31, None, 31));
}

/// Law 7 through the attribute: same key, two functions in a circle, and an ignored depth.
#[test]
fn calls_that_lead_back_to_themselves_end() {
    #[cached(ignore = "depth")]
    async fn deep(id: u32, depth: u32) -> u32 {
        if depth == 0 { id } else { 1 + Box::pin(deep(id, depth - 1)).await }
    }
    #[cached(flight = inline)]
    async fn there(id: u32, #[cached(ignore)] left: u32) -> u32 {
        if left == 0 { 0 } else { 1 + Box::pin(back(id, left - 1)).await }
    }
    #[cached(flight = inline)]
    async fn back(id: u32, #[cached(ignore)] left: u32) -> u32 {
        if left == 0 { 0 } else { 1 + Box::pin(there(id, left - 1)).await }
    }
    assert_eq!(now(deep(1, 10)), 11);
    assert_eq!(now(there(1, 9)), 9);
    assert_eq!(now(back(1, 5)), 8, "what the first call of it returned to its caller is kept");
    assert_eq!((deep::cache_parameters().running, there::cache_parameters().running), (0, 0));
}
