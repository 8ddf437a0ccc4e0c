//! One argument's part in a key.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use super::to_key::ToKey;

/// What can be a key, or a part of one. Implemented for all that has the bounds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "a key argument has to be `Hash + Eq + Clone + Send + Sync + 'static`",
    note = "leave the argument out of the key with `ignore = \"..\"`, or build the key yourself: `key = |arg| -> Key {{ .. }}`"
)]
pub trait CacheKey: Hash + Eq + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone + Send + Sync + 'static> CacheKey for T {}

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

/// An argument that is a `&str`.
#[derive(Debug)]
pub struct ByText<'a>(pub &'a str);

#[diagnostic::do_not_recommend]
impl Part for ByText<'_> {
    type Owned = String;

    #[inline]
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }

    #[inline]
    fn is(&self, part: &String) -> bool {
        same_text(self.0.as_bytes(), part.as_bytes())
    }

    #[inline]
    fn own(self) -> String {
        self.0.to_owned()
    }
}

/// Whether two texts are the same. Those that mostly are keys, of 8 to 32 bytes, are compared in place: from both ends, by eights
/// that may overlap. A call of `memcmp` takes as long as the rest of the search.
#[inline]
fn same_text(one: &[u8], other: &[u8]) -> bool {
    let len = one.len();
    if len != other.len() {
        return false;
    }
    let eight = |text: &[u8], at: usize| text.get(at..)?.first_chunk().map(|eight| u64::from_ne_bytes(*eight));
    let same = |at: usize| eight(one, at) == eight(other, at);
    match len {
        8..=16 => same(0) & same(len - 8),
        17..=32 => same(0) & same(8) & same(len - 16) & same(len - 8),
        _ => one == other,
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
