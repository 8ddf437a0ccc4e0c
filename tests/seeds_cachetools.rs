//! What the stores of Python's cachetools keep, where no other module shows it: time, weights and looks. The orders of eviction have
//! these tests beside them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cachetools::{Cache, CacheBuilder, Clock, ManualClock, RemovalCause, cached};

const SECOND: Duration = Duration::from_secs(1);

fn seconds(seconds: u32) -> Duration {
    seconds * SECOND
}

fn keys(cache: &Cache<u32, u32>) -> Vec<u32> {
    let mut keys: Vec<_> = cache.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys
}

/// A value lives as many seconds as the key before it says, by a clock that tests move.
fn timed(capacity: usize, life: Life) -> (ManualClock, Cache<u32, u32>) {
    let clock = ManualClock::new();
    let cache = life(Cache::builder().lru(capacity).clock(clock.clone()));
    (clock, cache.build())
}

type Builder = CacheBuilder<u32, u32>;
type Life = fn(Builder) -> Builder;

// CT-20
#[test]
fn a_value_is_weighed_once() {
    let weighed = Arc::new(AtomicU64::new(0));
    let count = weighed.clone();
    let cache = Cache::<u32, u32>::builder().lru(10).weigh(move |_, &value| {
        count.fetch_add(1, Ordering::Relaxed);
        value as usize
    });
    let cache = cache.build();
    cache.insert(1, 3);
    assert_eq!((cache.get(&1), cache.peek(&1)), (Some(3), Some(3)));
    cache.set_capacity(5);
    cache.insert(2, 4);
    assert_eq!((keys(&cache), weighed.load(Ordering::Relaxed)), (vec![2], 2));
}

// CT-28
#[test]
fn a_look_does_not_protect_and_a_read_does() {
    let looks: [fn(&Cache<u32, u32>); 4] = [
        |cache| assert!(cache.contains(&1)),
        |cache| assert_eq!(cache.peek(&1), Some(1)),
        |cache| assert_eq!(cache.iter().count(), 2),
        |cache| assert_eq!(cache.info().currsize, 2),
    ];
    for look in looks {
        let cache = Cache::builder().lru(2).build();
        cache.insert(1, 1);
        cache.insert(2, 2);
        look(&cache);
        cache.insert(3, 3);
        assert_eq!(keys(&cache), [2, 3]);
        assert_eq!(cache.get(&2), Some(2));
        cache.insert(4, 4);
        assert_eq!(keys(&cache), [2, 4]);
    }
}

// CT-40
#[test]
fn entries_leave_one_after_the_other_as_their_time_comes() {
    let (clock, cache) = timed(2, |cache| cache.ttl(seconds(2)));
    cache.insert(1, 1);
    clock.advance(SECOND);
    assert_eq!(keys(&cache), [1]);
    cache.insert(2, 2);
    clock.advance(SECOND);
    assert_eq!((keys(&cache), cache.info().currsize), (vec![2], 1));
    cache.insert(3, 3);
    assert_eq!(keys(&cache), [2, 3]);
    clock.advance(SECOND);
    assert_eq!(keys(&cache), [3]);
    clock.advance(SECOND);
    assert_eq!((keys(&cache), cache.info().currsize), (vec![], 0));
    for key in [1, 2, 3] {
        assert!(!cache.invalidate(&key), "{key} is gone");
    }
}

// CT-42, CT-55
#[test]
fn while_nothing_has_expired_the_least_recently_used_goes_however_long_it_would_live() {
    let lives: [Life; 2] = [|cache| cache.ttl(seconds(10)), |cache| cache.ttl_with(|_, _| Some(seconds(10)))];
    for life in lives {
        let (clock, cache) = timed(2, life);
        cache.insert(1, 1);
        clock.advance(seconds(5));
        cache.insert(2, 2);
        assert_eq!(cache.get(&1), Some(1));
        cache.insert(3, 3);
        assert_eq!(keys(&cache), [1, 3], "2 would have lived longer than 1");
    }
}

// CT-44, CT-22
#[test]
fn what_expires_is_told_of_in_the_order_of_its_ends() {
    let clock = ManualClock::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    let cache = Cache::<u32, u32>::builder().ttl(seconds(3)).clock(clock.clone());
    let cache = cache.on_evict(move |key, value, cause| told.lock().unwrap().push((key, value, cause))).build();
    for key in [1, 2, 3] {
        cache.insert(key, key * 10);
        cache.remove_expired();
        assert!(heard.lock().unwrap().is_empty());
        clock.advance(SECOND);
    }
    for key in [1, 2, 3] {
        cache.remove_expired();
        let heard = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(heard, [(key, key * 10, RemovalCause::Expired)]);
        clock.advance(SECOND);
    }
}

// CT-45
#[test]
fn a_listing_leaves_the_expired_out_and_takes_none_of_them_out() {
    let (clock, cache) = timed(8, |cache| cache.ttl(seconds(2)));
    cache.insert(1, 1);
    clock.advance(SECOND);
    cache.insert(2, 2);
    clock.advance(SECOND);
    assert_eq!(keys(&cache), [2]);
    assert_eq!(cache.stats().evictions.expired, 0);
    cache.remove_expired();
    assert_eq!(cache.stats().evictions.expired, 1);
}

