//! What the verbs take: a view with its bounds stated, and the key that it owns on a miss.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use super::lookup::Lookup;

/// The hasher of every cache: fast, and seeded at random for each.
pub type Seed = foldhash::fast::RandomState;

/// A view whose bounds have been stated: what the verbs take, so that no other call has to state them again.
pub trait View<K> {
    /// The hash of the key.
    fn hash(&self, seed: &Seed) -> u64;
    /// Whether `key` is the owned form of this view.
    fn is(&self, key: &K) -> bool;
    /// Makes the owned key, which has this hash.
    fn own(self, hash: u64) -> Hashed<K>;
}

struct Stated<Q>(Q);

impl<K, Q: Lookup<K>> View<K> for Stated<Q> {
    #[inline]
    fn hash(&self, seed: &Seed) -> u64 {
        let mut hasher = seed.build_hasher();
        self.0.hash_into(&mut hasher);
        mixed(hasher.finish())
    }

    #[inline]
    fn is(&self, key: &K) -> bool {
        self.0.is(key)
    }

    fn own(self, hash: u64) -> Hashed<K> {
        Hashed { hash, same: Q::same, copy: Q::copy, key: self.0.own() }
    }
}

/// Makes a view into something to look up with: the one call that states the bounds on keys.
#[inline]
pub fn key<K, Q: Lookup<K>>(view: Q) -> impl View<K> {
    Stated(view)
}

/// An owned key with its hash. It brings its own `Eq` and `Clone`, so that a map of it needs no bound on `K`.
pub struct Hashed<K> {
    pub(crate) hash: u64,
    pub(crate) same: fn(&K, &K) -> bool,
    pub(crate) copy: fn(&K) -> K,
    pub(crate) key: K,
}

impl<K> fmt::Debug for Hashed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashed").field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl<K> Hashed<K> {
    pub(crate) fn is(&self, key: &K) -> bool {
        (self.same)(&self.key, key)
    }
}

impl<K> PartialEq for Hashed<K> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.is(&other.key)
    }
}

impl<K> Eq for Hashed<K> {}

impl<K> Hash for Hashed<K> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

/// Takes the hash that a [`Hashed`] brings along.
#[cfg(not(shuttle))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brought(u64);

#[cfg(not(shuttle))]
impl Hasher for Brought {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        debug_assert!(false, "only the hash itself is written");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The hash of a key in any form that hashes as the owned one does.
#[inline]
pub(crate) fn hash_of<Q: Hash + ?Sized>(query: &Q, seed: &Seed) -> u64 {
    mixed(seed.hash_one(query))
}

/// The hasher's bits, so that each adds to the highest.
///
/// Of keys that are numbers in a row, the hasher's own bits from the eleventh on may be in a row as well: then the keys crowd in a few
/// shards, and in their indexes. This is D. E. Knuth's multiplicative hashing, by the golden ratio ("The Art of Computer Programming",
/// volume 3, section 6.4).
#[inline]
pub(crate) fn mixed(hash: u64) -> u64 {
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
