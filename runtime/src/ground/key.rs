//! Keys: the owned form that a cache keeps, and the borrowed views that it is looked up by.
//!
//! A call is looked up through references to its arguments, so that a hit clones none of them. A view hashes as its owned
//! key does, compares with it, and can be made into it: [`Lookup`].

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

/// The hasher of every cache: fast, and seeded at random for each.
pub type Seed = foldhash::fast::RandomState;

/// What can be a key, or a part of one. Implemented for all that has the bounds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "a key argument has to be `Hash + Eq + Clone + Send + Sync + 'static`",
    note = "leave the argument out of the key with `ignore = \"..\"`, or build the key yourself: `key = |arg| -> Key {{ .. }}`"
)]
pub trait CacheKey: Hash + Eq + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone + Send + Sync + 'static> CacheKey for T {}

/// An argument that borrows in a way that one `&` does not cover, such as `Option<&str>`, and its owned form.
///
/// Implement it for a type of your own with a lifetime, so that it can be an argument that counts:
///
/// ```
/// use cachetools::ToKey;
///
/// #[derive(Hash)]
/// struct Path<'a>(&'a str);
///
/// impl ToKey for Path<'_> {
///     type Owned = String;
///     fn to_key(&self) -> String {
///         self.0.to_owned()
///     }
///     fn eq_key(&self, key: &String) -> bool {
///         self.0 == key
///     }
/// }
/// ```
///
/// The owned form must hash as the view does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this borrows, and `ToKey` does not say what its owned form is",
    note = "implement `cachetools::ToKey` for it, leave it out with `ignore = \"..\"`, or build the key yourself: `key = |arg| -> Key {{ .. }}`"
)]
pub trait ToKey: Hash {
    /// What the cache keeps.
    type Owned;

    /// Makes the owned form; called on a miss only.
    fn to_key(&self) -> Self::Owned;

    /// Whether `key` is the owned form of `self`.
    fn eq_key(&self, key: &Self::Owned) -> bool;
}

macro_rules! own_themselves {
    ($($leaf:ty)*) => {$(
        impl ToKey for $leaf {
            type Owned = Self;

            fn to_key(&self) -> Self {
                self.clone()
            }

            fn eq_key(&self, key: &Self) -> bool {
                self == key
            }
        }
    )*};
}
own_themselves!(() bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize String std::path::PathBuf std::time::Duration);

impl ToKey for str {
    type Owned = String;

    fn to_key(&self) -> String {
        self.to_owned()
    }

    fn eq_key(&self, key: &String) -> bool {
        self == key
    }
}

impl ToKey for std::path::Path {
    type Owned = std::path::PathBuf;

    fn to_key(&self) -> Self::Owned {
        self.to_owned()
    }

    fn eq_key(&self, key: &Self::Owned) -> bool {
        self == key
    }
}

impl<T: ToKey + ?Sized> ToKey for &T {
    type Owned = T::Owned;

    fn to_key(&self) -> T::Owned {
        (**self).to_key()
    }

    fn eq_key(&self, key: &T::Owned) -> bool {
        (**self).eq_key(key)
    }
}

impl<T: ToKey> ToKey for Option<T> {
    type Owned = Option<T::Owned>;

    fn to_key(&self) -> Self::Owned {
        self.as_ref().map(T::to_key)
    }

