//! Values that only those who know the secret can have written.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Codec, CodecError};

/// Signs what another codec makes (HMAC-SHA-256), so that whoever can write to the store but does not know the secret cannot
/// make up a value, nor put one under another key. It does not hide the value, nor does it tell an old value from a newer one.
///
/// ```
/// use cachetools::store::{Json, Memory, Signed, TypedStore};
///
/// let secret = [7; 32]; // from your secrets
/// let store = TypedStore::new(Memory::new(100)).codec(Signed::new(Json, secret));
/// ```
#[derive(Clone)]
pub struct Signed<C> {
    codec: C,
    /// The first signs; all of them are accepted.
    secrets: Vec<Hmac<Sha256>>,
}

const TAG: usize = 32;

impl<C> Signed<C> {
    /// Around `codec`, with a secret of 32 random bytes or more.
    pub fn new(codec: C, secret: impl AsRef<[u8]>) -> Self {
        Self { codec, secrets: vec![keyed(secret.as_ref())] }
    }

    /// Accepts what an earlier secret signed.
    #[must_use]
    pub fn also(mut self, earlier: impl AsRef<[u8]>) -> Self {
        self.secrets.push(keyed(earlier.as_ref()));
        self
    }
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes secrets of all lengths")
}

/// The hash of a value under its key; the length of the key keeps the two apart.
fn over(mac: &Hmac<Sha256>, key: &str, bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = mac.clone();
    mac.update(&(key.len() as u64).to_be_bytes());
    mac.update(key.as_bytes());
    mac.update(bytes);
    mac
}

impl<C: fmt::Debug> fmt::Debug for Signed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("codec", &self.codec).finish_non_exhaustive()
    }
}

impl<V, C: Codec<V>> Codec<V> for Signed<C> {
    fn name(&self) -> Cow<'static, str> {
        format!("signed({})", self.codec.name()).into()
    }

    fn encode(&self, value: &V) -> Result<Vec<u8>, CodecError> {
        self.codec.encode(value)
    }

    fn decode(&self, bytes: &[u8]) -> Result<V, CodecError> {
        self.codec.decode(bytes)
    }

    // A counter carries no signature: it is not read.

    fn seal(&self, key: &str, bytes: Vec<u8>) -> Result<Vec<u8>, CodecError> {
        let mut bytes = self.codec.seal(key, bytes)?;
        let tag = over(&self.secrets[0], key, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&tag);
        Ok(bytes)
    }

    fn open<'a>(&self, key: &str, bytes: Cow<'a, [u8]>) -> Result<Cow<'a, [u8]>, CodecError> {
        let body = bytes.len().checked_sub(TAG).ok_or_else(|| CodecError::new("too short for a signature"))?;
        let genuine = self.secrets.iter().any(|secret| {
            // Compared in constant time.
            over(secret, key, &bytes[..body]).verify_slice(&bytes[body..]).is_ok()
        });
        if !genuine {
            return Err(CodecError::new("the signature is not ours"));
        }
        let opened = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..body]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(body);
                Cow::Owned(bytes)
            }
        };
        self.codec.open(key, opened)
    }
}
