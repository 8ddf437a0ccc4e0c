//! The steps of a call through both tiers, as generated code writes them.

use super::super::error::StoreError;
use super::Tiered;
use super::errand::Errand;
use crate::cache::call::Pending;
use crate::cache::mode::{CacheValue, Mode};
use crate::ground::key::{CacheKey, View};

/// What the lead of a call does around its body.
pub fn errand<K, V, M, Q>(tiers: &Tiered<K, V>, key: Q, pending: &mut Pending<K, V, M>) -> Errand<K, V>
where
    K: 'static,
    V: CacheValue,
    M: Copy,
    Q: View<K>,
{
    tiers.errand(owned(key), pending)
}

/// Runs a body, unless the store has its value.
pub async fn around<K, V, M, R, F>(errand: Errand<K, V>, mode: M, strict: Option<fn(StoreError) -> R>, body: F) -> R
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    F: Future<Output = R>,
{
    errand.around(mode, strict, body).await
}

/// [`Tiered::invalidate`], for the handle of a function.
pub fn invalidate_tiers<K: CacheKey, V: CacheValue, Q: View<K>>(tiers: &Tiered<K, V>, key: Q) -> bool {
    tiers.invalidate(&owned(key))
}

/// [`Tiered::insert`], for the handle of a function.
pub fn insert_tiers<K: CacheKey, V: CacheValue, Q: View<K>>(tiers: &Tiered<K, V>, key: Q, value: V) {
    tiers.insert(owned(key), value);
}

fn owned<K, Q: View<K>>(key: Q) -> K {
    // Its hash is of no use to a store.
    key.own(0).key
}
