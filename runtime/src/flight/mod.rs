//! Floor 3: the calls running now, and how they end in the table.
//!
//! What panic, error and drop mean is decided here and nowhere else. Locks are taken in one order: a part of the map, then a
//! shard of the table; a flight's own lock is held for a few instructions and never with user code under it.

mod circle;
mod crew;
mod gate;
mod keep;
mod running;
mod seat;

use std::sync::Arc;

pub(crate) use crew::{AnyError, Body, Loaded, Parcel};
pub(crate) use gate::Gate;
pub(crate) use keep::{Keep, Life, Lifetime, Listener, Weigher, Worth};
pub(crate) use seat::{Seat, Turn, resume};

use circle::Edge;
use crew::{Crew, Flight, Phase};
use keep::Kept;
use running::Running;

use crate::ground::clock::Moment;
use crate::ground::here::{self, Locked};
use crate::ground::key::{Hashed, Seed};
use crate::ground::stats::Tally;
use crate::ground::sync::MutexGuard;
use crate::table::{Removed, Table, low};

/// The running calls of a cache and the table they end in: invalidation is a step over both.
pub(crate) struct Flights<K, V> {
    running: Running<K, V>,
    table: Table<K, V>,
    pub(crate) seed: Seed,
    pub(crate) keep: Keep<K, V>,
    pub(crate) tally: Tally,
    pub(crate) gate: Gate,
}

/// What a call finds that was no hit at first sight.
pub(crate) enum Boarding<K: 'static, V: Clone + Send + Sync + 'static> {
    /// A value after all: it came in between.
    Value(V),
    /// A seat in a flight, new or running already.
    Seat(Seat<K, V>),
    /// It would have to wait for itself.
    Alone,
}

/// What boarding leaves behind, to be dropped when no lock is held: a key twice, and a flight that was over or overtaken.
type Left<K, V> = (Option<Hashed<K>>, Option<Arc<K>>, Option<(Hashed<K>, Arc<Flight<V>>)>);

/// What a step over map and table took out, to be dropped when no lock is held.
#[must_use = "dropping runs user code: let it fall when no lock is held"]
pub(crate) struct Gone<K, V> {
    flight: Option<(Hashed<K>, Arc<Flight<V>>)>,
    removed: Removed<K, V>,
    /// A value that was to be stored and was not.
    spare: Option<Kept<V>>,
}

impl<K, V> Gone<K, V> {
    fn new(flight: Option<(Hashed<K>, Arc<Flight<V>>)>, removed: Removed<K, V>) -> Self {
        Self { flight, removed, spare: None }
    }
}

impl<K, V> Flights<K, V> {
    pub(crate) fn new(table: Table<K, V>, keep: Keep<K, V>) -> Self {
        let (tally, gate) = (Tally::default(), Gate::default());
        Self { running: Running::new(), table, seed: Seed::default(), keep, tally, gate }
    }

    pub(crate) fn table(&self) -> &Table<K, V> {
        &self.table
    }

    pub(crate) fn now(&self) -> Moment {
        self.keep.time.now()
    }

    /// The fast path of a call: the value, if it is stored and the call asks for nothing else.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way of every hit")]
    pub(crate) fn hit(&self, hash: u64, same: impl Fn(&K) -> bool) -> Option<V>
    where
        V: Clone,
    {
        let here = here::lock_for_hit()?;
        self.table.lock(&here, hash).hit(low(hash), same, || self.now()).cloned()
    }

    /// The value, counted and touched.
    pub(crate) fn get(&self, here: &Locked, hash: u64, same: impl Fn(&K) -> bool) -> Option<V>
    where
        V: Clone,
    {
        self.table.lock(here, hash).get(low(hash), same, || self.now()).cloned()
    }

    /// The value, with no effect on counters or order.
    pub(crate) fn peek(&self, here: &Locked, hash: u64, same: impl Fn(&K) -> bool) -> Option<V>
    where
        V: Clone,
    {
        self.table.lock(here, hash).peek(low(hash), same, || self.now()).cloned()
    }

