use std::sync::Arc;

use cachetools::{InstanceCaches, cached, cachedmethod};

/// What may go wrong.
#[derive(Clone, Debug)]
pub struct Broken;

/// One argument by value.
#[cached]
pub async fn double(number: u64) -> u64 {
    number * 2
}

/// Borrowed arguments, and a bound on their time.
#[cached(lru = 1000, ttl = "10m")]
pub async fn line(name: &str, page: u32) -> Arc<str> {
    format!("{name}, page {page}").into()
}

/// An argument that is not in the key, and errors.
///
/// # Errors
///
/// For an empty name.
#[cached(ignore = "greeting")]
pub async fn greet(greeting: &str, name: String) -> Result<String, Broken> {
    if name.is_empty() { Err(Broken) } else { Ok(format!("{greeting}, {name}!")) }
}

/// A key of one's own.
#[cached(key = |name| -> String { name.to_lowercase() })]
pub async fn length(name: &str) -> usize {
    name.len()
}

/// A type parameter.
#[cached]
pub async fn all<T: Clone + std::hash::Hash + Eq + Send + Sync + 'static>(value: T) -> Vec<T> {
    vec![value]
}

/// Methods, and their handles.
#[derive(Clone, Debug, Default)]
pub struct Service {
    caches: InstanceCaches,
}

impl Service {
    /// One cache for each instance.
    #[cachedmethod(ttl = "5m")]
    pub async fn name(&self, id: &str, version: u32) -> String {
        format!("{id} {version}")
    }

    /// One cache for all.
    #[cachedmethod(lru = 10)]
    pub async fn config(key: &str) -> usize {
        key.len()
    }
}

mod inner {
    use cachetools::cached;

    #[cached(unbounded)]
    pub(crate) async fn private(_id: u32) -> u32 {
        7
    }

    #[cached]
    async fn more_private() -> u32 {
        1
    }

    pub(crate) async fn one() -> u32 {
        more_private().await
    }
}

/// Calls what is not public.
pub async fn eight() -> u32 {
    inner::private(1).await + inner::one().await
}
