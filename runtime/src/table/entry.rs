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

/// The part of a hash that a shard keeps: 32 bits behind those that tell its shard.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
pub(crate) fn low(hash: u64) -> u32 {
    (hash >> 28) as u32
}

/// A number of entries as the slot that comes next. A shard never holds more than a slot can number; it sees to that itself.
pub(super) fn index(len: usize) -> Slot {
    Slot::try_from(len).expect("a shard holds fewer than 2^32 entries")
}
