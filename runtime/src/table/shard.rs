//! One shard of a table: an index over dense slots, an order of eviction, and deadlines.
//!
//! Plain `&mut self`, and no bound on `K`: who calls brings hash and comparison. Nothing is dropped in here. What leaves
//! is handed out as [`Removed`], to be dropped when no lock is held.

mod admit;

use std::ops::Range;
use std::time::Duration;

use super::entry::index;
use super::expiry::Expiry;
use super::index::Index;
use super::recent::Recent;
use super::removed::{Left, Removed};
use crate::ground::clock::Moment;
use crate::ground::stats::{Evictions, RemovalCause};
#[cfg(any(test, fuzzing))]
use crate::policy::Validate as _;
use crate::policy::{Order, Policy, Slot};

/// How many entries a shard can number.
const MOST: usize = Slot::MAX as usize - 1;

/// Room for so few entries is not given back.
const ROOM: usize = 64;

/// How many expired entries one write takes out at the most, so that it stays short when a million expire at once.
const SWEEP: usize = 32;

/// A key was not there, when so many entries had come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absent(u64);

impl Absent {
    /// Nothing is known of it.
    pub(crate) const UNKNOWN: Self = Self(u64::MAX);
}

/// A call that begins to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) number: u64,
    /// Whether there is no entry of its key, not even an expired one.
    pub(crate) is_absent: bool,
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
}

/// In this order: what every hit writes is on one line of the processor's cache, the lock's, and what it only reads is on the
/// next, which processors may share.
#[repr(C)]
pub(crate) struct Shard<K, V> {
    /// What the order will be told of.
    recent: Recent,
    /// Slots by hash.
    index: Index,
    /// By slot.
    entries: Vec<Entry<K, V>>,
    /// `None` until an entry has a deadline.
    expiry: Option<Box<Expiry>>,
    /// How many entries came in: as long as it stays, what was absent is.
    admitted: u64,
    /// To be told and asked by way of [`Shard::order`].
    order: Order,
    /// By slot. Kept, so that no entry's key is ever hashed again: that would run user code.
    hashes: Vec<u32>,
    /// By slot; `None`: every entry weighs 1.
    weights: Option<Vec<u64>>,
    /// What the entries weigh together, and may weigh.
    weight: u64,
    capacity: u64,
    /// Those of which the order was told.
    hits: u64,
    misses: u64,
    /// Calls that began to run, and that ended.
    begun: u64,
    ended: u64,
    evictions: Evictions,
}

impl<K, V> Shard<K, V> {
    pub(crate) fn new(capacity: u64, order: Order, weighed: bool, tti: Option<Duration>) -> Self {
        Self {
            recent: Recent::new(),
            index: Index::new(),
            entries: Vec::new(),
            hashes: Vec::new(),
            weights: weighed.then(Vec::new),
            expiry: tti.map(|tti| Box::new(Expiry::idle(tti))),
            order,
            weight: 0,
            capacity,
            hits: 0,
            admitted: 0,
            misses: 0,
            begun: 0,
            ended: 0,
            evictions: Evictions::default(),
        }
    }

    /// The value of a call, counted and touched. The clock is read only if the entry has a deadline.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way of every hit")]
    pub(crate) fn hit(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
    ) -> Result<&V, Absent> {
        let entries = &self.entries;
        let find = |slot| entries.get(slot as usize).filter(|entry| same(&entry.key)).map(|entry| (slot, &entry.value));
        let Some((slot, value)) = self.index.find(hash, find) else { return Err(Absent(self.admitted)) };
        if let Some(expiry) = &mut self.expiry {
            if self.recent.is_closed() || expiry.is_timed(slot) && !expiry.touch(slot, now()) {
                return Err(Absent::UNKNOWN);
            }
        }
        if !self.recent.push(slot) {
            if self.recent.is_closed() {
                return Err(Absent::UNKNOWN);
            }
            tell(&mut self.recent, &mut self.order, &self.hashes, &mut self.hits);
            self.recent.push(slot);
        }
        Ok(value)
    }

    /// As [`hit`](Self::hit), for those who look for what is stored even when calls are no longer answered.
    pub(crate) fn get(&mut self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        let slot = self.find(hash, same)?;
        self.touch(slot, now).then(|| &self.entries[slot as usize].value)
    }

    /// The last look before a call runs, unless nothing came in since the first: a miss is counted, and the run.
    pub(crate) fn recall(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
        absent: Absent,
    ) -> Result<&V, Run> {
        let found = if absent.0 == self.admitted { None } else { self.find(hash, same) };
        if let Some(slot) = found {
            if self.touch(slot, now) {
                return Ok(&self.entries[slot as usize].value);
            }
        }
        self.misses += 1;
        Err(Run { number: self.begin(), is_absent: found.is_none() })
    }

