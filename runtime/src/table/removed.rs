//! What left a shard.

use crate::ground::stats::RemovalCause;

/// What left a shard, to be dropped, or shown to a listener, when no lock is held.
#[derive(Debug)]
#[must_use = "dropping runs user code: let it fall when no lock is held"]
pub(crate) struct Removed<K, V> {
    // Most writes remove one entry at the most: no allocation then.
    first: Option<Left<K, V>>,
    rest: Vec<Left<K, V>>,
}

/// An entry that left; `None`: it never came in.
#[derive(Debug)]
pub(crate) struct Left<K, V> {
    pub(crate) key: K,
    pub(crate) value: V,
    pub(crate) cause: Option<RemovalCause>,
}

impl<K, V> Removed<K, V> {
    pub(crate) const fn nothing() -> Self {
        Self { first: None, rest: Vec::new() }
    }

    pub(super) fn all(entries: impl Iterator<Item = Left<K, V>>) -> Self {
        Self { first: None, rest: entries.collect() }
    }

    pub(super) fn push(&mut self, left: Left<K, V>) {
        if self.first.is_none() {
            self.first = Some(left);
        } else {
            self.rest.push(left);
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        if let Some(left) = other.first {
            self.push(left);
        }
        self.rest.extend(other.rest);
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = Left<K, V>> {
        self.first.into_iter().chain(self.rest)
    }
}
