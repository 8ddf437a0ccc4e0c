//! What every store does alike: the operations of aiocache, with the corners that its tests pin.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::Cache;
use cachetools::store::{
    Bytes, Codec, Compressed, Json, MessagePack, Postcard, Remaining, Signed, Store, StoreError, Text, TypedStore,
};
use serde::{Deserialize, Serialize};

use crate::counted::Counted;
use crate::support::{self, Fixture};

/// One test a store and row of the contract.
macro_rules! contract {
    ($($store:ident)*) => {$(
        mod $store {
            contract! { @rows $store
                what_is_not_there_is_not_found
                what_is_set_is_got
                a_value_may_be_any_bytes
                deleting_says_whether_it_was_there
                many_are_got_in_the_order_asked
                many_are_set_at_once
                many_are_set_with_one_ttl
                a_value_is_gone_when_its_ttl_is_over
                fractions_of_a_second_count_or_are_refused
                a_rewrite_starts_the_ttl_anew
                a_rewrite_without_a_ttl_lives_for_ever
                a_ttl_of_zero_is_over_at_once
                adding_what_is_there_is_an_error_and_changes_nothing
                adding_succeeds_again_after_the_old_value_expired
                one_of_many_adders_wins
                incrementing_what_is_not_there_begins_with_the_delta
                incrementing_adds_also_what_is_negative
                incrementing_text_is_an_error_and_changes_nothing
                incrementing_beyond_64_bits_is_an_error_and_changes_nothing
                incrementing_keeps_the_ttl
                no_increment_is_lost
                expire_gives_a_new_life
                expire_without_a_ttl_is_for_ever
                expire_with_zero_removes
                ttl_tells_what_remains
                a_ttl_of_months_or_centuries_is_not_over_soon
                clear_takes_a_prefix_and_nothing_else
                a_value_set_after_clear_does_not_die_of_an_old_ttl
                it_works_after_close
                odd_keys_are_kept_apart
                keys_that_do_not_fit_are_an_error_or_work
                compare_and_set_needs_the_expected_value
                compare_and_delete_needs_the_expected_value
                all_codecs_round_trip
                long_keys_of_a_typed_store_are_kept_apart
                ten_thousand_callers_of_one_key_ask_it_once_and_write_once
            }
        }
    )*};
    (@rows $store:ident $($row:ident)*) => {$(
        #[tokio::test]
        async fn $row() {
            if let Some(fixture) = crate::support::$store() {
                super::$row(&fixture).await;
            }
        }
    )*};
}
contract!(memory sqlite sqlite_in_memory redis redis_resp2 memcached);

type Stored = Option<Vec<u8>>;

// As it comes from the store.
#[expect(clippy::unnecessary_wraps)]
fn bytes(text: &str) -> Stored {
    Some(text.as_bytes().to_vec())
}

impl Fixture {
    async fn get(&self, key: &str) -> Stored {
        self.store.get(&self.key(key)).await.unwrap()
    }

    async fn set(&self, key: &str, value: &str, ttl: Option<Duration>) {
        self.store.set(&self.key(key), value.as_bytes(), ttl).await.unwrap();
    }

    async fn exists(&self, key: &str) -> bool {
        self.store.exists(&self.key(key)).await.unwrap()
    }

    async fn add(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<(), StoreError> {
        self.store.add(&self.key(key), value.as_bytes(), ttl).await
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        self.store.increment(&self.key(key), by).await
    }

    async fn ttl(&self, key: &str) -> Option<Remaining> {
        self.store.ttl(&self.key(key)).await.unwrap()
    }

    fn keys(&self, keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| self.key(key)).collect()
    }

    fn pairs(&self, pairs: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        pairs.iter().map(|(key, value)| (self.key(key), value.as_bytes().to_vec())).collect()
    }
}

// AI-01, AI-13, AI-14, AI-40, AI-41, PC-01, PC-02, PC-03
async fn what_is_not_there_is_not_found(f: &Fixture) {
    assert_eq!(f.get("k").await, None);
    assert!(!f.exists("k").await);
    assert!(!f.store.delete(&f.key("k")).await.unwrap());
    assert!(!f.store.expire(&f.key("k"), Some(f.unit)).await.unwrap());
    assert_eq!(f.ttl("k").await, None);
}

