//! Floor 3: the calls running now, and how they end in the table.
//!
//! What panic, error and drop mean is decided here and nowhere else. Locks are taken in one order: a part of the map, then a
//! shard of the table; a flight's own lock is held for a few instructions and never with user code under it.

mod board;
mod circle;
mod crew;
mod end;
mod gate;
mod keep;
mod marks;
mod place;
mod relay;
mod running;
mod seat;
mod solo;

pub(crate) use board::Boarding;
pub(crate) use crew::{AnyError, Body, Loaded, Parcel};
pub(crate) use gate::Gate;
pub(crate) use keep::{Keep, Life, Lifetime, Listener, Weigher, Worth};
pub(crate) use place::Place;
pub(crate) use seat::{Turn, resume};
pub(crate) use solo::Lent;

use keep::Kept;
use marks::Marks;
use running::{Part, Running, Taken};

use crate::ground::clock::Moment;
use crate::ground::here::{self, Locked};
use crate::ground::key::Hashed;
use crate::ground::stats::Tally;
use crate::ground::sync::MutexGuard;
use crate::table::{Absent, Removed, Shelf, low};

/// The table, and beside each shard the marks of calls of its keys.
pub(crate) type Table<K, V> = crate::table::Table<K, V, Marks<K, V>>;

/// How many entries are cloned under one lock when all are listed.
const PAGE: usize = 64;

/// The running calls of a cache and the table they end in: invalidation is a step over both.
pub(crate) struct Flights<K, V> {
    running: Running<K, V>,
    table: Table<K, V>,
    pub(crate) keep: Keep<K, V>,
    pub(crate) tally: Tally,
    pub(crate) gate: Gate,
}

/// What a step over map and table took out, to be dropped when no lock is held.
#[must_use = "dropping runs user code: let it fall when no lock is held"]
pub(crate) struct Gone<K, V> {
    flight: Option<Taken<K, V>>,
    /// That of a call whose leader flew solo.
    key: Option<Hashed<K>>,
    removed: Removed<K, V>,
    /// A value that was to be stored and was not.
    spare: Option<Kept<V>>,
}

impl<K, V> Gone<K, V> {
    const fn nothing() -> Self {
        Self { flight: None, key: None, removed: Removed::nothing(), spare: None }
    }

    fn new(flight: Option<Taken<K, V>>, removed: Removed<K, V>) -> Self {
        Self { flight, removed, key: None, spare: None }
    }
}

/// Lets go of what a look that found nothing held: apart, so that nothing of a hit waits to learn whether it is one.
#[cold]
#[inline(never)]
fn leave<T>(shard: MutexGuard<'_, T>, here: Locked) {
    drop(shard);
    drop(here);
}