    /// Whether a value is stored, or a call is running.
    pub(crate) fn contains(&self, here: &Locked, hash: u64, same: impl Fn(&K) -> bool) -> bool {
        self.running.lock(here, hash).find(&same).is_some()
            || self.table.lock(here, hash).peek(low(hash), same, || self.now()).is_some()
    }

    /// Whether a call that is running has this hash, or an entry, be it expired. No code of the user's runs.
    #[cfg(feature = "store")]
    pub(crate) fn holds(&self, here: &Locked, hash: u64) -> bool {
        let calls = self.running.lock(here, hash);
        calls.find(|_| true).is_some() || self.table.lock(here, hash).peek(low(hash), |_| true, || Moment(0)).is_some()
    }

    /// Forgets a value and a running call; says whether there was one. From now on nothing that began before is stored or
    /// joined.
    pub(crate) fn invalidate(&self, here: &Locked, hash: u64, same: impl Fn(&K) -> bool) -> (Gone<K, V>, bool) {
        let mut calls = self.running.lock(here, hash);
        let flight = calls.take(&same);
        let (removed, found) = self.table.lock(here, hash).remove(low(hash), same, || self.now());
        let was_there = found || flight.is_some();
        (Gone::new(flight, removed), was_there)
    }

    /// Stores a value, which wins over a running call.
    pub(crate) fn insert(&self, here: &Locked, key: Hashed<K>, kept: Kept<V>) -> Gone<K, V> {
        let mut calls = self.running.lock(here, key.hash);
        let flight = calls.take(|other| key.is(other));
        let Hashed { hash, same, key, .. } = key;
        Gone::new(
            flight,
            self.table.lock(here, hash).insert(low(hash), key, kept.value, same, kept.terms, || self.now()),
        )
    }

    /// Forgets all values and running calls, and sets the counters to zero.
    pub(crate) fn clear(&self, here: &Locked) -> Vec<Gone<K, V>> {
        // First the flights: what one that ends between the two steps stores, the second takes out.
        let flights = self.running.drain(here);
        let mut gone: Vec<_> = flights.into_iter().map(|flight| Gone::new(Some(flight), Removed::nothing())).collect();
        gone.extend(self.table.lock_each(here).map(|mut shard| Gone::new(None, shard.clear())));
        self.tally.clear();
        gone
    }

    /// How many calls are running, those that were invalidated meanwhile included.
    pub(crate) fn running(&self, here: &Locked) -> u64 {
        self.table.lock_each(here).map(|shard| shard.running()).sum()
    }

    /// Clones of the entries of one shard.
    pub(crate) fn entries(&self, here: &Locked, number: usize) -> Vec<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let shard = self.table.lock_number(here, number);
        let now = if shard.is_timed() { self.now() } else { Moment(0) };
        shard.iter(now).map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Takes out what has expired.
    pub(crate) fn sweep(&self, here: &Locked) -> Gone<K, V> {
        let mut removed = Removed::nothing();
        let mut now = None;
        for mut shard in self.table.lock_each(here) {
            if shard.is_timed() {
                removed.append(shard.sweep(*now.get_or_insert_with(|| self.now()), usize::MAX));
            }
        }
        Gone::new(None, removed)
    }

    /// Another bound.
    pub(crate) fn set_capacity(&self, here: &Locked, capacity: u64) -> Gone<K, V> {
        Gone::new(None, self.table.set_capacity(here, capacity))
    }

    /// Drops what is gone, or tells the listener: no lock is held.
    pub(crate) fn let_go(&self, gone: impl IntoIterator<Item = Gone<K, V>>) {
        for Gone { flight, removed, spare } in gone {
            drop((flight, spare));
            self.keep.let_go(removed);
        }
    }

    /// From now on calls run as the plain function.
    pub(crate) fn close(&self, here: &Locked) {
        self.gate.close();
        self.table.lock_each(here).for_each(|mut shard| shard.close());
    }

    /// Gives the running calls up: their callers go on as the plain function.
    pub(crate) fn release(&self, here: Locked) {
        let flights = self.running.drain(&here);
        drop(here);
        for (_, flight) in &flights {
            let mut crew = flight.crew();
            crew.released = true;
            let wakers = crew.take_wakers();
            drop(crew);
            wakers.wake();
        }
    }

