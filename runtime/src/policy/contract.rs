//! What every policy keeps: integers only, the same suite for all.

use super::model::{Model, mixed};
use super::trial::{Draws, Make, ORDERS, Source as _};
use super::*;

fn each(capacity: u64, test: impl Fn(Model<Order>)) {
    for (name, make) in ORDERS {
        println!("{name} of {capacity}"); // Shown when the test fails.
        test(Model::new(capacity, make(capacity)));
    }
}

// CT-10
#[test]
fn nothing_held_has_no_victim() {
    each(3, |mut cache| {
        assert_eq!(cache.pop(), None);
        cache.put_all([1, 2, 3]);
        let mut all = cache.pop_all();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3]);
        assert_eq!(cache.pop(), None);
    });
}

// CT-06
#[test]
fn a_newcomer_is_there_and_one_leaves() {
    each(2, |mut cache| {
        cache.put_all([1, 2, 3]);
        assert_eq!((cache.len(), cache.contains(3)), (2, true));
        cache.put(4);
        assert_eq!((cache.len(), cache.contains(4)), (2, true));
    });
}

// CT-07
#[test]
fn a_rewrite_evicts_nothing() {
    each(2, |mut cache| {
        cache.put_all([1, 2]);
        for key in [1, 1, 2, 1, 2, 2] {
            assert_eq!(cache.put(key), Some(vec![]));
        }
        assert_eq!(cache.keys(), [1, 2]);
    });
}

// CT-03, CT-04
#[test]
fn without_room_only_what_weighs_nothing_is_held() {
    for capacity in [0, 4] {
        each(capacity, |mut cache| {
            assert_eq!(cache.put_weighing(0, capacity + 1), None);
            for key in 0..100 {
                assert_eq!(cache.put_weighing(key, 0), Some(vec![]));
            }
            assert_eq!((cache.len(), cache.weight()), (100, 0));
            assert_eq!(cache.pop_all().len(), 100);
        });
    }
}

// CT-05
#[test]
fn without_bound_everything_is_held() {
    each(u64::MAX, |mut cache| {
        cache.put_all(0..100);
        cache.get_all(0..100);
        assert_eq!((cache.len(), cache.weight()), (100, 100));
        assert!(cache.policy.bytes() < 100 * 16 + 4096);
        assert_eq!(cache.put_weighing(0, u64::MAX - 99), Some(vec![]));
        assert!(cache.put_weighing(1, u64::MAX).is_some());
        assert_eq!((cache.keys(), cache.weight()), (vec![1], u64::MAX));
    });
}

// CT-12, CT-38
#[test]
fn weights_make_room_for_weights() {
    each(3, |mut cache| {
        cache.put_weighing(1, 1);
        cache.put_weighing(2, 2);
        cache.put_weighing(1, 2);
        assert_eq!((cache.keys(), cache.weight()), (vec![1], 2));
        cache.put_weighing(1, 1);
        cache.put_weighing(2, 2);
        assert_eq!(cache.keys(), [1, 2]);
        cache.put_weighing(3, 3);
        assert_eq!(cache.keys(), [3]);
        assert_eq!(cache.put_weighing(3, 4), None);
        assert_eq!(cache.put_weighing(4, 4), None);
        assert_eq!((cache.keys(), cache.weight()), (vec![3], 3));
    });
}

// CT-13, CT-14
#[test]
fn growing_needs_room_for_the_difference() {
    each(10, |mut cache| {
        cache.put_weighing(3, 3);
        cache.put_weighing(4, 4);
        assert_eq!(cache.put_weighing(4, 4), Some(vec![]));
        assert_eq!(cache.put_weighing(4, 7), Some(vec![]));
        assert_eq!((cache.keys(), cache.weight()), (vec![3, 4], 10));
        cache.put_weighing(4, 9);
        assert_eq!((cache.keys(), cache.weight()), (vec![4], 9));
        cache.put_weighing(4, 1);
        assert_eq!((cache.keys(), cache.weight()), (vec![4], 1));
    });
}

// CT-18
#[test]
fn after_clear_all_starts_again() {
    each(3, |mut cache| {
        cache.clear();
        cache.put_all(0..10);
        cache.clear();
        assert_eq!((cache.len(), cache.pop()), (0, None));
        cache.put_all(10..20);
        assert_eq!(cache.len(), 3);
        assert!(cache.contains(19));
    });
}

#[test]
fn shrinking_evicts_and_growing_gives_room() {
    each(100, |mut cache| {
        cache.put_all(0..100);
        cache.set_capacity(10);
        assert_eq!(cache.len(), 10);
        cache.put_all(100..200);
        assert_eq!(cache.len(), 10);
        cache.set_capacity(50);
        cache.put_all(200..400);
        assert_eq!(cache.len(), 50);
    });
}

#[test]
fn favourites_stay_whatever_they_weigh() {
    // A fifth of the keys gets two thirds of the reads; the bound is a tenth of the weight of all.
    let hits = |make: Make| {
        let mut cache = Model::new(1000, make(1000));
        let mut draws = Draws::new(9, usize::MAX);
        let mut below = |n| draws.below(n).expect("they do not end");
        let read = |_: &u32| {
            let key = if below(3) < 2 { below(200) } else { 200 + below(800) };
            cache.get(key) || (cache.put_weighing(key, 1 + key % 3 * 9), false).1
        };
        (0..20_000).filter(read).count()
    };
    let [(_, lru), .., (_, s3_fifo), (_, tiny_lfu), _] = ORDERS;
    let (lru, s3_fifo, tiny_lfu) = (hits(lru), hits(s3_fifo), hits(tiny_lfu));
    println!("of 20,000: lru {lru}, s3_fifo {s3_fifo}, tiny_lfu {tiny_lfu}");
    assert!(s3_fifo * 10 > lru * 13 && tiny_lfu * 10 > lru * 13);
}

#[test]
fn memory_follows_the_entries_held() {
    // Without the naive model, whose searches would take minutes here.
    for (name, make) in ORDERS {
        let capacity = 100_000;
        let mut policy = make(capacity);
        let mut hashes: Vec<u32> = Vec::new();
        for key in 0..1_000_000 {
            if hashes.len() as u64 == capacity {
                let slot = policy.victim().unwrap();
                policy.forget(slot, hashes[slot as usize], true);
                if slot as usize + 1 < hashes.len() {
                    policy.renumber(hashes.len() as Slot - 1, slot);
                }
                hashes.swap_remove(slot as usize);
            }
            policy.admit(hashes.len() as Slot, mixed(key), 1);
            hashes.push(mixed(key));
        }
        let bytes = policy.bytes() as f64 / hashes.len() as f64;
        println!("{name}: {bytes:.2} bytes an entry");
        assert!(bytes < if name == "lru" { 8.001 } else { 16.0 }, "{name}: {bytes:.2} bytes an entry");
    }
}