// AI-02, AI-13, AI-41, PC-07
async fn what_is_set_is_got(f: &Fixture) {
    f.set("k", "value", None).await;
    assert_eq!(f.get("k").await, bytes("value"));
    assert!(f.exists("k").await);
    f.set("k", "other", None).await;
    assert_eq!(f.get("k").await, bytes("other"));
}

async fn a_value_may_be_any_bytes(f: &Fixture) {
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for value in [&b""[..], b"\r\n", b"END\r\n", b"\0", b"VA 2\r\nhi", &all] {
        f.store.set(&f.key("k"), value, None).await.unwrap();
        assert_eq!(f.store.get(&f.key("k")).await.unwrap().as_deref(), Some(value));
        assert!(f.exists("k").await);
        assert_eq!(f.store.get_many(&f.keys(&["k"])).await.unwrap(), [Some(value.to_vec())]);
    }
}

// AI-14, AI-15, AI-16
async fn deleting_says_whether_it_was_there(f: &Fixture) {
    for value in ["value", "", "0", "null"] {
        f.set("k", value, None).await;
        assert!(f.store.delete(&f.key("k")).await.unwrap(), "{value:?}");
        assert!(!f.store.delete(&f.key("k")).await.unwrap(), "{value:?}");
        assert_eq!(f.get("k").await, None);
    }
}

// AI-03
async fn many_are_got_in_the_order_asked(f: &Fixture) {
    f.set("a", "1", None).await;
    f.set("c", "3", None).await;
    let keys = f.keys(&["c", "b", "a", "c"]);
    assert_eq!(f.store.get_many(&keys).await.unwrap(), [bytes("3"), None, bytes("1"), bytes("3")]);
    assert_eq!(f.store.get_many(&[]).await.unwrap(), Vec::<Stored>::new());
}

// AI-04
async fn many_are_set_at_once(f: &Fixture) {
    f.set("b", "old", Some(f.unit)).await;
    f.store.set_many(&f.pairs(&[("a", "1"), ("b", "2")]), None).await.unwrap();
    f.store.set_many(&[], None).await.unwrap();
    assert_eq!(f.store.get_many(&f.keys(&["a", "b"])).await.unwrap(), [bytes("1"), bytes("2")]);
    assert_eq!(f.ttl("b").await, Some(Remaining::Never));
    f.store.set_many(&f.pairs(&[("a", "1"), ("b", "2")]), Some(Duration::ZERO)).await.unwrap();
    assert_eq!(f.store.get_many(&f.keys(&["a", "b"])).await.unwrap(), [None, None]);
}

// AI-05
async fn many_are_set_with_one_ttl(f: &Fixture) {
    let keys = f.keys(&["a", "b"]);
    f.store.set_many(&f.pairs(&[("a", "1"), ("b", "2")]), Some(f.unit)).await.unwrap();
    assert_eq!(f.store.get_many(&keys).await.unwrap(), [bytes("1"), bytes("2")]);
    f.pass(f.unit).await;
    assert_eq!(f.store.get_many(&keys).await.unwrap(), [None, None]);
}

// AI-06, PC-04, D-04
async fn a_value_is_gone_when_its_ttl_is_over(f: &Fixture) {
    f.set("k", "value", Some(f.unit)).await;
    f.set("other", "value", None).await;
    assert!(f.exists("k").await);
    f.pass(f.unit).await;
    assert_eq!(f.get("k").await, None);
    assert!(!f.exists("k").await);
    assert_eq!(f.ttl("k").await, None);
    assert!(!f.store.delete(&f.key("k")).await.unwrap());
    assert!(!f.store.expire(&f.key("k"), None).await.unwrap());
    assert!(f.exists("other").await);
}

// AI-06, AI-07
async fn fractions_of_a_second_count_or_are_refused(f: &Fixture) {
    let ttl = Some(Duration::from_millis(1100));
    if f.fractions {
        f.set("k", "value", ttl).await;
        let remaining = f.ttl("k").await.unwrap();
        assert!(matches!(remaining, Remaining::For(left) if left <= Duration::from_millis(1100)), "{remaining:?}");
        return;
    }
    f.set("there", "old", None).await;
    let refused = [
        f.store.set(&f.key("k"), b"value", ttl).await,
        f.store.set_many(&f.pairs(&[("k", "value")]), ttl).await,
        f.add("k", "value", ttl).await,
        f.store.expire(&f.key("there"), ttl).await.map(drop),
        f.store.compare_and_set(&f.key("there"), b"old", b"new", ttl).await.map(drop),
    ];
    for error in refused {
        assert!(matches!(error, Err(StoreError::InvalidTtl { .. })), "{error:?}");
    }
    assert_eq!(f.get("k").await, None);
    assert_eq!(f.get("there").await, bytes("old"));
}

