//! Whether calls come in, and how many are running.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use crate::ground::sync::Lock;

#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: AtomicBool,
    /// Flights that have not ended, those that were invalidated meanwhile included.
    running: AtomicUsize,
    /// Those who wait until none is running.
    waiting: Lock<Vec<Waker>>,
}

impl Gate {
    pub(super) fn enter(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn leave(&self) {
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            let waiting = std::mem::take(&mut *self.waiting.lock());
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Ready when no flight is running.
    pub(crate) fn poll_idle(&self, context: &Context<'_>) -> Poll<()> {
        if self.running() > 0 {
            let waker = context.waker().clone();
            let mut waiting = self.waiting.lock();
            // One waker a waiting task, however often it is polled.
            if !waiting.iter().any(|known| known.will_wake(&waker)) {
                waiting.push(waker);
            }
            drop(waiting);
            if self.running() > 0 {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}
