//! The locks and thread locals of the crate, in one place: the real ones, or those of shuttle, which tries schedules
//! (`RUSTFLAGS="--cfg shuttle"`, for tests only).

use std::ops::Deref;

#[cfg(not(shuttle))]
pub(crate) use parking_lot::MutexGuard;
#[cfg(shuttle)]
pub(crate) use shuttle::sync::MutexGuard;

/// A mutex that a panic does not poison: what it guards is left whole at every point where user code may panic.
#[cfg(not(shuttle))]
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(parking_lot::Mutex<T>);

#[cfg(not(shuttle))]
impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock()
    }
}

#[cfg(shuttle)]
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(shuttle::sync::Mutex<T>);

#[cfg(shuttle)]
impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// `thread_local!`, its first values constant where that can be said.
#[cfg(not(shuttle))]
macro_rules! local {
    ($($(#[$attr:meta])* static $name:ident: $type:ty = $first:expr;)*) => {
        ::std::thread_local! {$(
            $(#[$attr])*
            static $name: $type = const { $first };
        )*}
    };
}

#[cfg(shuttle)]
macro_rules! local {
    ($($(#[$attr:meta])* static $name:ident: $type:ty = $first:expr;)*) => {
        ::shuttle::thread_local! {$(
            $(#[$attr])*
            static $name: $type = $first;
        )*}
    };
}

pub(crate) use local;

/// Keeps its value on cache lines of its own, so that neighbours do not slow each other down.
///
/// 128 bytes: processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

impl<T> Deref for Padded<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}
