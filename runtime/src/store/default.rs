//! The store of those who name none.

use super::null::Null;
use super::typed::TypedStore;
use crate::ground::sync::Lock;

static DEFAULT: Lock<Option<TypedStore>> = Lock::new(None);

/// Sets the store that [`default_store`] answers from now on, and says which it was before. Functions that were called before stay
/// with theirs.
pub fn set_default_store(store: TypedStore) -> Option<TypedStore> {
    DEFAULT.lock().replace(store)
}

/// The store that [`set_default_store`] set; before that, one that keeps nothing, so that the cache in memory is all there is.
///
/// For functions that leave the choice to their program: `#[cached(store = cachetools::store::default_store())]`. They ask when they
/// are first called.
pub fn default_store() -> TypedStore {
    DEFAULT.lock().clone().unwrap_or_else(|| TypedStore::new(Null))
}