impl<K, V> Flights<K, V> {
    pub(crate) fn new(table: Table<K, V>, keep: Keep<K, V>) -> Self {
        Self { running: Running::new(), table, keep, tally: Tally::default(), gate: Gate::default() }
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
    pub(crate) fn hit(&self, hash: u64, same: impl Fn(&K) -> bool) -> Result<V, Absent>
    where
        V: Clone,
    {
        let Some(here) = here::lock_for_hit() else { return Err(Absent::UNKNOWN) };
        let mut shard = self.table.lock(&here, hash);
        let absent = match shard.hit(low(hash), same, || self.now()) {
            Ok(value) => return Ok(value.clone()),
            Err(absent) => absent,
        };
        leave(shard, here);
        Err(absent)
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
        let calls = self.running.lock(here, hash);
        let shard = self.table.lock(here, hash);
        calls.find(&same).is_some()
            || shard.beside.contains(hash, &same)
            || shard.peek(low(hash), same, || self.now()).is_some()
    }

    /// Whether a call that is running has this hash, or an entry, be it expired. No code of the user's runs.
    #[cfg(feature = "store")]
    pub(crate) fn holds(&self, here: &Locked, hash: u64) -> bool {
        let calls = self.running.lock(here, hash);
        let shard = self.table.lock(here, hash);
        calls.find(|_| true).is_some()
            || shard.beside.contains(hash, |_| true)
            || shard.peek(low(hash), |_| true, || Moment(0)).is_some()
    }

    /// Forgets a value and a running call; says whether there was one. From now on nothing that began before is stored or
    /// joined.
    pub(crate) fn invalidate(&self, here: &Locked, hash: u64, same: impl Fn(&K) -> bool) -> (Gone<K, V>, bool) {
        let mut calls = self.running.lock(here, hash);
        let mut shard = self.table.lock(here, hash);
        let (flight, was_running) = forget(&mut calls, &mut shard, hash, &same);
        let (removed, was_stored) = shard.remove(low(hash), same, || self.now());
        (Gone::new(flight, removed), was_stored || was_running)
    }

    /// Stores a value, which wins over a running call.
    pub(crate) fn insert(&self, here: &Locked, key: Hashed<K>, kept: Kept<V>) -> Gone<K, V> {
        let mut calls = self.running.lock(here, key.hash);
        let mut shard = self.table.lock(here, key.hash);
        let (flight, _) = forget(&mut calls, &mut shard, key.hash, |other| key.is(other));
        let Hashed { hash, same, key, .. } = key;
        Gone::new(flight, shard.insert(low(hash), key, kept.value, same, kept.terms, || self.now()))
    }

    /// Forgets all values and running calls, and sets the counters to zero.
    pub(crate) fn clear(&self, here: &Locked) -> Vec<Gone<K, V>> {
        // First the calls: what one that ends between the steps stores, the last takes out.
        let flights = self.take_flights(here);
        let mut gone: Vec<_> = flights.into_iter().map(|flight| Gone::new(Some(flight), Removed::nothing())).collect();
        gone.extend(self.table.lock_each(here).map(|mut shard| Gone::new(None, shard.clear())));
        self.tally.clear();
        gone
    }

    /// From now on no call stands that began before.
    fn take_flights(&self, here: &Locked) -> Vec<Taken<K, V>> {
        // First the marks: what stands no more becomes no flight.
        self.table.lock_each(here).for_each(|mut shard| shard.beside.strike_all());
        let flights = self.running.drain(here);
        for (key, _) in &flights {
            self.table.lock(here, key.hash).beside.discount_flight();
        }
        flights
    }

    /// How many calls are running, those that were invalidated meanwhile included.
    pub(crate) fn running(&self, here: &Locked) -> u64 {
        self.table.lock_each(here).map(|shard| shard.running()).sum()
    }

    /// Clones of the live entries in one shard's last slots before `end`, and which slot is the first of these.
    ///
    /// Whoever walks a shard goes down: when an entry leaves, the last one takes its slot, so that none is passed over.
    pub(crate) fn entries(&self, here: &Locked, number: usize, end: usize) -> (Vec<(K, V)>, usize)
    where
        K: Clone,
        V: Clone,
    {
        let shard = self.table.lock_number(here, number);
        let now = if shard.is_timed() { self.now() } else { Moment(0) };
        let end = end.min(shard.len());
        let begin = end.saturating_sub(PAGE);
        (shard.page(begin..end, now).map(|(key, value)| (key.clone(), value.clone())).collect(), begin)
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
        for gone in gone {
            self.let_go_of(gone);
        }
    }

    /// From now on calls run as the plain function.
    pub(crate) fn close(&self, here: &Locked) {
        self.gate.close();
        self.table.lock_each(here).for_each(|mut shard| shard.close());
    }

    /// Gives the running calls up: their callers go on as the plain function.
    pub(crate) fn release(&self, here: Locked) {
        let flights = self.take_flights(&here);
        drop(here);
        for (_, flight) in &flights {
            let mut crew = flight.crew();
            crew.released = true;
            let wakers = crew.take_wakers();
            drop(crew);
            wakers.wake();
        }
    }

    #[inline]
    fn let_go_of(&self, gone: Gone<K, V>) {
        let Gone { flight, key, removed, spare } = gone;
        drop((flight, key, spare));
        self.keep.let_go(removed);
    }

    /// A value to be stored now.
    pub(crate) fn kept(&self, key: &K, value: V) -> Kept<V> {
        let terms = self.keep.terms(Some(key), &value);
        Kept { value, terms }
    }
}

/// From now on no call of a key stands; says whether one did.
fn forget<K, V>(
    calls: &mut Part<'_, K, V>,
    shard: &mut Shelf<K, V, Marks<K, V>>,
    hash: u64,
    same: impl Fn(&K) -> bool,
) -> (Option<Taken<K, V>>, bool) {
    let flight = calls.take(&same);
    if flight.is_some() {
        shard.beside.discount_flight();
        return (flight, true);
    }
    (None, shard.beside.strike(hash, same))
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::Arc;
    use std::task::Poll;

    use super::*;
    use crate::ground::chance::Chance;
    use crate::ground::clock::Time;
    use crate::ground::key::{KeyOwned, Seed, View as _, key};
    use crate::policy::{Lru, Order};
    use crate::table::Plan;

    /// How a flight leaves the map.
    type Way = fn(&Arc<Flights<u32, u32>>, u64, &mut Place<u32, u32>);

    /// What leaves the map by any way is discounted: else each later call would look there.
    #[test]
    fn behind_the_last_flight_calls_look_in_no_map() {
        let plan = Plan { capacity: Some(8), order: &|_| Order::Lru(Lru::new()), weighed: false, tti: None };
        let (time, chance) = (Time::Coarse, Chance::new(1));
        let keep = Keep { life: Life::Forever, worth: None, weigh: None, listener: None, time, chance };
        let flights = Arc::new(Flights::<u32, u32>::new(Table::new(&plan), keep));
        let here = || here::lock().expect("no lock is held");
        let hash = key(KeyOwned(1)).hash(&Seed::default());
        let are_clear = || flights.table.lock(&here(), hash).beside.are_clear(hash);
        let ways: [Way; 4] = [
            |_, _, place| _ = place.land_value(10),
            |_, _, _| {},
            |flights, hash, _| drop(flights.invalidate(&here::lock().expect("free"), hash, |_| true)),
            |flights, _, _| drop(flights.clear(&here::lock().expect("free"))),
        ];
        for way in ways {
            let called = key(KeyOwned(1)).own(hash);
            let Boarding::Place(mut place) = Flights::board(&Lent::Here(&flights), called, true, Absent::UNKNOWN)
            else {
                panic!("it leads")
            };
            assert!(place.run(|| Poll::<()>::Pending).is_pending());
            assert!(!are_clear());
            way(&flights, hash, &mut place);
            drop(place);
            assert!(are_clear());
        }
    }
}
