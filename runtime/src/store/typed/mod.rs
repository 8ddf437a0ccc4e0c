//! A store of values: bytes below, and above them a codec, a namespace, limits and hooks.

mod run;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::api::Store;
use super::codec::{Codec, Json};
use super::envelope::{Rejected, Rejects};
use super::error::StoreError;
use super::hooks::{Hook, Operation, Read};
use super::keys::{KeyMaker, Prefix, Readable};
use super::ttl::{Remaining, Ttl};
pub use writes::{Adding, Setting, SettingMany};

/// Keeps values in a [`Store`]: with a codec, a namespace, a version, a default ttl, a time limit, and hooks. A clone is another
/// way to the same values, and can be told other settings.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cachetools::store::StoreError> {
/// use cachetools::store::{Memory, Text, Ttl, TypedStore};
/// use std::time::Duration;
///
/// let store = TypedStore::new(Memory::new(1000)).namespace("names").codec(Text).default_ttl(Duration::from_secs(600));
/// store.set("ada", &"Ada Lovelace".to_owned()).await?;
/// store.set("alan", &"Alan Turing".to_owned()).ttl(Ttl::Never).await?;
/// assert_eq!(store.get("ada").await?, Some("Ada Lovelace".to_owned()));
/// assert!(store.delete("ada").await?);
/// # Ok(())
/// # }
/// ```
///
/// # Limits
///
/// Each operation may take 5 seconds ([`timeout`](Self::timeout)), and is tried whatever happened to the one before: it is
/// [`Tiered`](super::Tiered) caches that have a limit of their own, and leave a store alone that fails again and again. The limit needs
/// a tokio runtime with time enabled; outside of one there is none.
///
/// # Failures
///
/// An operation fails as the store below does: with [`StoreError::Unavailable`] where it cannot be reached, and so on. Stored bytes that
/// cannot be read are no failure: they are a miss, which [`rejected`](Self::rejected) counts.
#[derive(Clone)]
pub struct TypedStore<C = Json> {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) codec: C,
    pub(crate) prefix: Arc<Prefix>,
    pub(crate) keys: Arc<dyn KeyMaker>,
    default_ttl: Option<Duration>,
    limit: Option<Duration>,
    pub(crate) hooks: Arc<[Arc<dyn Hook>]>,
    rejects: Arc<Rejects>,
    pub(crate) enabled: bool,
}

/// How long an operation may take unless the store is told otherwise.
const LIMIT: Duration = Duration::from_secs(5);

impl TypedStore {
    /// Values as JSON, without a namespace, for ever, 5 seconds for each operation.
    pub fn new(store: impl Store) -> Self {
        Self {
            store: Arc::new(store),
            codec: Json,
            prefix: Arc::new(Prefix::new("", 0)),
            keys: Arc::new(Readable),
            default_ttl: None,
            limit: Some(LIMIT),
            hooks: Arc::default(),
            rejects: Arc::default(),
            enabled: true,
        }
    }
}

/// Setting it up.
impl<C> TypedStore<C> {
    /// Makes bytes of values with `codec`.
    ///
    /// Defaults to: [`Json`].
    pub fn codec<D>(self, codec: D) -> TypedStore<D> {
        let Self { store, codec: _, prefix, keys, default_ttl, limit, hooks, rejects, enabled } = self;
        TypedStore { store, codec, prefix, keys, default_ttl, limit, hooks, rejects, enabled }
    }

