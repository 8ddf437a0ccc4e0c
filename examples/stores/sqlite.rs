//! Answers that outlive the process, with nothing to install: a cache in a file.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use cachetools::store::TypedStore;
use cachetools::{CallExt, Outcome, cached};

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Opened when it is first needed. Each run of this example has a file of its own.
static STORE: LazyLock<TypedStore> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("cachetools-example-{}.db", std::process::id()));
    cachetools::store(&format!("sqlite:{}?namespace=example&ttl=1h", file.display())).expect("a good URL")
});

#[cached(lru = 100, store = STORE.clone())]
async fn length(text: &str) -> usize {
    RUNS.fetch_add(1, Ordering::Relaxed);
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), cachetools::store::StoreError> {
    assert_eq!(length("seven").traced().await, (5, Outcome::Ran));
    assert_eq!(length("seven").traced().await, (5, Outcome::Hit));

    // What the next process sees: nothing in memory, and the value in the file.
    length::cache().clear();
    assert_eq!(length("seven").traced().await, (5, Outcome::Store));
    assert_eq!(RUNS.load(Ordering::Relaxed), 1);

    // The same store by hand. Its keys are text that a person can read.
    let key = r#"sqlite::length:"seven""#;
    println!("{} = {:?}", STORE.full_key(key)?, STORE.get::<usize>(key).await?);
    assert_eq!(STORE.get::<usize>(key).await?, Some(5));

    length::cache_invalidate("seven");
    length::cache_tiers().flush().await;
    assert!(!STORE.exists(key).await?);
    Ok(())
}