// AI-08
async fn a_rewrite_starts_the_ttl_anew(f: &Fixture) {
    f.set("k", "old", Some(f.unit * 2)).await;
    f.pass_at_most(f.unit * 3 / 2).await;
    f.set("k", "new", Some(f.unit * 2)).await;
    f.pass_at_most(f.unit * 3 / 2).await;
    assert_eq!(f.get("k").await, bytes("new"));
}

// AI-09, AI-10, PC-07
async fn a_rewrite_without_a_ttl_lives_for_ever(f: &Fixture) {
    f.set("k", "old", Some(f.unit)).await;
    f.set("k", "new", None).await;
    assert_eq!(f.ttl("k").await, Some(Remaining::Never));
    f.pass(f.unit).await;
    assert_eq!(f.get("k").await, bytes("new"));
}

// AI-10, PC-05, D-09
async fn a_ttl_of_zero_is_over_at_once(f: &Fixture) {
    f.set("k", "old", None).await;
    f.set("k", "new", Some(Duration::ZERO)).await;
    assert_eq!(f.get("k").await, None);
    f.add("k", "new", Some(Duration::ZERO)).await.unwrap();
    assert_eq!(f.get("k").await, None);
    f.set("k", "there", None).await;
    assert!(matches!(f.add("k", "new", Some(Duration::ZERO)).await, Err(StoreError::AlreadyExists { .. })));
    assert_eq!(f.get("k").await, bytes("there"));
}

// AI-11, AI-36, AI-41
async fn adding_what_is_there_is_an_error_and_changes_nothing(f: &Fixture) {
    f.add("k", "first", None).await.unwrap();
    let error = f.add("k", "second", None).await.unwrap_err();
    assert!(matches!(&error, StoreError::AlreadyExists { key } if *key == f.key("k")), "{error:?}");
    assert!(error.to_string().ends_with("already exists, use `set` to update the value"), "{error}");
    assert_eq!(f.get("k").await, bytes("first"));
}

// AI-12, AI-36
async fn adding_succeeds_again_after_the_old_value_expired(f: &Fixture) {
    f.add("k", "first", Some(f.unit)).await.unwrap();
    assert!(f.add("k", "second", None).await.is_err());
    f.pass(f.unit).await;
    f.add("k", "second", None).await.unwrap();
    assert_eq!(f.get("k").await, bytes("second"));
}

async fn one_of_many_adders_wins(f: &Fixture) {
    let key = Arc::new(f.key("k"));
    let adders = (0..20).map(|number: u32| {
        let (store, key) = (f.store.clone(), key.clone());
        tokio::spawn(async move { store.add(&key, number.to_string().as_bytes(), None).await.map(|()| number) })
    });
    let mut won = Vec::new();
    for adder in adders.collect::<Vec<_>>() {
        won.extend(adder.await.unwrap().ok());
    }
    assert_eq!(won.len(), 1);
    assert_eq!(f.get("k").await, bytes(&won[0].to_string()));
}

// AI-17, AI-20
async fn incrementing_what_is_not_there_begins_with_the_delta(f: &Fixture) {
    assert_eq!(f.increment("up", 2).await, Ok(2));
    assert_eq!(f.increment("down", -2).await, Ok(-2));
    assert_eq!(f.increment("zero", 0).await, Ok(0));
    assert_eq!(f.get("down").await, bytes("-2"));
    assert_eq!(f.ttl("up").await, Some(Remaining::Never));
    let typed = TypedStore::new(f.store.clone()).namespace(&f.key("ns"));
    assert_eq!(typed.increment("n", 5).await, Ok(5));
    assert_eq!(typed.get::<i64>("n").await, Ok(Some(5)));
}

// AI-18, AI-20, AI-34, AI-35
async fn incrementing_adds_also_what_is_negative(f: &Fixture) {
    f.set("n", "2", None).await;
    assert_eq!(f.increment("n", 2).await, Ok(4));
    assert_eq!(f.increment("n", 1).await, Ok(5));
    assert_eq!(f.increment("n", -3).await, Ok(2));
    assert_eq!(f.increment("n", -2).await, Ok(0));
    assert_eq!(f.increment("n", -7).await, Ok(-7));
    assert_eq!(f.increment("n", 10).await, Ok(3));
    assert_eq!(f.get("n").await, bytes("3"));
}

