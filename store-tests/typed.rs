//! What a typed store adds to its store: namespaces, ttls, limits, hooks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cachetools::store::{
    Answer, HitRatio, Hook, Memory, MessagePack, Null, Operation, Outcome, Reject, Remaining, Store, StoreError, Text,
    Timing, Ttl, TypedStore,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_default_is_for_what_is_not_there() {
    let store = TypedStore::new(Memory::new(10));
    assert_eq!(store.get_or("k", 1).await, Ok(1));
    store.set("k", &2).await.unwrap();
    assert_eq!(store.get_or("k", 1).await, Ok(2));
    // AI-57, AI-58
    store.set("false", &false).await.unwrap();
    assert_eq!(store.get_or("false", true).await, Ok(false));
    store.set("none", &None::<u8>).await.unwrap();
    assert_eq!(store.get::<Option<u8>>("none").await, Ok(Some(None)));
}

// AI-47
#[tokio::test]
async fn a_write_says_default_never_or_how_long() {
    let store = TypedStore::new(Memory::new(10)).default_ttl(SECOND * 10);
    let left = async |key| match store.ttl(key).await.unwrap() {
        Some(Remaining::For(left)) => Some(left.as_secs_f64().ceil()),
        _ => None,
    };
    store.set("default", &1).await.unwrap();
    store.set("longer", &1).ttl(Ttl::After(SECOND * 20)).await.unwrap();
    store.set("never", &1).ttl(Ttl::Never).await.unwrap();
    assert_eq!((left("default").await, left("longer").await, left("never").await), (Some(10.0), Some(20.0), None));
    store.add("added", &1).await.unwrap();
    store.add("added never", &1).ttl(Ttl::Never).await.unwrap();
    assert_eq!((left("added").await, left("added never").await), (Some(10.0), None));
    store.set_many(&[("many", 1)]).await.unwrap();
    store.set_many(&[("many longer", 1)]).ttl(SECOND * 20).await.unwrap();
    assert_eq!((left("many").await, left("many longer").await), (Some(10.0), Some(20.0)));
    assert_eq!(store.expire("many", Ttl::Never).await, Ok(true));
    assert_eq!(left("many").await, None);
}

// AI-24, D-07, D-08
#[tokio::test]
async fn clear_takes_the_namespace_of_all_versions_and_clear_all_takes_everything() {
    let all = TypedStore::new(Memory::new(100));
    let (nm, nma) = (all.clone().namespace("nm"), all.clone().namespace("nma"));
    let newer = nm.clone().version(2);
    for store in [&all, &nm, &nma, &newer] {
        store.set("k", &1).await.unwrap();
    }
    nm.clear().await.unwrap();
    let mut left = Vec::new();
    for store in [&all, &nm, &nma, &newer] {
        left.push(store.exists("k").await.unwrap());
    }
    assert_eq!(left, [true, false, true, false]);
    nm.clear_all().await.unwrap();
    assert_eq!((all.exists("k").await, nma.exists("k").await), (Ok(false), Ok(false)));
}

#[tokio::test]
async fn another_version_or_codec_finds_nothing_and_it_is_counted() {
    let bytes = Arc::new(Memory::new(100));
    let store = TypedStore::new(bytes.clone());
    store.set("k", &"value".to_owned()).await.unwrap();
    assert_eq!(store.clone().version(1).get::<String>("k").await, Ok(None));
    assert_eq!(store.clone().codec(Text).get::<String>("k").await, Ok(None));
    assert_eq!(store.get::<u8>("k").await, Ok(None));
    bytes.set("k", b"someone else's", None).await.unwrap();
    assert_eq!(store.get::<String>("k").await, Ok(None));
    let rejected = store.rejected();
    assert_eq!((rejected.codec, rejected.undecodable, rejected.foreign), (1, 1, 1));
}

