//! The verbs for one who knows no key but by its hash: the second tier, which hears of changes by the text of a key.

use super::Cache;
use crate::ground::here;
use crate::ground::key::{self, CacheKey};

impl<K, V> Cache<K, V> {
    /// The hash of a key in this cache, and in no other.
    pub(crate) fn hash_of(&self, key: &K) -> u64
    where
        K: CacheKey,
    {
        key::hash_of(key, &self.seed)
    }

    /// Whether a call that is running has this hash, or an entry, be it expired. `true` where that cannot be looked up right now.
    pub(crate) fn holds_hash(&self, hash: u64) -> bool {
        here::lock().is_none_or(|here| self.flights.holds(&here, hash))
    }
}

impl<K: 'static, V: 'static> Cache<K, V> {
    /// Forgets what has this hash, stored or being loaded, as `invalidate` does; says whether there was something.
    pub(crate) fn forget_hash(&self, hash: u64) -> bool {
        let found = self.invalidate_by(hash, |_| true);
        if found {
            self.invalidate_hash(hash);
        }
        found
    }
}
