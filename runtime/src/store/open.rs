//! Stores by their URLs.

use super::codec::Json;
use super::error::StoreError;
use super::memory::Memory;
use super::null::Null;
use super::typed::TypedStore;
use super::url::Url;

const SCHEMES: &[&str] = &["redis", "rediss", "memcached", "sqlite", "memory", "null"];

/// Opens the store of a URL, with values as JSON. Nothing is connected until it is first used.
///
/// | URL | store | its own options | needs the feature |
/// |---|---|---|---|
/// | `redis://user:password@127.0.0.1:6379/0` | `Redis` | `password`, `connect_timeout`, `protocol` (2 or 3), `tracking` (`true` or `false`) | `redis` |
/// | `rediss://user:password@host:6379/0` | `Redis`, with TLS | the same | `redis-tls` |
/// | `memcached://127.0.0.1:11211` | `Memcached` | `pool_size`, `connect_timeout` | `memcached` |
/// | `sqlite:cache.db`, `sqlite:///var/cache.db`, `sqlite::memory:` | `Sqlite` | `busy_timeout` | `sqlite` |
/// | `memory://` | [`Memory`] | `capacity` (default: 128 values; `unbounded`) | |
/// | `null://` | [`Null`] | | |
///
/// All have the options `namespace`, `version`, `ttl` and `timeout`. Lengths of time are seconds, or have a unit: `1.5`, `150ms`,
/// `10m`.
///
/// ```
/// let store = cachetools::store("memory://?capacity=1000&namespace=main&ttl=10m")?;
/// let error = cachetools::store("mamory://").unwrap_err();
/// assert_eq!(error.to_string(), r#"no store has the scheme "mamory"; known: redis, rediss, memcached, sqlite, memory, null"#);
/// # Ok::<(), cachetools::store::StoreError>(())
/// ```
///
/// # Errors
///
/// [`StoreError::UnknownScheme`], [`StoreError::UnknownOption`] or [`StoreError::InvalidUrl`] if there is no such store, and
/// [`StoreError::FeatureIsOff`] if it was not built in.
pub fn store(url: &str) -> Result<TypedStore<Json>, StoreError> {
    let url = Url::parse(url, SCHEMES)?;
    let store = match url.scheme.as_str() {
        #[cfg(feature = "redis")]
        "redis" => TypedStore::new(super::redis::Redis::from_url(&url)?),
        #[cfg(not(feature = "redis"))]
        "redis" => return Err(StoreError::FeatureIsOff { feature: "redis" }),
        #[cfg(feature = "redis-tls")]
        "rediss" => TypedStore::new(super::redis::Redis::from_url(&url)?),
        #[cfg(not(feature = "redis-tls"))]
        "rediss" => return Err(StoreError::FeatureIsOff { feature: "redis-tls" }),
        #[cfg(feature = "memcached")]
        "memcached" => TypedStore::new(super::memcached::Memcached::from_url(&url)?),
        #[cfg(not(feature = "memcached"))]
        "memcached" => return Err(StoreError::FeatureIsOff { feature: "memcached" }),
        #[cfg(feature = "sqlite")]
        "sqlite" => TypedStore::new(super::sqlite::Sqlite::from_url(&url)?),
        #[cfg(not(feature = "sqlite"))]
        "sqlite" => return Err(StoreError::FeatureIsOff { feature: "sqlite" }),
        "memory" => TypedStore::new(memory(&url)?),
        _ => {
            url.allow(&[])?;
            nowhere(&url)?;
            TypedStore::new(Null)
        }
    };
    let mut store = store.namespace(url.option("namespace").unwrap_or_default());
    if let Some(version) = url.number("version")? {
        store = store.version(version);
    }
    if let Some(ttl) = url.duration("ttl")? {
        store = store.default_ttl(ttl);
    }
    if let Some(limit) = url.duration("timeout")? {
        store = store.timeout(limit);
    }
    Ok(store)
}

fn memory(url: &Url) -> Result<Memory, StoreError> {
    url.allow(&["capacity"])?;
    nowhere(url)?;
    match url.option("capacity") {
        Some("unbounded") => Ok(Memory::unbounded()),
        _ => Ok(url.number("capacity")?.map_or_else(Memory::default, Memory::new)),
    }
}

/// Refuses a host: what is in this process has none.
fn nowhere(url: &Url) -> Result<(), StoreError> {
    let named = url.host.is_some() || url.port.is_some() || url.user.is_some() || url.password.is_some();
    if named || !url.path.is_empty() {
        return Err(StoreError::InvalidUrl { part: "host", expected: "left out: this store is in the process" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_what_is_known() {
        let error = |url| store(url).unwrap_err().to_string();
        assert_eq!(
            error("memory://?size=3"),
            r#"this store has no option "size"; known: capacity, namespace, version, ttl, timeout"#
        );
        assert_eq!(error("memory://host:10"), "the host of the URL should be left out: this store is in the process");
        assert_eq!(error("memory://?capacity=many"), "the capacity of the URL should be a whole number");
        assert!(error("nonsense").starts_with("no store has the scheme"));
    }

    #[test]
    fn every_scheme_is_a_store_or_says_which_feature_it_needs() {
        for scheme in SCHEMES {
            let (name, needs) = if *scheme == "rediss" { ("redis", "redis-tls") } else { (*scheme, *scheme) };
            match store(&format!("{scheme}:")) {
                Ok(store) => assert_eq!(store.bytes().name(), name),
                Err(StoreError::FeatureIsOff { feature }) => assert_eq!(feature, needs),
                Err(error) => panic!("{scheme}: {error}"),
            }
        }
    }
}
