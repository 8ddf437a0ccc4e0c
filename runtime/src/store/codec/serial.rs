//! Codecs for all that serde knows.

use std::borrow::Cow;

use serde_core::Serialize;
use serde_core::de::value::Error as ValueError;
use serde_core::de::{DeserializeOwned, IntoDeserializer};

use super::{Codec, CodecError};

macro_rules! serial {
    ($(#[$attribute:meta])* $codec:ident, $name:literal, $encode:expr, $decode:expr) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $codec;

        $(#[$attribute])*
        impl<V: Serialize + DeserializeOwned> Codec<V> for $codec {
            fn name(&self) -> Cow<'static, str> {
                $name.into()
            }

            fn encode(&self, value: &V) -> Result<Vec<u8>, CodecError> {
                $encode(value).map_err(CodecError::new)
            }

            fn decode(&self, bytes: &[u8]) -> Result<V, CodecError> {
                $decode(bytes).map_err(CodecError::new)
            }

            fn number(&self, number: i64) -> Option<V> {
                let number: serde_core::de::value::I64Deserializer<ValueError> = number.into_deserializer();
                V::deserialize(number).ok()
            }
        }
    };
}

serial! {
    /// JSON: readable, for all languages. It does not tell `Some(None)` from `None`.
    Json, "json", serde_json::to_vec, serde_json::from_slice
}
serial! {
    /// MessagePack: compact, for all languages. Structs are arrays of their fields, so a field more or less makes what was
    /// stored unreadable, which is a miss. It does not tell `Some(None)` from `None`.
    #[cfg(feature = "messagepack")]
    MessagePack, "messagepack", rmp_serde::to_vec, whole_message
}
serial! {
    /// Postcard: the most compact, for Rust. It does not tell types apart: whoever changes a type has to change the version.
    #[cfg(feature = "postcard")]
    Postcard, "postcard", postcard::to_allocvec, whole_postcard
}

/// A message with nothing behind it.
#[cfg(feature = "messagepack")]
fn whole_message<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, CodecError> {
    let mut rest = bytes;
    let value = rmp_serde::from_read(&mut rest).map_err(CodecError::new)?;
    if rest.is_empty() { Ok(value) } else { Err(CodecError::new("bytes are left over")) }
}

/// A value with nothing behind it.
#[cfg(feature = "postcard")]
fn whole_postcard<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, CodecError> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(CodecError::new)?;
    if rest.is_empty() { Ok(value) } else { Err(CodecError::new("bytes are left over")) }
}
