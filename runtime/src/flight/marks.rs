//! The marks of calls whose leaders fly solo.
//!
//! They stand under the lock of their keys' shard, so that such a call takes one lock to begin and one to end. The map of the
//! flights is apart, and a mark becomes a flight there as soon as somebody wants to join.

use std::sync::Arc;

use super::crew::Flight;
use super::running::Part;
use crate::ground::key::Hashed;

/// What the flights keep beside a shard.
pub(crate) struct Marks<K, V> {
    solos: Vec<Mark<K, V>>,
    /// How many flights of the shard's keys are in the map, or were a moment ago.
    flights: usize,
}

/// A call whose leader flies solo. The leader alone takes it out, so that it finds those who joined meanwhile.
pub(super) struct Mark<K, V> {
    hash: u64,
    /// By the shard, which counts the calls that begin.
    number: u64,
    /// Nothing of its key has been stored or invalidated since it began.
    stands: bool,
    /// Until it is the key of a flight in the map.
    key: Option<Hashed<K>>,
    flight: Option<Arc<Flight<V>>>,
}

impl<K, V> Default for Marks<K, V> {
    fn default() -> Self {
        Self { solos: Vec::new(), flights: 0 }
    }
}

impl<K, V> Mark<K, V> {
    pub(super) fn is(&self, number: u64) -> bool {
        self.number == number
    }

    /// Whether it stands for a key, and is no flight yet.
    pub(super) fn stands_for(&self, hash: u64, same: impl Fn(&K) -> bool) -> bool {
        self.hash == hash && self.stands && self.key.as_ref().is_some_and(|key| same(&key.key))
    }
}

impl<K, V> Marks<K, V> {
    /// Whether surely no call of a key of this hash is running.
    #[inline]
    pub(super) fn are_clear(&self, hash: u64) -> bool {
        self.flights == 0 && self.solos.iter().all(|mark| mark.hash != hash)
    }

    /// A call begins.
    #[inline]
    pub(super) fn put(&mut self, number: u64, key: Hashed<K>) {
        self.solos.push(Mark { hash: key.hash, number, stands: true, key: Some(key), flight: None });
    }

    /// Whether a mark stands for a key, and is no flight yet.
    pub(super) fn contains(&self, hash: u64, same: impl Fn(&K) -> bool) -> bool {
        self.solos.iter().any(|mark| mark.stands_for(hash, &same))
    }

    /// From now on the mark of a key does not stand; says whether it did.
    pub(super) fn strike(&mut self, hash: u64, same: impl Fn(&K) -> bool) -> bool {
        let found = self.solos.iter_mut().find(|mark| mark.stands_for(hash, &same));
        found.is_some_and(|mark| std::mem::take(&mut mark.stands))
    }

    /// From now on no mark stands.
    pub(super) fn strike_all(&mut self) {
        self.solos.iter_mut().for_each(|mark| mark.stands = false);
    }

    /// The flight of a mark, made now if it has none yet. If the mark stands, the flight goes in the map.
    pub(super) fn board(
        &mut self,
        calls: &mut Part<'_, K, V>,
        is_it: impl Fn(&Mark<K, V>) -> bool,
    ) -> Option<Arc<Flight<V>>> {
        let mark = self.solos.iter_mut().find(|mark| is_it(mark))?;
        if let Some(flight) = &mark.flight {
            return Some(flight.clone());
        }
        let flight = mark.flight.insert(Flight::new(mark.hash)).clone();
        if mark.stands {
            calls.put(mark.key.take()?, flight.clone());
            self.flights += 1;
        }
        Some(flight)
    }

    /// Takes out the mark of a number.
    pub(super) fn take(&mut self, number: u64) -> Option<Mark<K, V>> {
        let place = self.solos.iter().position(|mark| mark.is(number))?;
        Some(self.solos.swap_remove(place))
    }

    /// Takes out the mark of a call that nobody has joined: its key, and whether it stood.
    #[inline]
    pub(super) fn end(&mut self, number: u64) -> Option<(Hashed<K>, bool)> {
        let place = self.solos.iter().position(|mark| mark.number == number && mark.flight.is_none())?;
        let Mark { key, stands, .. } = self.solos.swap_remove(place);
        key.map(|key| (key, stands))
    }

    /// A flight was put in the map.
    pub(super) fn count_flight(&mut self) {
        self.flights += 1;
    }

    /// A flight was taken out of the map.
    pub(super) fn discount_flight(&mut self) {
        self.flights -= 1;
    }
}
