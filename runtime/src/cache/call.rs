//! A call on its way through the cache, as generated code writes it: `start`, and one of `run`, `share`, `detach`.

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::ask;
use super::mode::{CacheValue, Mode, Split};
use crate::flight::{AnyError, Boarding, Body, Flights, Loaded, Parcel, Seat, Turn, resume};
use crate::ground::here::{self, Ask};
use crate::ground::key::View;
use crate::ground::stats::Outcome;

/// A call, looked up.
pub enum Start<R, P> {
    /// It is answered.
    Hit(R),
    /// It is not: go on with this.
    Miss(P),
}

/// A call that was no hit: it waits for a flight's end, or for the lead, which is the duty to run the body. Dropped before the body
/// ended, it passes the lead on to the next waiter.
#[must_use = "the call is not answered yet"]
pub struct Pending<K: 'static, V: CacheValue, M> {
    /// `None`: it runs as the plain function.
    seat: Option<Seat<K, V>>,
    mode: M,
    traced: bool,
    /// Whether the body runs whatever a second tier has.
    #[cfg(feature = "store")]
    refresh: bool,
    /// Set where a second tier answers the call.
    #[cfg(feature = "store")]
    by_store: Option<Arc<std::sync::atomic::AtomicBool>>,
}

/// Looks a call up: without a clone of an argument, an allocation or an await if it is a hit.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the way of every hit")]
pub(super) fn start<K, V, R, M, Q>(flights: &Arc<Flights<K, V>>, key: Q, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    let hash = key.hash(&flights.seed);
    match flights.hit(hash, |other| key.is(other)) {
        Some(value) => Start::Hit(mode.value(value)),
        None => miss(flights, key, hash, mode),
    }
}

#[inline(never)]
fn miss<K, V, R, M, Q>(flights: &Arc<Flights<K, V>>, key: Q, hash: u64, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    let pending = |seat, traced, refresh: bool| {
        #[cfg(not(feature = "store"))]
        let _ = refresh;
        Start::Miss(Pending {
            seat,
            mode,
            traced,
            #[cfg(feature = "store")]
            refresh,
            #[cfg(feature = "store")]
            by_store: None,
        })
    };
    let alone = |traced| pending(None, traced, false);
    let Some(ask) = here::take_ask() else { return alone(false) };
    let traced = ask.traced();
    if ask.uncached() {
        return alone(traced);
    }
    if flights.gate.is_closed() || flights.table().capacity() == Some(0) {
        flights.tally.bypassed.add(1);
        return alone(traced);
    }
    if ask != Ask::NOTHING && !ask.refresh() {
        // The fast path left it to us to look.
        if let Some(value) = flights.hit(hash, |other| key.is(other)) {
            ask::tell(Outcome::Hit);
            return Start::Hit(mode.value(value));
        }
    }
    match flights.board(key.own(hash), ask.refresh()) {
        Boarding::Value(value) => {
            if traced {
                ask::tell(Outcome::Hit);
            }
            Start::Hit(mode.value(value))
        }
        Boarding::Seat(seat) => pending(Some(seat), traced, ask.refresh()),
        Boarding::Alone => alone(traced),
    }
}