#[tokio::test]
async fn a_value_of_another_version_under_the_same_key_is_not_read() {
    let bytes = Arc::new(Memory::new(100));
    let (old, new) = (TypedStore::new(bytes.clone()).version(1), TypedStore::new(bytes.clone()).version(2));
    old.set("k", &1).await.unwrap();
    let stored = bytes.get(&old.full_key("k").unwrap()).await.unwrap().unwrap();
    bytes.set(&new.full_key("k").unwrap(), &stored, None).await.unwrap();
    assert_eq!(new.get::<u8>("k").await, Ok(None));
    assert_eq!(new.rejected().version, 1);
}

/// A store that takes its time.
struct Slow(Duration);

impl Store for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn get<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok(None)
        })
    }

    fn set<'a>(&'a self, _: &'a str, _: &'a [u8], _: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, _: &'a str) -> Answer<'a, bool> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok(false)
        })
    }
}

// AI-49
#[tokio::test(start_paused = true)]
async fn an_operation_that_takes_too_long_fails_with_a_timeout() {
    let store = TypedStore::new(Slow(SECOND * 6));
    let timeout = |limit| Err(StoreError::Timeout { limit });
    assert_eq!(store.get::<u8>("k").await, timeout(SECOND * 5));
    assert_eq!(store.set("k", &1).await, timeout(SECOND * 5).map(|_: Option<u8>| ()));
    assert_eq!(store.clone().timeout(SECOND).get::<u8>("k").await, timeout(SECOND));
    for endless in [store.clone().timeout(None), store.clone().timeout(Duration::ZERO)] {
        assert_eq!(endless.get::<u8>("k").await, Ok(None));
    }
}

#[tokio::test]
async fn what_a_store_does_not_have_is_unsupported() {
    let store = TypedStore::new(Slow(Duration::ZERO));
    let unsupported = |operation| StoreError::Unsupported { store: "slow", operation };
    assert_eq!(store.add("k", &1).await, Err(unsupported("add")));
    assert_eq!(store.increment("k", 1).await, Err(unsupported("increment")));
    assert_eq!(store.clear().await, Err(unsupported("clear")));
    assert_eq!(store.get_many::<u8>(["a", "b"]).await, Ok(vec![None, None]));
    assert_eq!(store.exists("a").await, Ok(false));
}

