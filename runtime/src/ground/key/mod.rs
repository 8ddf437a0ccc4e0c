//! Keys: the owned form that a cache keeps, and the borrowed views that it is looked up by.
//!
//! A call is looked up through references to its arguments, so that a hit clones none of them. A view hashes as its owned
//! key does, compares with it, and can be made into it: [`Lookup`].

/// Hands the tuples that can be keys to a macro: a letter and a number for each part.
macro_rules! tuples {
    ($implement:ident) => {
        $implement! {
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
    };
}

mod lookup;
mod part;
mod to_key;
mod view;

pub use self::lookup::{KeyGiven, KeyOwned, KeyRef, KeyRef1, Lookup};
pub use self::part::{ByRef, ByText, ByToKey, CacheKey, Part};
pub use self::to_key::ToKey;
#[cfg(not(shuttle))]
pub(crate) use self::view::Brought;
pub(crate) use self::view::hash_of;
#[cfg(test)]
pub(crate) use self::view::mixed;
pub use self::view::{Hashed, Seed, View, key};

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::hash::{BuildHasher as _, Hasher as _};

    use super::*;

    fn hash<K, Q: Lookup<K>>(view: &Q, seed: &Seed) -> u64 {
        let mut hasher = seed.build_hasher();
        view.hash_into(&mut hasher);
        mixed(hasher.finish())
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
    fn texts_of_all_lengths_are_told_apart_by_any_byte() {
        let seed = Seed::default();
        for len in 0..70 {
            let text: String = ('a'..='z').cycle().take(len).collect();
            assert!(ByText(&text).is(&text.clone()));
            assert_eq!(hash(&KeyRef1(ByText(&text)), &seed), hash_of(&text, &seed));
            assert!(!ByText(&text).is(&format!("{text}a")) && !ByText(&format!("{text}a")).is(&text));
            for at in 0..len {
                let mut other = text.clone();
                other.replace_range(at..=at, "!");
                assert!(!ByText(&text).is(&other), "byte {at} of {len}");
            }
            assert_eq!(ByText(&text).own(), text);
        }
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
