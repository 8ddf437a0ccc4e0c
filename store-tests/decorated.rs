//! Decorated functions with a store behind their cache.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use cachetools::store::{Memory, MessagePack, Store, StoreError, TypedStore, default_store, set_default_store};
use cachetools::{CallExt, Close, Outcome, cached};
use serde::{Deserialize, Serialize};

use crate::away::Away;

static BYTES: LazyLock<Memory> = LazyLock::new(Memory::unbounded);

fn shared() -> TypedStore {
    TypedStore::new(BYTES.clone())
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u32,
    name: String,
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(lru = 10, store = shared(), codec = MessagePack, namespace = "users", version = 2, ignore = "greeting")]
async fn user(greeting: &str, id: u32, name: &str) -> Result<User, String> {
    RUNS.fetch_add(1, Ordering::SeqCst);
    if id == 0 { Err(format!("{greeting}: nobody")) } else { Ok(User { id, name: name.to_owned() }) }
}

// AI-68
#[tokio::test]
async fn a_call_looks_in_memory_then_in_the_store_and_then_runs() {
    let ada = User { id: 7, name: "Ada".to_owned() };
    assert_eq!(user("hi", 7, "Ada").traced().await, (Ok(ada.clone()), Outcome::Ran));
    assert_eq!(user("ho", 7, "Ada").traced().await, (Ok(ada.clone()), Outcome::Hit));
    let key = r#"users:v2:stores::decorated::user:[7,"Ada"]"#;
    assert_eq!(BYTES.exists(key).await, Ok(true));
    let direct = shared().codec(MessagePack).namespace("users").version(2);
    assert_eq!(direct.get(r#"stores::decorated::user:[7,"Ada"]"#).await, Ok(Some(ada.clone())));
    user::cache().clear();
    assert_eq!(user("", 7, "Ada").traced().await, (Ok(ada.clone()), Outcome::Store));
    assert_eq!(user("", 0, "").await, Err(": nobody".to_owned()));

    assert!(user::cache_invalidate(7, "Ada"));
    user::cache_tiers().flush().await;
    assert_eq!(BYTES.exists(key).await, Ok(false));
    user::cache_insert(7, "Ada", User { id: 7, name: "inserted".to_owned() });
    user::cache_tiers().flush().await;
    user::cache().clear();
    assert_eq!(user("", 7, "Ada").await.unwrap().name, "inserted");
    assert_eq!(user("", 7, "Ada").refresh().traced().await, (Ok(ada), Outcome::Ran));
    user::cache_clear();
    user::cache_tiers().flush().await;
    assert_eq!(BYTES.exists(key).await, Ok(false));
    assert_eq!(RUNS.load(Ordering::SeqCst), 3);
    user::cache_close(Close::Wait).await;
    assert!(user("", 7, "Ada").await.is_ok());
    assert_eq!(RUNS.load(Ordering::SeqCst), 4);
}

#[cached(store = shared(), lease = "10s", memory = false, handle = false, flight = inline)]
async fn remote(n: u64) -> u64 {
    n + 1
}

#[tokio::test]
async fn without_memory_the_store_answers_each_call() {
    assert_eq!(remote(1).traced().await, (2, Outcome::Ran));
    assert_eq!(remote(1).traced().await, (2, Outcome::Store));
    assert_eq!(remote(1).uncached().traced().await, (2, Outcome::Ran));
}

#[cached(store = shared(), flight = detached, key = |n| -> (u8, String) { (*n, "key".to_owned()) })]
async fn detached<T: Clone + Send + Sync + Serialize + serde::de::DeserializeOwned + From<u8> + 'static>(
    n: u8,
) -> Option<T> {
    (n > 0).then(|| n.into())
}

#[tokio::test]
async fn a_generic_function_has_a_tier_for_each_type() {
    assert_eq!(detached::<u32>(1).await, Some(1));
    detached::cache::<u32>().clear();
    assert_eq!(detached::<u32>(1).traced().await, (Some(1), Outcome::Store));
    // An absent value is a value.
    assert_eq!(detached::<u32>(0).await, None);
    detached::cache::<u32>().clear();
    assert_eq!(detached::<u32>(0).traced().await, (None, Outcome::Store));
    assert!(detached::cache_invalidate::<u32>(&(0, "key".to_owned())));
    // What was stored for one type is not taken for another's.
    assert_eq!(detached::<u64>(1).traced().await, (Some(1), Outcome::Ran));
    assert_eq!(BYTES.exists(r#":stores::decorated::detached<u64>:[1,"key"]"#).await, Ok(true));
}

#[derive(Clone, Debug, PartialEq)]
enum Failed {
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cached(store = TypedStore::new(Away), on_store_error = fail)]
async fn strict(n: u8) -> Result<u8, Failed> {
    Ok(n)
}

#[cached(store = TypedStore::new(Away), on_store_error = skip)]
async fn lenient(n: u8) -> Result<u8, Failed> {
    Ok(n)
}

// Law 12, D-21
#[tokio::test]
async fn a_stores_failure_is_the_callers_only_if_it_insists() {
    assert_eq!(lenient(1).await, Ok(1));
    let Err(Failed::Store(error)) = strict(1).await else { panic!("it insists") };
    assert!(matches!(error, StoreError::Unavailable { .. }));
    assert!(!strict::cache_contains(1));
}

#[cached(store = default_store())]
async fn of_the_program(n: u8) -> u8 {
    n
}

#[cached(store = default_store(), name = "earlier")]
async fn called_before(n: u8) -> u8 {
    n
}

// AI-108
#[tokio::test]
async fn the_default_store_is_the_programs_choice() {
    assert_eq!(called_before(1).await, 1);
    let bytes = Memory::new(10);
    assert!(set_default_store(TypedStore::new(bytes.clone())).is_none());
    assert_eq!((of_the_program(1).await, called_before(2).await), (1, 2));
    assert_eq!(bytes.len(), 1);
}

// AI-69: who wants a key of their own makes one.
#[cached(store = shared().key_with(|_: &str, args: &str| format!("mine/{args}")))]
async fn named(n: u8) -> u8 {
    n
}

#[tokio::test]
async fn keys_are_made_as_the_store_says() {
    named(3).await;
    assert_eq!(BYTES.exists("mine/3").await, Ok(true));
}

fn assert_send<T: Send>(_: &T) {}

#[test]
fn decorated_calls_may_move_between_threads() {
    assert_send(&user("", 1, ""));
    assert_send(&detached::<u32>(1));
    assert_send(&strict(1));
}
