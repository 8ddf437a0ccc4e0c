//! What the README of aiocache shows, and its examples, in Rust: the decorator, the default cache, caches used directly, their
//! serializers, policies and plugins.
//!
//! It uses the Redis that `CACHETOOLS_REDIS_URL` names, or the one on this machine; where there is none, memory.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cachetools::cached;
use cachetools::store::{
    Codec, CodecError, HitRatio, Memory, MessagePack, Operation, Remaining, StoreError, Text, Timing, TypedStore,
    default_store, set_default_store,
};
use serde::{Deserialize, Serialize};

/// Redis if it is there.
static BACKEND: LazyLock<TypedStore> = LazyLock::new(|| {
    let url = std::env::var("CACHETOOLS_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let address = url.trim_start_matches("redis://").split('/').next().unwrap_or_default();
    let url = if std::net::TcpStream::connect(address).is_ok() { url.as_str() } else { "memory://" };
    cachetools::store(url).expect("a good URL").namespace(&format!("main{}", std::process::id()))
});

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    content: String,
    status: u16,
}

static RUNS: AtomicU32 = AtomicU32::new(0);

fn load() -> Page {
    RUNS.fetch_add(1, Ordering::Relaxed);
    Page { content: "content".to_owned(), status: 200 }
}

/// How often a body has run since this was last asked.
fn runs() -> u32 {
    RUNS.swap(0, Ordering::Relaxed)
}

#[cached(ttl = 10)]
async fn page() -> Page {
    load()
}

/// The decorator: four calls, one run.
async fn decorated() {
    for _ in 0..4 {
        assert_eq!(page().await.status, 200);
    }
    assert_eq!(runs(), 1);
}

/// With a store, another serializer, a namespace, and a key that is always the same.
#[cached(ttl = 10, store = BACKEND.clone().key_with(|_: &str, _: &str| "key".to_owned()), codec = MessagePack, memory = false)]
async fn page_elsewhere() -> Page {
    load()
}

async fn decorated_with_a_store() -> Result<(), StoreError> {
    for _ in 0..3 {
        assert_eq!(page_elsewhere().await.status, 200);
    }
    assert_eq!(runs(), 1);
    // The same value by another way to the same place.
    let direct = BACKEND.clone().codec(MessagePack);
    assert_eq!(direct.get("key").await?, Some(Page { content: "content".to_owned(), status: 200 }));
    assert!(direct.delete("key").await?);
    assert_eq!(page_elsewhere().await.content, "content");
    assert_eq!(runs(), 1);
    Ok(())
}

#[cached(ttl = 10, store = default_store(), namespace = "test")]
async fn page_in_the_default() -> Page {
    load()
}

/// One place to choose the store of all functions that ask for the default.
async fn default_cache() -> Result<(), StoreError> {
    set_default_store(TypedStore::new(Memory::new(1000)));
    default_store().set("key", &"value".to_owned()).await?;
    assert_eq!(default_store().get("key").await?, Some("value".to_owned()));
    for _ in 0..3 {
        assert_eq!(page_in_the_default().await.status, 200);
    }
    assert_eq!(runs(), 1);
    Ok(())
}

/// Used directly.
async fn direct() -> Result<(), StoreError> {
    let cache = BACKEND.clone();
    cache.set("key", &"value".to_owned()).await?;
    cache.set("expire_me", &"value".to_owned()).ttl(Duration::from_secs(10)).await?;
    assert_eq!(cache.get("key").await?, Some("value".to_owned()));
    assert_eq!(cache.get("expire_me").await?, Some("value".to_owned()));
    let left = cache.ttl("expire_me").await?;
    assert!(matches!(left, Some(Remaining::For(left)) if left <= Duration::from_secs(10)));
    println!("key lives {:?}, expire_me {left:?}", cache.ttl("key").await?);

    // A value of a type of one's own.
    let pages = cache.codec(MessagePack);
    pages.set("page", &load()).await?;
    assert_eq!(pages.get("page").await?, Some(load()));
    runs();
    Ok(())
}

/// A serializer that knows nothing but ones and twos.
struct OneAndTwo;

impl Codec<u8> for OneAndTwo {
    fn name(&self) -> Cow<'static, str> {
        "one-and-two".into()
    }

    fn encode(&self, _: &u8) -> Result<Vec<u8>, CodecError> {
        Ok(vec![1])
    }

    fn decode(&self, _: &[u8]) -> Result<u8, CodecError> {
        Ok(2)
    }
}

/// Serializers of one's own, and text.
async fn serializers() -> Result<(), StoreError> {
    let cache = BACKEND.clone().codec(OneAndTwo);
    cache.set("number", &7).await?;
    assert_eq!(cache.get("number").await?, Some(2));
    let texts = BACKEND.clone().codec(Text);
    texts.set("text", &1.5).await?;
    assert_eq!(texts.get("text").await?, Some("1.5".to_owned()));
    Ok(())
}

/// The policy of a cache in memory: of two places the one that was used least recently goes.
async fn policy() -> Result<(), StoreError> {
    let cache = TypedStore::new(Memory::new(2));
    for key in ["key", "key_1", "key_2"] {
        cache.set(key, &"value".to_owned()).await?;
    }
    assert!(!cache.exists("key").await?);
    Ok(())
}

/// One configuration that several clones start from: its own timeout, serializer and plugins.
async fn configured() -> Result<(), StoreError> {
    let (timing, ratio) = (Arc::new(Timing::default()), Arc::new(HitRatio::default()));
    let alias =
        BACKEND.clone().timeout(Duration::from_secs(1)).codec(MessagePack).hook(timing.clone()).hook(ratio.clone());
    let (one, other) = (alias.clone(), alias.clone().timeout(None));
    one.set("shared", &"value".to_owned()).await?;
    assert_eq!(other.get("shared").await?, Some("value".to_owned()));
    assert_eq!(other.get::<String>("missing").await?, None);
    println!("{:?}, hit ratio {}", timing.times(Operation::Get), ratio.hits().ratio());
    assert_eq!((ratio.hits().hits, ratio.hits().total), (1, 2));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    decorated().await;
    decorated_with_a_store().await?;
    default_cache().await?;
    direct().await?;
    serializers().await?;
    policy().await?;
    configured().await?;
    BACKEND.clear().await
}
