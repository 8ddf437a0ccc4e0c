//! The locks and thread locals of the crate, in one place: the real ones, or those of shuttle, which tries schedules
//! (`RUSTFLAGS="--cfg shuttle"`, for tests only).

use std::ops::Deref;
#[cfg(not(shuttle))]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(not(shuttle))]
use lock_api::RawMutex as _;

#[cfg(shuttle)]
pub(crate) use shuttle::sync::MutexGuard;

/// A mutex that a panic does not poison: what it guards is left whole at every point where user code may panic.
///
/// It is held for some tens of nanoseconds, so that its own cost is most of a hit's. To let go of a lock on which others may
/// sleep takes a second atomic step that reads and writes, to learn whether anybody does, and that step costs as much as the
/// first. Here nobody has to be woken: who waits looks again by itself.
#[cfg(not(shuttle))]
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(lock_api::Mutex<Flag, T>);

#[cfg(not(shuttle))]
pub(crate) type MutexGuard<'a, T> = lock_api::MutexGuard<'a, Flag, T>;

#[cfg(not(shuttle))]
impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(lock_api::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock()
    }
}

/// Whether the lock is held.
#[cfg(not(shuttle))]
#[derive(Debug, Default)]
pub(crate) struct Flag(AtomicBool);

// SAFETY: `lock` and `try_lock` have the lock only if they were the ones to turn the flag from false to true, and only `unlock`,
// which who has the lock may call, turns it back: so between the two nobody else has it. The turn is an acquiring step and the turn
// back a releasing one, so all that was written under the lock is seen by the next who has it.
#[cfg(not(shuttle))]
#[expect(unsafe_code, reason = "an exclusive lock is promised, which the compiler cannot check")]
unsafe impl lock_api::RawMutex for Flag {
    const INIT: Self = Self(AtomicBool::new(false));

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.wait();
        }
    }

    // A swap costs less than a comparison and a swap, and to say once more that a lock is held which is held changes nothing.
    #[inline]
    fn try_lock(&self) -> bool {
        !self.0.swap(true, Ordering::Acquire)
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(not(shuttle))]
impl Flag {
    #[cold]
    fn wait(&self) {
        let mut looks = 0;
        loop {
            patience(looks);
            looks = looks.saturating_add(1);
            // Reading leaves the line of the processor's cache where it is.
            if !self.is_locked() && self.try_lock() {
                return;
            }
        }
    }
}

/// What to do before the next look at a lock.
#[cfg(not(shuttle))]
fn patience(looks: u32) {
    match looks {
        // Each time twice as long. The first time is as long as some calls take: what the other writes stays in its cache meanwhile.
        0..4 => (0..16 << looks).for_each(|_| std::hint::spin_loop()),
        // The one that holds it may be waiting for a processor.
        4..16 => std::thread::yield_now(),
        // A `Clone` of a large value may take its time, and the holder may be a thread that only runs when no other wants to.
        _ => std::thread::sleep(std::time::Duration::from_micros(50)),
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

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_at_a_time_even_if_a_holder_dawdles() {
        let lock = Lock::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..100 {
                        let mut count = lock.lock();
                        let seen = *count;
                        if round % 25 == 0 {
                            thread::sleep(Duration::from_millis(1));
                        }
                        *count = seen + 1;
                    }
                });
            }
        });
        assert_eq!(*lock.lock(), 400);
    }

    #[test]
    fn no_count_is_lost_between_threads() {
        let rounds = if cfg!(miri) { 50 } else { 50_000 };
        let lock = Lock::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let mut count = lock.lock();
                        let seen = *count;
                        *count = seen + 1;
                    }
                });
            }
        });
        assert_eq!(*lock.lock(), 4 * rounds);
    }

    #[test]
    fn a_panic_does_not_poison() {
        let lock = Lock::new(7);
        let panicked = thread::scope(|scope| {
            let panics = || {
                let _guard = lock.lock();
                panic!("as meant");
            };
            scope.spawn(panics).join()
        });
        assert!(panicked.is_err());
        assert_eq!(*lock.lock(), 7);
    }
}
