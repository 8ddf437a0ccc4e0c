//! Floor 1: which entry leaves when there is no room.
//!
//! A policy sees slot numbers, hashes and weights: no keys, no values, no time. One file a policy, one contract for
//! all of them, [`Policy`]; the built-in ones run through [`Order`], so that a hit costs no virtual call.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "slots, lists and ages fit 32 bits by contract, tags are cut on purpose, and a border may be off by one in 2^52"
)]

mod balance;
mod fifo;
mod ghost;
mod lfu;
mod list;
mod lru;
mod parts;
mod queue;
mod random;
mod s3_fifo;
mod sieve;
mod sketch;
mod tiny_lfu;
mod weights;

#[cfg(test)]
mod contract;
#[cfg(any(test, fuzzing))]
mod model;
#[cfg(any(test, fuzzing))]
pub(crate) mod trial;

use std::fmt;

pub use self::random::Random;
pub(crate) use self::{fifo::Fifo, lfu::Lfu, lru::Lru, s3_fifo::S3Fifo, sieve::Sieve, tiny_lfu::TinyLfu};

/// The number of an entry's place in its shard. Slots are dense: `n` entries stand at `0..n`.
pub type Slot = u32;

/// Decides which entry of a shard leaves when there is no room.
///
/// A policy is told of every event of its shard and is asked for one thing, the next [`victim`](Self::victim). It
/// sees neither keys nor values: an entry is a slot, a hash and a weight. The hash is well mixed, and the same for
/// the same key as long as the cache lives, so a policy can know an entry again that was gone in between.
///
/// # What the caller guarantees
///
/// - Slots are dense. `admit` names the slot after the last one; every other call names a slot that is held.
/// - After `forget(slot, ..)` of a slot that was not the last, `renumber(last, slot)` follows at once, before any other
///   call. Forgetting the last slot is not followed by `renumber`.
/// - To make room: `victim`, then `forget` with `evicted: true` (and `renumber`), again until there is room, then
///   `admit`. So a newcomer is never the victim of its own arrival.
/// - Reads are told in the order in which they were, some at a time, and always before anything else is told or asked.
/// - All calls are made under the lock of the shard, by one thread at a time.
///
/// # What an implementation must do
///
/// - Answer slots that are held, and some slot as long as any is held. Answering `None` although entries are held
///   turns the newcomer away.
/// - Take constant time, amortized: every call but `clear` and `set_capacity` is made on the path of a cached call.
/// - Keep no more memory than the entries that are held account for. Remembering entries that have left is fine as
///   long as the number remembered is bounded by the number held.
/// - Not call back into the cache: its shard is locked.
pub trait Policy: Send + 'static {
    /// A new entry stands at `slot`, which is the number of entries before it.
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64);

    /// The entry was read, lately.
    fn touch(&mut self, slot: Slot, hash: u32);

    /// The entry's value was written anew; its weight may have changed.
    ///
    /// Defaults to: a write is a use, as a read is.
    fn rewrite(&mut self, slot: Slot, hash: u32, weight: u64) {
        let _ = weight;
        self.touch(slot, hash);
    }

    /// The slot to evict next, or `None` when nothing is held.
    ///
    /// Asking is not evicting: asked again with nothing in between, a policy may answer another slot.
    fn victim(&mut self) -> Option<Slot>;

    /// The entry leaves. `evicted` says that it was this policy's victim; else it was invalidated or has expired.
    fn forget(&mut self, slot: Slot, hash: u32, evicted: bool);

    /// The last entry, `from`, takes the place `to` that was just forgotten.
    fn renumber(&mut self, from: Slot, to: Slot);

    /// All entries leave, and what was learned of them is forgotten.
    fn clear(&mut self);

    /// The bound changed. Shrinking is followed by evictions.
    ///
    /// Defaults to: nothing; the caller sees to the bound.
    fn set_capacity(&mut self, capacity: u64) {
        let _ = capacity;
    }
}

/// The policies of this crate, told apart by a branch that the processor predicts, or one that a user brought.
///
/// A plain tag says which: hidden in a policy's own fields, it would have to be worked out on every call.
#[repr(C, u8)]
pub(crate) enum Order {
    /// Nothing is ever evicted.
    Unbounded,
    Lru(Lru),
    Lfu(Lfu),
    Fifo(Fifo),
    Random(Random),
    Sieve(Sieve),
    S3Fifo(S3Fifo),
    TinyLfu(TinyLfu),
    Custom(Box<dyn Policy>),
}

/// Calls a method of the policy inside, whichever it is.
macro_rules! each {
    ($order:expr, $policy:ident => $call:expr, $unbounded:expr) => {
        match $order {
            Order::Unbounded => $unbounded,
            Order::Lru($policy) => $call,
            Order::Lfu($policy) => $call,
            Order::Fifo($policy) => $call,
            Order::Random($policy) => $call,
            Order::Sieve($policy) => $call,
            Order::S3Fifo($policy) => $call,
            Order::TinyLfu($policy) => $call,
            Order::Custom($policy) => $call,
        }
    };
}

impl Order {
    /// The next victim leaves, and a newcomer of its weight takes its very slot: `victim`, `forget`, `renumber` and `admit` in
    /// one step, and no other slot changes. `None`: the order cannot do that, or holds nothing.
    pub(crate) fn relieve(&mut self) -> Option<Slot> {
        match self {
            Self::Lru(lru) => lru.relieve(),
            Self::Fifo(fifo) => fifo.relieve(),
            _ => None,
        }
    }

    /// Entries were read, in this order; `hashes` are those of all slots.
    pub(crate) fn touch_each(&mut self, slots: &[Slot], hashes: &[u32]) {
        if let Self::Lru(lru) = self {
            return lru.touch_each(slots);
        }
        each!(self, policy => slots.iter().for_each(|&slot| policy.touch(slot, hashes[slot as usize])), ());
    }
}

impl Policy for Order {
    #[inline]
    fn admit(&mut self, slot: Slot, hash: u32, weight: u64) {
        each!(self, policy => policy.admit(slot, hash, weight), ());
    }

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

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Unbounded => "unbounded",
            Self::Lru(_) => "lru",
            Self::Lfu(_) => "lfu",
            Self::Fifo(_) => "fifo",
            Self::Random(_) => "random",
            Self::Sieve(_) => "sieve",
            Self::S3Fifo(_) => "s3_fifo",
            Self::TinyLfu(_) => "tiny_lfu",
            Self::Custom(_) => "custom",
        };
        f.write_str(name)
    }
}

/// What tests ask of a built-in policy beyond its contract.
#[cfg(any(test, fuzzing))]
pub(crate) trait Validate {
    /// Walks everything that is kept about the `len` entries held.
    ///
    /// # Panics
    ///
    /// If something disagrees.
    fn validate(&self, len: usize);

    /// What is kept in memory, the spare room of growing arrays left out.
    fn bytes(&self) -> usize;
}

#[cfg(any(test, fuzzing))]
impl Validate for Box<dyn Policy> {
    // A policy that a user brought is checked by its own tests.
    fn validate(&self, _len: usize) {}

    fn bytes(&self) -> usize {
        0
    }
}

#[cfg(any(test, fuzzing))]
impl Validate for Order {
    fn validate(&self, len: usize) {
        each!(self, policy => policy.validate(len), ());
    }

    fn bytes(&self) -> usize {
        each!(self, policy => policy.bytes(), 0)
    }
}