    /// A use of an entry is counted, unless its time is over.
    fn touch(&mut self, slot: Slot, now: impl FnOnce() -> Moment) -> bool {
        if let Some(expiry) = &mut self.expiry {
            if expiry.is_timed(slot) && !expiry.touch(slot, now()) {
                return false;
            }
        }
        self.hits += 1;
        let hash = self.hashes[slot as usize];
        self.order().touch(slot, hash);
        true
    }

    /// A call begins to run; it is given a number.
    pub(crate) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// A call that ran has ended.
    pub(crate) fn end(&mut self) {
        self.ended += 1;
    }

    pub(crate) fn running(&self) -> u64 {
        self.begun - self.ended
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses
    }

    /// The value, with no effect on counters or order.
    pub(crate) fn peek(&self, hash: u32, same: impl Fn(&K) -> bool, now: impl FnOnce() -> Moment) -> Option<&V> {
        let slot = self.find(hash, same)?;
        let is_timed = self.expiry.as_ref().is_some_and(|expiry| expiry.is_timed(slot));
        let is_over = is_timed && self.is_over(slot, now());
        (!is_over).then(|| &self.entries[slot as usize].value)
    }

    /// Takes an entry out. An expired one counts as absent: the second value is false.
    pub(crate) fn remove(
        &mut self,
        hash: u32,
        same: impl Fn(&K) -> bool,
        now: impl FnOnce() -> Moment,
    ) -> (Removed<K, V>, bool) {
        let mut removed = Removed::nothing();
        let Some(slot) = self.find(hash, same) else { return (removed, false) };
        let is_over = self.is_timed() && self.is_over(slot, now());
        removed.push(self.remove_slot(slot, if is_over { RemovalCause::Expired } else { RemovalCause::Invalidated }));
        (removed, !is_over)
    }

    /// Takes out what has expired, `most` entries at the most.
    pub(crate) fn sweep(&mut self, now: Moment, most: usize) -> Removed<K, V> {
        let mut removed = Removed::nothing();
        for _ in 0..most {
            let Some(slot) = self.expiry.as_mut().and_then(|expiry| expiry.due(now)) else { break };
            removed.push(self.remove_slot(slot, RemovalCause::Expired));
        }
        removed
    }

    /// Another bound. A smaller one evicts at once.
    pub(crate) fn set_capacity(&mut self, capacity: u64) -> Removed<K, V> {
        self.order().set_capacity(capacity);
        self.capacity = capacity;
        let mut removed = Removed::nothing();
        self.make_room(0, &mut removed);
        removed
    }

    /// Takes everything out and sets the counters to zero.
    pub(crate) fn clear(&mut self) -> Removed<K, V> {
        self.order().clear();
        // Not emptied, but given back.
        self.index = Index::new();
        self.hashes = Vec::new();
        if let Some(weights) = &mut self.weights {
            *weights = Vec::new();
        }
        if let Some(expiry) = &mut self.expiry {
            expiry.clear();
        }
        self.weight = 0;
        self.hits = 0;
        self.misses = 0;
        self.evictions = Evictions::default();
        let cleared = Some(RemovalCause::Cleared);
        let entries = std::mem::take(&mut self.entries).into_iter();
        Removed::all(entries.map(|Entry { key, value }| Left { key, value, cause: cleared }))
    }

    /// From now on no call is answered.
    pub(crate) fn close(&mut self) {
        self.order();
        self.recent.close();
    }

    /// Whether an entry may expire, so that counting needs the time.
    pub(crate) fn is_timed(&self) -> bool {
        self.expiry.is_some()
    }

