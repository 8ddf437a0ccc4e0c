//! The waker of a body that is polled for the first time, when there is no flight yet to wake.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Context, Waker};

use futures_task::{ArcWake, waker_ref};

use crate::ground::sync::{Lock, local};

/// Keeps a wake-up until it is told what to wake.
#[derive(Default)]
pub(super) struct Relay {
    woken: AtomicBool,
    to: Lock<Option<Waker>>,
}

local! {
    /// One that no body has kept: most end in their first poll, and keep no waker.
    static SPARE: Cell<Option<Arc<Relay>>> = Cell::new(None);
}

impl Relay {
    /// Polls with the waker of a relay. `None`: nobody has kept it, and there is nothing to pass on.
    pub(super) fn poll<T>(poll: impl FnOnce(&mut Context<'_>) -> T) -> (T, Option<Arc<Self>>) {
        let relay = SPARE.with(Cell::take).unwrap_or_default();
        let polled = poll(&mut Context::from_waker(&waker_ref(&relay)));
        if Arc::strong_count(&relay) > 1 {
            return (polled, Some(relay));
        }
        // Whoever kept it and has let it go may have woken it before: who sees the one is to see the other.
        fence(Ordering::Acquire);
        if relay.woken.load(Ordering::Relaxed) {
            return (polled, Some(relay));
        }
        SPARE.with(|spare| spare.set(Some(relay)));
        (polled, None)
    }

    /// From now on it wakes `to`; says whether it was woken before.
    pub(super) fn pass_on(&self, to: Waker) -> bool {
        *self.to.lock() = Some(to);
        self.woken.load(Ordering::Relaxed)
    }
}

impl ArcWake for Relay {
    fn wake_by_ref(relay: &Arc<Self>) {
        // Before the lock: either `pass_on` sees this, or this sees what it left.
        relay.woken.store(true, Ordering::Relaxed);
        let to = relay.to.lock().clone();
        if let Some(to) = to {
            to.wake();
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::task::Poll;
    use std::thread;

    use super::*;

    /// On processors that read out of order, and for Miri: that the waker is gone must not be seen before that it was used.
    #[test]
    fn a_wake_up_by_a_waker_that_is_gone_by_now_is_not_lost() {
        let (polled, relay) = Relay::poll(|context| {
            let waker = context.waker().clone();
            drop(thread::spawn(move || waker.wake()));
            (0..100).for_each(|_| thread::yield_now());
            Poll::<()>::Pending
        });
        assert!(polled.is_pending());
        assert!(relay.is_some(), "it was woken, or is going to be");
    }
}
