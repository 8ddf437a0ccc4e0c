//! One running call: who waits for it, who runs its body, and what came of it.

use std::any::Any;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Waker;

use futures_task::ArcWake;

use super::circle::Node;
use crate::ground::clock::coarse;
use crate::ground::sync::{Lock, MutexGuard};

/// An error in the form that all callers' errors are made from.
pub(crate) type AnyError = Arc<dyn Any + Send + Sync>;

/// What a body ended in.
pub(crate) enum Loaded<V> {
    Value(V),
    /// An error that reaches everybody.
    Error(AnyError),
    /// An error that only one caller can have.
    Own(Box<dyn Any + Send>),
}

/// The body of a `shared` or `detached` flight: whoever waits drives it.
pub(crate) type Body<V> = Pin<Box<dyn Future<Output = Loaded<V>> + Send>>;

/// What all callers of an ended flight get.
pub(super) enum Landing<V> {
    Value(V),
    Error(AnyError),
}

/// What only one caller can have.
pub(crate) enum Parcel {
    /// An error that cannot be shared.
    Error(Box<dyn Any + Send>),
    /// A panic of the body.
    Panic(Box<dyn Any + Send>),
}

/// The number of a seat in its flight.
pub(super) type Number = usize;

/// The seat that a flight begins with.
pub(super) const LEADER: Number = 0;

pub(crate) struct Flight<V> {
    /// Of its key.
    pub(super) hash: u64,
    /// Set once, before the phase says so, if anybody but the one who landed it waits.
    landing: OnceLock<Landing<V>>,
    crew: Lock<Crew<V>>,
    /// Its end has been counted.
    ended: AtomicBool,
    waits_for: Lock<Vec<Weak<dyn Node>>>,
}

/// Those who wait for a flight.
pub(super) struct Crew<V> {
    pub(super) phase: Phase<V>,
    seats: Seats,
    /// Whose call the body is. What cannot be shared goes to the owner.
    pub(super) owner: Option<Number>,
    /// Who drove the body last, and so is likely to do it again.
    driver: Number,
    /// When the lead was taken, by the coarse clock.
    pub(super) began: u64,
    /// Where the next offer begins, so that offers go round.
    next: Number,
    /// The flight was given up by `close`: all but the owner go on as plain calls.
    pub(super) released: bool,
}

pub(super) enum Phase<V> {
    /// Nobody runs a body: the first seat that is polled takes the lead.
    Vacant,
    /// The body rests; `woken`: it wants to be polled.
    Idle { body: Body<V>, woken: bool },
    /// A seat leads, with a body on its own stack, or polls the flight's; `woken`: that wants to be polled again.
    Driven { by: Number, woken: bool },
    /// Over: nobody joins any more.
    Landed,
}

/// One who waits.
#[derive(Default)]
pub(super) struct Seated {
    /// Taken when it is woken, so that one who never answers is not asked again.
    waker: Option<Waker>,
    parcel: Option<Parcel>,
}

/// Seats by number. Most flights have one: it costs no allocation.
struct Seats {
    first: Option<Seated>,
    more: Option<Box<More>>,
    taken: usize,
    /// How many have left a waker.
    listening: usize,
}

/// All seats but the first.
#[derive(Default)]
struct More {
    others: Vec<Option<Seated>>,
    free: Vec<Number>,
}

impl Seats {
    /// The first one is taken.
    fn new() -> Self {
        Self { first: Some(Seated::default()), more: None, taken: 1, listening: 0 }
    }

    fn sit(&mut self) -> Number {
        let number = if self.first.is_none() {
            0
        } else {
            let more = self.more.get_or_insert_default();
            more.free.pop().unwrap_or_else(|| {
                more.others.push(None);
                more.others.len()
            })
        };
        *self.place(number) = Some(Seated::default());
        self.taken += 1;
        number
    }

    fn stand(&mut self, number: Number) -> Option<Seated> {
        let seated = self.place(number).take();
        if seated.is_some() {
            self.taken -= 1;
            self.listening -= usize::from(seated.as_ref().is_some_and(|seated| seated.waker.is_some()));
            if let (1.., Some(more)) = (number, &mut self.more) {
                more.free.push(number);
            }
        }
        seated
    }

    fn place(&mut self, number: Number) -> &mut Option<Seated> {
        match &mut self.more {
            Some(more) if number > 0 => &mut more.others[number - 1],
            _ => &mut self.first,
        }
    }

    fn get(&mut self, number: Number) -> Option<&mut Seated> {
        self.place(number).as_mut()
    }

    fn take_waker(&mut self, number: Number) -> Option<Waker> {
        let waker = self.get(number).and_then(|seated| seated.waker.take());
        self.listening -= usize::from(waker.is_some());
        waker
    }

    /// How many numbers there are, free ones included.
    fn numbers(&self) -> usize {
        self.more.as_ref().map_or(1, |more| more.others.len() + 1)
    }
}

/// How many waiters a wake-up of the body is offered to: one may be parked, and ten thousand need not be woken.
const OFFERS: usize = 4;

/// Wakers that were taken under the lock, to be woken when it is free: an executor may do anything then.
#[must_use]
#[derive(Default)]
pub(super) struct Offers(Vec<Waker>);

impl Offers {
    #[inline]
    pub(super) fn wake(self) {
        if !self.0.is_empty() {
            self.0.into_iter().for_each(Waker::wake);
        }
    }
}

impl<V> Crew<V> {
    /// Takes a seat; `None`: the flight is over.
    pub(super) fn sit(&mut self) -> Option<Number> {
        let over = matches!(self.phase, Phase::Landed) || self.released;
        (!over).then(|| self.seats.sit())
    }

