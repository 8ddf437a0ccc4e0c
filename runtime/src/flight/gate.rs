//! Whether calls come in, and who waits until none is running.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use crate::ground::sync::Lock;

#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: AtomicBool,
    /// Those who wait until no call is running.
    waiting: Lock<Vec<Waker>>,
}

impl Gate {
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// A call has ended, and was counted. Whoever waits has closed the gate before it counts what is running: either it
    /// sees this end, or this sees the gate closed.
    #[inline]
    pub(super) fn ended(&self) {
        if self.is_closed() {
            self.wake();
        }
    }

    /// Says [`ended`](Self::ended) when it is dropped.
    pub(super) const fn ending(&self) -> Ending<'_> {
        Ending(self)
    }

    #[cold]
    fn wake(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Wakes the task when the next call ends.
    pub(crate) fn listen(&self, context: &Context<'_>) {
        let waker = context.waker().clone();
        let mut waiting = self.waiting.lock();
        // One waker a waiting task, however often it is polled.
        if !waiting.iter().any(|known| known.will_wake(&waker)) {
            waiting.push(waker);
        }
    }
}

pub(super) struct Ending<'a>(&'a Gate);

impl Drop for Ending<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.ended();
    }
}
