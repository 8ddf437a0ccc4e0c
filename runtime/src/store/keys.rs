//! The keys that a store sees.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::api::Store;
use super::error::StoreError;

/// A call whose value is to be stored.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Call<'a> {
    /// The path of the function: `my_crate::users::get_user`.
    pub name: &'a str,
    /// The arguments that count, as text: `["u1",3]`.
    pub args: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn new(name: &'a str, args: &'a str) -> Self {
        Self { name, args }
    }
}

/// Makes the key of a call, which the namespace and the version then go before: `namespace:v2:key`.
///
/// Whatever it makes, a key that is too long for its store is replaced by its hash, the first 128 bits of its SHA-256. One
/// that two calls share makes them share their values. Closures of name and arguments are makers too:
///
/// ```
/// use cachetools::store::{Memory, TypedStore};
///
/// let store = TypedStore::new(Memory::new(100)).key_with(|name: &str, args: &str| format!("{name}/{args}"));
/// ```
pub trait KeyMaker: Send + Sync + 'static {
    /// The key of a call.
    fn key(&self, call: Call<'_>) -> String;
}

impl<F: Fn(&str, &str) -> String + Send + Sync + 'static> KeyMaker for F {
    fn key(&self, call: Call<'_>) -> String {
        self(call.name, call.args)
    }
}

/// The name, a colon and the arguments: `my_crate::get_user:["u1",3]`. Arguments that make the key too long become a hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readable;

impl KeyMaker for Readable {
    fn key(&self, call: Call<'_>) -> String {
        format!("{}:{}", call.name, call.args)
    }
}

/// The hash of name and arguments: 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hashed;

impl KeyMaker for Hashed {
    fn key(&self, call: Call<'_>) -> String {
        hash(&Readable.key(call))
    }
}

/// The name, and the hash of the arguments: `my_crate::get_user:c4ca..`.
#[derive(Clone, Copy, Debug, Default)]
pub struct HashedArgs;

impl KeyMaker for HashedArgs {
    fn key(&self, call: Call<'_>) -> String {
        format!("{}:{}", call.name, hash(call.args))
    }
}

/// The first 128 bits of the SHA-256, as 32 hexadecimal digits: the same everywhere and always. Nobody can choose two texts
/// that share it.
pub(crate) fn hash(text: &str) -> String {
    let mut digits = String::with_capacity(32);
    for byte in &Sha256::digest(text.as_bytes())[..16] {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// What begins all keys of a namespace and version, and no other's.
///
/// In the namespace, colons are written `%3A`, so that the first colon ends it: `a` with the key `b:c` is not `a:b` with `c`.
/// A key without a namespace is written as it is, unless it has a colon: then another one goes before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    namespace: String,
    version: u32,
    /// `namespace:v2:`
    text: String,
}

impl Prefix {
    pub(crate) fn new(namespace: &str, version: u32) -> Self {
        let mut text = escaped(namespace).into_owned();
        if !text.is_empty() || version != 0 {
            text.push(':');
        }
        if version != 0 {
            let _ = write!(text, "v{version}:");
        }
        Self { namespace: namespace.to_owned(), version, text }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// What begins the keys of all versions of the namespace; empty without a namespace.
    pub(crate) fn of_namespace(&self) -> String {
        if self.namespace.is_empty() { String::new() } else { format!("{}:", escaped(&self.namespace)) }
    }

    /// The store's key for `key`.
    pub(crate) fn key(&self, store: &dyn Store, key: &str) -> Result<String, StoreError> {
        let full = self.full(key);
        // What looks like a hash is hashed, so that nobody can name another's hash.
        if store.fits(&full) && !key.starts_with('#') { Ok(full) } else { self.hashed(store, "", key) }
    }

    /// The store's key for a call: of one that is too long, the name is shown if there is room.
    pub(crate) fn call(&self, store: &dyn Store, maker: &dyn KeyMaker, call: Call<'_>) -> Result<String, StoreError> {
        let key = maker.key(call);
        if key.starts_with(call.name) && !store.fits(&self.full(&key)) {
            self.hashed(store, call.name, &key)
        } else {
            self.key(store, &key)
        }
    }

    fn full(&self, key: &str) -> String {
        let colon = if self.text.is_empty() && key.contains(':') { ":" } else { "" };
        format!("{}{colon}{key}", self.text)
    }

    fn hashed(&self, store: &dyn Store, name: &str, key: &str) -> Result<String, StoreError> {
        let hash = hash(key);
        let named = (!name.is_empty()).then(|| self.full(&format!("{name}:#{hash}")));
        let forms = named.into_iter().chain([format!("{}#{hash}", self.text)]);
        let fitting = forms.into_iter().find(|key| store.fits(key));
        fitting.ok_or(StoreError::InvalidKey { reason: "the namespace is too long for the store" })
    }
}

/// With colons, and percent signs for their sake, written so that none is left.
fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains([':', '%']) { text.replace('%', "%25").replace(':', "%3A").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::super::null::Null;
    use super::*;

    fn key(namespace: &str, version: u32, key: &str) -> String {
        Prefix::new(namespace, version).key(&Null, key).unwrap()
    }

    #[test]
    fn a_person_can_read_them() {
        assert_eq!(key("test", 0, "key"), "test:key");
        assert_eq!(key("", 0, "key"), "key");
        assert_eq!(key("", 0, "user:7"), ":user:7");
        assert_eq!(key("users", 2, "ada"), "users:v2:ada");
        let call = Call::new("app::get_user", r#"["u1",3]"#);
        let made = Prefix::new("users", 2).call(&Null, &Readable, call).unwrap();
        assert_eq!(made, r#"users:v2:app::get_user:["u1",3]"#);
    }

    #[test]
    fn namespaces_do_not_run_into_each_other() {
        assert_ne!(key("ns", 0, "k"), key("", 0, "ns:k"));
        assert_ne!(key("v2", 0, "k"), key("", 2, "k"));
        assert_ne!(key("", 0, ":k"), key("", 0, "k"));
        assert_ne!(key("a", 0, "b:c"), key("a:b", 0, "c"));
        assert_ne!(key("a:", 0, "b"), key("a", 0, ":b"));
        assert_ne!(key("a%3A", 0, "b"), key("a:", 0, "b"));
        assert!(!key("nma", 0, "k").starts_with(&Prefix::new("nm", 0).of_namespace()));
    }

    #[test]
    fn a_long_key_becomes_a_hash_that_nobody_else_has() {
        let long = "x".repeat(600);
        let hashed = key("ns", 0, &long);
        assert_eq!(hashed.len(), "ns:#".len() + 32);
        assert_ne!(hashed, key("ns", 0, &"y".repeat(600)));
        // Someone who asks for the hash itself does not get the value behind it.
        assert_ne!(key("ns", 0, hashed.strip_prefix("ns:").unwrap()), hashed);
        let call = Call::new("app::get_user", &long);
        let made = Prefix::new("ns", 0).call(&Null, &Readable, call).unwrap();
        assert!(made.starts_with("ns:app::get_user:#"), "{made}");
        assert!(Prefix::new(&long, 0).key(&Null, "k").is_err());
    }

    #[test]
    fn hashes_are_the_same_for_ever() {
        assert_eq!(hash("1"), "6b86b273ff34fce19d6b804eff5a3f57");
        let call = Call::new("app::f", "1");
        assert_eq!(HashedArgs.key(call), "app::f:6b86b273ff34fce19d6b804eff5a3f57");
        assert_eq!(Hashed.key(call), hash("app::f:1"));
    }
}
