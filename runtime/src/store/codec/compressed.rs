//! Smaller values, by zstd.

use std::borrow::Cow;

use super::{Codec, CodecError};

/// Compresses what another codec makes, by zstd. What would not become smaller stays as it is.
///
/// ```
/// use cachetools::store::{Compressed, Json, Memory, TypedStore};
///
/// let store = TypedStore::new(Memory::new(100)).codec(Compressed::new(Json).level(9));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Compressed<C> {
    codec: C,
    level: i32,
    limit: usize,
}

const AS_IT_IS: u8 = 0;
const ZSTD: u8 = 1;

impl<C> Compressed<C> {
    /// Around `codec`, at zstd's default level.
    pub fn new(codec: C) -> Self {
        Self { codec, level: 0, limit: 64 << 20 }
    }

    /// How hard to try, from 1 (fast) to 22 (small).
    ///
    /// Defaults to: zstd's default, 3.
    #[must_use]
    pub fn level(mut self, level: i32) -> Self {
        self.level = level;
        self
    }

    /// How many bytes a value may have when it is unpacked; a larger one is not read. So a few bytes that somebody planted cannot
    /// fill the memory.
    ///
    /// Defaults to: 64 MiB.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

impl<V, C: Codec<V>> Codec<V> for Compressed<C> {
    fn name(&self) -> Cow<'static, str> {
        format!("zstd({})", self.codec.name()).into()
    }

    fn encode(&self, value: &V) -> Result<Vec<u8>, CodecError> {
        self.codec.encode(value)
    }

    fn decode(&self, bytes: &[u8]) -> Result<V, CodecError> {
        self.codec.decode(bytes)
    }

    fn number(&self, number: i64) -> Option<V> {
        self.codec.number(number)
    }

    fn seal(&self, key: &str, bytes: Vec<u8>) -> Result<Vec<u8>, CodecError> {
        let bytes = self.codec.seal(key, bytes)?;
        if bytes.len() > self.limit {
            return Err(CodecError::new("the value is larger than the limit of unpacked values"));
        }
        let packed = zstd::bulk::compress(&bytes, self.level).map_err(CodecError::new)?;
        let (how, body) = if packed.len() < bytes.len() { (ZSTD, packed) } else { (AS_IT_IS, bytes) };
        let mut sealed = Vec::with_capacity(1 + body.len());
        sealed.push(how);
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    fn open<'a>(&self, key: &str, bytes: Cow<'a, [u8]>) -> Result<Cow<'a, [u8]>, CodecError> {
        let opened = match bytes.split_first() {
            Some((&AS_IT_IS, body)) => body.to_owned(),
            Some((&ZSTD, body)) => {
                let size = zstd::bulk::Decompressor::upper_bound(body);
                let room = size.unwrap_or(self.limit).min(self.limit);
                zstd::bulk::decompress(body, room).map_err(CodecError::new)?
            }
            _ => return Err(CodecError::new("neither packed nor plain")),
        };
        self.codec.open(key, opened.into())
    }
}
