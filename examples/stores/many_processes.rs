//! Many processes with one Redis: a lease makes one of them run, and what one decides reaches the memory of all.
//!
//! It starts itself several times, over the server that its argument names, or `CACHETOOLS_REDIS_URL`, or the one on this machine.

use std::env;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use cachetools::cached;
use cachetools::store::{StoreError, TypedStore};

const PROCESSES: u32 = 8;
const KEYS: u32 = 50;

/// What each process is told: the store, and its number.
const URL: &str = "CACHETOOLS_EXAMPLE_STORE";
const NUMBER: &str = "CACHETOOLS_EXAMPLE_NUMBER";

static STORE: LazyLock<TypedStore> =
    LazyLock::new(|| cachetools::store(&env::var(URL).expect("it is told")).expect("a good URL"));

/// Kept in the memory of each process for an hour, and in Redis; one process runs, and the others wait for its value.
#[cached(lru = 1000, ttl = "1h", store = STORE.clone(), lease = "30s")]
async fn price(article: u32) -> Result<u32, StoreError> {
    STORE.increment(&format!("runs of {article}"), 1).await?;
    tokio::time::sleep(Duration::from_millis(20)).await; // the expensive part
    STORE.get_or("list price", 100).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    match env::var(NUMBER) {
        Ok(number) => one_of_many(number == "0").await,
        Err(_) => start_many().await,
    }
}

async fn start_many() -> Result<(), StoreError> {
    let url = env::args().nth(1).or_else(|| env::var("CACHETOOLS_REDIS_URL").ok());
    let url = url.unwrap_or_else(|| "redis://127.0.0.1:6379".to_owned());
    let mark = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{mark}namespace=example{}&ttl=10m&timeout=30s", std::process::id());
    let store = cachetools::store(&url)?;
    if let Err(StoreError::Unavailable { .. }) = store.exists("anything").await {
        println!("there is no Redis; `cargo xtask examples many_processes` starts one");
        return Ok(());
    }

    let program = env::current_exe().expect("this program");
    let start = |number: u32| Command::new(&program).env(URL, &url).env(NUMBER, number.to_string()).spawn();
    let children: Vec<_> = (0..PROCESSES).map(|number| start(number).expect("another process")).collect();
    for mut child in children {
        assert!(child.wait().expect("its end").success());
    }

    // Once at first, and once behind the change.
    let runs = store.get_many((0..KEYS).map(|article| format!("runs of {article}"))).await?;
    assert_eq!(runs, [Some(2); KEYS as usize]);
    println!("{PROCESSES} processes, {KEYS} keys: each ran once before the change and once behind it");
    store.clear().await
}

async fn one_of_many(decides: bool) -> Result<(), StoreError> {
    for article in 0..KEYS {
        assert_eq!(price(article).await?, 100);
    }
    meet("all have called").await?;

    if decides {
        STORE.set("list price", &120).await?;
        for article in 0..KEYS {
            price::cache_invalidate(article);
        }
        price::cache_tiers().flush().await;
    }
    meet("the price is another").await?;

    // The word of it is on its way; without it, memory would go on with 100 for an hour.
    for article in 0..KEYS {
        while price(article).await? != 120 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    meet("all have seen it").await
}

/// Waits until all processes have come so far.
async fn meet(point: &str) -> Result<(), StoreError> {
    STORE.increment(point, 1).await?;
    while STORE.get_or(point, 0).await? < PROCESSES {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}