impl<K: 'static, V: CacheValue, M> Pending<K, V, M> {
    /// Waits for the flight's end, which is an answer, or for the lead.
    fn poll_join<R>(&mut self, context: &mut Context<'_>) -> Poll<Option<R>>
    where
        M: Mode<R, V>,
    {
        let Some(seat) = &mut self.seat else { return Poll::Ready(None) };
        let answer = loop {
            break match ready!(seat.poll(context)) {
                Turn::Lead => return Poll::Ready(None),
                Turn::Alone => None,
                Turn::Value(value) => Some(self.mode.value(value)),
                // `None`: a cache that functions with several error types share, and the error is of another type than ours.
                Turn::Error(error) => self.mode.error(error),
                // Nobody is left whose error this was. We have a body of our own to run.
                Turn::Own(Parcel::Error(_)) => continue,
                Turn::Own(Parcel::Panic(panic)) => resume(panic),
            };
        };
        self.seat = None;
        if answer.is_some() {
            self.tell(Outcome::Joined);
        }
        Poll::Ready(answer)
    }

    /// The call's end by a body that ran on the caller's stack.
    fn land<R>(&mut self, result: R) -> R
    where
        M: Mode<R, V>,
    {
        let result = match self.seat.take() {
            Some(mut seat) => match self.mode.split(result) {
                Split::Value(value) => self.mode.value(seat.land_value(value)),
                Split::Shared(error) => {
                    seat.land_error(error.clone());
                    own_error(self.mode, error)
                }
                Split::Own(result) => {
                    seat.fail();
                    result
                }
            },
            None => result,
        };
        self.tell(Outcome::Ran);
        result
    }

    /// Waits, and if it gets the lead runs the body where it is, on the caller's stack.
    #[inline]
    pub(super) fn run<F>(self, body: Pin<&mut F>) -> Run<'_, K, V, M, F> {
        Run { pending: self, leads: false, body }
    }

    /// Waits, and if it gets the lead hands the body to the flight: whoever waits drives it. The body is made then, so that who waits
    /// has no place for it.
    pub(super) fn share<R, B, F>(self, body: B) -> Shared<K, V, M, R, B>
    where
        M: Mode<R, V>,
        R: Send + 'static,
        B: FnOnce() -> F,
        F: Future<Output = R> + Send + 'static,
    {
        Shared { pending: self, course: Course::Joining(Some(body), hand_over) }
    }

    /// As [`share`](Self::share), and a task sees to it that the body ends although all callers leave. Without a tokio runtime
    /// in reach there is no such task.
    #[cfg(feature = "tokio")]
    pub(super) fn detach<R, B, F>(self, body: B) -> Shared<K, V, M, R, B>
    where
        K: Send + Sync,
        M: Mode<R, V>,
        R: Send + 'static,
        B: FnOnce() -> F,
        F: Future<Output = R> + Send + 'static,
    {
        Shared {
            pending: self,
            course: Course::Joining(Some(body), |pending, body| {
                let course = hand_over(pending, body);
                let companion = pending.seat.as_ref().and_then(Seat::companion);
                if let (Some(mut companion), Ok(runtime)) = (companion, tokio::runtime::Handle::try_current()) {
                    runtime.spawn(std::future::poll_fn(move |context| companion.poll(context).map(drop)));
                }
                course
            }),
        }
    }

    fn tell(&self, outcome: Outcome) {
        if self.traced {
            ask::tell(if outcome == Outcome::Ran && self.is_by_store() { Outcome::Store } else { outcome });
        }
    }

    #[cfg(feature = "store")]
    fn is_by_store(&self) -> bool {
        self.by_store.as_ref().is_some_and(|by_store| by_store.load(std::sync::atomic::Ordering::Relaxed))
    }

    #[cfg(not(feature = "store"))]
    #[expect(clippy::unused_self)]
    const fn is_by_store(&self) -> bool {
        false
    }

    /// A second tier is asked before the body runs, unless the call runs as the plain function: the hash of its key, whether the
    /// body is to run whatever is stored, and where to say that it did not.
    #[cfg(feature = "store")]
    pub(crate) fn begin_errand(&mut self) -> Option<(u64, bool, Arc<std::sync::atomic::AtomicBool>)> {
        let hash = self.seat.as_ref()?.hash();
        Some((hash, self.refresh, self.by_store.insert(Arc::default()).clone()))
    }
}

/// The body, where it can be driven from.
fn hand_over<K, V, M, R, B, F>(pending: &Pending<K, V, M>, body: B) -> Course<K, V, M, R, B>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    R: Send + 'static,
    B: FnOnce() -> F,
    F: Future<Output = R> + Send + 'static,
{
    let body = body();
    if pending.seat.is_some() {
        Course::Launch(Box::pin(Packed { body, mode: pending.mode, _kept: PhantomData }))
    } else {
        Course::Alone(Box::pin(body))
    }
}

/// The future of `Pending::run`.
#[must_use = "futures do nothing unless polled"]
pub struct Run<'a, K: 'static, V: CacheValue, M, F> {
    pending: Pending<K, V, M>,
    leads: bool,
    body: Pin<&'a mut F>,
}

impl<K: 'static, V: CacheValue, M, F> Unpin for Run<'_, K, V, M, F> {}

