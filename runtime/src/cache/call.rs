//! A call on its way through the cache, as generated code writes it: `start`, `join`, and one of `run`, `share`, `detach`.

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

/// A call that has joined a flight, or leads one.
pub enum Joined<R, L> {
    /// It is answered.
    Done(R),
    /// It has to run the body with this.
    Lead(L),
}

/// A call that was no hit.
#[must_use = "the call is not answered yet"]
pub struct Pending<K: 'static, V: CacheValue, M> {
    /// `None`: it runs as the plain function.
    seat: Option<Seat<K, V>>,
    mode: M,
    traced: bool,
    refresh: bool,
}

/// The duty to run the body. Dropped before the body ended, it passes on to the next waiter.
#[must_use = "the waiters wait for it"]
pub struct Lead<K: 'static, V: CacheValue, M> {
    seat: Option<Seat<K, V>>,
    mode: M,
    traced: bool,
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
    let alone = |traced| Start::Miss(Pending { seat: None, mode, traced, refresh: false });
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
        Boarding::Seat(seat) => Start::Miss(Pending { seat: Some(seat), mode, traced, refresh: ask.refresh() }),
        Boarding::Alone => alone(traced),
    }
}

impl<K: 'static, V: CacheValue, M: Copy + Unpin> Pending<K, V, M> {
    /// Waits for the flight's end, or for the lead.
    #[inline]
    pub fn join<R>(self) -> Join<K, V, M, R>
    where
        M: Mode<R, V>,
    {
        Join { pending: Some(self), _result: PhantomData }
    }
}

/// The future of [`Pending::join`].
#[must_use = "futures do nothing unless polled"]
pub struct Join<K: 'static, V: CacheValue, M, R> {
    pending: Option<Pending<K, V, M>>,
    _result: PhantomData<fn() -> R>,
}

impl<K: 'static, V: CacheValue, M, R> Unpin for Join<K, V, M, R> {}

impl<K: 'static, V: CacheValue, M: Mode<R, V>, R> Future for Join<K, V, M, R> {
    type Output = Joined<R, Lead<K, V, M>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let pending = self.pending.as_mut().expect("a future is not polled after it was ready");
        let (mode, traced, refresh) = (pending.mode, pending.traced, pending.refresh);
        let answered = |result: R| {
            if traced {
                ask::tell(Outcome::Joined);
            }
            Joined::Done(result)
        };
        let lead = |seat| {
            Joined::Lead(Lead {
                seat,
                mode,
                traced,
                refresh,
                #[cfg(feature = "store")]
                by_store: None,
            })
        };
        let Some(seat) = &mut pending.seat else { return Poll::Ready(lead(None)) };
        Poll::Ready(loop {
            break match ready!(seat.poll(context)) {
                Turn::Lead => lead(pending.seat.take()),
                Turn::Alone => lead(None),
                Turn::Value(value) => answered(mode.value(value)),
                Turn::Error(error) => match mode.error(error) {
                    Some(result) => answered(result),
                    // A cache that functions with several error types share: the error is of another type than ours.
                    None => lead(None),
                },
                // Nobody is left whose error this was. We have a body of our own to run.
                Turn::Own(Parcel::Error(_)) => continue,
                Turn::Own(Parcel::Panic(panic)) => resume(panic),
            };
        })
    }
}

impl<K: 'static, V: CacheValue, M: Copy> Lead<K, V, M> {
    /// Runs the body where it is, on the caller's stack.
    #[inline]
    pub fn run<R, F>(self, body: Pin<&mut F>) -> Run<'_, K, V, M, F>
    where
        M: Mode<R, V>,
        F: Future<Output = R>,
    {
        Run { lead: self, body }
    }

    /// Hands the body to the flight: whoever waits drives it.
    pub fn share<R, F>(self, body: F) -> Shared<K, V, M, R>
    where
        M: Mode<R, V>,
        R: Send + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        let course = if self.seat.is_some() {
            Course::Launch(Box::pin(Packed { body, mode: self.mode, _kept: PhantomData }))
        } else {
            Course::Alone(Box::pin(body))
        };
        Shared { lead: self, course }
    }

    /// As [`share`](Self::share), and a task sees to it that the body ends although all callers leave. Without a tokio runtime
    /// in reach there is no such task.
    #[cfg(feature = "tokio")]
    pub fn detach<R, F>(self, body: F) -> Shared<K, V, M, R>
    where
        K: Send + Sync,
        M: Mode<R, V>,
        R: Send + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        let shared = self.share(body);
        let companion = shared.lead.seat.as_ref().and_then(Seat::companion);
        if let (Some(mut companion), Ok(runtime)) = (companion, tokio::runtime::Handle::try_current()) {
            runtime.spawn(std::future::poll_fn(move |context| companion.poll(context).map(drop)));
        }
        shared
    }
}

