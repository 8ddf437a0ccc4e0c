//! What can go wrong with a store.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::codec::CodecError;

/// Why an operation of a store failed. No message holds a URL, a user or a password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The store does not have this operation.
    Unsupported {
        /// The store's name.
        store: &'static str,
        /// What it does not have.
        operation: &'static str,
    },
    /// `add` found a value.
    AlreadyExists {
        /// The key, as the store has it.
        key: String,
    },
    /// `increment` found something that is no decimal number of 64 bits, or the sum would be none.
    NotAnInteger {
        /// The key, as the store has it.
        key: String,
    },
    /// What is stored is no string of bytes: somebody else's list or hash.
    WrongType,
    /// The store cannot keep a value under this key.
    InvalidKey {
        /// Why not.
        reason: &'static str,
    },
    /// The store cannot keep a value for this long: Memcached counts whole seconds.
    InvalidTtl {
        /// The ttl that was asked for.
        ttl: Duration,
        /// Why not.
        reason: &'static str,
    },
    /// The value is larger than the store takes.
    TooLarge,
    /// The store has no room left.
    Full,
    /// The store cannot be written to.
    ReadOnly,
    /// The operation took longer than it may.
    Timeout {
        /// How long it may take.
        limit: Duration,
    },
    /// The store cannot be reached, or was lost on the way.
    Unavailable {
        /// What the system said.
        reason: String,
    },
    /// The store said no.
    Refused {
        /// What it said.
        reason: String,
    },
    /// A value could not be made into bytes.
    Codec(CodecError),
    /// The URL has no scheme, or one that no store has.
    UnknownScheme {
        /// What stands before the colon; empty if that looks like no scheme, for it may be a password.
        scheme: String,
        /// The schemes that are known.
        known: &'static [&'static str],
    },
    /// The store of this scheme is behind a feature that is off.
    FeatureIsOff {
        /// The feature of this crate.
        feature: &'static str,
    },
    /// The URL has an option that its store does not have.
    UnknownOption {
        /// What it is called; empty if that looks like no name, for it may be a part of a password.
        option: String,
        /// The options that are known.
        known: Vec<&'static str>,
    },
    /// A part of the URL is not as it should be.
    InvalidUrl {
        /// Which part.
        part: &'static str,
        /// How it should be.
        expected: &'static str,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { store, operation } => write!(f, "a {store} store does not support {operation}"),
            Self::AlreadyExists { key } => write!(f, "key {key:?} already exists, use `set` to update the value"),
            Self::NotAnInteger { key } => write!(f, "the value of {key:?} is not an integer of 64 bits"),
            Self::WrongType => f.write_str("what is stored is not a string of bytes"),
            Self::InvalidKey { reason } => write!(f, "invalid key: {reason}"),
            Self::InvalidTtl { ttl, reason } => write!(f, "invalid ttl {ttl:?}: {reason}"),
            Self::TooLarge => f.write_str("the value is larger than the store takes"),
            Self::Full => f.write_str("the store is full"),
            Self::ReadOnly => f.write_str("the store is read-only"),
            Self::Timeout { limit } => write!(f, "the store did not answer within {limit:?}"),
            Self::Unavailable { reason } => write!(f, "the store is unavailable: {reason}"),
            Self::Refused { reason } => write!(f, "the store refused: {reason}"),
            Self::Codec(error) => error.fmt(f),
            Self::UnknownScheme { scheme, known } => {
                write!(f, "no store has the scheme {scheme:?}; known: {}", known.join(", "))
            }
            Self::FeatureIsOff { feature } => {
                write!(f, "this store needs the feature `{feature}` of cachetools, which is off")
            }
            Self::UnknownOption { option, known } => {
                write!(f, "this store has no option {option:?}; known: {}", known.join(", "))
            }
            Self::InvalidUrl { part, expected } => write!(f, "the {part} of the URL should be {expected}"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Codec(error) = self { Some(error) } else { None }
    }
}

impl From<CodecError> for StoreError {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}
