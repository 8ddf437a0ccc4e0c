//! What generated code asks about a function's types before anything else, and the verbs that the answer gives it.
//!
//! A mistake is to be one error. So every body that needs to know names the type `<Arg as FitForKey<_>>::Then<.. Fit>`, of which
//! it has a value made: of a type that is not fit the compiler says so once, since what it says at one place in the same words
//! is one error; and then it doesn't know the type whose methods are called, and about what comes of such calls it is silent.

use std::any::TypeId;
use std::ops::Deref;
use std::sync::LazyLock;

use super::{InstanceCaches, Registry};
use crate::cache::call::{Pending, Start};
use crate::cache::mode::{CacheValue, Impossible, Mode, Never, Yes};
use crate::cache::{Cache, keyed};
use crate::ground::key::{CacheKey, Lookup, View, key};

/// Whether a type can be in a key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "a key argument has to be `Hash + Eq + Clone + Send + Sync + 'static`",
    note = "leave the argument out of the key with `ignore = \"..\"`, or build the key yourself: `key = |arg| -> Key {{ .. }}`"
)]
pub trait FitForKey<Answer> {
    /// `N`, if it is.
    type Then<N>;
}

#[diagnostic::do_not_recommend]
impl<T: CacheKey> FitForKey<Yes> for T {
    type Then<N> = N;
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> FitForKey<Never> for T {
    type Then<N> = N;
}

/// Whether a type can be kept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a cache",
    label = "a value has to be `Clone + Send + Sync + 'static`",
    note = "every caller gets a clone of it: derive `Clone`, or return an `Arc`; callers may be in other threads: `Rc` and `RefCell` become `Arc` and `Mutex`"
)]
pub trait FitToKeep<Answer> {
    /// `N`, if it is.
    type Then<N>;
}

#[diagnostic::do_not_recommend]
impl<T: CacheValue> FitToKeep<Yes> for T {
    type Then<N> = N;
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> FitToKeep<Never> for T {
    type Then<N> = N;
}

/// The verbs for a function whose types are fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fit;

impl Fit {
    /// Looks a call up: without a clone of an argument, an allocation or an await if it is a hit.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way of every hit")]
    pub fn start<K, V, R, M, Q>(self, cache: &Cache<K, V>, view: Q, mode: M) -> Start<R, Pending<K, V, M>>
    where
        K: 'static,
        V: CacheValue,
        M: Mode<R, V>,
        Q: Lookup<K>,
    {
        keyed::start(cache, key(view), mode)
    }

    /// As [`start`](Self::start), of a cache that is never dropped.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way of every hit")]
    pub fn start_static<K, V, R, M, Q>(
        self,
        cache: &'static Cache<K, V>,
        view: Q,
        mode: M,
    ) -> Start<R, Pending<K, V, M>>
    where
        K: 'static,
        V: CacheValue,
        M: Mode<R, V>,
        Q: Lookup<K>,
    {
        keyed::start_static(cache, key(view), mode)
    }

    /// [`Cache::contains`], for the handle of a function.
    pub fn contains<K, V, Q: Lookup<K>>(self, cache: &Cache<K, V>, view: Q) -> bool {
        keyed::contains(cache, &key(view))
    }

    /// [`Cache::peek`], likewise.
    pub fn peek<K, V: CacheValue, Q: Lookup<K>>(self, cache: &Cache<K, V>, view: Q) -> Option<V> {
        keyed::peek(cache, &key(view))
    }

    /// [`Cache::invalidate`], likewise.
    pub fn invalidate<K: 'static, V: 'static, Q: Lookup<K>>(self, cache: &Cache<K, V>, view: Q) -> bool {
        keyed::invalidate(cache, &key(view))
    }

    /// [`Cache::insert`], likewise.
    pub fn insert<K: 'static, V: 'static, Q: Lookup<K>>(self, cache: &Cache<K, V>, view: Q, value: V) {
        keyed::insert(cache, key(view), value);
    }

    /// A view whose bounds have been stated.
    #[inline]
    pub fn key<K, Q: Lookup<K>>(self, view: Q) -> impl View<K> {
        key(view)
    }

    /// The owned key of a view.
    pub fn own<K, Q: Lookup<K>>(self, view: Q) -> K {
        view.own()
    }

    /// A copy of an argument that is in the key, for a body that owns what it uses.
    #[inline]
    pub fn copied<T: ToOwned + ?Sized>(self, argument: &T) -> T::Owned {
        argument.to_owned()
    }

    /// The cache of a generic function, by a type that stands for the choice of its parameters.
    #[inline]
    pub fn registered<T: Send + Sync + 'static>(self, registry: &Registry, id: TypeId, make: impl FnOnce() -> T) -> &T {
        registry.get(id, make)
    }

    /// The cache of a method in one instance, by a type that stands for the place where it is written.
    #[inline]
    pub fn site<T: Send + Sync + 'static>(self, caches: &InstanceCaches, id: TypeId, make: impl FnOnce() -> T) -> &T {
        caches.site(id, make)
    }
}

/// What stands in a function's static. The constant holds the question whether its types are fit: without an answer the static
/// has no type, and nothing more is said of it.
#[derive(Debug)]
pub struct Home<C, const FIT: bool>(LazyLock<C>);

impl<C, const FIT: bool> Home<C, FIT> {
    /// A cache that is made when it is first needed.
    pub const fn new(make: fn() -> C) -> Self {
        Self(LazyLock::new(make))
    }
}

impl<C, const FIT: bool> Deref for Home<C, FIT> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.0
    }
}