// AI-19
async fn incrementing_text_is_an_error_and_changes_nothing(f: &Fixture) {
    for text in ["value", "", "1.5", " 1", "9223372036854775808"] {
        f.set("k", text, None).await;
        let error = f.increment("k", 1).await;
        assert!(matches!(error, Err(StoreError::NotAnInteger { .. })), "{text:?}: {error:?}");
        assert_eq!(f.get("k").await, bytes(text));
    }
}

async fn incrementing_beyond_64_bits_is_an_error_and_changes_nothing(f: &Fixture) {
    for (start, by) in [(i64::MAX, 1), (i64::MIN, -1)] {
        f.set("n", &start.to_string(), None).await;
        let error = f.increment("n", by).await;
        assert!(matches!(error, Err(StoreError::NotAnInteger { .. })), "{error:?}");
        assert_eq!(f.get("n").await, bytes(&start.to_string()));
        assert_eq!(f.increment("n", -by).await, Ok(start - by));
    }
}

// AI-20
async fn incrementing_keeps_the_ttl(f: &Fixture) {
    f.set("n", "2", Some(f.unit)).await;
    assert_eq!(f.increment("n", 1).await, Ok(3));
    assert!(matches!(f.ttl("n").await, Some(Remaining::For(_))));
    f.pass(f.unit).await;
    assert_eq!(f.get("n").await, None);
}

async fn no_increment_is_lost(f: &Fixture) {
    let key = Arc::new(f.key("n"));
    let counters = (0..8).map(|_| {
        let (store, key) = (f.store.clone(), key.clone());
        tokio::spawn(async move {
            for _ in 0..25 {
                store.increment(&key, 1).await.unwrap();
            }
        })
    });
    for counter in counters.collect::<Vec<_>>() {
        counter.await.unwrap();
    }
    assert_eq!(f.get("n").await, bytes("200"));
}

// AI-21, AI-34
async fn expire_gives_a_new_life(f: &Fixture) {
    f.set("k", "value", None).await;
    assert!(f.store.expire(&f.key("k"), Some(f.unit)).await.unwrap());
    assert_eq!(f.get("k").await, bytes("value"));
    f.pass(f.unit).await;
    assert_eq!(f.get("k").await, None);
}

// AI-22
async fn expire_without_a_ttl_is_for_ever(f: &Fixture) {
    f.set("k", "value", Some(f.unit)).await;
    assert!(f.store.expire(&f.key("k"), None).await.unwrap());
    assert!(f.store.expire(&f.key("k"), None).await.unwrap());
    f.pass(f.unit).await;
    assert_eq!(f.get("k").await, bytes("value"));
}

async fn expire_with_zero_removes(f: &Fixture) {
    f.set("k", "value", None).await;
    assert!(f.store.expire(&f.key("k"), Some(Duration::ZERO)).await.unwrap());
    assert_eq!(f.get("k").await, None);
    assert!(!f.store.expire(&f.key("k"), Some(Duration::ZERO)).await.unwrap());
}

// AI-40
async fn ttl_tells_what_remains(f: &Fixture) {
    f.set("for_ever", "value", None).await;
    assert_eq!(f.ttl("for_ever").await, Some(Remaining::Never));
    f.set("for_a_while", "value", Some(Duration::from_secs(100))).await;
    let remaining = f.ttl("for_a_while").await;
    let Some(Remaining::For(left)) = remaining else { panic!("{remaining:?}") };
    assert!(left > Duration::from_secs(50) && left <= Duration::from_secs(100), "{left:?}");
    for (key, value) in [("for_ever", Some("value")), ("for_a_while", Some("value")), ("none", None)] {
        let living = f.store.get_living(&f.key(key)).await.unwrap();
        assert_eq!(living.as_ref().map(|(value, _)| value.clone()), value.and_then(bytes));
        assert_eq!(living.map(|(_, remaining)| remaining == Remaining::Never), value.map(|_| key == "for_ever"));
    }
}

