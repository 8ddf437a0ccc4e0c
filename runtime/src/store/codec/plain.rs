//! Values that are bytes or text already.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use super::{Codec, CodecError};

/// Bytes as they are: for `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes;

impl<V: AsRef<[u8]> + From<Vec<u8>>> Codec<V> for Bytes {
    fn name(&self) -> Cow<'static, str> {
        "bytes".into()
    }

    fn encode(&self, value: &V) -> Result<Vec<u8>, CodecError> {
        Ok(value.as_ref().to_owned())
    }

    fn decode(&self, bytes: &[u8]) -> Result<V, CodecError> {
        Ok(bytes.to_owned().into())
    }

    fn number(&self, number: i64) -> Option<V> {
        Some(number.to_string().into_bytes().into())
    }
}

/// The text of a value, as [`Display`] writes and [`FromStr`] reads it. A `String` reads all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl<V: Display + FromStr<Err: Display>> Codec<V> for Text {
    fn name(&self) -> Cow<'static, str> {
        "text".into()
    }

    fn encode(&self, value: &V) -> Result<Vec<u8>, CodecError> {
        Ok(value.to_string().into_bytes())
    }

    fn decode(&self, bytes: &[u8]) -> Result<V, CodecError> {
        std::str::from_utf8(bytes).map_err(CodecError::new)?.parse().map_err(CodecError::new)
    }

    fn number(&self, number: i64) -> Option<V> {
        number.to_string().parse().ok()
    }
}