// AI-51
#[tokio::test]
async fn switched_off_nothing_is_done() {
    let bytes = Arc::new(Memory::new(100));
    let store = TypedStore::new(bytes.clone());
    store.set("k", &1).await.unwrap();
    let off = store.clone().enabled(false);
    assert_eq!(off.get::<u8>("k").await, Ok(None));
    assert_eq!(off.get_many::<u8>(["k", "l"]).await, Ok(vec![None, None]));
    assert_eq!((off.exists("k").await, off.delete("k").await), (Ok(false), Ok(false)));
    assert_eq!((off.set("l", &1).await, off.add("k", &1).await, off.clear().await), (Ok(()), Ok(()), Ok(())));
    assert_eq!(off.increment("n", 3).await, Ok(3));
    assert_eq!(bytes.len(), 1);
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

struct Logging(&'static str, Arc<Log>);

impl Hook for Logging {
    fn before(&self, operation: Operation) {
        self.1.0.lock().unwrap().push(format!("{} before {operation}", self.0));
    }

    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        let how = if outcome.error.is_some() { "failed" } else { "ended" };
        self.1.0.lock().unwrap().push(format!("{} {operation} {how}", self.0));
    }

    fn rejected(&self, key: &str, why: Reject) {
        self.1.0.lock().unwrap().push(format!("{} {key} is {why}", self.0));
    }
}

// AI-52
#[tokio::test]
async fn hooks_are_told_before_and_after_in_their_order() {
    let log = Arc::new(Log::default());
    let store = TypedStore::new(Memory::new(10)).hook(Logging("a", log.clone())).hook(Logging("b", log.clone()));
    store.set("k", &1).await.unwrap();
    store.add("k", &1).await.unwrap_err();
    let told = ["a before set", "b before set", "a set ended", "b set ended"];
    assert_eq!(log.0.lock().unwrap()[..4], told);
    assert_eq!(log.0.lock().unwrap()[6..], ["a add failed", "b add failed"]);
    log.0.lock().unwrap().clear();
    assert_eq!(store.clone().codec(MessagePack).get::<u8>("k").await, Ok(None));
    assert_eq!(log.0.lock().unwrap()[2..4], ["a k is of another codec", "b k is of another codec"]);
}

// AI-55, AI-56
#[tokio::test]
async fn the_hit_ratio_counts_each_key() {
    let ratio = Arc::new(HitRatio::default());
    let store = TypedStore::new(Memory::new(10)).hook(ratio.clone());
    for key in ["a", "b", "c"] {
        store.set(key, &1).await.unwrap();
    }
    for key in ["a", "b", "c", "d", "e", "f"] {
        store.get_or(key, 0).await.unwrap();
    }
    assert_eq!((ratio.hits().hits, ratio.hits().total), (3, 6));
    store.get_many::<u8>(["a", "x"]).await.unwrap();
    assert_eq!((ratio.hits().hits, ratio.hits().total), (4, 8));
    assert!((ratio.hits().ratio() - 0.5).abs() < f64::EPSILON);
}

// AI-54
#[tokio::test]
async fn times_are_counted_by_operation() {
    let timing = Arc::new(Timing::default());
    let store = TypedStore::new(Null).hook(timing.clone());
    store.set("k", &1).await.unwrap();
    store.set("k", &1).await.unwrap();
    assert_eq!((timing.times(Operation::Set).count, timing.times(Operation::Get).count), (2, 0));
    assert!(timing.times(Operation::Set).min <= timing.times(Operation::Set).max);
}

// AI-103
#[tokio::test]
async fn a_value_changes_only_if_it_is_the_expected_one() {
    let store = TypedStore::new(Memory::new(10));
    store.set("k", &1).await.unwrap();
    assert_eq!(store.compare_and_set("k", &2, &3, Ttl::Default).await, Ok(false));
    assert_eq!(store.compare_and_set("k", &1, &3, Ttl::Default).await, Ok(true));
    assert_eq!(store.get("k").await, Ok(Some(3)));
    assert_eq!(store.compare_and_delete("k", &1).await, Ok(false));
    assert_eq!(store.compare_and_delete("k", &3).await, Ok(true));
}

#[tokio::test]
async fn a_counter_may_begin_anywhere_and_a_value_is_no_counter() {
    let store = TypedStore::new(Memory::new(10));
    store.set_counter("n", 40, Ttl::Default).await.unwrap();
    assert_eq!(store.increment("n", 2).await, Ok(42));
    assert_eq!(store.get("n").await, Ok(Some(42)));
    store.set("n", &42).await.unwrap();
    assert!(matches!(store.increment("n", 1).await, Err(StoreError::NotAnInteger { .. })));
}

#[tokio::test]
async fn a_store_by_url_has_what_the_url_says() {
    let store = cachetools::store("memory://?capacity=2&namespace=main&ttl=10s&version=3").unwrap();
    assert_eq!(store.full_key("k").unwrap(), "main:v3:k");
    for key in ["k1", "k2", "k3"] {
        store.set(key, &1).await.unwrap();
    }
    // AI-39
    assert_eq!(store.get::<u8>("k1").await, Ok(None));
    assert!(matches!(store.ttl("k3").await, Ok(Some(Remaining::For(_)))));
}

// PC-01
#[tokio::test]
async fn the_null_store_keeps_nothing() {
    let store = cachetools::store("null://").unwrap();
    store.set("foo", &1).await.unwrap();
    assert_eq!(store.get::<u8>("foo").await, Ok(None));
    assert_eq!(store.delete("foo").await, Ok(false));
}

#[tokio::test]
async fn it_needs_no_tokio_for_what_is_in_memory() {
    let store = TypedStore::new(Memory::new(10));
    let work = async move {
        store.set("k", &1).await.unwrap();
        store.get::<u8>("k").await
    };
    let read = std::thread::spawn(|| futures::executor::block_on(work)).join().unwrap();
    assert_eq!(read, Ok(Some(1)));
}
