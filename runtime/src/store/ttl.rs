//! How long a stored value lives.

use std::time::Duration;

/// How long a value is to live: what one write says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ttl {
    /// As the store's default says.
    #[default]
    Default,
    /// For ever, whatever the store's default says.
    Never,
    /// So long. Zero is over at once: nothing is kept, and what was there is gone.
    After(Duration),
}

impl Ttl {
    pub(crate) fn or(self, default: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Default => default,
            Self::Never => None,
            Self::After(ttl) => Some(ttl),
        }
    }
}

impl From<Duration> for Ttl {
    fn from(ttl: Duration) -> Self {
        Self::After(ttl)
    }
}

/// How long a stored value has to live yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remaining {
    /// For ever.
    Never,
    /// So long.
    For(Duration),
}
