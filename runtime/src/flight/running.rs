//! The map of the calls running now.

use std::sync::Arc;

use dashmap::SharedValue;
use hashbrown::raw::RawTable;

use super::crew::Flight;
use crate::ground::here::Locked;
use crate::ground::key::Hashed;

/// Tells a running call from all others, those of its own key included: comparing it is law 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// Of its key.
    pub(super) hash: u64,
    /// By its shard of the table, which counts the calls that begin.
    pub(super) number: u64,
}

/// A running call, beside its key.
pub(super) struct Call<V> {
    number: u64,
    crew: Aboard<V>,
}

/// Who is in a running call.
enum Aboard<V> {
    /// Its leader, who polls the body for the first time. It takes the call out itself, so that it always finds those who
    /// joined meanwhile; what is invalidated stands no more, and waits here to be taken out.
    Solo { stands: bool, joined: Option<Arc<Flight<V>>> },
    /// Whoever has a seat.
    Flight(Arc<Flight<V>>),
}

impl<V> Call<V> {
    /// A call whose leader flies solo.
    pub(super) const fn solo(number: u64) -> Self {
        Self { number, crew: Aboard::Solo { stands: true, joined: None } }
    }

    /// A call that has a flight.
    pub(super) fn flight(flight: Arc<Flight<V>>) -> Self {
        Self { number: flight.ticket.number, crew: Aboard::Flight(flight) }
    }

    fn taken<K>(self, key: Hashed<K>) -> Taken<K, V> {
        let flight = match self.crew {
            Aboard::Solo { joined, .. } => joined,
            Aboard::Flight(flight) => Some(flight),
        };
        Taken { _key: Some(key), flight }
    }

    fn stands(&self) -> bool {
        !matches!(self.crew, Aboard::Solo { stands: false, .. })
    }

    /// Its flight, made now if its leader flies solo.
    fn board(&mut self, hash: u64) -> &Arc<Flight<V>> {
        match &mut self.crew {
            Aboard::Flight(flight) => flight,
            Aboard::Solo { joined, .. } => {
                let ticket = Ticket { hash, number: self.number };
                joined.get_or_insert_with(|| Flight::new(ticket))
            }
        }
    }
}

/// What is taken out of the map, to be dropped when no lock is held.
pub(super) struct Taken<K, V> {
    /// `None`: the leader, who flies solo, takes it out.
    pub(super) _key: Option<Hashed<K>>,
    pub(super) flight: Option<Arc<Flight<V>>>,
}

type Entry<K, V> = (Hashed<K>, SharedValue<Call<V>>);

/// The calls by key. Apart from the table: a running call takes no slot there and evicts nothing.
pub(super) struct Running<K, V>(map::Map<K, V>);

impl<K, V> Running<K, V> {
    pub(super) fn new() -> Self {
        Self(map::new())
    }

    /// Locks the calls whose keys share a part of the map with `hash`.
    pub(super) fn lock<'a>(&'a self, here: &'a Locked, hash: u64) -> Part<'a, K, V> {
        let _ = here;
        Part { calls: map::lock(&self.0, hash), hash }
    }

    /// From now on no call stands, part by part.
    pub(super) fn drain(&self, here: &Locked) -> Vec<Taken<K, V>> {
        let _ = here;
        let mut all = Vec::new();
        for mut part in map::parts(&self.0) {
            let calls: Vec<_> = part.drain().collect();
            for (key, call) in calls {
                let mut call = call.into_inner();
                if let Aboard::Solo { stands, joined } = &mut call.crew {
                    *stands = false;
                    all.push(Taken { _key: None, flight: joined.clone() });
                    part.insert(key.hash, (key, SharedValue::new(call)), |(key, _)| key.hash);
                } else {
                    all.push(call.taken(key));
                }
            }
        }
        all
    }
}

/// Dashmap, whose shards are locked by hand.
#[cfg(not(shuttle))]
mod map {
    use std::hash::BuildHasherDefault;

    use dashmap::{DashMap, RwLockWriteGuard};

    use super::{Call, Entry, Hashed, RawTable};
    use crate::ground::key::Brought;

    pub(super) type Map<K, V> = DashMap<Hashed<K>, Call<V>, BuildHasherDefault<Brought>>;
    pub(super) type Guard<'a, K, V> = RwLockWriteGuard<'a, RawTable<Entry<K, V>>>;

    pub(super) fn new<K, V>() -> Map<K, V> {
        // Running calls are few beside entries, and an instance may have a cache a method: a few locks do.
        DashMap::with_hasher_and_shard_amount(BuildHasherDefault::default(), 4)
    }

    pub(super) fn lock<K, V>(map: &Map<K, V>, hash: u64) -> Guard<'_, K, V> {
        #[expect(clippy::cast_possible_truncation, reason = "a hash, of which any bits do")]
        let number = map.determine_shard(hash as usize);
        map.shards()[number].write()
    }

    pub(super) fn parts<K, V>(map: &Map<K, V>) -> impl Iterator<Item = Guard<'_, K, V>> {
        map.shards().iter().map(|part| part.write())
    }
}

