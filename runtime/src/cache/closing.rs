//! The end of a cache's use.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Cache, Close};
use crate::ground::here;

/// The future of [`Cache::close`]. It has a name, so that the compiler has not to find out for each decorated function what it is.
#[must_use = "futures do nothing unless polled"]
pub struct Closing<'c, K, V> {
    cache: &'c Cache<K, V>,
    how: Close,
    begun: bool,
}

impl<'c, K, V> Closing<'c, K, V> {
    /// Nothing happens until it is polled.
    pub const fn new(cache: &'c Cache<K, V>, how: Close) -> Self {
        Self { cache, how, begun: false }
    }
}

impl<K, V> fmt::Debug for Closing<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").field("how", &self.how).finish_non_exhaustive()
    }
}

impl<K: 'static, V: 'static> Future for Closing<'_, K, V> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { cache, how, begun } = &mut *self;
        if !std::mem::replace(begun, true) {
            let (flights, how) = (cache.flights.clone(), *how);
            here::outside(move || {
                if let Some(here) = here::lock() {
                    flights.close(&here);
                    if how == Close::Cancel {
                        flights.release(here);
                    }
                }
            });
        }
        if *how == Close::Cancel {
            return Poll::Ready(());
        }
        cache.flights.gate.listen(context);
        match here::lock() {
            Some(here) if cache.flights.running(&here) == 0 => return Poll::Ready(()),
            Some(_) => {}
            // Polled by user code under a lock: how many are running shows when it is free.
            None => context.waker().wake_by_ref(),
        }
        Poll::Pending
    }
}
