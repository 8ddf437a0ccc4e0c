//! What a store is: bytes under text keys.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::changes::Tracked;
use super::error::StoreError;
use super::ttl::Remaining;

/// What a store's operations return.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps bytes under text keys, for all who share it.
///
/// Three operations are enough for a store of your own: [`get`](Self::get), [`set`](Self::set) and [`delete`](Self::delete).
/// The others have a default: made of these where that is right, or [`StoreError::Unsupported`] where it would not be atomic.
///
/// A ttl of `None` is for ever, and a ttl of zero is over at once: nothing is kept, and what was there is gone. At exactly its
/// ttl a value is gone. An operation whose future is dropped may or may not have happened.
///
/// ```
/// use cachetools::store::{Answer, Store};
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use std::time::Duration;
///
/// #[derive(Default)]
/// struct Drawer(Mutex<HashMap<String, Vec<u8>>>);
///
/// impl Store for Drawer {
///     fn name(&self) -> &'static str {
///         "drawer"
///     }
///     fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
///         Box::pin(async move { Ok(self.0.lock().unwrap().get(key).cloned()) })
///     }
///     fn set<'a>(&'a self, key: &'a str, value: &'a [u8], _ttl: Option<Duration>) -> Answer<'a, ()> {
///         Box::pin(async move {
///             self.0.lock().unwrap().insert(key.to_owned(), value.to_owned());
///             Ok(())
///         })
///     }
///     fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
///         Box::pin(async move { Ok(self.0.lock().unwrap().remove(key).is_some()) })
///     }
/// }
/// ```
pub trait Store: Send + Sync + 'static {
    /// What kind of store it is, for messages: `"redis"`.
    fn name(&self) -> &'static str;

    /// Whether `key` is short enough to be kept as it is. Those who make keys turn one that is not into a hash.
    ///
    /// Defaults to: up to 512 bytes.
    fn fits(&self, key: &str) -> bool {
        key.len() <= 512
    }

    /// The value.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>>;

    /// The value, and how long it has to live: what a cache in front of the store asks for.
    ///
    /// Defaults to: [`get`](Self::get) and then [`ttl`](Self::ttl); of a store without `ttl`, for ever.
    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        Box::pin(async move {
            let Some(value) = self.get(key).await? else { return Ok(None) };
            match self.ttl(key).await {
                Ok(remaining) => Ok(remaining.map(|remaining| (value, remaining))),
                Err(StoreError::Unsupported { .. }) => Ok(Some((value, Remaining::Never))),
                Err(error) => Err(error),
            }
        })
    }

    /// Stores a value, with a life of its own: that of a value stored before does not count any more.
    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()>;

    /// Removes a value; says whether it was there.
    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool>;

    /// Stores a value unless there is one: then it is [`StoreError::AlreadyExists`], and what is stored stays.
    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let _ = (key, value, ttl);
        unsupported(self.name(), "add")
    }

    /// Whether there is a value.
    fn exists<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.get(key).await?.is_some()) })
    }

    /// The values of several keys, in the order of the keys.
    fn get_many<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(self.get(key).await?);
            }
            Ok(values)
        })
    }

    /// Stores several values with one ttl.
    fn set_many<'a>(&'a self, pairs: &'a [(String, Vec<u8>)], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            for (key, value) in pairs {
                self.set(key, value, ttl).await?;
            }
            Ok(())
        })
    }

    /// Adds `by` to a decimal number, and says what it is now. A number that is not there becomes `by` and lives for ever; one
    /// that is keeps its life. Of anything else it is [`StoreError::NotAnInteger`], and what is stored stays.
    fn increment<'a>(&'a self, key: &'a str, by: i64) -> Answer<'a, i64> {
        let _ = (key, by);
        unsupported(self.name(), "increment")
    }

    /// Gives a value a new life: `None` is for ever. Says whether there is one.
    fn expire<'a>(&'a self, key: &'a str, ttl: Option<Duration>) -> Answer<'a, bool> {
        let _ = (key, ttl);
        unsupported(self.name(), "expire")
    }

    /// How long a value has to live; `None`: there is none.
    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        let _ = key;
        unsupported(self.name(), "ttl")
    }

    /// Removes all keys that begin with `prefix`; with the empty one, everything.
    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        let _ = prefix;
        unsupported(self.name(), "clear")
    }

    /// Stores `value` if the value now is `expected`; says whether it was.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: &'a [u8],
        value: &'a [u8],
        ttl: Option<Duration>,
    ) -> Answer<'a, bool> {
        let _ = (key, expected, value, ttl);
        unsupported(self.name(), "compare_and_set")
    }

    /// Removes a value if it is `expected`; says whether it was.
    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        let _ = (key, expected);
        unsupported(self.name(), "compare_and_delete")
    }

    /// Gives up connections and files. The store works on: what it needs is opened anew.
    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// The same store for a cache with memory in front of it, which is to hear of what others change: another process, another
    /// program, or this one by another way. `None`: it does not tell.
    ///
    /// Of each key that was read or changed through [`Tracked::store`], present or not, the next change by another is told, at
    /// least once, and soon. A deletion through it is told although there was nothing, and so is a `clear`: as a change of the
    /// prefix, to who has read that as a key.
    ///
    /// Defaults to: `None`.
    fn tracked(&self) -> Option<Tracked> {
        None
    }
}

/// The answer of an operation that a store does not have.
fn unsupported<'a, T: Send + 'a>(store: &'static str, operation: &'static str) -> Answer<'a, T> {
    Box::pin(async move { Err(StoreError::Unsupported { store, operation }) })
}

macro_rules! forward {
    ($($verb:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        /// A store that several hold.
        impl<S: Store + ?Sized> Store for Arc<S> {
            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn fits(&self, key: &str) -> bool {
                (**self).fits(key)
            }

            fn close(&self) -> Answer<'_, ()> {
                (**self).close()
            }

            fn tracked(&self) -> Option<Tracked> {
                (**self).tracked()
            }

            $(fn $verb<'a>(&'a self, $($name: $type),*) -> Answer<'a, $answer> {
                (**self).$verb($($name),*)
            })*
        }
    };
}
forward! {
    get(key: &'a str) -> Option<Vec<u8>>;
    get_living(key: &'a str) -> Option<(Vec<u8>, Remaining)>;
    set(key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> ();
    delete(key: &'a str) -> bool;
    add(key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> ();
    exists(key: &'a str) -> bool;
    get_many(keys: &'a [String]) -> Vec<Option<Vec<u8>>>;
    set_many(pairs: &'a [(String, Vec<u8>)], ttl: Option<Duration>) -> ();
    increment(key: &'a str, by: i64) -> i64;
    expire(key: &'a str, ttl: Option<Duration>) -> bool;
    ttl(key: &'a str) -> Option<Remaining>;
    clear(prefix: &'a str) -> ();
    compare_and_set(key: &'a str, expected: &'a [u8], value: &'a [u8], ttl: Option<Duration>) -> bool;
    compare_and_delete(key: &'a str, expected: &'a [u8]) -> bool;
}
