//! A caller's place in a flight.
//!
//! Whoever holds a seat is waited upon by nobody: it may be dropped at any moment, and its `Drop` is the only clean-up there
//! is, for a caller that left, for one whose body panicked, and for one that ended well.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_task::waker_ref;

use super::Flights;
use super::circle::{self, Edge};
use super::crew::{AnyError, Body, Flight, Landing, Loaded, Number, Offers, Parcel, Phase};
use crate::ground::stats::Tally;

/// What a seat's wait ends in.
pub(crate) enum Turn<V> {
    /// It leads: it has to run a body, and to land what came of it.
    Lead,
    /// It goes on as the plain function would.
    Alone,
    Value(V),
    Error(AnyError),
    Own(Parcel),
}

pub(crate) struct Seat<K: 'static, V: Clone + Send + Sync + 'static> {
    flights: Arc<Flights<K, V>>,
    flight: Arc<Flight<V>>,
    number: Number,
    /// If what a value is stored on depends on it.
    key: Option<Arc<K>>,
    /// Nobody else is or will be in this flight any more: there is nothing to give up.
    done: bool,
    /// It has no body of its own, and sees to it that others' end.
    attends: bool,
    /// It began the flight, and has not been told to lead it.
    leads: bool,
    /// Held while this seat waits or leads on behalf of another flight's body.
    _edge: Option<Box<Edge>>,
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Seat<K, V> {
    /// A seat in a flight that is running.
    #[inline]
    pub(super) fn joining(
        flights: Arc<Flights<K, V>>,
        flight: Arc<Flight<V>>,
        number: Number,
        key: Option<Arc<K>>,
        edge: Option<Edge>,
    ) -> Self {
        Self { flights, flight, number, key, done: false, attends: false, leads: false, _edge: edge.map(Box::new) }
    }

    /// The seat that a new flight begins with.
    #[inline]
    pub(super) fn leading(
        flights: Arc<Flights<K, V>>,
        flight: Arc<Flight<V>>,
        number: Number,
        key: Option<Arc<K>>,
        edge: Option<Edge>,
    ) -> Self {
        let mut seat = Self::joining(flights, flight, number, key, edge);
        seat.leads = true;
        seat
    }

    /// The hash of the call's key.
    #[cfg(feature = "store")]
    pub(crate) fn hash(&self) -> u64 {
        self.flight.hash
    }

    /// Waits for this seat's turn, and drives the flight's body meanwhile.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Turn<V>> {
        if mem::take(&mut self.leads) {
            return Poll::Ready(Turn::Lead);
        }
        loop {
            let mut crew = self.flight.crew();
            // Before the landing: that another body has brought a value since takes nothing from a panic of its own.
            if let Some(parcel) = crew.take_parcel(self.number) {
                return Poll::Ready(Turn::Own(parcel));
            }
            if crew.lets_go(self.number) {
                return Poll::Ready(Turn::Alone);
            }
            match crew.phase {
                Phase::Landed => {
                    drop(crew);
                    return Poll::Ready(match self.flight.landing() {
                        Some(Landing::Value(value)) => Turn::Value(value.clone()),
                        Some(Landing::Error(error)) => Turn::Error(error.clone()),
                        None => unreachable!("a flight that others wait for says what came of it before it lands"),
                    });
                }
                Phase::Vacant if self.attends => return Poll::Ready(Turn::Alone),
                Phase::Vacant => {
                    crew.take_over(self.number);
                    self.flights.tally.takeovers.add(1);
                    return Poll::Ready(Turn::Lead);
                }
                _ => {
                    if let Some(body) = crew.drive(self.number) {
                        drop(crew);
                        if let Some(turn) = ready!(self.drive(body, context)) {
                            return Poll::Ready(turn);
                        }
                    } else {
                        let old = crew.leave_waker(self.number, context.waker());
                        drop(crew);
                        // Behind the lock: it may be the last that holds a task.
                        drop(old);
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// The lead hands its body to the flight, and polls it as the first.
    pub(crate) fn launch(&mut self, body: Body<V>, context: &mut Context<'_>) -> Poll<Turn<V>> {
        match ready!(self.drive(body, context)) {
            Some(turn) => Poll::Ready(turn),
            None => self.poll(context),
        }
    }

    /// Polls the flight's body once. `None`: what came of it is for another.
    fn drive(&mut self, mut body: Body<V>, context: &Context<'_>) -> Poll<Option<Turn<V>>> {
        let waker = waker_ref(&self.flight);
        let polled = circle::inside(self.flight.clone(), || {
            catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut Context::from_waker(&waker))))
        });
        Poll::Ready(match polled {
            Ok(Poll::Pending) => {
                let mut crew = self.flight.crew();
                let woken = matches!(crew.phase, Phase::Driven { woken: true, .. });
                crew.phase = Phase::Idle { body, woken };
                if crew.lets_go(self.number) {
                    return Poll::Ready(Some(Turn::Alone));
                }
                let old = crew.leave_waker(self.number, context.waker());
                // A body that woke itself is polled again when the executor comes round.
                let offers = if woken { crew.offer() } else { Offers::default() };
                drop(crew);
                drop(old);
                offers.wake();
                return Poll::Pending;
            }
            Ok(Poll::Ready(loaded)) => {
                let landed = catch_unwind(AssertUnwindSafe(|| {
                    drop(body);
                    self.land_driven(loaded)
                }));
                landed.unwrap_or_else(|panic| {
                    if matches!(self.flight.crew().phase, Phase::Landed) {
                        // All have what they came for: only the garbage is left, and it is ours.
                        resume(panic);
                    }
                    self.deliver(Parcel::Panic(panic))
                })
            }
            Err(panic) => {
                // Its own drop may panic in turn: the first panic is the one to tell of.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(body)));
                self.deliver(Parcel::Panic(panic))
            }
        })
    }

    fn land_driven(&mut self, loaded: Loaded<V>) -> Option<Turn<V>> {
        Some(match loaded {
            Loaded::Value(value) => Turn::Value(self.land_value(value)),
            Loaded::Error(error) => {
                self.land_error(error.clone());
                Turn::Error(error)
            }
            Loaded::Own(error) => return self.deliver(Parcel::Error(error)),
        })
    }

    /// Brings what cannot be shared to the owner of the body, or to this seat if the owner has left.
    fn deliver(&mut self, parcel: Parcel) -> Option<Turn<V>> {
        self.flights.tally.load_errors.add(1);
        let mut crew = self.flight.crew();
        self.flights.tally.load_ended(crew.began);
        crew.phase = Phase::Vacant;
        if crew.owner == Some(self.number) {
            crew.owner = None;
            return Some(Turn::Own(parcel));
        }
        match crew.give_owner(parcel) {
            Ok(waker) => {
                drop(crew);
                if let Some(waker) = waker {
                    waker.wake();
                }
                None
            }
            Err(parcel) => Some(Turn::Own(parcel)),
        }
    }

    /// The lead's body, which runs on the lead's own stack, is polled.
    pub(crate) fn run<T>(&self, poll: impl FnOnce() -> T) -> T {
        struct OnPanic<'a>(&'a Tally);
        impl Drop for OnPanic<'_> {
            fn drop(&mut self) {
                self.0.load_errors.add(1);
            }
        }
        let guard = OnPanic(&self.flights.tally);
        let polled = circle::inside(self.flight.clone(), poll);
        mem::forget(guard);
        polled
    }

