//! What aiocache shows: values in Redis, with a namespace, a ttl, counters, and hooks that watch.
//!
//! It uses the server that `CACHETOOLS_REDIS_URL` names, or the one on this machine.

use std::sync::Arc;
use std::time::Duration;

use cachetools::store::{HitRatio, MessagePack, StoreError, Ttl};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    let url = std::env::var("CACHETOOLS_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let ratio = Arc::new(HitRatio::default());
    let namespace = format!("example{}", std::process::id());
    let store = cachetools::store(&url)?.namespace(&namespace).default_ttl(Duration::from_secs(60)).hook(ratio.clone());
    if let Err(StoreError::Unavailable { .. }) = store.exists("anything").await {
        println!("there is no Redis; `cargo xtask examples redis` starts one");
        return Ok(());
    }

    store.set("key", &"value".to_owned()).await?;
    assert_eq!(store.get("key").await?, Some("value".to_owned()));
    assert_eq!(store.get_or("missing", "default".to_owned()).await?, "default");

    store.set_many(&[("a", 1), ("b", 2)]).ttl(Ttl::Never).await?;
    assert_eq!(store.get_many(["a", "b", "c"]).await?, [Some(1), Some(2), None]);

    let error = store.add("key", &"other".to_owned()).await.expect_err("it is there");
    println!("{error}");

    assert_eq!(store.increment("visits", 1).await?, 1);
    assert_eq!(store.increment("visits", 2).await?, 3);
    println!("a value lives {:?}, a counter {:?}", store.ttl("key").await?, store.ttl("visits").await?);

    // Another codec does not read what this one wrote: that is a miss, and it is counted.
    let compact = store.clone().codec(MessagePack);
    assert_eq!(compact.get::<String>("key").await?, None);
    println!("not read: {:?}", store.rejected());

    println!("hit ratio: {:.2}", ratio.hits().ratio());
    store.clear().await?;
    assert!(!store.exists("key").await?);
    store.close().await
}
