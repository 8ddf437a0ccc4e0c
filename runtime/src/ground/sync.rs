//! The locks of the crate, in one place.

use std::ops::Deref;

use parking_lot::Mutex;
pub(crate) use parking_lot::MutexGuard;

/// A mutex that a panic does not poison: what it guards is left whole at every point where user code may panic.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock()
    }
}

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
