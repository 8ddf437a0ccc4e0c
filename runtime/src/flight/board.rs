//! How a call that is no hit finds its place: it joins the running call of its key, or leads a new one.

use std::sync::Arc;

use super::circle::{self, Edge, Node};
use super::crew::Flight;
use super::marks::Marks;
use super::place::Place;
use super::running::{Part, Taken};
use super::seat::Seat;
use super::solo::{Lent, Solo, Ticket};
use super::{Flights, forget};
use crate::ground::here::{self, Locked};
use crate::ground::key::Hashed;
use crate::table::{Absent, Run, low};

/// What a call finds that was no hit at first sight.
pub(crate) enum Boarding<K: 'static, V: Clone + Send + Sync + 'static> {
    /// A value after all: it came in between.
    Value(V),
    /// The lead of a new call, or a seat in a flight.
    Place(Place<K, V>),
    /// It would have to wait for itself.
    Alone,
}

/// What boarding leaves behind, to be dropped when no lock is held: a key twice, and a flight that was over or overtaken.
struct Left<K, V> {
    key: Option<Hashed<K>>,
    own_key: Option<Arc<K>>,
    over: Option<Taken<K, V>>,
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Flights<K, V> {
    /// Joins the running call of a key, or leads a new one. `refresh`: a new one whatever is stored or running.
    #[inline]
    pub(crate) fn board(this: &Lent<'_, K, V>, key: Hashed<K>, refresh: bool, absent: Absent) -> Boarding<K, V> {
        let own_key = this.keep.asks_for_key().then(|| Arc::new((key.copy)(&key.key)));
        let Some(here) = here::lock() else { return Boarding::Alone };
        if !refresh && !circle::is_inside() {
            let hash = key.hash;
            let mut shard = this.table.lock(&here, hash);
            // Most calls meet nobody: one look under one lock says so.
            if shard.beside.are_clear(hash) {
                return match shard.recall(low(hash), |other| key.is(other), || this.now(), absent) {
                    Ok(value) => {
                        let value = value.clone();
                        drop(shard);
                        drop(here);
                        drop((key, own_key));
                        Boarding::Value(value)
                    }
                    Err(run) => {
                        shard.beside.put(run.number, key);
                        drop(shard);
                        // First the leader, which takes its mark along if what was put off until now panics.
                        let solo = Solo::new(this.hold(), hash, run, own_key);
                        drop(here);
                        Boarding::Place(Place::Solo(solo))
                    }
                };
            }
        }
        let mut left = Left { key: None, own_key: None, over: None };
        let boarding = Self::board_among_others(this, &here, key, own_key, refresh, absent, &mut left);
        drop(here);
        // Not left to the end of a scope: a drop that panics there would leak what is returned.
        drop(left);
        boarding
    }

    #[inline(never)]
    fn board_among_others(
        this: &Lent<'_, K, V>,
        here: &Locked,
        key: Hashed<K>,
        own_key: Option<Arc<K>>,
        refresh: bool,
        absent: Absent,
        left: &mut Left<K, V>,
    ) -> Boarding<K, V> {
        circle::settle(here);
        let hash = key.hash;
        let mut calls = this.running.lock(here, hash);
        let mut shard = this.table.lock(here, hash);
        let mut stands = refresh;
        if !refresh {
            if let Some(flight) = flight_of(&mut calls, &mut shard.beside, &key) {
                let Ok(edge) = Edge::draw(&flight) else {
                    this.tally.bypassed.add(1);
                    (left.key, left.own_key) = (Some(key), own_key);
                    return Boarding::Alone;
                };
                let number = flight.crew().sit();
                if let Some(number) = number {
                    this.tally.coalesced.add(1);
                    left.key = Some(key);
                    let seat = Seat::joining(Arc::clone(this), flight, number, own_key, edge);
                    return Boarding::Place(Place::Seat(seat));
                }
                stands = true;
            }
        }
        // Before anything is counted: comparing may panic.
        if stands {
            left.over = forget(&mut calls, &mut shard, hash, |other| key.is(other)).0;
        }
        let run = if refresh {
            this.tally.refreshes.add(1);
            Run { number: shard.begin(), is_absent: false }
        } else {
            // It may have landed since the call looked for its value.
            match shard.recall(low(hash), |other| key.is(other), || this.now(), absent) {
                Ok(value) => {
                    let value = value.clone();
                    (left.key, left.own_key) = (Some(key), own_key);
                    return Boarding::Value(value);
                }
                Err(run) => run,
            }
        };
        if !circle::is_inside() {
            shard.beside.put(run.number, key);
            return Boarding::Place(Place::Solo(Solo::new(this.hold(), hash, run, own_key)));
        }
        // A call that a body makes is a part of the graph from the start.
        let flight = Flight::new(hash);
        // Nobody waits for a flight that is not in the map yet: there is no circle.
        let edge = Edge::draw(&flight).ok().flatten();
        calls.put(key, flight.clone());
        shard.beside.count_flight();
        Boarding::Place(Place::Seat(Seat::leading(Arc::clone(this), flight, own_key, edge)))
    }
}

impl<K: 'static, V: Clone + Send + Sync + 'static> circle::Solos for Flights<K, V> {
    fn node(&self, here: &Locked, Ticket { hash, number }: Ticket) -> Arc<dyn Node> {
        let mut calls = self.running.lock(here, hash);
        let mut shard = self.table.lock(here, hash);
        shard.beside.board(&mut calls, |mark| mark.is(number)).expect("the leader alone takes its mark out")
    }
}

/// The flight of a key, made now if its leader flies solo.
fn flight_of<K, V>(calls: &mut Part<'_, K, V>, marks: &mut Marks<K, V>, key: &Hashed<K>) -> Option<Arc<Flight<V>>> {
    match calls.find(|other| key.is(other)) {
        Some(flight) => Some(flight.clone()),
        None => marks.board(calls, |mark| mark.stands_for(key.hash, |other| key.is(other))),
    }
}
