//! The futures of a call that was no hit: it waits, and if it gets the lead runs its body.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::call::{Pending, opaque, own_error};
use super::mode::{CacheValue, Mode, Split};
use crate::flight::{Body, Loaded, Parcel, Place, Turn, resume};
use crate::ground::stats::Outcome;

impl<K: 'static, V: CacheValue, M> Pending<K, V, M> {
    /// Waits, and if it gets the lead runs the body where it is, on the caller's stack.
    #[inline]
    pub fn run<F>(self, body: Pin<&mut F>) -> Run<'_, K, V, M, F> {
        Run { pending: self, leads: false, body }
    }

    /// Waits, and if it gets the lead hands the body to the flight: whoever waits drives it. The body is made then, so that who waits
    /// has no place for it.
    pub fn share<R, B, F>(self, body: B) -> Shared<K, V, M, R, B>
    where
        M: Mode<R, V>,
        R: Send + 'static,
        B: FnOnce() -> F,
        // The compiler quotes the line when a body is no such thing.
        F: Future<Output = R> + Send + 'static, // a body that is not `Send`, or borrows, needs `flight = inline`
    {
        Shared { pending: self, course: Course::Joining(Some(body), hand_over) }
    }

    /// As [`share`](Self::share), and a task sees to it that the body ends although all callers leave. Without a tokio runtime
    /// in reach there is no such task.
    #[cfg(feature = "tokio")]
    pub fn detach<R, B, F>(self, body: B) -> Shared<K, V, M, R, B>
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
                let body = hand_over(pending, body);
                let companion = pending.place.as_mut().and_then(Place::companion);
                if let (Some(mut companion), Ok(runtime)) = (companion, tokio::runtime::Handle::try_current()) {
                    runtime.spawn(std::future::poll_fn(move |context| companion.poll(context).map(drop)));
                }
                body
            }),
        }
    }
}

/// The body, where it can be driven from.
fn hand_over<K, V, M, R, B, F>(pending: &mut Pending<K, V, M>, body: B) -> Bodied<R, V>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    R: Send + 'static,
    B: FnOnce() -> F,
    F: Future<Output = R> + Send + 'static,
{
    let body = body();
    if pending.place.is_some() {
        Bodied::Flight(Box::pin(Packed { body, mode: pending.mode, _kept: PhantomData }))
    } else {
        Bodied::Alone(Box::pin(body))
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

    // Apart, lest the way of a hit make room for it.
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Self { pending, leads, body } = &mut *self;
        if !*leads {
            if let Some(answer) = ready!(pending.poll_join(context)) {
                return Poll::Ready(answer);
            }
            *leads = true;
        }
        let mut poll = || body.as_mut().poll(context);
        let result = ready!(match &mut pending.place {
            Some(place) => place.run(poll),
            None => poll(),
        });
        Poll::Ready(pending.land(result))
    }
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
    Joining(Option<B>, HandOver<K, V, M, R, B>),
    /// With the flight.
    Flight,
    /// The call runs as the plain function.
    Alone(Pin<Box<dyn Future<Output = R> + Send>>),
}

type HandOver<K, V, M, R, B> = fn(&mut Pending<K, V, M>, B) -> Bodied<R, V>;

/// A body that is made, and has not been polled.
enum Bodied<R, V> {
    /// To be handed to the flight.
    Flight(Body<V>),
    Alone(Pin<Box<dyn Future<Output = R> + Send>>),
}

impl<K: 'static, V: CacheValue, M, R, B> Unpin for Shared<K, V, M, R, B> {}

impl<K: 'static, V: CacheValue, M: Mode<R, V>, R: 'static, B> Future for Shared<K, V, M, R, B> {
    type Output = R;

    // Apart, lest the way of a hit make room for it.
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Self { pending, course } = &mut *self;
        let launch = match course {
            Course::Joining(body, hand_over) => {
                if let Some(answer) = ready!(pending.poll_join(context)) {
                    return Poll::Ready(answer);
                }
                let (body, hand_over) = (body.take().expect("a future is not polled after it was ready"), *hand_over);
                *course = Course::Flight;
                match hand_over(pending, body) {
                    Bodied::Flight(body) => Some(body),
                    Bodied::Alone(body) => {
                        *course = Course::Alone(body);
                        None
                    }
                }
            }
            _ => None,
        };
        let mode = pending.mode;
        let turn = match (course, &mut pending.place) {
            (Course::Alone(body), _) => {
                let result = ready!(body.as_mut().poll(context));
                pending.tell(Outcome::Ran);
                return Poll::Ready(result);
            }
            (_, Some(place)) => ready!(match (launch, place) {
                (Some(body), place) => place.launch(body, context),
                (None, Place::Seat(seat)) => seat.poll(context),
                (None, Place::Solo(_)) => unreachable!("the first poll gave it a seat"),
            }),
            (_, None) => unreachable!("a future is not polled after it was ready"),
        };
        let result = match turn {
            Turn::Value(value) => mode.value(value),
            Turn::Error(error) => own_error(mode, error),
            Turn::Own(Parcel::Error(error)) => *error.downcast().expect("the owner of a body knows its type"),
            Turn::Own(Parcel::Panic(panic)) => resume(panic),
            Turn::Lead | Turn::Alone => unreachable!("a body that is no more leaves a parcel with its owner"),
        };
        pending.place = None;
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

opaque! {
    Run<'a, K, V, M, F> [K: 'static, V: CacheValue]
    Shared<K, V, M, R, B> [K: 'static, V: CacheValue]
}
