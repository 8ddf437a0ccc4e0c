//! How a value becomes bytes, and bytes a value.

#[cfg(feature = "zstd")]
mod compressed;
mod plain;
mod serial;
#[cfg(feature = "signed")]
mod signed;

#[cfg(feature = "zstd")]
pub use compressed::Compressed;
pub use plain::{Bytes, Text};
pub use serial::Json;
#[cfg(feature = "messagepack")]
pub use serial::MessagePack;
#[cfg(feature = "postcard")]
pub use serial::Postcard;
#[cfg(feature = "signed")]
pub use signed::Signed;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// Makes bytes of values of type `V`, and values of bytes.
///
/// ```
/// use cachetools::store::{Codec, CodecError, TypedStore, Null};
/// use std::borrow::Cow;
///
/// struct BigEndian;
///
/// impl Codec<u32> for BigEndian {
///     fn name(&self) -> Cow<'static, str> {
///         "big-endian".into()
///     }
///     fn encode(&self, value: &u32) -> Result<Vec<u8>, CodecError> {
///         Ok(value.to_be_bytes().to_vec())
///     }
///     fn decode(&self, bytes: &[u8]) -> Result<u32, CodecError> {
///         bytes.try_into().map(u32::from_be_bytes).map_err(CodecError::new)
///     }
/// }
///
/// let store = TypedStore::new(Null).codec(BigEndian);
/// ```
pub trait Codec<V>: Send + Sync + 'static {
    /// What it is called. It is written beside each value, and a value of another codec is not read.
    fn name(&self) -> Cow<'static, str>;

    /// Makes bytes.
    ///
    /// # Errors
    ///
    /// If the value has no form as bytes.
    fn encode(&self, value: &V) -> Result<Vec<u8>, CodecError>;

    /// Makes a value. It must not panic, whatever the bytes are.
    ///
    /// # Errors
    ///
    /// If the bytes are no value.
    fn decode(&self, bytes: &[u8]) -> Result<V, CodecError>;

    /// The value that a counter stands for: see [`TypedStore::increment`](super::TypedStore::increment).
    ///
    /// Defaults to: none, a counter is read as nothing.
    fn number(&self, number: i64) -> Option<V> {
        let _ = number;
        None
    }

    /// What is done to the bytes before they are stored under `key`. For codecs around others, such as one that signs.
    ///
    /// Defaults to: nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be done.
    fn seal(&self, key: &str, bytes: Vec<u8>) -> Result<Vec<u8>, CodecError> {
        let _ = key;
        Ok(bytes)
    }

    /// Undoes [`seal`](Self::seal).
    ///
    /// # Errors
    ///
    /// If the bytes were not sealed by this codec and for this key.
    fn open<'a>(&self, key: &str, bytes: Cow<'a, [u8]>) -> Result<Cow<'a, [u8]>, CodecError> {
        let _ = key;
        Ok(bytes)
    }
}

/// Why a value did not become bytes, or bytes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError(String);

impl CodecError {
    /// With a message that does not show the value.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for CodecError {}
