//! The cache without an attribute.

use std::sync::Arc;
use std::time::Duration;

use cachetools::{Cache, PolicyKind};

use crate::support::{Task, info};

fn now<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).end()
}

#[test]
fn a_load_may_borrow_from_its_caller() {
    let cache: Cache<String, usize> = Cache::builder().build();
    let text = String::from("borrowed");
    assert_eq!(now(cache.get_with("key".to_owned(), async { text.len() })), 8);
    assert_eq!(
        now(cache.try_get_with("other".to_owned(), async { text.parse::<usize>().map_err(|_| "no") })),
        Err("no")
    );
}

#[test]
fn a_load_that_is_not_send_may_run_inline() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    let local = std::rc::Rc::new(5);
    assert_eq!(now(cache.get_with(1, async { *local })), 5);
}

#[derive(Hash)]
struct Pair<'a>(&'a str, u32);

impl equivalent::Equivalent<(String, u32)> for Pair<'_> {
    fn equivalent(&self, key: &(String, u32)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

#[test]
fn a_key_is_looked_up_in_whatever_form_hashes_as_it_does() {
    let cache: Cache<String, u32> = Cache::builder().build();
    cache.insert("key".to_owned(), 1);
    assert_eq!((cache.get("key"), cache.peek("key"), cache.contains("key")), (Some(1), Some(1), true));
    assert!(cache.invalidate("key"));
    let pairs: Cache<(String, u32), u32> = Cache::builder().build();
    pairs.insert(("de".to_owned(), 7), 1);
    assert_eq!(pairs.get(&Pair("de", 7)), Some(1));
}

#[test]
fn a_clone_is_the_same_cache() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    let clone = cache.clone();
    clone.insert(1, 10);
    assert_eq!(cache.get(&1), Some(10));
    drop(cache);
    assert_eq!(clone.info(), info(1, 0, 128, 1));
}

#[test]
fn the_builder_says_what_the_parameters_show() {
    let cache: Cache<u32, u32> = Cache::builder().name("peps").lru(32).ttl(Duration::from_secs(60)).build();
    let parameters = cache.parameters();
    assert_eq!((parameters.name.as_ref(), parameters.policy), ("peps", PolicyKind::Lru));
    assert_eq!((parameters.maxsize, parameters.ttl), (Some(32), Some(Duration::from_secs(60).into())));
    assert!(format!("{cache:?}").contains("peps"));
    let default = Cache::<u32, u32>::default().parameters();
    assert_eq!((default.maxsize, default.ttl, default.name.as_ref()), (Some(128), None, ""));
}

#[test]
fn what_is_not_worth_keeping_is_returned_and_not_kept() {
    let cache: Cache<u32, u32> = Cache::builder().cache_if(|value| value % 2 == 0).build();
    assert_eq!((now(cache.get_with(1, async { 1 })), cache.peek(&1)), (1, None));
    assert_eq!((now(cache.get_with(1, async { 2 })), cache.peek(&1)), (2, Some(2)));
    cache.insert(3, 3);
    assert_eq!(cache.peek(&3), Some(3), "who inserts has decided");
}

#[test]
fn the_entries_are_listed_without_counters_or_order_noticing() {
    let cache: Cache<u32, u32> = Cache::builder().lru(2).build();
    cache.insert(1, 10);
    cache.insert(2, 20);
    let mut entries: Vec<_> = cache.iter().collect();
    entries.sort_unstable();
    assert_eq!(entries, [(1, 10), (2, 20)]);
    // No lock is held while the list is walked.
    for (key, _) in cache.iter() {
        cache.invalidate(&key);
    }
    assert_eq!(cache.info(), info(0, 0, 2, 0));
}

#[test]
fn a_cache_may_live_in_a_static_and_be_used_from_many_threads() {
    static CACHE: std::sync::LazyLock<Cache<u32, Arc<u32>>> = std::sync::LazyLock::new(|| Cache::builder().build());
    let values: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                scope.spawn(move || futures::executor::block_on(CACHE.get_with(1, async move { Arc::new(thread) })))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a value")).collect()
    });
    assert!(values.iter().all(|value| Arc::ptr_eq(value, &values[0])), "one run, one value");
}

#[test]
fn it_runs_on_any_executor() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    let value = futures::executor::block_on(async {
        let calls = (0..10).map(|_| cache.shared().get_with(1, async { 10 }));
        futures::future::join_all(calls).await
    });
    assert_eq!(value, [10; 10]);
    // Without a runtime in reach a detached load is a shared one.
    assert_eq!(futures::executor::block_on(cache.detached().get_with(2, async { 20 })), 20);
}
