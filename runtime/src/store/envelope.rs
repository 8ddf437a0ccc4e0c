//! What stands before a stored value, so that what is not ours is not taken for it.
//!
//! ```text
//! 0   c7 63 74 01   a mark, and the format of this header
//! 4   .. .. .. ..   the codec: CRC-32 of its name
//! 8   .. .. .. ..   the version, as the user counts
//! 12  .. .. .. ..   CRC-32 of all that follows
//! 16  ..            what the codec made
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::codec::{Codec, CodecError};
use super::number::number;

const MARK: [u8; 4] = [0xc7, b'c', b't', 1];
const HEADER: usize = 16;

/// Why stored bytes were not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reject {
    /// Another program wrote them, or another format of this one.
    Foreign,
    /// Another codec wrote them.
    Codec,
    /// They are of another version.
    Version,
    /// They are not what was written.
    Damaged,
    /// The codec cannot make a value of them: of another type, or not signed by us.
    Undecodable,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "foreign",
            Self::Codec => "of another codec",
            Self::Version => "of another version",
            Self::Damaged => "damaged",
            Self::Undecodable => "undecodable",
        })
    }
}

/// Makes the bytes to be stored.
pub(crate) fn seal<V, C: Codec<V>>(codec: &C, version: u32, key: &str, value: &V) -> Result<Vec<u8>, CodecError> {
    let body = codec.seal(key, codec.encode(value)?)?;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&crc32fast::hash(codec.name().as_bytes()).to_be_bytes());
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&body).to_be_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// Makes the value of what is stored.
pub(crate) fn open<V, C: Codec<V>>(codec: &C, version: u32, key: &str, bytes: &[u8]) -> Result<V, Reject> {
    if let Some(number) = number(bytes) {
        return codec.number(number).ok_or(Reject::Foreign);
    }
    let (header, body) = bytes.split_at_checked(HEADER).ok_or(Reject::Foreign)?;
    let word = |at: usize| <[u8; 4]>::try_from(&header[at..at + 4]).expect("four bytes");
    if word(0) != MARK {
        Err(Reject::Foreign)
    } else if word(4) != crc32fast::hash(codec.name().as_bytes()).to_be_bytes() {
        Err(Reject::Codec)
    } else if word(8) != version.to_be_bytes() {
        Err(Reject::Version)
    } else if word(12) != crc32fast::hash(body).to_be_bytes() {
        Err(Reject::Damaged)
    } else {
        let body = codec.open(key, Cow::Borrowed(body)).map_err(|_| Reject::Undecodable)?;
        codec.decode(&body).map_err(|_| Reject::Undecodable)
    }
}

/// How many stored values were not read, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// See [`Reject::Foreign`].
    pub foreign: u64,
    /// See [`Reject::Codec`].
    pub codec: u64,
    /// See [`Reject::Version`].
    pub version: u64,
    /// See [`Reject::Damaged`].
    pub damaged: u64,
    /// See [`Reject::Undecodable`].
    pub undecodable: u64,
}

/// The counters of [`Rejected`].
#[derive(Debug, Default)]
pub(crate) struct Rejects([AtomicU64; 5]);

impl Rejects {
    pub(crate) fn count(&self, reject: Reject) {
        self.0[reject as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Rejected {
        let of = |reject: Reject| self.0[reject as usize].load(Ordering::Relaxed);
        Rejected {
            foreign: of(Reject::Foreign),
            codec: of(Reject::Codec),
            version: of(Reject::Version),
            damaged: of(Reject::Damaged),
            undecodable: of(Reject::Undecodable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::codec::{Bytes, Json, Text};
    use super::*;

    fn sealed() -> Vec<u8> {
        seal(&Json, 3, "k", &"value".to_owned()).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<String, Reject> {
        open(&Json, 3, "k", bytes)
    }

    #[test]
    fn what_was_sealed_is_opened() {
        assert_eq!(read(&sealed()), Ok("value".to_owned()));
        assert_eq!(&sealed()[16..], br#""value""#);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for bit in 0..sealed().len() * 8 {
            let mut bytes = sealed();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&bytes).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        for length in 0..sealed().len() {
            assert!(read(&sealed()[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn each_reason_has_its_name() {
        let bytes = sealed();
        assert_eq!(open::<String, _>(&Text, 3, "k", &bytes), Err(Reject::Codec));
        assert_eq!(open::<String, _>(&Json, 4, "k", &bytes), Err(Reject::Version));
        assert_eq!(open::<u32, _>(&Json, 3, "k", &bytes), Err(Reject::Undecodable));
        assert_eq!(read(b"somebody else's bytes"), Err(Reject::Foreign));
        assert_eq!(read(b""), Err(Reject::Foreign));
    }

    #[test]
    fn a_counter_is_read_as_a_number_or_as_its_text() {
        assert_eq!(open::<u8, _>(&Json, 0, "k", b"12"), Ok(12));
        assert_eq!(open::<i64, _>(&Text, 0, "k", b"-12"), Ok(-12));
        assert_eq!(open::<String, _>(&Text, 0, "k", b"12"), Ok("12".to_owned()));
        assert_eq!(open::<Vec<u8>, _>(&Bytes, 0, "k", b"12"), Ok(b"12".to_vec()));
        assert_eq!(open::<u8, _>(&Json, 0, "k", b"300"), Err(Reject::Foreign));
    }
}
