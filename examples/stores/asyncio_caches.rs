//! What the README of Asyncio Caches shows, in Rust: lives, caches, key makers, serializers, and clocks that tests move.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cachetools::store::{HashedArgs, Json, MessagePack, Null, Remaining, Sqlite, Store, StoreError, TypedStore};
use cachetools::{Cache, ManualClock, cached};

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Each run brings another number.
fn number() -> u32 {
    RUNS.fetch_add(1, Ordering::Relaxed)
}

/// Moved by hand, so that no second has to be waited for.
static CLOCK: LazyLock<ManualClock> = LazyLock::new(ManualClock::new);

const MINUTE: Duration = Duration::from_secs(60);

#[cached]
async fn never_expires() -> u32 {
    number()
}

#[cached(ttl = MINUTE, clock = CLOCK.clone())]
async fn expires_after_one_minute() -> u32 {
    number()
}

/// Each value draws its own life, so that not all are over at once.
#[cached(ttl = "30m"..="60m", clock = CLOCK.clone())]
async fn expires_between_30_and_60_minutes(_page: u32) -> u32 {
    number()
}

#[cached(ttl = |minutes, _value| Some(MINUTE * *minutes), clock = CLOCK.clone())]
async fn expires_as_its_argument_says(minutes: u32) -> u32 {
    number() + minutes
}

async fn lives() {
    let first = (never_expires().await, expires_after_one_minute().await, expires_as_its_argument_says(2).await);
    for page in 0..20 {
        expires_between_30_and_60_minutes(page).await;
    }
    CLOCK.advance(Duration::from_secs(59));
    assert_eq!(expires_after_one_minute().await, first.1);
    // At exactly its ttl a value is gone.
    CLOCK.advance(Duration::from_secs(1));
    assert_ne!(expires_after_one_minute().await, first.1);
    assert_eq!(expires_as_its_argument_says(2).await, first.2);
    CLOCK.advance(MINUTE * 28);
    assert_eq!(expires_between_30_and_60_minutes::cache_info().currsize, 20);
    CLOCK.advance(MINUTE * 16);
    let left = expires_between_30_and_60_minutes::cache_info().currsize;
    println!("after 45 of 30 to 60 minutes {left} of 20 are left");
    CLOCK.advance(MINUTE * 15);
    assert_eq!(expires_between_30_and_60_minutes::cache_info().currsize, 0);
    assert_ne!(expires_as_its_argument_says(2).await, first.2);
    assert_eq!(never_expires().await, first.0);
    assert!(never_expires::cache_invalidate());
    assert_ne!(never_expires().await, first.0);
}

/// A file of this run's own.
static FILE: LazyLock<Sqlite> = LazyLock::new(|| {
    let name = format!("cachetools-asyncio-caches-{}.db", std::process::id());
    Sqlite::file(std::env::temp_dir().join(name))
});

#[cached(store = TypedStore::new(FILE.clone()))]
async fn in_a_file(arg: u32) -> u32 {
    number() + arg
}

/// The key of a call from its arguments, or from its name and a hash of them.
#[cached(store = TypedStore::new(FILE.clone()).key_with(|_: &str, args: &str| format!("key {args}")))]
async fn with_a_key_of_its_own(arg0: u32, arg1: &str) -> usize {
    arg0 as usize + arg1.len()
}

#[cached(store = TypedStore::new(FILE.clone()).key_with(HashedArgs), name = "hashed")]
async fn with_a_hash(arg: &str) -> usize {
    arg.len()
}

async fn caches_and_key_makers() -> Result<(), StoreError> {
    let first = in_a_file(1).await;
    in_a_file::cache().clear();
    assert_eq!(in_a_file(1).await, first);
    assert_eq!((with_a_key_of_its_own(1, "ab").await, with_a_hash("abc").await), (3, 3));
    let keys = FILE.raw(|database| {
        let mut keys = database.prepare("SELECT key FROM cachetools ORDER BY key")?;
        keys.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
    });
    let keys = keys.await?;
    println!("{keys:#?}");
    assert!(keys.contains(&r#"key [1,"ab"]"#.to_owned()));
    assert!(keys.iter().any(|key| key.starts_with(":hashed:") && key.len() == ":hashed:".len() + 32));
    Ok(())
}

/// The verbs of a cache: in memory.
fn in_memory() {
    let clock = ManualClock::new();
    let cache = Cache::<&str, u32>::builder().ttl(MINUTE).clock(clock.clone()).build();
    assert_eq!(cache.get("foo"), None);
    assert_eq!(cache.get("foo").unwrap_or(7), 7);
    cache.insert("foo", 1);
    cache.insert("baz", 2);
    assert!(cache.invalidate("foo"));
    assert!(!cache.invalidate("foo"));
    assert_eq!(cache.iter().collect::<Vec<_>>(), [("baz", 2)]);
    clock.advance(MINUTE);
    cache.remove_expired();
    assert_eq!(cache.get("baz"), None);
}

/// The same verbs of a store, with a serializer each; one that keeps nothing is a store too.
async fn in_stores() -> Result<(), StoreError> {
    let clock = ManualClock::new();
    let bytes = Sqlite::in_memory().clock(clock.clone());
    let cache = TypedStore::new(bytes).codec(MessagePack);
    cache.set("foo", &vec![1, 2, 3]).await?;
    cache.set("ttl", &1).ttl(Duration::from_secs(1)).await?;
    assert_eq!(cache.get("foo").await?, Some(vec![1, 2, 3]));
    assert_eq!(cache.get_or("missing", 7).await?, 7);
    assert_eq!(cache.ttl("foo").await?, Some(Remaining::Never));
    clock.advance(Duration::from_secs(2));
    assert_eq!(cache.get::<i32>("ttl").await?, None);
    assert!(cache.delete("foo").await?);
    assert!(!cache.delete("foo").await?);

    let nothing = TypedStore::new(Null).codec(Json);
    nothing.set("foo", &1).await?;
    assert_eq!(nothing.get::<i32>("foo").await?, None);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    lives().await;
    caches_and_key_makers().await?;
    in_memory();
    in_stores().await?;
    FILE.clear("").await?;
    FILE.close().await
}
