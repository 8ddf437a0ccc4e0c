//! What a shard is told of an entry: its terms, and of its hash as much as it keeps.

use crate::ground::clock::Moment;
use crate::policy::Slot;

/// On what terms a value is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) deadline: Moment,
    pub(crate) weight: u64,
    /// When that was, if the clock was read for the deadline: it need not be read again.
    pub(crate) now: Option<Moment>,
}

/// The part of a hash that a shard keeps.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
pub(crate) fn low(hash: u64) -> u32 {
    hash as u32
}

/// The 64 bits that the index wants, from the 32 that are kept: it takes its place from the low ones and its tag from the
/// seven highest.
#[inline]
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

/// A number of entries as the slot that comes next. A shard never holds more than a slot can number; it sees to that itself.
pub(super) fn index(len: usize) -> Slot {
    Slot::try_from(len).expect("a shard holds fewer than 2^32 entries")
}
