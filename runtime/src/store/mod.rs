//! Floor 6, the second tier: values that outlive the process and are shared by many.
//!
//! A [`Store`] keeps bytes under text keys: [`Memory`], [`Null`], Redis, Memcached, SQLite, or one of your own. A [`TypedStore`]
//! puts a codec, a namespace and limits on one, for direct use:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), cachetools::store::StoreError> {
//! use cachetools::store::Ttl;
//! use std::time::Duration;
//!
//! let users = cachetools::store("memory://?namespace=users&ttl=10m")?;
//! users.set("ada", &("Ada Lovelace".to_owned(), 1815)).await?;
//! users.set("alan", &("Alan Turing".to_owned(), 1912)).ttl(Ttl::After(Duration::from_secs(5))).await?;
//! assert_eq!(users.get("ada").await?, Some(("Ada Lovelace".to_owned(), 1815)));
//! # Ok(())
//! # }
//! ```
//!
//! # What is stored
//!
//! Keys are text that a person can read: `namespace:v2:key`. A key that is too long for its store becomes a hash
//! ([`KeyMaker`] tells more). A value is 16 bytes of header and what the [`Codec`] made of it. Bytes that another codec or
//! another version wrote, that are damaged, or that are not ours, are a miss: counted ([`TypedStore::rejected`]), told to the
//! [`Hook`]s, and never an error.
//!
//! # Behind a cache
//!
//! A [`Tiered`] is a cache in memory with a store behind it: by hand with [`CacheBuilder::store`](crate::CacheBuilder::store), and of a
//! decorated function with `#[cached(store = ..)]`.

mod api;
mod changes;
mod codec;
mod default;
mod envelope;
mod error;
mod hooks;
mod key_text;
mod keys;
#[cfg(feature = "memcached")]
mod memcached;
mod memory;
mod null;
mod number;
mod open;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod tier;
mod ttl;
mod typed;
mod url;

pub use api::{Answer, Store};
pub use changes::{Changes, Period, Tracked, Tracking};
#[cfg(feature = "zstd")]
pub use codec::Compressed;
#[cfg(feature = "messagepack")]
pub use codec::MessagePack;
#[cfg(feature = "postcard")]
pub use codec::Postcard;
#[cfg(feature = "signed")]
pub use codec::Signed;
pub use codec::{Bytes, Codec, CodecError, Json, Text};
pub use default::{default_store, set_default_store};
pub use envelope::{Reject, Rejected};
pub use error::StoreError;
pub use hooks::{HitRatio, Hits, Hook, Operation, Outcome, Times, Timing};
pub use keys::{Call, Hashed, HashedArgs, KeyMaker, Readable};
#[cfg(feature = "memcached")]
pub use memcached::Memcached;
pub use memory::Memory;
pub use null::Null;
pub use open::store;
#[cfg(feature = "redis")]
pub use redis::Redis;
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use tier::{Fail, OnStoreError, Skip, TierStats, Tiered, TieredBuilder};
pub use ttl::{Remaining, Ttl};
pub use typed::{Adding, Setting, SettingMany, TypedStore};

/// The examples of the page are tests.
#[cfg(all(doctest, feature = "redis", feature = "sqlite", feature = "messagepack"))]
#[doc = include_str!("../../../docs/stores.md")]
struct Page;