/// One part behind a lock that shuttle sees.
#[cfg(shuttle)]
mod map {
    use super::{Entry, RawTable};
    use crate::ground::sync::{Lock, MutexGuard};

    pub(super) type Map<K, V> = Lock<RawTable<Entry<K, V>>>;
    pub(super) type Guard<'a, K, V> = MutexGuard<'a, RawTable<Entry<K, V>>>;

    pub(super) fn new<K, V>() -> Map<K, V> {
        Lock::new(RawTable::new())
    }

    pub(super) fn lock<K, V>(map: &Map<K, V>, _: u64) -> Guard<'_, K, V> {
        map.lock()
    }

    pub(super) fn parts<K, V>(map: &Map<K, V>) -> impl Iterator<Item = Guard<'_, K, V>> {
        std::iter::once(map.lock())
    }
}

/// A locked part of the map, seen by one hash.
pub(super) struct Part<'a, K, V> {
    calls: map::Guard<'a, K, V>,
    hash: u64,
}

impl<K, V> Part<'_, K, V> {
    /// Whether a call of a key stands.
    pub(super) fn contains(&self, same: impl Fn(&K) -> bool) -> bool {
        let stands = |(key, call): &Entry<K, V>| key.hash == self.hash && call.get().stands() && same(&key.key);
        self.calls.get(self.hash, stands).is_some()
    }

    /// The flight of a key, if a call of it stands.
    pub(super) fn board(&mut self, same: impl Fn(&K) -> bool) -> Option<&Arc<Flight<V>>> {
        let hash = self.hash;
        Some(self.find(same)?.board(hash))
    }

    fn find(&mut self, same: impl Fn(&K) -> bool) -> Option<&mut Call<V>> {
        let hash = self.hash;
        let stands = |(key, call): &Entry<K, V>| key.hash == hash && call.get().stands() && same(&key.key);
        let (_, call) = self.calls.get_mut(hash, stands)?;
        Some(call.get_mut())
    }

    /// From now on the call of a key does not stand. `None`: there was none.
    pub(super) fn forget(&mut self, same: impl Fn(&K) -> bool) -> Option<Taken<K, V>> {
        let call = self.find(&same)?;
        if let Aboard::Solo { stands, .. } = &mut call.crew {
            *stands = false;
            return Some(Taken { _key: None, flight: None });
        }
        let number = call.number;
        let (key, call) = self.take(number, |_| true)?;
        Some(call.taken(key))
    }

    /// Takes a flight out, if it still stands, and gives its key back.
    pub(super) fn take_flight(&mut self, ticket: Ticket) -> Option<Hashed<K>> {
        Some(self.take(ticket.number, |_| true)?.0)
    }

    /// The leader takes out what nobody has joined; says whether it stood. `None`: somebody has.
    pub(super) fn take_solo(&mut self, ticket: Ticket) -> Option<(Hashed<K>, bool)> {
        let alone = |call: &Call<V>| matches!(call.crew, Aboard::Solo { joined: None, .. });
        let (key, call) = self.take(ticket.number, alone)?;
        Some((key, call.stands()))
    }

    /// The leader flies solo no more: its flight, and what is to be dropped if that stands no more.
    pub(super) fn board_leader(&mut self, ticket: Ticket) -> (Arc<Flight<V>>, Option<Hashed<K>>) {
        let call = self.solo(ticket);
        let flight = call.board(ticket.hash).clone();
        if call.stands() {
            call.crew = Aboard::Flight(flight.clone());
            return (flight, None);
        }
        let key = self.take(ticket.number, |_| true).map(|(key, _)| key);
        (flight, key)
    }

    /// The flight of a call whose leader flies solo.
    pub(super) fn join_solo(&mut self, ticket: Ticket) -> Arc<Flight<V>> {
        self.solo(ticket).board(ticket.hash).clone()
    }

    fn solo(&mut self, Ticket { hash, number }: Ticket) -> &mut Call<V> {
        let it = self.calls.get_mut(hash, |(key, call)| key.hash == hash && call.get().number == number);
        it.expect("a leader that flies solo takes its call out itself").1.get_mut()
    }

    fn take(&mut self, number: u64, which: impl Fn(&Call<V>) -> bool) -> Option<(Hashed<K>, Call<V>)> {
        let hash = self.hash;
        let is_it = |(key, call): &Entry<K, V>| key.hash == hash && call.get().number == number && which(call.get());
        let (key, call) = self.calls.remove_entry(hash, is_it)?;
        Some((key, call.into_inner()))
    }

    /// Adds a call for a key of which none stands.
    pub(super) fn put(&mut self, key: Hashed<K>, call: Call<V>) {
        self.calls.insert(self.hash, (key, SharedValue::new(call)), |(key, _)| key.hash);
    }
}