    /// Keeps keys apart from those of other namespaces.
    ///
    /// Defaults to: the empty one, which [`clear`](Self::clear) takes for the whole store.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.prefix = Arc::new(Prefix::new(namespace, self.prefix.version()));
        self
    }

    /// The version of what is stored: raise it when values of an earlier one must not be read any more. It is part of the keys and
    /// stands beside the values.
    ///
    /// Defaults to: 0, which is not written into keys.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.prefix = Arc::new(Prefix::new(self.prefix.namespace(), version));
        self
    }

    /// Makes the keys of calls with `maker`. It is for decorated functions; keys given to the operations stay as they are.
    ///
    /// Defaults to: [`Readable`].
    #[must_use]
    pub fn key_with(mut self, maker: impl KeyMaker) -> Self {
        self.keys = Arc::new(maker);
        self
    }

    /// How long values live whose write does not say.
    ///
    /// Defaults to: for ever.
    #[must_use]
    pub fn default_ttl(mut self, ttl: impl Into<Option<Duration>>) -> Self {
        self.default_ttl = ttl.into();
        self
    }

    /// How long an operation may take until it fails with [`StoreError::Timeout`]. What it did until then is done; zero, or
    /// `None`, is for ever. For one operation: `store.clone().timeout(..)`.
    ///
    /// Defaults to: 5 seconds.
    #[must_use]
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limit = limit.into().filter(|limit| !limit.is_zero());
        self
    }

    /// Adds a hook behind those there are. It hears of the operations of this store, of clones made from now on, and of the caches they
    /// are put behind; its own time is not limited.
    ///
    /// Defaults to: none.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.hooks = self.hooks.iter().cloned().chain([Arc::new(hook) as Arc<dyn Hook>]).collect();
        self
    }

    /// Switched off, it does nothing: reads find nothing, writes succeed, and hooks hear nothing. A cache in front of it has its memory
    /// alone.
    ///
    /// Defaults to: on.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// The store below, which knows bytes and whole keys.
    pub fn bytes(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// How many stored values were not read, of this store and its clones.
    pub fn rejected(&self) -> Rejected {
        self.rejects.get()
    }

    /// The key as the store below has it.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidKey`] if the namespace leaves no room for a key.
    pub fn full_key(&self, key: &str) -> Result<String, StoreError> {
        self.prefix.key(&self.store, key)
    }
}

impl<C> fmt::Debug for TypedStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedStore")
            .field("store", &self.store.name())
            .field("namespace", &self.prefix.namespace())
            .field("version", &self.prefix.version())
            .finish_non_exhaustive()
    }
}

/// The operations. They fail as the store below does, with [`StoreError::Timeout`] if it takes too long, and with
/// [`StoreError::Codec`] if a value cannot be made into bytes.
#[allow(clippy::missing_errors_doc)]
impl<C> TypedStore<C> {
    /// The value. What cannot be read is not there: see [`rejected`](Self::rejected).
    pub async fn get<V>(&self, key: &str) -> Result<Option<V>, StoreError>
    where
        C: Codec<V>,
    {
        self.get_full(&self.full_key(key)?).await
    }

    /// The value, or `default` if there is none.
    pub async fn get_or<V>(&self, key: &str, default: V) -> Result<V, StoreError>
    where
        C: Codec<V>,
    {
        Ok(self.get(key).await?.unwrap_or(default))
    }

    /// The values of several keys, in the order of the keys.
    pub async fn get_many<V>(&self, keys: impl IntoIterator<Item: AsRef<str>>) -> Result<Vec<Option<V>>, StoreError>
    where
        C: Codec<V>,
    {
        let keys: Vec<String> = keys.into_iter().map(|key| self.full_key(key.as_ref())).collect::<Result<_, _>>()?;
        let off = keys.iter().map(|_| None).collect();
        let work = async {
            let stored = self.store.get_many(&keys).await?;
            let pairs = keys.iter().zip(stored);
            let values: Vec<Option<V>> =
                pairs.map(|(key, bytes)| bytes.and_then(|bytes| self.open(key, &bytes))).collect();
            let read = Read { asked: keys.len() as u64, found: values.iter().flatten().count() as u64 };
            Ok((values, read))
        };
        self.run_read(Operation::GetMany, off, work).await
    }

