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

/// The part of a hash that a shard keeps: 32 bits to which each of the 64 adds.
///
/// Of keys that are numbers in a row, the hasher's own bits from the eleventh on may be in a row as well, and an index that
/// searches side by side cannot have that. This is D. E. Knuth's multiplicative hashing, by the golden ratio ("The Art of Computer
/// Programming", volume 3, section 6.4).
#[inline]
pub(crate) fn low(hash: u64) -> u32 {
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// A number of entries as the slot that comes next. A shard never holds more than a slot can number; it sees to that itself.
pub(super) fn index(len: usize) -> Slot {
    Slot::try_from(len).expect("a shard holds fewer than 2^32 entries")
}