    fn eq_key(&self, key: &Self::Owned) -> bool {
        match (self, key) {
            (Some(part), Some(key)) => part.eq_key(key),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<T: ToOwned + Hash + ?Sized> ToKey for Cow<'_, T>
where
    T::Owned: Borrow<T>,
    T: Eq,
{
    type Owned = T::Owned;

    fn to_key(&self) -> T::Owned {
        (**self).to_owned()
    }

    fn eq_key(&self, key: &T::Owned) -> bool {
        **self == *key.borrow()
    }
}

impl<T: ToKey> ToKey for [T] {
    type Owned = Vec<T::Owned>;

    fn to_key(&self) -> Self::Owned {
        self.iter().map(T::to_key).collect()
    }

    fn eq_key(&self, key: &Self::Owned) -> bool {
        self.len() == key.len() && self.iter().zip(key).all(|(part, key)| part.eq_key(key))
    }
}

impl<T: ToKey> ToKey for Vec<T> {
    type Owned = Vec<T::Owned>;

    fn to_key(&self) -> Self::Owned {
        self.as_slice().to_key()
    }

    fn eq_key(&self, key: &Self::Owned) -> bool {
        self.as_slice().eq_key(key)
    }
}

impl<T: ToKey, const N: usize> ToKey for [T; N] {
    type Owned = [T::Owned; N];

    fn to_key(&self) -> Self::Owned {
        self.each_ref().map(T::to_key)
    }

    fn eq_key(&self, key: &Self::Owned) -> bool {
        self.iter().zip(key).all(|(part, key)| part.eq_key(key))
    }
}

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

/// One part of a key.
#[diagnostic::on_unimplemented(
    message = "the argument cannot be made into a part of a cache key",
    label = "see the error at the argument"
)]
pub trait Part {
    /// The part as the cache keeps it.
    type Owned: CacheKey;
    /// Feeds `hasher` what the owned part would.
    fn hash_into<H: Hasher>(&self, hasher: &mut H);
    /// Whether `part` is the owned form of this view.
    fn is(&self, part: &Self::Owned) -> bool;
    /// Makes the owned part.
    fn own(self) -> Self::Owned;
}

/// An argument seen through one reference; its owned form is that of [`ToOwned`].
#[derive(Debug)]
pub struct ByRef<'a, T: ?Sized>(pub &'a T);

#[diagnostic::do_not_recommend]
impl<T> Part for ByRef<'_, T>
where
    T: ToOwned + Hash + Eq + ?Sized,
    T::Owned: CacheKey,
{
    type Owned = T::Owned;

    #[inline]
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }

    #[inline]
    fn is(&self, part: &T::Owned) -> bool {
        *self.0 == *part.borrow()
    }

    #[inline]
    fn own(self) -> T::Owned {
        self.0.to_owned()
    }
}

/// An argument that borrows somewhere inside; its owned form is that of [`ToKey`].
#[derive(Debug)]
pub struct ByToKey<'a, T: ?Sized>(pub &'a T);

#[diagnostic::do_not_recommend]
impl<T> Part for ByToKey<'_, T>
where
    T: ToKey + ?Sized,
    T::Owned: CacheKey,
{
    type Owned = T::Owned;

    #[inline]
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }

    #[inline]
    fn is(&self, part: &T::Owned) -> bool {
        self.0.eq_key(part)
    }

    #[inline]
    fn own(self) -> T::Owned {
        self.0.to_key()
    }
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

macro_rules! tuples {
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

        impl<$($part: ToKey),+> ToKey for ($($part,)+) {
            type Owned = ($($part::Owned,)+);

            fn to_key(&self) -> Self::Owned {
                ($(self.$index.to_key(),)+)
            }

            fn eq_key(&self, key: &Self::Owned) -> bool {
                $(self.$index.eq_key(&key.$index))&&+
            }
        }
    )*};
}
tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, L 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, L 9, M 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, L 9, M 10, N 11)
}

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
        hasher.finish()
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
    seed.hash_one(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash<K, Q: Lookup<K>>(view: &Q, seed: &Seed) -> u64 {
        let mut hasher = seed.build_hasher();
        view.hash_into(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn a_view_hashes_as_its_owned_key_and_is_it() {
        let seed = Seed::default();
        let view = KeyRef((ByRef("de"), ByRef(&7_u32), ByToKey(&Some("x"))));
        let key = ("de".to_owned(), 7_u32, Some("x".to_owned()));
        assert_eq!(hash(&view, &seed), hash_of(&key, &seed));
        assert!(view.is(&key));
        assert_eq!(view.own(), key);
    }

    #[test]
    fn the_view_of_one_argument_is_no_tuple() {
        let seed = Seed::default();
        let view = KeyRef1(ByRef("de"));
        assert_eq!(hash(&view, &seed), hash_of("de", &seed));
        assert_eq!(view.own(), "de".to_owned());
    }

    #[test]
    fn nested_borrows_are_owned_and_compared_through_and_through() {
        let parts: &[&str] = &["a", "b"];
        let view = KeyRef1(ByToKey(parts));
        let key = vec!["a".to_owned(), "b".to_owned()];
        let seed = Seed::default();
        assert_eq!(hash(&view, &seed), hash_of(&key, &seed));
        assert!(view.is(&key));
        assert!(!view.is(&vec!["a".to_owned()]));
        assert_eq!(view.own(), key);
        let cow = KeyRef1(ByToKey(&Cow::Borrowed("c")));
        assert_eq!(hash(&cow, &seed), hash_of("c", &seed));
        assert_eq!(cow.own(), "c");
    }
}
