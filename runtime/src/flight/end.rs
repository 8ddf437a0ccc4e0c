//! How a call ends in the table, in one step under the locks of its key.

use std::sync::Arc;

use super::crew::{Crew, Flight, Phase};
use super::keep::Kept;
use super::marks::Mark;
use super::solo::Ticket;
use super::{Flights, Gone};
use crate::ground::here;
use crate::ground::key::Hashed;
use crate::ground::sync::MutexGuard;
use crate::table::{Removed, low};

/// The end of a call whose leader flies solo.
pub(super) struct Ending<'a, V> {
    pub(super) ticket: Ticket,
    /// Nothing was stored for its key when it began.
    pub(super) is_absent: bool,
    pub(super) kept: &'a mut Option<Kept<V>>,
    /// Whether its mark is out: what panics behind that is user code on the way of a value into the table.
    pub(super) done: &'a mut bool,
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Flights<K, V> {
    /// The value of a load, if it is worth keeping.
    #[inline]
    pub(super) fn keep(&self, key: Option<&K>, value: &V) -> Option<Kept<V>> {
        self.keep.is_worth(value).then(|| Kept { value: value.clone(), terms: self.keep.terms(key, value) })
    }

    /// The end of a flight: if it still stands for its key, it is taken out, and what it brings is stored.
    pub(super) fn end(this: &Arc<Self>, flight: &Arc<Flight<V>>, kept: Option<Kept<V>>) -> Option<Gone<K, V>> {
        let hash = flight.hash;
        let Some(here) = here::lock() else {
            let (this, flight) = (this.clone(), flight.clone());
            here::outside(move || {
                let gone = Self::end(&this, &flight, kept);
                this.let_go(gone);
            });
            return None;
        };
        let mut calls = this.running.lock(&here, hash);
        let key = calls.take_if_still(flight);
        let mut shard = this.table.lock(&here, hash);
        if key.is_some() {
            shard.beside.discount_flight();
        }
        let gone = match (key, kept) {
            (Some(Hashed { same, key, .. }), Some(Kept { value, terms })) => {
                Gone::new(None, shard.insert(low(hash), key, value, same, terms, || this.now()))
            }
            (key, spare) => Gone { flight: None, key, removed: Removed::nothing(), spare },
        };
        // Behind what may panic.
        if flight.ends() {
            shard.end();
        }
        drop(shard);
        drop(calls);
        drop(here);
        this.gate.ended();
        Some(gone)
    }

    /// The same for a call that nobody has joined; false: somebody has.
    #[inline]
    pub(super) fn end_solo(&self, ending: Ending<'_, V>, gone: &mut Gone<K, V>) -> bool {
        let Ending { ticket: Ticket { hash, number }, is_absent, kept, done } = ending;
        let gate = self.gate.ending();
        let here = here::lock().expect(UNLOCKED);
        let mut shard = self.table.lock(&here, hash);
        let Some((key, stands)) = shard.beside.end(number) else { return false };
        *done = true;
        shard.end();
        match kept.take() {
            Some(Kept { value, terms }) if stands => {
                let Hashed { same, key, .. } = key;
                if is_absent {
                    // Nobody stores a value for a key whose call stands, but that call.
                    shard.insert_absent(low(hash), key, value, terms, || self.now(), &mut gone.removed);
                } else {
                    gone.removed = shard.insert(low(hash), key, value, same, terms, || self.now());
                }
            }
            spare => (gone.key, gone.spare) = (Some(key), spare),
        }
        drop(shard);
        drop(here);
        drop(gate);
        true
    }

    /// The flight of a leader that flew solo until now, and its mark, which has the key still if it stood no more.
    pub(super) fn board_leader(&self, Ticket { hash, number }: Ticket) -> (Arc<Flight<V>>, Option<Mark<K, V>>) {
        let here = here::lock().expect(UNLOCKED);
        let mut calls = self.running.lock(&here, hash);
        let mut shard = self.table.lock(&here, hash);
        let flight = shard.beside.board(&mut calls, |mark| mark.is(number));
        let mark = shard.beside.take(number);
        drop(shard);
        drop(calls);
        drop(here);
        (flight.expect("the leader alone takes its mark out"), mark)
    }

    /// A flight that user code kept from landing has another lead: it is running, once more if its end was counted.
    pub(super) fn begin_again(&self, flight: &Flight<V>) {
        if let Some(here) = here::lock() {
            let mut shard = self.table.lock(&here, flight.hash);
            if flight.goes_on() {
                shard.begin();
            }
        }
    }

    /// Those who wait for a flight hear that it has landed. True: nobody else is in it any more, and nobody will be.
    pub(super) fn announce(&self, mut crew: MutexGuard<'_, Crew<V>>) -> bool {
        self.tally.load_ended(crew.began);
        crew.phase = Phase::Landed;
        let alone = crew.count() == 1;
        let wakers = crew.take_wakers();
        drop(crew);
        wakers.wake();
        alone
    }
}

/// A call begins and is polled for the first time in one step, which is not taken under a lock.
const UNLOCKED: &str = "no lock of a cache is held when a call begins";
