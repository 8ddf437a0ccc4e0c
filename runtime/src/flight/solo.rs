//! A call that leads and that nobody has joined: it has no flight yet.
//!
//! Most bodies end in their first poll, or are waited for by one caller. So a leader only leaves a mark beside the shard of its
//! key, and polls its body: an inline one with its caller's waker, a shared one with a relay's. If that ends it, nothing was
//! allocated, counted or locked for others. Who joins meanwhile makes the flight, in which the leader's seat is taken; if nobody
//! does and the body pends, its leader does.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use super::crew::{AnyError, Body, Loaded, Parcel};
use super::end::Ending;
use super::keep::Kept;
use super::relay::Relay;
use super::seat::{Seat, Turn};
use super::{Flights, Gone, circle};
use crate::ground::clock::coarse;
use crate::ground::here;
use crate::table::Run;

/// Where the mark of a call stands.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    /// Of its key.
    pub(super) hash: u64,
    /// By its shard, which counts the calls that begin.
    pub(super) number: u64,
}

/// A cache that a call leads in: to count those who hold it costs the caller of a static nothing.
pub(crate) enum Held<K: 'static, V: 'static> {
    Static(&'static Arc<Flights<K, V>>),
    Own(Arc<Flights<K, V>>),
}

impl<K, V> Clone for Held<K, V> {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Static(flights) => Self::Static(flights),
            Self::Own(flights) => Self::Own(flights.clone()),
        }
    }
}

impl<K, V> Deref for Held<K, V> {
    type Target = Arc<Flights<K, V>>;

    #[inline]
    fn deref(&self) -> &Arc<Flights<K, V>> {
        match self {
            Self::Static(flights) => flights,
            Self::Own(flights) => flights,
        }
    }
}

/// A cache that a call is made of.
pub(crate) enum Lent<'a, K: 'static, V: 'static> {
    Static(&'static Arc<Flights<K, V>>),
    Here(&'a Arc<Flights<K, V>>),
}

impl<K, V> Clone for Lent<'_, K, V> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Lent<'_, K, V> {}

impl<K, V> Lent<'_, K, V> {
    #[inline]
    pub(super) fn hold(&self) -> Held<K, V> {
        match self {
            Self::Static(flights) => Held::Static(flights),
            Self::Here(flights) => Held::Own(Arc::clone(flights)),
        }
    }
}

impl<K, V> Deref for Lent<'_, K, V> {
    type Target = Arc<Flights<K, V>>;

    #[inline]
    #[expect(clippy::match_same_arms, reason = "together they would have to live equally long")]
    fn deref(&self) -> &Arc<Flights<K, V>> {
        match self {
            Self::Static(flights) => flights,
            Self::Here(flights) => flights,
        }
    }
}

/// The leader of a call, from when it takes the lead until the first poll of its body is over.
pub(crate) struct Solo<K: 'static, V: Clone + Send + Sync + 'static> {
    flights: Held<K, V>,
    ticket: Ticket,
    /// Nothing is stored for its key.
    is_absent: bool,
    /// If what a value is stored on depends on it.
    key: Option<Arc<K>>,
    /// By the coarse clock.
    began: u64,
    /// Its mark is taken out, or a seat's.
    done: bool,
}

/// A body that pends, with the seat that its leader has now; it may have been woken since.
pub(super) struct Unfinished<K: 'static, V: Clone + Send + Sync + 'static> {
    pub(super) seat: Seat<K, V>,
    pub(super) body: Body<V>,
    pub(super) woken: bool,
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Solo<K, V> {
    #[inline]
    pub(super) fn new(flights: Held<K, V>, hash: u64, run: Run, key: Option<Arc<K>>) -> Self {
        let Run { number, is_absent } = run;
        Self { flights, ticket: Ticket { hash, number }, is_absent, key, began: coarse(), done: false }
    }

    /// The hash of the call's key.
    #[cfg(feature = "store")]
    pub(super) fn hash(&self) -> u64 {
        self.ticket.hash
    }

    /// The body is polled for the first time.
    #[inline]
    pub(super) fn run<T>(&self, poll: impl FnOnce() -> T) -> T {
        circle::solo(&self.flights, self.ticket, poll)
    }

    /// A body that a flight may own is polled for the first time.
    pub(super) fn launch(&mut self, mut body: Body<V>) -> Result<Turn<V>, Unfinished<K, V>> {
        let poll = |context: &mut Context<'_>| catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context)));
        let (polled, relay) = self.run(|| Relay::poll(poll));
        let loaded = match polled {
            Ok(Poll::Pending) => {
                let seat = self.board();
                let woken = relay.is_some_and(|relay| relay.pass_on(seat.waker()));
                return Err(Unfinished { seat, body, woken });
            }
            Ok(Poll::Ready(loaded)) => loaded,
            Err(panic) => {
                // Its own drop may panic in turn: the first panic is the one to tell of.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(body)));
                self.fail();
                return Ok(Turn::Own(Parcel::Panic(panic)));
            }
        };
        drop(body);
        Ok(match loaded {
            Loaded::Value(value) => Turn::Value(self.land_value(value)),
            Loaded::Error(error) => {
                self.land_error(error.clone());
                Turn::Error(error)
            }
            Loaded::Own(error) => {
                self.fail();
                Turn::Own(Parcel::Error(error))
            }
        })
    }

    /// The load ended in a value: it is stored if the mark still stands.
    #[inline]
    pub(super) fn land_value(&mut self, value: V) -> V {
        let mut kept = self.flights.keep(self.key.as_deref(), &value);
        if self.end(&mut kept) { value } else { self.board().land_kept(kept, value) }
    }

    /// The load ended in an error that everybody gets.
    pub(super) fn land_error(&mut self, error: AnyError) {
        if self.end_empty() {
            self.flights.tally.load_errors.add(1);
        } else {
            self.board().land_error(error);
        }
    }

    /// The load ended in an error that is the leader's own, or in a panic.
    pub(super) fn fail(&mut self) {
        if self.end_empty() {
            self.flights.tally.load_errors.add(1);
        } else {
            self.board().fail();
        }
    }

    /// Takes its seat: others have joined, or may from now on.
    pub(super) fn board(&mut self) -> Seat<K, V> {
        let (flight, mark) = self.flights.board_leader(self.ticket);
        self.done = true;
        let seat = Seat::of_leader((*self.flights).clone(), flight, self.began, self.key.take());
        // A key whose drop panics takes the seat along, which passes the lead on.
        drop(mark);
        seat
    }

    #[inline(never)]
    fn end_empty(&mut self) -> bool {
        self.end(&mut None)
    }

    /// The end, or else false, if others have joined.
    #[inline]
    fn end(&mut self, kept: &mut Option<Kept<V>>) -> bool {
        let Self { ticket, is_absent, .. } = *self;
        let mut gone = Gone::nothing();
        if !self.flights.end_solo(Ending { ticket, is_absent, kept, done: &mut self.done }, &mut gone) {
            return false;
        }
        self.flights.tally.load_ended(self.began);
        self.flights.let_go_of(gone);
        true
    }
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Drop for Solo<K, V> {
    /// The body panicked, or what it landed did.
    #[inline]
    fn drop(&mut self) {
        if !self.done {
            self.done = true;
            let Self { ticket, is_absent, began, .. } = *self;
            let (flights, key) = (self.flights.clone(), self.key.take());
            let mut rest = Self { flights, ticket, is_absent, key, began, done: true };
            here::outside(move || rest.fail());
        }
    }
}
