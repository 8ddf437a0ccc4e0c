use std::sync::Arc;

use cachetools::cached;

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
/// For names without a letter.
#[cached(ignore = "greeting")]
pub async fn greet(greeting: &str, name: String) -> Result<String, Broken> {
    if name.is_empty() { Err(Broken) } else { Ok(format!("{greeting}, {name}!")) }
}

/// A key of one's own.
#[cached(key = |name| -> String { name.to_lowercase() })]
pub async fn length(name: &str) -> usize {
    name.len()
}

mod inner {
    use cachetools::cached;

    #[cached(unbounded)]
    pub(crate) async fn private(_id: u32) -> u32 {
        7
    }
}

/// Calls one that is not public.
pub async fn seven() -> u32 {
    inner::private(1).await
}
