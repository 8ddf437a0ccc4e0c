//! Floor 1: which entry to give up when there is no room.
//!
//! A policy sees slot numbers, hashes and weights. It knows no keys, no values and no time.

mod lru;

pub(crate) use lru::Lru;

/// The number of an entry's place in its shard. Slots are dense: `n` entries stand at `0..n`.
pub(crate) type Slot = u32;

/// An order of eviction.
///
/// The shard tells the policy all that happens to its entries, in this order when one is added to a full shard: [`victim`],
/// [`forget`] and [`renumber`] until there is room, then [`admit`]. So a newcomer is never its own victim.
///
/// [`victim`]: Policy::victim
/// [`forget`]: Policy::forget
/// [`renumber`]: Policy::renumber
/// [`admit`]: Policy::admit
pub(crate) trait Policy: Send + 'static {
    /// A new entry stands at `slot`, which is the number of entries that were there before.
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64);

    /// The entry was read.
    fn touch(&mut self, slot: Slot, hash: u32);

    /// The entry's value was written anew, and may weigh something else.
    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64);

    /// The entry to give up next; `None` if there is none.
    fn victim(&mut self) -> Option<Slot>;

    /// The entry leaves: as this policy's victim if `evicted`, else expired or invalidated.
    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool);

    /// After `forget(to)`, the last entry, `from`, takes its place. Not called if the last one was forgotten.
    fn renumber(&mut self, from: Slot, to: Slot);

    /// All entries leave.
    fn clear(&mut self);

    /// The bound changes to `capacity`, a number of entries or a weight.
    fn set_capacity(&mut self, capacity: u64);
}

/// The policies of this crate, told apart by a branch that the processor predicts.
pub(crate) enum Order {
    /// Nothing is ever evicted.
    Unbounded,
    Lru(Lru),
}

macro_rules! each {
    ($order:expr, $policy:ident => $call:expr, $unbounded:expr) => {
        match $order {
            Order::Unbounded => $unbounded,
            Order::Lru($policy) => $call,
        }
    };
}

impl Policy for Order {
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64) {
        each!(self, policy => policy.admit(slot, hash, weight), ());
    }

    #[inline]
    fn touch(&mut self, slot: Slot, hash: u32) {
        each!(self, policy => policy.touch(slot, hash), ());
    }

    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64) {
        each!(self, policy => policy.rewrite(slot, hash, weight), ());
    }

    fn victim(&mut self) -> Option<Slot> {
        each!(self, policy => policy.victim(), None)
    }

    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
        each!(self, policy => policy.forget(slot, hash, evicted), ());
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        each!(self, policy => policy.renumber(from, to), ());
    }

    fn clear(&mut self) {
        each!(self, policy => policy.clear(), ());
    }

    fn set_capacity(&mut self, capacity: u64) {
        each!(self, policy => policy.set_capacity(capacity), ());
    }
}
