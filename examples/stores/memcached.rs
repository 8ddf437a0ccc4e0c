//! Values in Memcached: what it has, and what it has not.
//!
//! It uses the server that `CACHETOOLS_MEMCACHED_URL` names, or the one on this machine.

use std::time::Duration;

use cachetools::store::{StoreError, Text};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    let url = std::env::var("CACHETOOLS_MEMCACHED_URL").unwrap_or_else(|_| "memcached://127.0.0.1:11211".to_owned());
    let namespace = format!("example{}", std::process::id());
    let store = cachetools::store(&url)?.namespace(&namespace).codec(Text);
    if let Err(StoreError::Unavailable { .. }) = store.exists("anything").await {
        println!("there is no Memcached; `cargo xtask examples memcached` starts one");
        return Ok(());
    }

    store.set("key", &"value".to_owned()).ttl(Duration::from_secs(60)).await?;
    assert_eq!(store.get("key").await?, Some("value".to_owned()));

    // Keys of any length and with blanks.
    let long = "a key with blanks ".repeat(100);
    store.set(&long, &1).await?;
    println!("{} bytes become {}", long.len(), store.full_key(&long)?);
    assert_eq!(store.get(&long).await?, Some(1));

    // It counts whole seconds, and does not list its keys: both are errors, and nothing is done by halves.
    let error = store.set("key", &2).ttl(Duration::from_millis(1500)).await.expect_err("a fraction");
    println!("{error}");
    let error = store.clear().await.expect_err("a namespace");
    println!("{error}");
    assert_eq!(store.get("key").await?, Some("value".to_owned()));

    assert!(store.delete("key").await? && store.delete(&long).await?);
    Ok(())
}
