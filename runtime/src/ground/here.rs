//! What this thread is doing with the caches right now.
//!
//! One word a thread, so that a hit reads it once. It says two things:
//!
//! - **A lock of ours is held.** `Eq` of a key and `Clone` of a value run under a lock. If they call back into a cache, whichever
//!   it is, they must not wait for a lock: reads then answer as if nothing were stored, and writes are put off until the
//!   lock is free. So no order of locks can ever deadlock.
//! - **This call asks for something else**: see [`Ask`].

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::sync::local;

const LOCKED: u32 = 1;
const PUT_OFF: u32 = 2;
const REFRESH: u32 = 4;
const UNCACHED: u32 = 8;
const TRACED: u32 = 16;
const ASKS: u32 = REFRESH | UNCACHED | TRACED;

local! {
    static WORD: Cell<u32> = Cell::new(0);
    static LATER: RefCell<Vec<Box<dyn FnOnce()>>> = RefCell::new(Vec::new());
}

#[inline]
fn word() -> u32 {
    WORD.with(Cell::get)
}

#[inline]
fn set_word(word: u32) {
    WORD.with(|cell| cell.set(word));
}

/// Proof that this thread holds no other lock of ours; every lock that runs user code under it asks for one.
pub(crate) struct Locked {
    // Tied to its thread.
    _local: PhantomData<*const ()>,
}

/// Begins a locked section, or says `None` if this thread is in one already.
#[inline]
pub(crate) fn lock() -> Option<Locked> {
    let word = word();
    if word & LOCKED != 0 {
        return None;
    }
    set_word(word | LOCKED);
    Some(Locked { _local: PhantomData })
}

/// As [`lock`], but also `None` if the call asks for something else: the one check of the fast path.
#[inline]
pub(crate) fn lock_for_hit() -> Option<Locked> {
    if word() != 0 {
        return None;
    }
    set_word(LOCKED);
    Some(Locked { _local: PhantomData })
}

impl Drop for Locked {
    #[inline]
    fn drop(&mut self) {
        let word = word();
        // Nearly always nothing else is said.
        if word == LOCKED {
            set_word(0);
        } else {
            unlock_all_but(word);
        }
    }
}

#[cold]
fn unlock_all_but(word: u32) {
    set_word(word & !(LOCKED | PUT_OFF));
    if word & PUT_OFF != 0 {
        run_put_off();
    }
}

/// Runs `write` now, or as soon as this thread's locked section ends. A locked section must be left before its garbage is
/// dropped, so `write` may run user code.
pub(crate) fn outside(write: impl FnOnce() + 'static) {
    let word = word();
    if word & LOCKED == 0 {
        write();
    } else {
        LATER.with(|later| later.borrow_mut().push(Box::new(write)));
        set_word(word | PUT_OFF);
    }
}

fn run_put_off() {
    let mut first = None;
    for write in LATER.with(RefCell::take) {
        // One that panics does not take the others with it.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(write)) {
            first.get_or_insert(panic);
        }
    }
    if let (Some(panic), false) = (first, std::thread::panicking()) {
        resume_unwind(panic);
    }
}

/// What one call asks for, instead of what its function usually does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask(u32);

impl Ask {
    pub(crate) const NOTHING: Self = Self(0);
    pub(crate) const REFRESH: Self = Self(REFRESH);
    pub(crate) const UNCACHED: Self = Self(UNCACHED);
    pub(crate) const TRACED: Self = Self(TRACED);

    pub(crate) fn refresh(self) -> bool {
        self.0 & REFRESH != 0
    }

    pub(crate) fn uncached(self) -> bool {
        self.0 & UNCACHED != 0
    }

    pub(crate) fn traced(self) -> bool {
        self.0 & TRACED != 0
    }
}

/// Takes what the call that is starting now was asked for. `None`: a lock is held, the call has to do without caches.
pub(crate) fn take_ask() -> Option<Ask> {
    let word = word();
    if word & LOCKED != 0 {
        return None;
    }
    set_word(word & !ASKS);
    Some(Ask(word & ASKS))
}

/// Asks the next decorated call that starts during `poll` for `ask`; says whether one took it.
pub(crate) fn asking<T>(ask: Ask, poll: impl FnOnce() -> T) -> (T, bool) {
    struct Restore(u32, u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            let word = word();
            // Not taken: what was asked for before us still stands, our own request does not.
            if word & self.1 != 0 {
                set_word((word & !ASKS) | self.0);
            }
        }
    }
    let before = word() & ASKS;
    set_word(word() | ask.0);
    let restore = Restore(before, ask.0);
    let result = poll();
    let taken = word() & ask.0 == 0;
    drop(restore);
    (result, taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_on_one_thread_is_refused_until_the_first_ends() {
        let first = lock().unwrap();
        assert!(lock().is_none());
        assert!(lock_for_hit().is_none());
        drop(first);
        assert!(lock_for_hit().is_some());
    }

    #[test]
    fn a_write_under_a_lock_runs_when_the_lock_ends() {
        let ran = std::rc::Rc::new(Cell::new(false));
        let first = lock().unwrap();
        let seen = ran.clone();
        outside(move || seen.set(lock().is_some()));
        assert!(!ran.get());
        drop(first);
        assert!(ran.get());
    }

    #[test]
    fn an_ask_is_taken_once_and_one_that_nobody_took_does_not_linger() {
        let (ask, taken) = asking(Ask::REFRESH, || take_ask().unwrap());
        assert!(ask.refresh() && taken);
        let ((), taken) = asking(Ask::TRACED, || ());
        assert!(!taken);
        assert_eq!(take_ask(), Some(Ask::NOTHING));
    }

    #[test]
    fn asks_of_wrapped_wrappers_add_up() {
        let ((ask, _), _) = asking(Ask::TRACED, || asking(Ask::UNCACHED, || take_ask().unwrap()));
        assert!(ask.traced() && ask.uncached() && !ask.refresh());
        assert_eq!(take_ask(), Some(Ask::NOTHING));
    }
}