    /// What the entries weigh together; the expired weigh until they are swept.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    pub(crate) fn hits(&self) -> u64 {
        self.hits + self.recent.len() as u64
    }

    pub(crate) fn evictions(&self) -> Evictions {
        self.evictions
    }

    /// How many slots there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The live entries of some slots.
    pub(crate) fn page(&self, slots: Range<usize>, now: Moment) -> impl Iterator<Item = (&K, &V)> {
        let live = move |&slot: &usize| !self.is_over(index(slot), now);
        slots.filter(live).map(|slot| (&self.entries[slot].key, &self.entries[slot].value))
    }

    /// `same` is asked of keys of this very hash only: who puts an invalidation off has nothing else to compare with.
    fn find(&self, hash: u32, same: impl Fn(&K) -> bool) -> Option<Slot> {
        self.index.find(hash, |slot| same(&self.entries.get(slot as usize)?.key).then_some(slot))
    }

    /// The order of eviction, which has been told of all hits.
    #[inline]
    fn order(&mut self) -> &mut Order {
        if self.recent.len() > 0 {
            tell(&mut self.recent, &mut self.order, &self.hashes, &mut self.hits);
        }
        &mut self.order
    }

    fn is_over(&self, slot: Slot, now: Moment) -> bool {
        self.expiry.as_ref().is_some_and(|expiry| expiry.is_over(slot, now))
    }

    fn weight_of(&self, slot: Slot) -> u64 {
        self.weights.as_ref().map_or(1, |weights| weights[slot as usize])
    }

    fn remove_slot(&mut self, slot: Slot, cause: RemovalCause) -> Left<K, V> {
        // First, since a policy of the user's may panic.
        self.order();
        let counts = &mut self.evictions;
        match cause {
            RemovalCause::Expired => counts.expired += 1,
            RemovalCause::Evicted => counts.evicted += 1,
            RemovalCause::Invalidated => counts.invalidated += 1,
            RemovalCause::Replaced => counts.replaced += 1,
            RemovalCause::Cleared => {}
        }
        let hash = self.hashes[slot as usize];
        self.index.remove(hash, slot);
        self.order().forget(slot, hash, cause == RemovalCause::Evicted);
        let last = index(self.entries.len() - 1);
        if last != slot {
            self.index.renumber(self.hashes[last as usize], last, slot);
            self.order.renumber(last, slot);
        }
        if let Some(expiry) = &mut self.expiry {
            expiry.swap_remove(slot);
        }
        self.weight -= self.weight_of(slot);
        if let Some(weights) = &mut self.weights {
            weights.swap_remove(slot as usize);
        }
        self.hashes.swap_remove(slot as usize);
        let Entry { key, value } = self.entries.swap_remove(slot as usize);
        if self.entries.capacity() > ROOM && self.entries.len() < self.entries.capacity() / 8 {
            self.give_back();
        }
        Left { key, value, cause: Some(cause) }
    }

    /// Most of the room is empty: half of what is used stays free.
    #[cold]
    fn give_back(&mut self) {
        let room = (self.entries.len() * 2).max(ROOM);
        self.entries.shrink_to(room);
        self.hashes.shrink_to(room);
        if let Some(weights) = &mut self.weights {
            weights.shrink_to(room);
        }
        self.index.shrink_to(room);
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn validate(&self) {
        self.index.validate();
        assert_eq!(self.index.len(), self.entries.len());
        assert_eq!(self.hashes.len(), self.entries.len());
        let weight: u64 = self.weights.as_ref().map_or(self.entries.len() as u64, |weights| weights.iter().sum());
        assert_eq!(self.weight, weight);
        assert!(weight <= self.capacity);
        self.order.validate(self.entries.len());
        for (slot, &hash) in self.hashes.iter().enumerate() {
            assert!(self.index.find(hash, |other| (other as usize == slot).then_some(())).is_some());
        }
        if let Some(expiry) = &self.expiry {
            expiry.validate(self.entries.len());
        }
    }
}