    /// Gives a seat up; what it held is to be dropped outside the lock.
    pub(super) fn stand(&mut self, number: Number) -> Option<Seated> {
        if self.owner == Some(number) {
            self.owner = None;
        }
        self.seats.stand(number)
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.seats.taken
    }

    /// Whether a seat is free to go on as a plain call: its flight was given up, and the body is not its own.
    pub(super) fn lets_go(&self, number: Number) -> bool {
        self.released && self.owner != Some(number)
    }

    /// The lead passes to `number`.
    pub(super) fn take_over(&mut self, number: Number) {
        self.owner = Some(number);
        self.driver = number;
        self.began = coarse();
        self.phase = Phase::Driven { by: number, woken: false };
    }

    /// Leaves `waker` with a seat; the one that was there is to be dropped outside the lock.
    pub(super) fn leave_waker(&mut self, number: Number, waker: &Waker) -> Option<Waker> {
        let seated = self.seats.get(number)?;
        if seated.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            return None;
        }
        let old = seated.waker.replace(waker.clone());
        if old.is_none() {
            self.seats.listening += 1;
        }
        old
    }

    pub(super) fn take_parcel(&mut self, number: Number) -> Option<Parcel> {
        self.seats.get(number).and_then(|seated| seated.parcel.take())
    }

    /// Leaves a parcel with the owner and gives back its waker; `Err`: there is no owner.
    pub(super) fn give_owner(&mut self, parcel: Parcel) -> Result<Option<Waker>, Parcel> {
        let Some(owner) = self.owner.take() else { return Err(parcel) };
        let Some(seated) = self.seats.get(owner) else { return Err(parcel) };
        seated.parcel = Some(parcel);
        Ok(self.seats.take_waker(owner))
    }

    /// Takes the body out, to be polled by `number`, if it wants to be polled.
    pub(super) fn drive(&mut self, number: Number) -> Option<Body<V>> {
        if !matches!(self.phase, Phase::Idle { woken: true, .. }) {
            return None;
        }
        self.driver = number;
        match mem::replace(&mut self.phase, Phase::Driven { by: number, woken: false }) {
            Phase::Idle { body, .. } => Some(body),
            _ => None,
        }
    }

    /// There is something to do, the lead to take or the body to poll: the last driver hears of it, and others in rotation.
    pub(super) fn offer(&mut self) -> Offers {
        let mut offers = Offers::default();
        let mut number = self.driver;
        for _ in 0..=self.seats.numbers() {
            if offers.0.len() == OFFERS || self.seats.listening == 0 {
                break;
            }
            offers.0.extend(self.seats.take_waker(number));
            number = self.next;
            self.next = (self.next + 1) % self.seats.numbers();
        }
        offers
    }

    /// Everybody's wakers, for news that all wait for.
    pub(super) fn take_wakers(&mut self) -> Offers {
        let mut wakers = Offers::default();
        for number in 0..self.seats.numbers() {
            if self.seats.listening == 0 {
                break;
            }
            wakers.0.extend(self.seats.take_waker(number));
        }
        wakers
    }
}

impl<V> Flight<V> {
    /// A flight with one seat taken, which leads.
    pub(super) fn new(hash: u64) -> Arc<Self> {
        let crew = Crew {
            phase: Phase::Driven { by: LEADER, woken: false },
            seats: Seats::new(),
            owner: Some(LEADER),
            driver: LEADER,
            began: coarse(),
            next: 0,
            released: false,
        };
        let (ended, waits_for) = (AtomicBool::new(false), Lock::new(Vec::new()));
        Arc::new(Self { hash, landing: OnceLock::new(), crew: Lock::new(crew), ended, waits_for })
    }

    pub(super) fn crew(&self) -> MutexGuard<'_, Crew<V>> {
        self.crew.lock()
    }

    /// Whether this is the first end: user code that panics while a flight lands leaves it to others, and it ends once more.
    /// Called under the lock of the shard that counts.
    pub(super) fn ends(&self) -> bool {
        let ended = self.ended.load(Ordering::Relaxed);
        self.ended.store(true, Ordering::Relaxed);
        !ended
    }

    /// Whether its end was counted although it goes on. Called as [`ends`](Self::ends) is.
    pub(super) fn goes_on(&self) -> bool {
        let ended = self.ended.load(Ordering::Relaxed);
        self.ended.store(false, Ordering::Relaxed);
        ended
    }

    pub(super) fn landing(&self) -> Option<&Landing<V>> {
        self.landing.get()
    }

    /// Says what came of the flight, to those who wait: nobody joins any more when this is called.
    pub(super) fn land(&self, landing: Landing<V>) {
        let _ = self.landing.set(landing);
    }
}

impl<V: Send + Sync> Node for Flight<V> {
    fn waits_for(&self) -> &Lock<Vec<Weak<dyn Node>>> {
        &self.waits_for
    }
}

/// The body was woken.
impl<V: Send + Sync> ArcWake for Flight<V> {
    fn wake_by_ref(flight: &Arc<Self>) {
        let mut crew = flight.crew();
        let offers = match &mut crew.phase {
            // Woken once more, it is offered once more: those who were asked before may be parked.
            Phase::Idle { woken, .. } => {
                *woken = true;
                crew.offer()
            }
            Phase::Driven { woken, .. } => {
                *woken = true;
                Offers::default()
            }
            _ => Offers::default(),
        };
        drop(crew);
        offers.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_seats_are_given_again() {
        let mut seats = Seats::new();
        assert_eq!((seats.sit(), seats.sit()), (1, 2));
        seats.stand(1);
        seats.stand(0);
        assert_eq!(seats.taken, 1);
        assert_eq!((seats.sit(), seats.sit(), seats.sit()), (0, 1, 3));
        assert_eq!(seats.taken, 4);
    }
}
