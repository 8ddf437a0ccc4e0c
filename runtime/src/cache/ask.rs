//! One call that asks for something else than its function usually does.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::ground::here::{self, Ask};
use crate::ground::stats::Outcome;
use crate::ground::sync::local;

/// Asks one call of a decorated function, method or trait method for something else.
///
/// It applies to the first decorated call that starts when the future is polled: to the call itself, when it is written
/// behind the call. A future that starts none is not changed by it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use cachetools::{CallExt, Outcome, cached};
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// static RUNS: AtomicU32 = AtomicU32::new(0);
///
/// #[cached]
/// async fn runs() -> u32 {
///     RUNS.fetch_add(1, Ordering::Relaxed) + 1
/// }
///
/// assert_eq!(runs().traced().await, (1, Outcome::Ran));
/// assert_eq!(runs().traced().await, (1, Outcome::Hit));
/// assert_eq!(runs().uncached().await, 2);
/// assert_eq!(runs().await, 1);
/// assert_eq!(runs().refresh().await, 3);
/// assert_eq!(runs().await, 3);
/// # }
/// ```
pub trait CallExt: Future + Sized {
    /// Runs the body now and replaces what is stored. What is stored until then goes on to be served; a running call keeps
    /// its callers, but what it brings is not stored. If the body fails, what was stored stays.
    fn refresh(self) -> Asking<Self> {
        Asking { call: self, ask: Ask::REFRESH, taken: false }
    }

    /// Runs the body and leaves the cache alone, its counters included.
    fn uncached(self) -> Asking<Self> {
        Asking { call: self, ask: Ask::UNCACHED, taken: false }
    }

    /// Tells how the call was answered, beside what it was answered.
    fn traced(self) -> Traced<Self> {
        Traced { call: Asking { call: self, ask: Ask::TRACED, taken: false } }
    }
}

impl<F: Future> CallExt for F {}

pin_project! {
    /// A call that asks for something else: see [`CallExt`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Asking<F> {
        #[pin]
        call: F,
        ask: Ask,
        taken: bool,
    }
}

impl<F: Future> Future for Asking<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if *this.taken {
            return this.call.poll(context);
        }
        let (polled, taken) = here::asking(*this.ask, || this.call.poll(context));
        *this.taken = taken;
        polled
    }
}

pin_project! {
    /// A call that tells how it was answered: see [`CallExt::traced`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F> {
        #[pin]
        call: Asking<F>,
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = (F::Output, Outcome);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The call itself ends last in the poll that it ends in, after all that it called.
        let outer = OUTCOME.with(Cell::take);
        let polled = self.project().call.poll(context);
        let outcome = OUTCOME.with(|cell| cell.replace(outer));
        polled.map(|output| (output, outcome.unwrap_or(Outcome::Ran)))
    }
}

local! {
    static OUTCOME: Cell<Option<Outcome>> = Cell::new(None);
}

/// Tells a [`Traced`] that is being polled how its call was answered.
pub(super) fn tell(outcome: Outcome) {
    OUTCOME.with(|cell| cell.set(Some(outcome)));
}
