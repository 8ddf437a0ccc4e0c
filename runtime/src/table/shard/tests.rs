//! What a shard answers, counts and tells its order.

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
            drop(shard.insert(key.wrapping_mul(0x9e37_79b9), key, 1, |one, other| one == other, terms, || Moment(0)));
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
