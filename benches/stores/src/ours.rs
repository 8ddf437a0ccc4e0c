//! The same by the store, by the typed store, and by a call whose cache has the store behind it.

use cachetools::Cache;
use cachetools::store::{Bytes, Tiered, TypedStore};
use tokio::runtime::Runtime;

use crate::VALUE;
use crate::measure::{Variant, variant};

fn cache(store: &TypedStore<Bytes>) -> Tiered<u32, Vec<u8>> {
    Cache::builder().name("f").store(store.clone()).memory(false).build()
}

/// The store, the typed store, a call that the store answers.
pub(crate) fn reads(runtime: &'static Runtime, store: &TypedStore<Bytes>) -> Vec<Variant> {
    let (bytes, typed, cache) = (store.bytes().clone(), store.clone(), cache(store));
    runtime.block_on(async {
        bytes.set("bench:store", &VALUE, None).await.expect("it is stored");
        typed.set("typed", &VALUE.to_vec()).await.expect("it is stored");
    });
    vec![
        variant(runtime, async move || assert!(bytes.get("bench:store").await.expect("an answer").is_some())),
        variant(runtime, async move || {
            assert!(typed.get::<Vec<u8>>("typed").await.expect("an answer").is_some());
        }),
        variant(runtime, async move || {
            assert_eq!(cache.get_with(0, async { VALUE.to_vec() }).await.len(), VALUE.len());
        }),
    ]
}

/// The store, the typed store.
pub(crate) fn writes(runtime: &'static Runtime, store: &TypedStore<Bytes>) -> Vec<Variant> {
    let (bytes, typed, value) = (store.bytes().clone(), store.clone(), VALUE.to_vec());
    vec![
        variant(runtime, async move || bytes.set("bench:store", &VALUE, None).await.expect("it is stored")),
        variant(runtime, async move || typed.set("typed", &value).await.expect("it is stored")),
    ]
}

/// A call that nobody has the value of: it asks the store, runs, and has it written.
pub(crate) fn misses(runtime: &'static Runtime, store: &TypedStore<Bytes>) -> Vec<Variant> {
    let (cache, mut next) = (cache(store), 0);
    vec![variant(runtime, async move || {
        next += 1;
        assert_eq!(cache.get_with(next, async { VALUE.to_vec() }).await.len(), VALUE.len());
    })]
}
