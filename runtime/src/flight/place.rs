//! Where a caller is: it leads alone, or has a seat in a flight.

use std::task::{Context, Poll};

use super::crew::{AnyError, Body};
use super::seat::{Seat, Turn};
use super::solo::{Solo, Unfinished};

pub(crate) enum Place<K: 'static, V: Clone + Send + Sync + 'static> {
    Solo(Solo<K, V>),
    Seat(Seat<K, V>),
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Place<K, V> {
    /// The hash of the call's key.
    #[cfg(feature = "store")]
    pub(crate) fn hash(&self) -> u64 {
        match self {
            Self::Solo(solo) => solo.hash(),
            Self::Seat(seat) => seat.hash(),
        }
    }

    /// The lead's body, which runs on the lead's own stack, is polled.
    #[inline]
    pub(crate) fn run<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        match self {
            Self::Solo(solo) => {
                let polled = solo.run(poll);
                if polled.is_pending() {
                    self.board();
                }
                polled
            }
            Self::Seat(seat) => seat.run(poll),
        }
    }

    /// The lead hands its body to the flight, and polls it as the first.
    #[inline]
    pub(crate) fn launch(&mut self, body: Body<V>, context: &mut Context<'_>) -> Poll<Turn<V>> {
        match self {
            Self::Solo(solo) => match solo.launch(body) {
                Ok(turn) => Poll::Ready(turn),
                Err(Unfinished { mut seat, body, woken }) => {
                    let turn = seat.rest(body, woken, context);
                    *self = Self::Seat(seat);
                    turn
                }
            },
            Self::Seat(seat) => seat.launch(body, context),
        }
    }

    /// Gives the lead its seat, if it has none yet.
    fn board(&mut self) -> &mut Seat<K, V> {
        if let Self::Solo(solo) = self {
            *self = Self::Seat(solo.board());
        }
        match self {
            Self::Seat(seat) => seat,
            Self::Solo(_) => unreachable!("it has a seat now"),
        }
    }

    /// Another seat in the lead's flight, for a task that sees to it that the body ends.
    #[cfg(feature = "tokio")]
    pub(crate) fn companion(&mut self) -> Option<Seat<K, V>> {
        self.board().companion()
    }

    /// The load ended in a value: it is stored if the call still stands, the others get it, and so does the caller.
    #[inline]
    pub(crate) fn land_value(&mut self, value: V) -> V {
        match self {
            Self::Solo(solo) => solo.land_value(value),
            Self::Seat(seat) => seat.land_value(value),
        }
    }

    /// The load ended in an error that everybody gets.
    pub(crate) fn land_error(&mut self, error: AnyError) {
        match self {
            Self::Solo(solo) => solo.land_error(error),
            Self::Seat(seat) => seat.land_error(error),
        }
    }

    /// The lead's body ended in an error that is the lead's own: the next waiter runs another.
    pub(crate) fn fail(&mut self) {
        match self {
            Self::Solo(solo) => solo.fail(),
            Self::Seat(seat) => seat.fail(),
        }
    }
}
