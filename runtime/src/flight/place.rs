//! Where a caller is: it leads alone, or has a seat in a flight.

use std::task::{Context, Poll};

use super::crew::{AnyError, Body};
use super::seat::{Seat, Turn};
use super::solo::Solo;

pub(crate) enum Place<K: 'static, V: Clone + Send + Sync + 'static> {
    Solo(Solo<K, V>),
    Seat(Seat<K, V>),
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Place<K, V> {
    /// Waits for this caller's turn, and drives the flight's body meanwhile.
    #[inline]
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Turn<V>> {
        match self {
            Self::Solo(_) => Poll::Ready(Turn::Lead),
            Self::Seat(seat) => seat.poll(context),
        }
    }

    /// The lead's body, which runs on the lead's own stack, is polled.
    #[inline]
    pub(crate) fn run<T>(place: &mut Option<Self>, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let polled = match place {
            None => poll(),
            Some(Self::Solo(solo)) => solo.run(poll),
            Some(Self::Seat(seat)) => seat.run(poll),
        };
        if polled.is_pending() {
            Self::board(place);
        }
        polled
    }

    /// The lead hands its body to the flight, and polls it as the first.
    pub(crate) fn launch(place: &mut Option<Self>, body: Body<V>, context: &mut Context<'_>) -> Poll<Turn<V>> {
        match place.take() {
            Some(Self::Solo(solo)) => match solo.launch(body) {
                Ok(turn) => Poll::Ready(turn),
                Err((mut seat, body, woken)) => {
                    let turn = seat.rest(body, woken, context);
                    *place = Some(Self::Seat(seat));
                    turn
                }
            },
            Some(Self::Seat(mut seat)) => {
                let turn = seat.launch(body, context);
                *place = Some(Self::Seat(seat));
                turn
            }
            None => unreachable!("a call that runs as the plain function launches nothing"),
        }
    }

    /// Gives the lead its seat, if it has none yet.
    fn board(place: &mut Option<Self>) {
        if let Some(Self::Solo(_)) = place {
            if let Some(Self::Solo(solo)) = place.take() {
                *place = Some(Self::Seat(solo.board()));
            }
        }
    }

    /// Another seat in the lead's flight, for a task that sees to it that the body ends.
    #[cfg(feature = "tokio")]
    pub(crate) fn companion(place: &mut Option<Self>) -> Option<Seat<K, V>> {
        Self::board(place);
        match place {
            Some(Self::Seat(seat)) => seat.companion(),
            _ => None,
        }
    }

    /// The load ended in a value: it is stored if the call still stands, the others get it, and so does the caller.
    #[inline]
    pub(crate) fn land_value(self, value: V) -> V {
        match self {
            Self::Solo(solo) => solo.land_value(value),
            Self::Seat(mut seat) => seat.land_value(value),
        }
    }

    /// The load ended in an error that everybody gets.
    pub(crate) fn land_error(self, error: AnyError) {
        match self {
            Self::Solo(solo) => solo.land_error(error),
            Self::Seat(mut seat) => seat.land_error(error),
        }
    }

    /// The lead's body ended in an error that is the lead's own: the next waiter runs another.
    pub(crate) fn fail(self) {
        match self {
            Self::Solo(solo) => solo.fail(),
            Self::Seat(seat) => seat.fail(),
        }
    }
}
