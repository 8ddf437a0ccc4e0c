//! The owned forms of arguments that borrow somewhere inside.

use std::borrow::{Borrow, Cow};
use std::hash::Hash;

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

macro_rules! own_part_by_part {
    ($(($($part:ident $index:tt),+))*) => {$(
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
tuples!(own_part_by_part);
