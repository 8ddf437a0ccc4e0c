//! A call on its way through the cache, as generated code writes it: `start`, and if that is no hit one of the futures of
//! `drive`.

use std::fmt;
#[cfg(feature = "store")]
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::ask;
use super::mode::{CacheValue, Mode, Split};
use crate::flight::{AnyError, Boarding, Flights, Lent, Parcel, Place, Turn, resume};
use crate::ground::here::{self, Ask};
use crate::ground::key::{Seed, View};
use crate::ground::stats::Outcome;
use crate::table::Absent;

/// What a call is made of is nobody's business.
macro_rules! opaque {
    ($($name:ident<$($lifetime:lifetime,)? $($parameter:ident),+> [$($bounds:tt)*])*) => {$(
        impl<$($lifetime,)? $($parameter),+> fmt::Debug for $name<$($lifetime,)? $($parameter),+> where $($bounds)* {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
pub(super) use opaque;

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
    pub(super) place: Option<Place<K, V>>,
    pub(super) mode: M,
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
pub(super) fn start<K, V, R, M, Q>(flights: Lent<'_, K, V>, seed: &Seed, key: Q, mode: M) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    let hash = key.hash(seed);
    match flights.hit(hash, |other| key.is(other)) {
        Ok(value) => Start::Hit(mode.value(value)),
        Err(absent) => miss(flights, key, hash, mode, absent),
    }
}

#[inline(never)]
fn miss<K, V, R, M, Q>(
    flights: Lent<'_, K, V>,
    key: Q,
    hash: u64,
    mode: M,
    absent: Absent,
) -> Start<R, Pending<K, V, M>>
where
    K: 'static,
    V: CacheValue,
    M: Mode<R, V>,
    Q: View<K>,
{
    let pending = |place, traced, refresh: bool| {
        #[cfg(not(feature = "store"))]
        let _ = refresh;
        Start::Miss(Pending {
            place,
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
        if let Ok(value) = flights.hit(hash, |other| key.is(other)) {
            ask::tell(Outcome::Hit);
            return Start::Hit(mode.value(value));
        }
    }
    match Flights::board(&flights, key.own(hash), ask.refresh(), absent) {
        Boarding::Value(value) => {
            if traced {
                ask::tell(Outcome::Hit);
            }
            Start::Hit(mode.value(value))
        }
        Boarding::Place(place) => pending(Some(place), traced, ask.refresh()),
        Boarding::Alone => alone(traced),
    }
}

impl<K: 'static, V: CacheValue, M> Pending<K, V, M> {
    /// Waits for the flight's end, which is an answer, or for the lead.
    #[inline]
    pub(super) fn poll_join<R>(&mut self, context: &mut Context<'_>) -> Poll<Option<R>>
    where
        M: Mode<R, V>,
    {
        match &self.place {
            Some(Place::Seat(_)) => self.poll_seat(context),
            Some(Place::Solo(_)) | None => Poll::Ready(None),
        }
    }

    fn poll_seat<R>(&mut self, context: &mut Context<'_>) -> Poll<Option<R>>
    where
        M: Mode<R, V>,
    {
        let Some(Place::Seat(seat)) = &mut self.place else { return Poll::Ready(None) };
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
        self.place = None;
        if answer.is_some() {
            self.tell(Outcome::Joined);
        }
        Poll::Ready(answer)
    }

    /// The call's end by a body that ran on the caller's stack.
    pub(super) fn land<R>(&mut self, result: R) -> R
    where
        M: Mode<R, V>,
    {
        let result = match &mut self.place {
            Some(place) => match self.mode.split(result) {
                Split::Value(value) => self.mode.value(place.land_value(value)),
                Split::Shared(error) => {
                    place.land_error(error.clone());
                    own_error(self.mode, error)
                }
                Split::Own(result) => {
                    place.fail();
                    result
                }
            },
            None => result,
        };
        self.place = None;
        self.tell(Outcome::Ran);
        result
    }

    pub(super) fn tell(&self, outcome: Outcome) {
        if self.traced {
            ask::tell(if outcome == Outcome::Ran && self.is_by_store() { Outcome::Store } else { outcome });
        }
    }

    #[cfg(feature = "store")]
    fn is_by_store(&self) -> bool {
        self.by_store.as_ref().is_some_and(|by_store| by_store.load(std::sync::atomic::Ordering::Relaxed))
    }

    #[cfg(not(feature = "store"))]
    #[expect(clippy::unused_self, reason = "the same call with and without the feature")]
    const fn is_by_store(&self) -> bool {
        false
    }

    /// A second tier is asked before the body runs, unless the call runs as the plain function: the hash of its key, whether the
    /// body is to run whatever is stored, and where to say that it did not.
    #[cfg(feature = "store")]
    pub(crate) fn begin_errand(&mut self) -> Option<(u64, bool, Arc<std::sync::atomic::AtomicBool>)> {
        let hash = self.place.as_ref()?.hash();
        Some((hash, self.refresh, self.by_store.insert(Arc::default()).clone()))
    }
}

/// Makes the error of the caller that ran the body: the same form as everybody's.
pub(super) fn own_error<R, V>(mode: impl Mode<R, V>, error: AnyError) -> R {
    mode.error(error).expect("an error is made from what it was made into")
}

opaque! {
    Start<R, P> []
    Pending<K, V, M> [K: 'static, V: CacheValue]
}
