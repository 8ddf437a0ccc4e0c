use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

use cachetools::cached;

use super::{once, ran};

#[tokio::test]
async fn types_constants_and_clauses() {
    #[cached]
    async fn made<T: From<u8> + Clone + Send + Sync + 'static>(id: u8) -> T {
        ran();
        T::from(id)
    }
    #[cached]
    async fn taken<T>(value: T) -> String
    where
        T: Display + Hash + Eq + Clone + Send + Sync + 'static,
    {
        ran();
        value.to_string()
    }
    #[cached]
    async fn referred<T: Display + Hash + Eq + Clone + Send + Sync + 'static>(value: &T) -> String {
        ran();
        tokio::task::yield_now().await;
        value.to_string()
    }
    #[cached]
    async fn constant<const N: usize>(array: [u8; N]) -> usize {
        ran();
        array.len()
    }
    #[cached(lru = N)]
    async fn bounded<const N: usize>(id: u8) -> u8 {
        ran();
        id
    }
    #[cached]
    async fn unsized_key<K>(key: &K) -> usize
    where
        K: ?Sized + ToOwned + Hash + Eq + Sync + AsRef<[u8]> + 'static,
        K::Owned: Hash + Eq + Clone + Send + Sync + 'static,
    {
        ran();
        key.as_ref().len()
    }
    #[cached]
    async fn nowhere<Tag: 'static>(id: u8) -> u8 {
        ran();
        id
    }
    #[cached]
    async fn borrowing<'a, T: Hash + Eq + Clone + Send + Sync + 'static>(
        name: &'a str,
        value: T,
        more: Option<&'a str>,
    ) -> T {
        ran();
        let _ = (name, more);
        value
    }
    #[cached(ignore = "by")]
    async fn dropped<T, F: Fn(&T) -> u8>(by: F, of: &T) -> u8
    where
        T: Hash + Eq + Clone + Send + Sync + 'static,
    {
        ran();
        by(of)
    }
    #[cached]
    async fn phantom<T: Hash + Eq + Clone + Send + Sync + 'static>(_tag: PhantomData<T>) {
        ran();
    }
    #[cached(key = |value| -> String { value.to_string() })]
    async fn by_key<T: Display + Send + 'static>(value: T, extra: f64) -> String {
        ran();
        format!("{value} of {} and {extra}", size_of::<T>())
    }
    once! {
        by_key(1_u8, 0.5);
        by_key(1_u64, 0.5);
        made::<u32>(1);
        made::<u64>(1);
        taken(1_u8);
        taken("a");
        referred(&1_u8);
        constant([1, 2]);
        constant([1, 2, 3]);
        bounded::<2>(1);
        unsized_key("a");
        unsized_key([1_u8].as_slice());
        nowhere::<u8>(1);
        nowhere::<u16>(1);
        borrowing("a", 1_u8, None);
        dropped(|n| *n, &1_u8);
        phantom::<u8>(PhantomData);
    }
    assert!(made::cache_contains::<u32>(1) && taken::cache_contains("a") && constant::cache_invalidate([1, 2]));
    assert_eq!(bounded::cache_info::<2>().maxsize, Some(2));
    assert!(
        unsized_key::cache_contains("a")
            && borrowing::cache_contains("a", 1_u8, None)
            && dropped::cache_contains(&1_u8)
    );
    assert_eq!(nowhere::cache_info::<u8>().currsize, 1);
    made::cache_clear::<u32>();
    assert!(!made::cache_contains::<u32>(1) && made::cache_contains::<u64>(1));
}
