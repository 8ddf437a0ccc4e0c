//! Signatures as people write them: each is decorated, called twice with equal arguments, and runs once.

// What people write is not always what clippy would.
#![allow(clippy::items_after_statements, clippy::needless_arbitrary_self_type, clippy::too_many_arguments)]

mod arguments;
mod boxed;
mod functions;
mod generics;
mod methods;
mod returns;

use std::cell::Cell;

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

/// The mark of a body that runs.
fn ran() {
    RUNS.set(RUNS.get() + 1);
}

/// How many bodies ran on this thread.
fn runs() -> u32 {
    RUNS.get()
}

/// Calls twice; the body runs once.
macro_rules! once {
    ($($call:expr);+ $(;)?) => {$({
        let before = crate::shapes::runs();
        let _ = $call.await;
        assert_eq!(crate::shapes::runs() - before, 1, "the first {}", stringify!($call));
        let _ = $call.await;
        assert_eq!(crate::shapes::runs() - before, 1, "the second {}", stringify!($call));
    })+};
}
use once;
