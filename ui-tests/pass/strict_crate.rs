//! What a strict crate writes: the expansion gives it nothing to complain about.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    dead_code,
    unnameable_types,
    missing_debug_implementations,
    single_use_lifetimes,
    tail_expr_drop_order,
    unsafe_code,
    unused_qualifications
)]

use std::sync::Arc;

use cachetools::{InstanceCaches, cached, cachedmethod};

/// Borrows, ignores, fails.
#[cached(lru = 32, ttl = "10m", ignore = "db")]
pub async fn user(db: &str, id: u64, lang: &str) -> Result<String, String> {
    Ok(format!("{db}{id}{lang}"))
}

/// A shared flight.
#[cached]
pub(crate) async fn page(id: u64, slug: &str, _unused: u8) -> Arc<str> {
    if id == 0 {
        return "none".into();
    }
    { slug.into() }
}

/// Never ends otherwise than so.
#[cached]
async fn panics(id: u64) -> u64 {
    panic!("{id}")
}

/// Generic.
#[cached(unbounded)]
pub async fn load<T: From<u64> + Clone + Send + Sync + 'static>((a, b): (u64, u64), mut c: u64) -> T {
    c += a + b;
    T::from(c)
}

/// Nested.
#[cached(flight = detached)]
pub async fn apart(id: u64) -> Option<u64> {
    Some(id)
}

/// A computed key.
#[cached(key = |name| -> String { name.to_lowercase() })]
pub async fn keyed(name: &str, extra: Option<&str>) -> usize {
    name.len() + extra.map_or(0, str::len)
}

/// A key of some of the arguments that the closure names.
#[cached(key = |name, _extra| -> String { name.to_lowercase() })]
pub async fn keyed_by_one(name: &str, _extra: f64) -> usize {
    name.len()
}

/// With methods.
#[derive(Clone, Debug, Default)]
pub struct Service {
    caches: InstanceCaches,
}

impl Service {
    /// In the instance.
    #[cachedmethod(lru = 10)]
    pub async fn profile(&self, id: &str, more: Option<&str>) -> usize {
        id.len() + more.map_or(0, str::len)
    }

    /// For all.
    #[cachedmethod(shared, ignore = "self")]
    pub async fn rate(&self, currency: u32) -> u32 {
        currency
    }

    /// Without an instance.
    #[cachedmethod]
    pub async fn config(key: &str) -> usize {
        key.len()
    }

    /// A name that ends as `r#type` would be written without a raw identifier.
    #[cachedmethod]
    pub async fn type_(&self, id: u32) -> u32 {
        id
    }

    #[cachedmethod]
    async fn private(&self, _id: u32) -> u32 {
        1
    }

    /// Shared flights copy the instance.
    #[cachedmethod(flight = shared)]
    pub async fn shared(&self, id: &str) -> usize {
        self.private(1).await as usize + id.len()
    }
}

fn main() {
    let service = Service::default();
    drop((user("", 1, ""), page(1, "", 1), panics(1), load::<u64>((1, 2), 3), apart(1), keyed("", None), keyed_by_one("", 0.5)));
    drop((service.profile("", None), service.rate(1), Service::config(""), service.shared(""), service.type_(1)));
    user::cache_clear();
}
