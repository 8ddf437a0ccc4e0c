//! The caches of an instance's methods.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use super::Registry;

/// The caches of all cached methods of one instance: the field `caches` that `#[cachedmethod]` looks for.
///
/// Each is made when its method is first called, and all go when the last clone of this goes. A clone shares them: a clone of
/// a service is the same resource, as a cloned connection pool is. Where it is not, start afresh with
/// `InstanceCaches::default()`.
///
/// It is for instances of one type. A cache is found by the place where its method is written: if instances of two types have one
/// `InstanceCaches`, what both do by one method (a trait's default one, that of a generic `impl`) is one cache, as long as the types
/// of keys and values are the same.
#[derive(Clone, Default)]
pub struct InstanceCaches {
    sites: Arc<Registry>,
}

impl fmt::Debug for InstanceCaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceCaches").finish_non_exhaustive()
    }
}

impl InstanceCaches {
    /// The cache of one method, by a type that stands for the place where it is written.
    #[inline]
    pub(super) fn site<T: Send + Sync + 'static>(&self, id: TypeId, make: impl FnOnce() -> T) -> &T {
        self.sites.get(id, make)
    }
}