/// A second passes with each reading.
#[derive(Default)]
struct Hasty(AtomicU64);

impl Clock for Hasty {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

// CT-47
#[test]
fn each_verb_sees_one_moment_although_time_never_stands_still() {
    let verbs: [fn(&Cache<u32, u32>); 5] = [
        |cache| assert_eq!(cache.get(&1), Some(10)),
        |cache| assert_eq!(cache.peek(&1), Some(10)),
        |cache| assert!(cache.invalidate(&1)),
        |cache| assert_eq!(cache.iter().collect::<Vec<_>>(), [(1, 10)]),
        |cache| cache.clear(),
    ];
    for verb in verbs {
        let cache = Cache::builder().ttl(seconds(2)).clock(Hasty::default()).build();
        cache.insert(1, 10);
        verb(&cache);
    }
}

// CT-48
#[test]
fn what_has_expired_is_absent_for_an_invalidation_that_takes_it_out() {
    let (clock, cache) = timed(8, |cache| cache.ttl(SECOND));
    cache.insert(1, 1);
    clock.advance(SECOND);
    assert!(!cache.invalidate(&1));
    let evictions = cache.stats().evictions;
    assert_eq!((evictions.expired, evictions.invalidated), (1, 0));
}

// CT-54
#[test]
fn lives_that_end_in_another_order_than_they_began() {
    let (clock, cache) = timed(8, |cache| cache.ttl_with(|_, &value| Some(seconds(value))));
    for key in [3, 2, 1, 0] {
        cache.insert(key, key);
    }
    for live in [vec![1, 2, 3], vec![2, 3], vec![3], vec![]] {
        assert_eq!(keys(&cache), live);
        clock.advance(SECOND);
    }
}

// CT-57
#[test]
fn values_written_over_and_over_expire_once() {
    let (clock, cache) = timed(8, |cache| cache.ttl_with(|_, &value| Some(seconds(value))));
    for value in 10..15 {
        cache.insert(1, value);
        cache.insert(2, value + 10);
    }
    assert_eq!((cache.get(&1), cache.get(&2)), (Some(14), Some(24)));
    clock.advance(seconds(13));
    assert_eq!(keys(&cache), [1, 2]);
    clock.advance(SECOND);
    assert_eq!(keys(&cache), [2]);
    clock.advance(seconds(10));
    cache.remove_expired();
    let evictions = cache.stats().evictions;
    assert_eq!((evictions.replaced, evictions.expired), (8, 2));
}

// CT-58
#[test]
fn clearing_forgets_the_order_and_the_ends() {
    let (clock, cache) = timed(2, |cache| cache.ttl(seconds(2)));
    cache.insert(1, 1);
    cache.insert(2, 2);
    assert_eq!(cache.get(&1), Some(1));
    cache.clear();
    clock.advance(SECOND);
    cache.insert(1, 1);
    cache.insert(2, 2);
    cache.insert(3, 3);
    assert_eq!(keys(&cache), [2, 3]);
    clock.advance(SECOND);
    assert_eq!(keys(&cache), [2, 3], "the ends of what was cleared don't count");
}

// CT-59
#[test]
fn a_life_is_computed_when_a_value_is_stored_and_not_when_it_is_read() {
    let computed = Arc::new(Mutex::new(Vec::new()));
    let seen = computed.clone();
    let cache = Cache::<u32, u32>::builder().ttl_with(move |&key, &value| {
        seen.lock().unwrap().push((key, value));
        Some(SECOND)
    });
    let cache = cache.clock(ManualClock::new()).build();
    cache.insert(1, 10);
    assert_eq!((cache.get(&1), cache.peek(&1)), (Some(10), Some(10)));
    cache.insert(1, 11);
    assert_eq!(*computed.lock().unwrap(), [(1, 10), (1, 11)]);
}

// CT-65
#[test]
fn a_store_of_four_keeps_the_last_used_of_eleven() {
    let cache = Cache::builder().lru(4).build();
    for key in [8, 9, 290, 308, 320, 8, 218, 320, 279, 289, 320] {
        if cache.get(&key).is_none() {
            cache.insert(key, key);
        }
    }
    assert_eq!(keys(&cache), [218, 279, 289, 320]);
}

// AC-05, AC-08
#[tokio::test]
async fn a_function_whose_values_say_how_long_they_live_and_of_which_two_are_kept() {
    static CLOCK: std::sync::LazyLock<ManualClock> = std::sync::LazyLock::new(ManualClock::new);
    #[cached(lru = 2, ttl = |_key, _value| Some(SECOND), clock = CLOCK.clone())]
    async fn add(a: u32, b: u32) -> u32 {
        a + b
    }
    assert_eq!((add(1, 2).await, add(1, 2).await, add::cache_info().misses), (3, 3, 1));
    CLOCK.advance(SECOND);
    assert_eq!((add(1, 2).await, add::cache_info().misses), (3, 2));
    assert_eq!((add(2, 3).await, add(3, 4).await), (5, 7));
    assert_eq!([(1, 2), (2, 3), (3, 4)].map(|(a, b)| add::cache_contains(a, b)), [false, true, true]);
}
