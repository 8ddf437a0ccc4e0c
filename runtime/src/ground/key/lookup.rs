//! Borrowed views of whole keys.

use std::hash::Hasher;

use super::part::{CacheKey, Part};

/// A borrowed view of the key `K`.
#[diagnostic::on_unimplemented(
    message = "the arguments cannot be made into a cache key",
    label = "see the error at the argument"
)]
pub trait Lookup<K> {
    /// Feeds `hasher` what the owned key would.
    fn hash_into<H: Hasher>(&self, hasher: &mut H);
    /// Whether `key` is the owned form of this view.
    fn is(&self, key: &K) -> bool;
    /// Makes the owned key; called on a miss only.
    fn own(self) -> K;
    /// The key's own `Eq`.
    fn same(one: &K, other: &K) -> bool;
    /// The key's own `Clone`.
    fn copy(key: &K) -> K;
}

/// The view of a key that is one argument.
#[derive(Debug)]
pub struct KeyRef1<P>(pub P);

#[diagnostic::do_not_recommend]
impl<P: Part> Lookup<P::Owned> for KeyRef1<P> {
    #[inline]
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash_into(hasher);
    }

    #[inline]
    fn is(&self, key: &P::Owned) -> bool {
        self.0.is(key)
    }

    #[inline]
    fn own(self) -> P::Owned {
        self.0.own()
    }

    fn same(one: &P::Owned, other: &P::Owned) -> bool {
        one == other
    }

    fn copy(key: &P::Owned) -> P::Owned {
        key.clone()
    }
}

/// The view of a key that is a tuple of arguments.
#[derive(Debug)]
pub struct KeyRef<T>(pub T);

impl Lookup<()> for KeyRef<()> {
    #[inline]
    fn hash_into<H: Hasher>(&self, _: &mut H) {}

    #[inline]
    fn is(&self, (): &()) -> bool {
        true
    }

    #[inline]
    fn own(self) {}

    fn same((): &(), (): &()) -> bool {
        true
    }

    fn copy((): &()) {}
}

macro_rules! look_up_part_by_part {
    ($(($($part:ident $index:tt),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: Part),+> Lookup<($($part::Owned,)+)> for KeyRef<($($part,)+)> {
            #[inline]
            fn hash_into<Z: Hasher>(&self, hasher: &mut Z) {
                $(self.0.$index.hash_into(hasher);)+
            }

            #[inline]
            fn is(&self, key: &($($part::Owned,)+)) -> bool {
                $(self.0.$index.is(&key.$index))&&+
            }

            #[inline]
            fn own(self) -> ($($part::Owned,)+) {
                ($(self.0.$index.own(),)+)
            }

            fn same(one: &($($part::Owned,)+), other: &($($part::Owned,)+)) -> bool {
                one == other
            }

            fn copy(key: &($($part::Owned,)+)) -> ($($part::Owned,)+) {
                key.clone()
            }
        }
    )*};
}
tuples!(look_up_part_by_part);

/// A key that is there already, to be kept.
#[derive(Debug)]
pub struct KeyOwned<K>(pub K);

#[diagnostic::do_not_recommend]
impl<K: CacheKey> Lookup<K> for KeyOwned<K> {
    #[inline]
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }

    #[inline]
    fn is(&self, key: &K) -> bool {
        self.0 == *key
    }

    #[inline]
    fn own(self) -> K {
        self.0
    }

    fn same(one: &K, other: &K) -> bool {
        one == other
    }

    fn copy(key: &K) -> K {
        key.clone()
    }
}

/// A key that is there already, lent.
#[derive(Debug)]
pub struct KeyGiven<'a, K>(pub &'a K);

#[diagnostic::do_not_recommend]
impl<K: CacheKey> Lookup<K> for KeyGiven<'_, K> {
    #[inline]
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }

    #[inline]
    fn is(&self, key: &K) -> bool {
        *self.0 == *key
    }

    #[inline]
    fn own(self) -> K {
        self.0.clone()
    }

    fn same(one: &K, other: &K) -> bool {
        one == other
    }

    fn copy(key: &K) -> K {
        key.clone()
    }
}