impl<K: 'static, V: CacheValue, M: Mode<R, V>, R, F: Future<Output = R>> Future for Run<'_, K, V, M, F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Self { pending, leads, body } = &mut *self;
        if !*leads {
            if let Some(answer) = ready!(pending.poll_join(context)) {
                return Poll::Ready(answer);
            }
            *leads = true;
        }
        let result = match &pending.seat {
            Some(seat) => ready!(seat.run(|| body.as_mut().poll(context))),
            None => ready!(body.as_mut().poll(context)),
        };
        Poll::Ready(pending.land(result))
    }
}

/// Makes the error of the caller that ran the body: the same form as everybody's.
fn own_error<R, V>(mode: impl Mode<R, V>, error: AnyError) -> R {
    mode.error(error).expect("an error is made from what it was made into")
}

/// The future of `Pending::share`.
#[must_use = "futures do nothing unless polled"]
pub struct Shared<K: 'static, V: CacheValue, M, R, B> {
    pending: Pending<K, V, M>,
    course: Course<K, V, M, R, B>,
}

/// Where a body is.
enum Course<K: 'static, V: CacheValue, M, R, B> {
    /// Not made yet. What makes it comes along, so that nobody else has to state what a body has to be.
    Joining(Option<B>, fn(&Pending<K, V, M>, B) -> Self),
    /// Not polled yet.
    Launch(Body<V>),
    /// With the flight.
    Flight,
    /// The call runs as the plain function.
    Alone(Pin<Box<dyn Future<Output = R> + Send>>),
}

impl<K: 'static, V: CacheValue, M, R, B> Unpin for Shared<K, V, M, R, B> {}

impl<K: 'static, V: CacheValue, M: Mode<R, V>, R: 'static, B> Future for Shared<K, V, M, R, B> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Self { pending, course } = &mut *self;
        if let Course::Joining(body, hand_over) = course {
            if let Some(answer) = ready!(pending.poll_join(context)) {
                return Poll::Ready(answer);
            }
            *course = hand_over(pending, body.take().expect("a future is not polled after it was ready"));
        }
        let mode = pending.mode;
        let turn = match (course, &mut pending.seat) {
            (Course::Alone(body), _) => {
                let result = ready!(body.as_mut().poll(context));
                pending.tell(Outcome::Ran);
                return Poll::Ready(result);
            }
            (course @ Course::Launch(_), Some(seat)) => match mem::replace(course, Course::Flight) {
                Course::Launch(body) => ready!(seat.launch(body, context)),
                _ => unreachable!("it was there a moment ago"),
            },
            (_, Some(seat)) => ready!(seat.poll(context)),
            (_, None) => unreachable!("a future is not polled after it was ready"),
        };
        let result = match turn {
            Turn::Value(value) => mode.value(value),
            Turn::Error(error) => own_error(mode, error),
            Turn::Own(Parcel::Error(error)) => *error.downcast().expect("the owner of a body knows its type"),
            Turn::Own(Parcel::Panic(panic)) => resume(panic),
            Turn::Lead | Turn::Alone => unreachable!("a body that is no more leaves a parcel with its owner"),
        };
        pending.seat = None;
        pending.tell(Outcome::Ran);
        Poll::Ready(result)
    }
}

pin_project! {
    /// A body that takes its result apart, so that the flight need not know the function's return type.
    struct Packed<F, M, V> {
        #[pin]
        body: F,
        mode: M,
        _kept: PhantomData<fn() -> V>,
    }
}

impl<F: Future<Output = R>, R: Send + 'static, V, M: Mode<R, V>> Future for Packed<F, M, V> {
    type Output = Loaded<V>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Loaded<V>> {
        let this = self.project();
        let result = ready!(this.body.poll(context));
        Poll::Ready(match this.mode.split(result) {
            Split::Value(value) => Loaded::Value(value),
            Split::Shared(error) => Loaded::Error(error),
            Split::Own(result) => Loaded::Own(Box::new(result)),
        })
    }
}

macro_rules! opaque {
    ($($name:ident<$($lifetime:lifetime,)? $($parameter:ident),+> [$($bounds:tt)*])*) => {$(
        impl<$($lifetime,)? $($parameter),+> fmt::Debug for $name<$($lifetime,)? $($parameter),+> where $($bounds)* {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
opaque! {
    Start<R, P> []
    Pending<K, V, M> [K: 'static, V: CacheValue]
    Run<'a, K, V, M, F> [K: 'static, V: CacheValue]
    Shared<K, V, M, R, B> [K: 'static, V: CacheValue]
}