async fn a_ttl_of_months_or_centuries_is_not_over_soon(f: &Fixture) {
    let day = Duration::from_secs(86_400);
    for ttl in [day * 31, day * 400, day * 365_000, Duration::from_secs(u64::MAX)] {
        f.set("k", "value", Some(ttl)).await;
        assert_eq!(f.get("k").await, bytes("value"), "{ttl:?}");
        assert!(f.store.expire(&f.key("k"), Some(ttl)).await.unwrap());
        let remaining = f.ttl("k").await.unwrap();
        let long = match remaining {
            Remaining::Never => true,
            Remaining::For(left) => left > ttl.min(day * 1000) / 10 * 9,
        };
        assert!(long, "{ttl:?}: {remaining:?}");
    }
}

// AI-23, AI-25, AI-26
async fn clear_takes_a_prefix_and_nothing_else(f: &Fixture) {
    for key in ["nm:a", "nm:b", "nma:a", "nm", "other:nm:a", "n*:a"] {
        f.set(key, "value", None).await;
    }
    let cleared = f.store.clear(&f.key("nm:")).await;
    if !f.clears_prefixes {
        assert!(matches!(cleared, Err(StoreError::Unsupported { operation: "clear", .. })), "{cleared:?}");
        assert!(f.exists("nm:a").await);
        return;
    }
    cleared.unwrap();
    for (key, left) in
        [("nm:a", false), ("nm:b", false), ("nma:a", true), ("nm", true), ("other:nm:a", true), ("n*:a", true)]
    {
        assert_eq!(f.exists(key).await, left, "{key}");
    }
    // What means something in the patterns of servers does not here.
    f.store.clear(&f.key("n*:")).await.unwrap();
    f.store.clear(&f.key("%")).await.unwrap();
    f.store.clear(&f.key("nothing is there")).await.unwrap();
    assert!(!f.exists("n*:a").await);
    assert!(f.exists("nma:a").await);
}

// AI-27
async fn a_value_set_after_clear_does_not_die_of_an_old_ttl(f: &Fixture) {
    f.set("ns:k", "old", Some(f.unit)).await;
    if f.clears_prefixes {
        f.store.clear(&f.key("ns:")).await.unwrap();
    } else {
        f.store.delete(&f.key("ns:k")).await.unwrap();
    }
    f.set("ns:k", "new", None).await;
    f.pass(f.unit).await;
    assert_eq!(f.get("ns:k").await, bytes("new"));
}

// AI-28
async fn it_works_after_close(f: &Fixture) {
    f.store.close().await.unwrap();
    f.set("k", "value", None).await;
    f.store.close().await.unwrap();
    f.store.close().await.unwrap();
    assert_eq!(f.get("k").await, bytes("value"));
}

// AI-33
async fn odd_keys_are_kept_apart(f: &Fixture) {
    let keys = [
        "a b", "a_b", "a%20b", "a%b", "a\nb", "a\r\nb", "a\tb", "a\0b", "äöü", "日本", "a:b", "a*b", "a[b]", "a\\b",
        "'a'", "A B", " ",
    ];
    for key in keys {
        f.set(key, key, None).await;
    }
    for key in keys {
        assert_eq!(f.get(key).await, bytes(key), "{key:?}");
    }
    assert_eq!(f.store.get_many(&f.keys(&keys)).await.unwrap(), keys.map(bytes));
}

// AI-32
async fn keys_that_do_not_fit_are_an_error_or_work(f: &Fixture) {
    let long = "x".repeat(2000);
    assert!(!f.store.fits(&f.key(&long)));
    for key in [&long[..240], &long] {
        let set = f.store.set(&f.key(key), b"value", None).await;
        match set {
            Ok(()) => assert_eq!(f.get(key).await, bytes("value")),
            Err(error) => assert!(matches!(error, StoreError::InvalidKey { .. }), "{error:?}"),
        }
    }
}

// AI-38
async fn compare_and_set_needs_the_expected_value(f: &Fixture) {
    let key = f.key("k");
    assert!(!f.store.compare_and_set(&key, b"old", b"new", None).await.unwrap());
    assert_eq!(f.get("k").await, None);
    f.set("k", "old", None).await;
    assert!(!f.store.compare_and_set(&key, b"other", b"new", None).await.unwrap());
    assert_eq!(f.get("k").await, bytes("old"));
    assert!(f.store.compare_and_set(&key, b"old", b"new", Some(f.unit)).await.unwrap());
    assert_eq!(f.get("k").await, bytes("new"));
    assert!(matches!(f.ttl("k").await, Some(Remaining::For(_))));
    assert!(f.store.compare_and_set(&key, b"new", b"newer", None).await.unwrap());
    assert_eq!(f.ttl("k").await, Some(Remaining::Never));
    assert!(f.store.compare_and_set(&key, b"newer", b"", Some(Duration::ZERO)).await.unwrap());
    assert_eq!(f.get("k").await, None);
}