    /// Whether there is a value. It is not read: it may be one that [`get`](Self::get) would not take.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        let key = self.full_key(key)?;
        self.run(Operation::Exists, false, self.store.exists(&key)).await
    }

    /// How long a value has to live; `None`: there is none.
    pub async fn ttl(&self, key: &str) -> Result<Option<Remaining>, StoreError> {
        let key = self.full_key(key)?;
        self.run(Operation::Ttl, None, self.store.ttl(&key)).await
    }

    /// Stores a value; `.ttl(..)` says how long it lives. The life of a value stored before does not count any more.
    pub fn set<'a, V>(&'a self, key: &'a str, value: &'a V) -> Setting<'a, C, V>
    where
        C: Codec<V>,
    {
        Setting { store: self, key, value, ttl: Ttl::Default }
    }

    /// Stores a value unless there is one, which is [`StoreError::AlreadyExists`]; `.ttl(..)` says how long it lives.
    pub fn add<'a, V>(&'a self, key: &'a str, value: &'a V) -> Adding<'a, C, V>
    where
        C: Codec<V>,
    {
        Adding { store: self, key, value, ttl: Ttl::Default }
    }

    /// Stores several values; `.ttl(..)` says how long they live.
    pub fn set_many<'a, V>(&'a self, pairs: &'a [(&'a str, V)]) -> SettingMany<'a, C, V>
    where
        C: Codec<V>,
    {
        SettingMany { store: self, pairs, ttl: Ttl::Default }
    }

    /// Stores `value` if the value now is `expected`; says whether it was. Of codecs whose bytes differ from time to time it
    /// never is.
    pub async fn compare_and_set<V>(&self, key: &str, expected: &V, value: &V, ttl: Ttl) -> Result<bool, StoreError>
    where
        C: Codec<V>,
    {
        let key = self.full_key(key)?;
        let (expected, value) = (self.seal(&key, expected)?, self.seal(&key, value)?);
        let work = self.store.compare_and_set(&key, &expected, &value, ttl.or(self.default_ttl));
        self.run(Operation::CompareAndSet, true, work).await
    }

    /// Removes a value if it is `expected`; says whether it was.
    pub async fn compare_and_delete<V>(&self, key: &str, expected: &V) -> Result<bool, StoreError>
    where
        C: Codec<V>,
    {
        let key = self.full_key(key)?;
        let expected = self.seal(&key, expected)?;
        self.run(Operation::CompareAndDelete, false, self.store.compare_and_delete(&key, &expected)).await
    }

    /// Removes a value; says whether it was there.
    pub async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        let key = self.full_key(key)?;
        self.run(Operation::Delete, false, self.store.delete(&key)).await
    }

    /// Adds `by` to a counter, and says what it is now. A counter that is not there begins with `by` and lives for ever; one
    /// that is keeps its life.
    ///
    /// A counter is a decimal number as the servers count it, not a value of the codec; but [`get`](Self::get) reads it, as a
    /// number. What [`set`](Self::set) stored is no counter: [`StoreError::NotAnInteger`]. To begin one elsewhere, use
    /// [`set_counter`](Self::set_counter).
    pub async fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        let key = self.full_key(key)?;
        self.run(Operation::Increment, by, self.store.increment(&key, by)).await
    }

    /// Stores the value of a counter.
    pub async fn set_counter(&self, key: &str, value: i64, ttl: Ttl) -> Result<(), StoreError> {
        let (key, value) = (self.full_key(key)?, value.to_string());
        self.run(Operation::Set, (), self.store.set(&key, value.as_bytes(), ttl.or(self.default_ttl))).await
    }

    /// Gives a value a new life; says whether there is one.
    pub async fn expire(&self, key: &str, ttl: Ttl) -> Result<bool, StoreError> {
        let key = self.full_key(key)?;
        self.run(Operation::Expire, false, self.store.expire(&key, ttl.or(self.default_ttl))).await
    }

    /// Removes all values of the namespace, of all versions. Without a namespace it is [`clear_all`](Self::clear_all).
    pub async fn clear(&self) -> Result<(), StoreError> {
        self.run(Operation::Clear, (), self.store.clear(&self.prefix.of_namespace())).await
    }

    /// Removes all that the store below has.
    pub async fn clear_all(&self) -> Result<(), StoreError> {
        self.run(Operation::Clear, (), self.store.clear("")).await
    }

    /// Gives up connections and files. The store works on: what it needs is opened anew.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.run(Operation::Close, (), self.store.close()).await
    }
}