    /// The lead's body ended in an error that is the lead's own: the next waiter runs another.
    pub(crate) fn fail(self) {
        self.flights.tally.load_errors.add(1);
        self.flights.tally.load_ended(self.flight.crew().began);
    }

    /// Another seat in the same flight, for a task that sees to it that the body ends.
    #[cfg(feature = "tokio")]
    pub(crate) fn companion(&self) -> Option<Self> {
        let number = self.flight.crew().sit()?;
        let mut seat = Self::joining(self.flights.clone(), self.flight.clone(), number, self.key.clone(), None);
        seat.attends = true;
        Some(seat)
    }

    /// The load ended in a value: it is stored if the flight still stands, the others get it, and so does the caller.
    pub(crate) fn land_value(&mut self, value: V) -> V {
        let kept = self.flights.keep(self.key.as_deref(), &value);
        let gone = Flights::end(&self.flights, &self.flight, kept);
        let mut crew = self.flight.crew();
        // An end that is put off leaves the flight where others may still join it.
        if gone.is_none() || crew.count() > 1 {
            drop(crew);
            self.flight.land(Landing::Value(value.clone()));
            crew = self.flight.crew();
        }
        self.done = self.flights.announce(crew);
        self.flights.let_go(gone);
        value
    }

    /// The load ended in an error that everybody gets.
    pub(crate) fn land_error(&mut self, error: AnyError) {
        self.flights.tally.load_errors.add(1);
        let gone = Flights::end(&self.flights, &self.flight, None);
        self.flight.land(Landing::Error(error));
        self.done = self.flights.announce(self.flight.crew());
        self.flights.let_go(gone);
    }
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Drop for Seat<K, V> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut crew = self.flight.crew();
        let seated = crew.stand(self.number);
        let mut given_up = None;
        let mut offers = Offers::default();
        match crew.phase {
            Phase::Landed => {}
            _ if crew.count() == 0 => given_up = Some(mem::replace(&mut crew.phase, Phase::Landed)),
            // Its body panicked, or what it landed did, or it left.
            Phase::Driven { by: number, .. } if number == self.number => {
                crew.phase = Phase::Vacant;
                offers = crew.offer();
            }
            // The offer that this seat had may have been the only one.
            Phase::Vacant | Phase::Idle { woken: true, .. } => offers = crew.offer(),
            Phase::Idle { .. } | Phase::Driven { .. } => {}
        }
        drop(crew);
        offers.wake();
        if let Some(phase) = given_up {
            let gone = Flights::end(&self.flights, &self.flight, None);
            self.flights.let_go(gone);
            // The body last: its own drop may panic.
            drop(seated);
            drop(phase);
        }
    }
}

/// A panic that goes on in the caller that it belongs to.
pub(crate) fn resume(panic: Box<dyn Any + Send>) -> ! {
    std::panic::resume_unwind(panic)
}