    /// A value to be stored now.
    pub(crate) fn kept(&self, key: &K, value: V) -> Kept<V> {
        let terms = self.keep.terms(Some(key), &value);
        Kept { value, terms }
    }
}

impl<K: 'static, V: Clone + Send + Sync + 'static> Flights<K, V> {
    /// Joins the running call of a key, or leads a new one. `refresh`: a new one whatever is stored or running.
    pub(crate) fn board(self: &Arc<Self>, key: Hashed<K>, refresh: bool) -> Boarding<K, V> {
        let own_key = self.keep.asks_for_key().then(|| Arc::new((key.copy)(&key.key)));
        let Some(here) = here::lock() else { return Boarding::Alone };
        let (boarding, left) = self.board_here(&here, key, own_key, refresh);
        drop(here);
        // Not left to the end of a scope: a drop that panics there would leak what is returned.
        drop(left);
        boarding
    }

    fn board_here(
        self: &Arc<Self>,
        here: &Locked,
        key: Hashed<K>,
        own_key: Option<Arc<K>>,
        refresh: bool,
    ) -> (Boarding<K, V>, Left<K, V>) {
        let hash = key.hash;
        let mut calls = self.running.lock(here, hash);
        let mut stands = refresh;
        if !refresh {
            if let Some(flight) = calls.find(|other| key.is(other)) {
                let Ok(edge) = Edge::draw(flight) else {
                    self.tally.bypassed.add(1);
                    return (Boarding::Alone, (Some(key), own_key, None));
                };
                let number = flight.crew().sit();
                if let Some(number) = number {
                    self.tally.coalesced.add(1);
                    let seat = Seat::joining(self.clone(), flight.clone(), number, own_key, edge);
                    return (Boarding::Seat(seat), (Some(key), None, None));
                }
                stands = true;
            }
        }
        // Before anything is counted: comparing may panic.
        let over = if stands { calls.take(|other| key.is(other)) } else { None };
        if refresh {
            self.tally.refreshes.add(1);
            self.table.lock(here, hash).begin();
        } else {
            // It may have landed since the call looked for its value.
            let mut shard = self.table.lock(here, hash);
            if let Some(value) = shard.recall(low(hash), |other| key.is(other), || self.now()) {
                return (Boarding::Value(value.clone()), (Some(key), own_key, over));
            }
        }
        let (flight, number) = Flight::new(hash);
        // Nobody waits for a flight that is not in the map yet: there is no circle.
        let edge = Edge::draw(&flight).ok().flatten();
        calls.put(key, flight.clone());
        let seat = Seat::leading(self.clone(), flight, number, own_key, edge);
        (Boarding::Seat(seat), (None, None, over))
    }

    /// The value of a load, if it is worth keeping.
    fn keep(&self, key: Option<&K>, value: &V) -> Option<Kept<V>> {
        self.keep.is_worth(value).then(|| Kept { value: value.clone(), terms: self.keep.terms(key, value) })
    }

    /// The end of a flight, in one step: if it still stands for its key, it is taken out, and what it brings is stored.
    fn end(this: &Arc<Self>, flight: &Arc<Flight<V>>, kept: Option<Kept<V>>) -> Option<Gone<K, V>> {
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
        let gone = match (key, kept) {
            (Some(Hashed { same, key, .. }), Some(Kept { value, terms })) => {
                Gone::new(None, shard.insert(low(hash), key, value, same, terms, || this.now()))
            }
            (key, kept) => {
                let flight = key.map(|key| (key, flight.clone()));
                Gone { flight, removed: Removed::nothing(), spare: kept }
            }
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

    /// Those who wait for a flight hear that it has landed. True: nobody else is in it any more, and nobody will be.
    fn announce(&self, mut crew: MutexGuard<'_, Crew<V>>) -> bool {
        self.tally.load_ended(crew.began);
        crew.phase = Phase::Landed;
        let alone = crew.count() == 1;
        let wakers = crew.take_wakers();
        drop(crew);
        wakers.wake();
        alone
    }
}
