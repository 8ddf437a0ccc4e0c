//! The locks and thread locals of the crate, in one place: the real ones, or those of shuttle, which tries schedules
//! (`RUSTFLAGS="--cfg shuttle"`, for tests only).

use std::ops::Deref;

#[cfg(shuttle)]
pub(crate) use shuttle::sync::MutexGuard;
#[cfg(not(shuttle))]
pub(crate) use spin::mutex::SpinMutexGuard as MutexGuard;

/// A mutex that a panic does not poison: what it guards is left whole at every point where user code may panic.
///
/// It is held for some tens of nanoseconds, so that its own cost is most of a hit's. To let go of a lock on which others may
/// sleep takes a second atomic step that reads and writes, to learn whether anybody does, and that step costs as much as the
/// first. Here nobody has to be woken: who waits looks again by itself.
#[cfg(not(shuttle))]
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(spin::mutex::SpinMutex<T>);

#[cfg(not(shuttle))]
impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(spin::mutex::SpinMutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        match self.0.try_lock() {
            Some(guard) => guard,
            None => self.wait(),
        }
    }

    #[cold]
    fn wait(&self) -> MutexGuard<'_, T> {
        let mut looks = 0;
        loop {
            patience(looks);
            looks = looks.saturating_add(1);
            // Reading leaves the line of the processor's cache where it is.
            if !self.0.is_locked() {
                if let Some(guard) = self.0.try_lock() {
                    return guard;
                }
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