/// Tells the order of the hits that it does not know of yet.
#[inline(never)]
fn tell(recent: &mut Recent, order: &mut Order, hashes: &[u32], hits: &mut u64) {
    let (slots, count) = recent.take();
    *hits += count as u64;
    order.touch_each(&slots[..count], hashes);
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::policy::Lru;
    use crate::policy::trial::{Draws, Source as _};
    use crate::table::{Terms, low};

    fn lru(capacity: u64) -> Shard<u32, u64> {
        Shard::new(capacity, Order::Lru(Lru::new()), false, None)
    }

    fn insert(shard: &mut Shard<u32, u64>, key: u32, value: u64, deadline: Moment, now: Moment) {
        let terms = Terms { deadline, weight: 1, now: Some(now) };
        drop(shard.insert(key, key, value, |one, other| one == other, terms, || now));
    }

    #[test]
    fn the_expired_make_room_before_the_living() {
        let mut shard = lru(2);
        insert(&mut shard, 1, 10, Moment(100), Moment(0));
        insert(&mut shard, 2, 20, Moment(5), Moment(0));
        insert(&mut shard, 3, 30, Moment(100), Moment(5));
        let kept: Vec<_> = shard.page(0..shard.len(), Moment(5)).map(|(&key, _)| key).collect();
        assert_eq!(kept, [1, 3]);
        assert_eq!(shard.evictions().expired, 1);
        assert_eq!(shard.evictions().evicted, 0);
    }

    #[test]
    fn what_came_in_since_the_first_look_is_found_by_the_last() {
        let mut shard = lru(1);
        // The second takes the slot of the first.
        for key in 1..3 {
            let absent = shard.hit(key, |&other| other == key, || Moment(0)).expect_err("nothing is stored yet");
            insert(&mut shard, key, 10, Moment::NEVER, Moment(0));
            assert_eq!(shard.recall(key, |&other| other == key, || Moment(0), absent).ok(), Some(&10));
        }
    }

    /// Notes what it is told and asked.
    #[derive(Default)]
    struct Log(Arc<Mutex<Vec<String>>>, u32);

    impl Log {
        fn note(&self, event: String) {
            self.0.lock().expect("nothing panics with it").push(event);
        }
    }

    impl Policy for Log {
        fn admit(&mut self, slot: Slot, hash: u32, _weight: u64) {
            self.1 += 1;
            self.note(format!("admit {slot} {hash}"));
        }

        fn touch(&mut self, slot: Slot, hash: u32) {
            self.note(format!("touch {slot} {hash}"));
        }

        fn victim(&mut self) -> Option<Slot> {
            self.note("victim".to_owned());
            (self.1 > 0).then_some(0)
        }

        fn forget(&mut self, slot: Slot, hash: u32, evicted: bool) {
            self.1 -= 1;
            self.note(format!("forget {slot} {hash} {evicted}"));
        }

        fn renumber(&mut self, from: Slot, to: Slot) {
            self.note(format!("renumber {from} {to}"));
        }

        fn clear(&mut self) {
            self.1 = 0;
            self.note("clear".to_owned());
        }

        fn set_capacity(&mut self, capacity: u64) {
            self.note(format!("capacity {capacity}"));
        }
    }

    #[test]
    fn an_order_is_told_late_what_it_would_be_told_at_once() {
        for seed in 0..100 {
            let mut draws = Draws::new(seed, 2_000);
            let mut draw = |below| draws.below(below).expect("there are enough");
            let logs: [Arc<Mutex<Vec<String>>>; 2] = Default::default();
            let (weighed, tti) = (draw(2) == 1, (draw(3) == 0).then(|| Duration::from_nanos(30)));
            let mut shards = logs.each_ref().map(|log| {
                let order = Order::Custom(Box::new(Log(log.clone(), 0)));
                Shard::<u32, u64>::new(6, order, weighed, tti)
            });
            let mut now = Moment(1);
            for _ in 0..300 {
                let (step, key, choice) = (draw(40), low(draw(9)), draw(9));
                now = Moment(now.0 + choice % 2);
                for (late, shard) in shards.iter_mut().enumerate() {
                    let (hash, same) = (key & !1, |&other: &u32| other == key);
                    let deadline = if choice % 3 == 0 { Moment(now.0 + 15) } else { Moment::NEVER };
                    let terms = Terms { deadline, weight: if weighed { choice % 3 } else { 1 }, now: Some(now) };
                    match step {
                        0..30 => _ = shard.hit(hash, same, || now).is_ok(),
                        30 => _ = shard.get(hash, same, || now),
                        31..36 => drop(shard.insert(hash, key, 1, |one, other| one == other, terms, || now)),
                        36 => drop(shard.remove(hash, same, || now)),
                        37 => drop(shard.set_capacity(choice)),
                        38 => drop(shard.sweep(now, 10)),
                        _ if choice == 0 => drop(shard.clear()),
                        _ if choice == 1 => shard.close(),
                        _ => _ = shard.recall(hash, same, || now, Absent::UNKNOWN).is_ok(),
                    }
                    if late == 0 {
                        shard.order();
                    }
                    shard.validate();
                }
                assert_eq!(shards[0].hits(), shards[1].hits());
            }
            shards[1].order();
            let [at_once, late] = logs.map(|log| log.lock().expect("nothing panics with it").clone());
            assert_eq!(at_once, late);
        }
    }

    #[test]
    fn no_hit_of_a_long_row_is_lost() {
        for row in 1..40 {
            let mut shard = lru(3);
            for key in 1..=3 {
                insert(&mut shard, key, 10, Moment::NEVER, Moment(0));
            }
            // The last of the row is the only one of its key.
            for number in 1..=row {
                let key = if number == row { 1 } else { 2 };
                assert!(shard.hit(key, |&other| other == key, || Moment(0)).is_ok());
            }
            assert_eq!(shard.hits(), row);
            insert(&mut shard, 4, 10, Moment::NEVER, Moment(0));
            insert(&mut shard, 5, 10, Moment::NEVER, Moment(0));
            assert!(shard.peek(1, |&other| other == 1, || Moment(0)).is_some(), "the last of {row} hits");
        }
    }

    #[test]
    fn an_expired_entry_that_a_call_came_upon_is_not_held_to_be_absent() {
        let mut shard = lru(2);
        insert(&mut shard, 1, 10, Moment(5), Moment(0));
        let absent = shard.hit(1, |&other| other == 1, || Moment(5)).expect_err("its time is over");
        let run = shard.recall(1, |&other| other == 1, || Moment(5), absent).expect_err("still");
        assert!(!run.is_absent);
    }

    #[test]
    fn no_clock_is_read_for_an_entry_without_a_deadline() {
        let mut shard = lru(2);
        insert(&mut shard, 1, 10, Moment(5), Moment(0));
        insert(&mut shard, 2, 20, Moment::NEVER, Moment(0));
        let found = shard.hit(2, |&other| other == 2, || unreachable!("the clock is read"));
        assert_eq!(found.ok(), Some(&20));
    }

    #[test]
    fn calls_of_a_closed_shard_do_not_put_an_idle_end_off() {
        let mut shard = Shard::new(2, Order::Lru(Lru::new()), false, Some(Duration::from_nanos(10)));
        insert(&mut shard, 1, 10, Moment::NEVER, Moment(0));
        shard.close();
        assert!(shard.hit(1, |&other| other == 1, || Moment(8)).is_err());
        assert_eq!(shard.peek(1, |&other| other == 1, || Moment(12)), None);
    }

    #[test]
    fn weightless_entries_beyond_the_bound_do_not_grow_the_index_one_by_one() {
        for bound in [0, 10] {
            let mut shard = Shard::new(bound, Order::Lru(Lru::new()), true, None);
            let mut growths = 0;
            let mut room = 0;
            for key in 0..10_000_u32 {
                let terms = Terms { deadline: Moment::NEVER, weight: 0, now: None };
                drop(shard.insert(
                    key.wrapping_mul(0x9e37_79b9),
                    key,
                    1,
                    |one, other| one == other,
                    terms,
                    || Moment(0),
                ));
                growths += u32::from(shard.index.room() != std::mem::replace(&mut room, shard.index.room()));
            }
            assert_eq!(shard.len(), 10_000);
            assert!(growths < 40, "{growths} times");
        }
    }

    #[test]
    fn an_index_has_room_for_the_bound_and_no_more() {
        let mut shard = lru(700);
        for key in 0..2_000_u32 {
            insert(&mut shard, key.wrapping_mul(0x9e37_79b9), 1, Moment::NEVER, Moment(0));
        }
        assert_eq!((shard.index.room(), shard.entries.capacity()), (700, 700));
    }

    /// The lock takes the first eight bytes of the first line.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn a_hit_writes_to_the_first_line_and_reads_the_second() {
        assert_eq!(8 + offset_of!(Shard<u64, u64>, index), 64);
        assert_eq!(8 + offset_of!(Shard<u64, u64>, expiry) + size_of::<usize>(), 128);
    }

    #[test]
    fn a_closed_shard_answers_no_call_and_counts_those_that_it_answered() {
        let mut shard = lru(2);
        insert(&mut shard, 1, 10, Moment::NEVER, Moment(0));
        insert(&mut shard, 2, 20, Moment::NEVER, Moment(0));
        assert!(shard.hit(1, |&other| other == 1, || Moment(0)).is_ok());
        shard.close();
        assert!(shard.hit(1, |&other| other == 1, || Moment(0)).is_err());
        assert_eq!(shard.hits(), 1);
        // Who looks by hand is answered, and the order knows of that as well as of what was before.
        insert(&mut shard, 3, 30, Moment::NEVER, Moment(0));
        assert_eq!(shard.get(1, |&other| other == 1, || Moment(0)), Some(&10));
        insert(&mut shard, 4, 40, Moment::NEVER, Moment(0));
        let kept: Vec<_> = shard.page(0..shard.len(), Moment(0)).map(|(&key, _)| key).collect();
        assert_eq!((kept, shard.hits()), (vec![1, 4], 2));
    }

    #[test]
    fn a_value_that_is_over_when_it_is_stored_takes_the_old_one_with_it() {
        let mut shard = lru(2);
        insert(&mut shard, 1, 10, Moment::NEVER, Moment(0));
        insert(&mut shard, 1, 11, Moment(7), Moment(7));
        assert_eq!(shard.weight(), 0);
    }
}