// AI-37, AI-96, AI-100
async fn compare_and_delete_needs_the_expected_value(f: &Fixture) {
    let key = f.key("k");
    assert!(!f.store.compare_and_delete(&key, b"token").await.unwrap());
    f.set("k", "token", None).await;
    assert!(!f.store.compare_and_delete(&key, b"toke").await.unwrap());
    assert_eq!(f.get("k").await, bytes("token"));
    assert!(f.store.compare_and_delete(&key, b"token").await.unwrap());
    assert_eq!(f.get("k").await, None);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    number: i64,
    float: f64,
    text: String,
    truth: bool,
    list: Vec<(String, u8)>,
    nothing: Option<u8>,
}

// AI-67
async fn all_codecs_round_trip(f: &Fixture) {
    async fn check<C: Codec<V>, V: Clone + Send + Sync + PartialEq + std::fmt::Debug>(f: &Fixture, codec: C, value: V) {
        let store = TypedStore::new(f.store.clone()).namespace(&support::unique()).codec(codec);
        store.set("set", &value).await.unwrap();
        store.add("add", &value).await.unwrap();
        store.set_many(&[("many", value.clone())]).await.unwrap();
        let read = store.get_many(["set", "add", "many", "none"]).await.unwrap();
        assert_eq!(read, [Some(value.clone()), Some(value.clone()), Some(value.clone()), None]);
        assert_eq!(store.get("set").await.unwrap(), Some(value));
        let _ = &f;
    }
    let all = Everything {
        number: -1,
        float: 2.0,
        text: "hi".to_owned(),
        truth: true,
        list: vec![("1".to_owned(), 1)],
        nothing: None,
    };
    check(f, Json, all.clone()).await;
    check(f, MessagePack, all.clone()).await;
    check(f, Postcard, all.clone()).await;
    check(f, Compressed::new(Json), all.clone()).await;
    check(f, Signed::new(Compressed::new(Postcard), b"secret"), all.clone()).await;
    check(f, Compressed::new(Signed::new(MessagePack, b"secret")), all).await;
    check(f, Text, "text".to_owned()).await;
    check(f, Text, 12_u8).await;
    check(f, Bytes, vec![0_u8, 255]).await;
    check(f, Json, None::<u8>).await;
    check(f, Json, false).await;
}

async fn long_keys_of_a_typed_store_are_kept_apart(f: &Fixture) {
    let store = TypedStore::new(f.store.clone()).namespace(&f.key("ns"));
    let long = "x".repeat(5000);
    let keys = [format!("{long}1"), format!("{long}2"), format!("{long} "), "日".repeat(200)];
    for (number, key) in keys.iter().enumerate() {
        store.set(key, &number).await.unwrap();
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(store.get(key).await, Ok(Some(number)));
    }
    let full: HashSet<String> = keys.iter().map(|key| store.full_key(key).unwrap()).collect();
    assert_eq!(full.len(), keys.len());
}

// AI-81, PC-18: `None` is a value.
async fn ten_thousand_callers_of_one_key_ask_it_once_and_write_once(f: &Fixture) {
    let store = Counted::new(f.store.clone());
    let typed = TypedStore::new(store.clone()).namespace(&f.key("ns"));
    let runs = Arc::new(AtomicU32::new(0));
    let all = async || {
        let builder = Cache::<u32, Option<String>>::builder().name("f").store(typed.clone());
        let cache = builder.limit(Duration::from_secs(20)).build();
        let callers = (0..10_000).map(|_| {
            let (cache, runs) = (cache.clone(), runs.clone());
            tokio::spawn(async move {
                let load = async {
                    runs.fetch_add(1, Ordering::SeqCst);
                    None
                };
                cache.get_with(1, load).await
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            assert_eq!(caller.await.unwrap(), None);
        }
    };
    all().await;
    assert_eq!((store.requests(), runs.load(Ordering::SeqCst)), ((1, 1), 1));
    // So many in another process.
    all().await;
    assert_eq!((store.requests(), runs.load(Ordering::SeqCst)), ((2, 1), 1));
}
