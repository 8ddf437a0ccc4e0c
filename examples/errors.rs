//! A failure reaches all who wait for it, and is forgotten: eight callers of a failing call cost one run, not eight.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use anyhow::Context;
use cachetools::{SharedError, cached};
use futures::future::join_all;
use tokio::task::yield_now;

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Tells how often the body ran since it was last asked.
fn tell(who: &str, expected: u32) {
    let runs = RUNS.swap(0, Relaxed);
    println!("{who:<9} {runs} run(s)");
    assert_eq!(runs, expected);
}

async fn broken() -> Result<String, std::io::Error> {
    RUNS.fetch_add(1, Relaxed);
    yield_now().await;
    Err(std::io::Error::other("the wire is cut"))
}

/// `anyhow::Error` works as it is, and so do `eyre::Report`, `Box<dyn Error + Send + Sync>`, `std::io::Error`, and all
/// errors that are `Clone`.
#[cached]
async fn with_anyhow(id: u32) -> anyhow::Result<String> {
    broken().await.with_context(|| format!("user {id}"))
}

/// An error of one's own that is not `Clone` needs one variant more: the error of somebody else's run.
#[derive(Debug, thiserror::Error)]
enum UserError {
    #[error("the database does not answer")]
    Database(#[source] std::io::Error),
    #[error(transparent)]
    Shared(#[from] SharedError),
}

#[cached]
async fn with_an_enum(id: u32) -> Result<String, UserError> {
    broken().await.map(|name| format!("{id}: {name}")).map_err(UserError::Database)
}

/// If others should not put up with one caller's bad luck: each waiter tries for itself, one at a time.
#[cached(errors = retry)]
async fn with_retry(_id: u32) -> anyhow::Result<String> {
    Ok(broken().await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for result in join_all([7; 8].map(with_anyhow)).await {
        assert_eq!(format!("{:#}", result.unwrap_err()), "user 7: the wire is cut");
    }
    tell("anyhow", 1);

    for result in join_all([7; 8].map(with_an_enum)).await {
        // All get the shared form, the caller whose run it was too: no code depends on who came first.
        let Err(UserError::Shared(shared)) = result else { panic!("{result:?}") };
        assert!(matches!(shared.downcast_ref(), Some(UserError::Database(_))));
    }
    tell("an enum", 1);

    for result in join_all([7; 8].map(with_retry)).await {
        assert_eq!(result.unwrap_err().to_string(), "the wire is cut");
    }
    tell("retry", 8);

    // Nothing was kept: a call that comes later tries again.
    assert_eq!(with_anyhow::cache_info().currsize, 0);
    assert!(with_anyhow(7).await.is_err());
    tell("later", 1);
}