/// The future of [`Lead::run`].
#[must_use = "futures do nothing unless polled"]
pub struct Run<'a, K: 'static, V: CacheValue, M, F> {
    lead: Lead<K, V, M>,
    body: Pin<&'a mut F>,
}

impl<K: 'static, V: CacheValue, M, F> Unpin for Run<'_, K, V, M, F> {}

impl<K: 'static, V: CacheValue, M: Mode<R, V>, R, F: Future<Output = R>> Future for Run<'_, K, V, M, F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Self { lead, body } = &mut *self;
        let result = match &lead.seat {
            Some(seat) => ready!(seat.run(|| body.as_mut().poll(context))),
            None => ready!(body.as_mut().poll(context)),
        };
        let result = match lead.seat.take() {
            Some(mut seat) => match lead.mode.split(result) {
                Split::Value(value) => lead.mode.value(seat.land_value(value)),
                Split::Shared(error) => {
                    seat.land_error(error.clone());
                    own_error(lead.mode, error)
                }
                Split::Own(result) => {
                    seat.fail();
                    result
                }
            },
            None => result,
        };
        lead.tell();
        Poll::Ready(result)
    }
}

impl<K: 'static, V: CacheValue, M> Lead<K, V, M> {
    fn tell(&self) {
        if self.traced {
            ask::tell(if self.is_by_store() { Outcome::Store } else { Outcome::Ran });
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

    /// A second tier is asked before the body runs, unless the call runs as the plain function: whether the body is to run whatever
    /// is stored, and where to say that it did not.
    #[cfg(feature = "store")]
    pub(crate) fn begin_errand(&mut self) -> Option<(bool, Arc<std::sync::atomic::AtomicBool>)> {
        self.seat.as_ref()?;
        Some((self.refresh, self.by_store.insert(Arc::default()).clone()))
    }
}

/// Makes the error of the caller that ran the body: the same form as everybody's.
fn own_error<R, V>(mode: impl Mode<R, V>, error: AnyError) -> R {
    mode.error(error).expect("an error is made from what it was made into")
}

/// The future of [`Lead::share`].
#[must_use = "futures do nothing unless polled"]
pub struct Shared<K: 'static, V: CacheValue, M, R> {
    lead: Lead<K, V, M>,
    course: Course<V, R>,
}

/// Where a body is.
enum Course<V, R> {
    /// Not polled yet.
    Launch(Body<V>),
    /// With the flight.
    Flight,
    /// The call runs as the plain function.
    Alone(Pin<Box<dyn Future<Output = R> + Send>>),
}

impl<K: 'static, V: CacheValue, M, R> Unpin for Shared<K, V, M, R> {}

impl<K: 'static, V: CacheValue, M: Mode<R, V>, R: 'static> Future for Shared<K, V, M, R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Self { lead, course } = &mut *self;
        let mode = lead.mode;
        let turn = match (course, &mut lead.seat) {
            (Course::Alone(body), _) => {
                let result = ready!(body.as_mut().poll(context));
                lead.tell();
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
        lead.seat = None;
        lead.tell();
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
    Joined<R, L> []
    Pending<K, V, M> [K: 'static, V: CacheValue]
    Join<K, V, M, R> [K: 'static, V: CacheValue]
    Lead<K, V, M> [K: 'static, V: CacheValue]
    Run<'a, K, V, M, F> [K: 'static, V: CacheValue]
    Shared<K, V, M, R> [K: 'static, V: CacheValue]
}
