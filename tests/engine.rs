//! The engine through a cache by hand: policies, weights, lives, listeners, bounds. The orders of the policies have tests of their
//! own beside them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use crate::support::Task;
use cachetools::{Cache, CacheBuilder, ManualClock, Policy, PolicyKind, Random, RemovalCause, Slot, Ttl};

const SECOND: Duration = Duration::from_secs(1);

type Builder = CacheBuilder<u32, u32>;
type Bound = fn(Builder, usize) -> Builder;

fn keys(cache: &Cache<u32, u32>) -> Vec<u32> {
    let mut keys: Vec<_> = cache.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn every_policy_holds_its_bound_and_the_newcomer() {
    let policies: [(PolicyKind, Bound); 7] = [
        (PolicyKind::Lru, Builder::lru),
        (PolicyKind::Lfu, Builder::lfu),
        (PolicyKind::Fifo, Builder::fifo),
        (PolicyKind::Random, Builder::random),
        (PolicyKind::Sieve, Builder::sieve),
        (PolicyKind::S3Fifo, Builder::s3_fifo),
        (PolicyKind::TinyLfu, Builder::tiny_lfu),
    ];
    for (kind, bound) in policies {
        for capacity in [1, 2, 7, 1024, 1025, 5000] {
            let cache = bound(Cache::builder(), capacity).build();
            assert_eq!(cache.parameters().policy, kind);
            for key in 0..u32::try_from(3 * capacity).unwrap() {
                cache.insert(key, key);
                assert_eq!(cache.get(&key), Some(key), "{kind}, {capacity}: the newcomer stays");
                let earlier = key / 2;
                assert!(cache.get(&earlier).is_none_or(|value| value == earlier));
            }
            let info = cache.info();
            assert!(info.currsize <= capacity as u64, "{kind}: {info}");
            assert_eq!(cache.iter().count() as u64, info.currsize);
            assert_eq!(cache.stats().evictions.evicted, 3 * capacity as u64 - info.currsize);
        }
    }
}

#[test]
fn a_policy_of_the_users_own_decides_who_leaves() {
    /// Last in, first out.
    struct Lifo(Slot);
    impl Policy for Lifo {
        fn admit(&mut self, slot: Slot, _: u32, _: u64) {
            self.0 = slot + 1;
        }
        fn touch(&mut self, _: Slot, _: u32) {}
        fn victim(&mut self) -> Option<Slot> {
            self.0.checked_sub(1)
        }
        fn forget(&mut self, _: Slot, _: u32, _: bool) {
            self.0 -= 1;
        }
        fn renumber(&mut self, _: Slot, _: Slot) {}
        fn clear(&mut self) {
            self.0 = 0;
        }
    }
    let cache = Cache::<u32, u32>::builder().policy(3, |share| {
        assert_eq!(share, 3);
        Lifo(0)
    });
    let cache = cache.build();
    for key in 1..=5 {
        cache.insert(key, key);
    }
    assert_eq!(keys(&cache), [1, 2, 5]);
    assert_eq!(cache.parameters().policy, PolicyKind::Custom);
}

#[test]
fn a_chooser_of_the_users_own_draws_the_victim() {
    let first = || Random::choosing(|_| 0);
    let cache = Cache::<u32, u32>::builder().policy(2, move |_| first()).build();
    for key in [1, 2, 3] {
        cache.insert(key, key);
    }
    assert_eq!(keys(&cache), [2, 3]);
}

#[test]
fn one_seed_draws_the_same_victims_again() {
    let survivors = |seed| {
        let cache = Cache::<u32, u32>::builder().random(8).seed(seed).build();
        (0..100).for_each(|key| cache.insert(key, key));
        keys(&cache)
    };
    assert_eq!(survivors(1), survivors(1));
    assert_ne!(survivors(1), survivors(2));
}

#[test]
fn the_bound_is_a_weight_when_entries_are_weighed() {
    let cache = Cache::<u32, u32>::builder().lru(10).weigh(|_, &value| value as usize).build();
    cache.insert(3, 3);
    cache.insert(4, 4);
    assert_eq!(cache.info().currsize, 7);
    cache.insert(4, 7); // grows into the room that is left
    assert_eq!((keys(&cache), cache.info().currsize), (vec![3, 4], 10));
    cache.insert(4, 9); // grows beyond it
    assert_eq!((keys(&cache), cache.info().currsize), (vec![4], 9));
    cache.insert(5, 0); // weighs nothing, and fits
    assert_eq!((keys(&cache), cache.info().currsize), (vec![4, 5], 9));
    cache.insert(6, 11); // heavier than the bound: not kept, and nobody had to leave
    assert_eq!(keys(&cache), [4, 5]);
    cache.insert(4, 11); // the old value is out of date
    assert_eq!((keys(&cache), cache.info().currsize), (vec![5], 0));
}

#[tokio::test]
async fn a_value_heavier_than_the_bound_is_returned_and_not_kept() {
    let cache = Cache::<u32, u32>::builder().lru(1).weigh(|&key, _| key as usize).build();
    for key in [0, 1, 2] {
        assert_eq!(cache.get_with(key, async move { key }).await, key);
        assert_eq!(cache.shared().get_with(key, async move { key }).await, key);
    }
    assert_eq!(keys(&cache), [0, 1]);
}

#[test]
fn a_use_puts_the_end_of_an_idle_entry_off_and_a_look_does_not() {
    let clock = ManualClock::new();
    let cache = Cache::<u32, u32>::builder().tti(10 * SECOND).ttl(25 * SECOND).clock(clock.clone()).build();
    for key in [1, 2, 3] {
        cache.insert(key, key);
    }
    clock.advance(9 * SECOND);
    assert_eq!(cache.get(&1), Some(1));
    assert_eq!(cache.peek(&2), Some(2));
    assert!(cache.contains(&3));
    clock.advance(SECOND);
    assert_eq!(cache.info().currsize, 1);
    clock.advance(8 * SECOND);
    assert_eq!(cache.get(&1), Some(1));
    clock.advance(6 * SECOND);
    assert_eq!(cache.get(&1), Some(1));
    clock.advance(SECOND); // 25 seconds: the ttl ends what no use puts off
    assert_eq!(cache.get(&1), None);
}

#[test]
fn each_entry_draws_its_own_life_between_ttl_and_ttl_plus_jitter() {
    let clock = ManualClock::new();
    let ttl = Ttl::from(10 * SECOND).jitter(10 * SECOND);
    let cache = Cache::<u32, u32>::builder().lru(1000).ttl(ttl).seed(5).clock(clock.clone()).build();
    (0..1000).for_each(|key| cache.insert(key, key));
    clock.advance(Duration::from_nanos(9_999_999_999));
    assert_eq!(cache.info().currsize, 1000);
    clock.advance(5 * SECOND);
    let half = cache.info().currsize;
    assert!((400..600).contains(&half), "{half} of 1000 are left half-way");
    clock.advance(5 * SECOND + Duration::from_nanos(1));
    assert_eq!(cache.info().currsize, 0);
}

// CT-51, CT-52, CT-53
#[test]
fn a_computed_life_ends_when_it_says_and_one_that_is_over_removes_the_old() {
    let clock = ManualClock::new();
    let cache = Cache::<u32, u64>::builder().lru(6).clock(clock.clone());
    let cache = cache.ttl_with(|_, &value| (value < 100).then(|| Duration::from_secs(value))).build();
    let live = |expected: &[u32]| {
        let mut live: Vec<_> = cache.iter().map(|(key, _)| key).collect();
        live.sort_unstable();
        assert_eq!(live, expected);
    };
    cache.insert(1, 2);
    clock.advance(SECOND);
    cache.insert(2, 3);
    clock.advance(SECOND);
    live(&[2]);
    cache.insert(3, 4);
    live(&[2, 3]);
    clock.advance(SECOND);
    cache.insert(1, 2);
    live(&[1, 2, 3]);
    clock.advance(SECOND);
    live(&[1, 3]);
    cache.insert(3, 0);
    live(&[1]);
    cache.insert(4, 100); // never
    clock.advance(1_000_000 * SECOND);
    live(&[4]);
}

// CT-56
#[test]
fn the_expired_make_room_before_the_least_recently_used() {
    let clock = ManualClock::new();
    let cache = Cache::<u32, u64>::builder().lru(2).clock(clock.clone());
    let cache = cache.ttl_with(|_, &value| Some(Duration::from_secs(value))).build();
    cache.insert(1, 10);
    cache.insert(2, 1);
    clock.advance(2 * SECOND);
    cache.insert(3, 10);
    assert!(cache.contains(&1) && cache.contains(&3));
    assert_eq!(cache.stats().evictions.evicted, 0);
}

#[test]
fn the_listener_hears_of_each_entry_once_and_why_and_may_call_the_cache() {
    type Heard = Arc<Mutex<Vec<(u32, u32, RemovalCause)>>>;
    let heard = Heard::default();
    let clock = ManualClock::new();
    let myself: Arc<Mutex<Option<Cache<u32, u32>>>> = Arc::default();
    let cache = Cache::<u32, u32>::builder().lru(2).ttl(SECOND).clock(clock.clone()).on_evict({
        let (heard, myself) = (heard.clone(), myself.clone());
        move |key, value, cause| {
            heard.lock().unwrap().push((key, value, cause));
            if let Some(cache) = &*myself.lock().unwrap() {
                assert!(!cache.contains(&1000), "no lock is held");
            }
        }
    });
    let cache = cache.build();
    *myself.lock().unwrap() = Some(cache.clone());
    cache.insert(1, 10);
    cache.insert(2, 20);
    cache.insert(2, 21);
    cache.insert(3, 30);
    assert!(cache.invalidate(&2));
    clock.advance(SECOND);
    cache.remove_expired();
    cache.insert(4, 40);
    cache.clear();
    let expected = [
        (2, 20, RemovalCause::Replaced),
        (1, 10, RemovalCause::Evicted),
        (2, 21, RemovalCause::Invalidated),
        (3, 30, RemovalCause::Expired),
        (4, 40, RemovalCause::Cleared),
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
    *myself.lock().unwrap() = None;
}

#[tokio::test]
async fn a_listener_that_panics_takes_nobody_elses_value() {
    let cache = Cache::<u32, u32>::builder().lru(1).on_evict(|_, _, _| panic!("listener")).build();
    cache.insert(1, 1);
    let loading = cache.clone();
    let loaded = tokio::spawn(async move { loading.shared().get_with(2, async { 2 }).await }).await;
    assert!(loaded.unwrap_err().is_panic());
    assert_eq!(cache.get(&2), Some(2));
    assert_eq!(cache.parameters().running, 0);
}

#[test]
fn a_smaller_bound_evicts_at_once_and_a_larger_one_lets_in() {
    for capacity in [100, 4000] {
        let cache = Cache::<u32, u32>::builder().lru(capacity).build();
        (0..4000).for_each(|key| cache.insert(key, key));
        cache.set_capacity(10);
        assert!(cache.info().currsize <= 10);
        assert_eq!(cache.info().maxsize, Some(10));
        cache.set_capacity(2000);
        (0..4000).for_each(|key| cache.insert(key, key));
        let currsize = cache.info().currsize;
        assert!((1900..=2000).contains(&currsize), "{currsize}");
    }
}

#[test]
fn the_largest_bound_is_a_bound_that_can_be_set_again() {
    let cache = Cache::<u32, u32>::builder().lru(2).build();
    cache.set_capacity(usize::MAX);
    (0..10).for_each(|key| cache.insert(key, key));
    cache.set_capacity(1);
    assert_eq!((keys(&cache), cache.info().maxsize), (vec![9], Some(1)));
}

#[test]
fn a_bound_of_nothing_lets_every_call_run_until_there_is_room_again() {
    let cache = Cache::<u32, u32>::builder().lru(2).build();
    let calls = |times: usize| {
        for _ in 0..times {
            assert_eq!(Task::new(cache.get_with(1, async { 10 })).poll(), Poll::Ready(10));
        }
    };
    calls(2);
    cache.set_capacity(0);
    calls(2);
    assert_eq!((cache.info().currsize, cache.info().misses), (0, 3));
    cache.set_capacity(2);
    calls(2);
    assert_eq!((cache.info().currsize, cache.info().misses), (1, 4));
}

#[test]
fn a_call_that_runs_while_the_bound_changes_is_stored_under_the_new_one() {
    let cache = Cache::<u32, u32>::builder().lru(2).build();
    let (bring, brought) = futures::channel::oneshot::channel();
    let mut call = Task::waiting(cache.shared().get_with(1, async { brought.await.unwrap() }));
    cache.insert(2, 20);
    cache.set_capacity(1);
    bring.send(10).unwrap();
    assert_eq!(call.poll(), Poll::Ready(10));
    assert_eq!(keys(&cache), [1]);
}

/// Counts its clones.
#[derive(Default)]
struct Cloned(Arc<AtomicU64>);

impl Clone for Cloned {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(self.0.clone())
    }
}

#[test]
fn a_listing_clones_a_page_at_a_time_so_that_no_lock_is_held_for_long() {
    let clones = Arc::new(AtomicU64::new(0));
    let cache = Cache::<u32, Cloned>::builder().lru(100_000).build();
    (0..100_000).for_each(|key| cache.insert(key, Cloned(clones.clone())));
    let mut listing = cache.iter();
    assert!(listing.next().is_some());
    assert!(clones.load(Ordering::Relaxed) <= 64);
    assert_eq!(listing.count() as u64 + 1, cache.info().currsize);
}

#[test]
fn who_stays_is_listed_although_others_leave_and_come_meanwhile() {
    for seed in 1..10_u32 {
        let cache = Cache::<u32, u32>::builder().lru(1_000_000).build();
        (0..10_000).for_each(|key| cache.insert(key, key));
        let mut seen = HashSet::new();
        for (at, (key, _)) in (0_u32..).zip(cache.iter()) {
            seen.insert(key);
            // Odd keys leave, those that were listed and those that were not; others come.
            cache.invalidate(&(at.wrapping_mul(seed.wrapping_mul(2_654_435_761)) % 5_000 * 2 + 1));
            cache.insert(10_000 + at, at);
        }
        assert!((0..10_000).step_by(2).all(|key| seen.contains(&key)), "seed {seed}");
    }
}

#[test]
fn what_is_over_is_dropped_by_the_normal_traffic() {
    struct Counted(Arc<AtomicU64>);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::Relaxed);
            Self(self.0.clone())
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let alive = Arc::new(AtomicU64::new(0));
    let clock = ManualClock::new();
    let cache = Cache::<u32, Counted>::builder().lru(1000).ttl(SECOND).clock(clock.clone()).build();
    for key in 0..100 {
        alive.fetch_add(1, Ordering::Relaxed);
        cache.insert(key, Counted(alive.clone()));
    }
    clock.advance(SECOND);
    for key in 1000..1010 {
        alive.fetch_add(1, Ordering::Relaxed);
        cache.insert(key, Counted(alive.clone()));
    }
    assert_eq!(alive.load(Ordering::Relaxed), 10);
}

/// Keys whose hashes agree in all that a table looks at first, under a seed that everybody knows.
#[test]
fn keys_chosen_against_a_fixed_seed_do_not_slow_a_randomly_seeded_cache() {
    use std::cell::Cell;
    use std::hash::{BuildHasher, Hash, Hasher};

    thread_local! {
        static COMPARED: Cell<u64> = const { Cell::new(0) };
    }
    #[derive(Clone)]
    struct Chosen(u64);
    impl PartialEq for Chosen {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }
    impl Eq for Chosen {}
    impl Hash for Chosen {
        fn hash<H: Hasher>(&self, hasher: &mut H) {
            hasher.write_u64(self.0);
        }
    }
    const KEYS: usize = 64;
    let compared = |looks: &dyn Fn()| {
        COMPARED.set(0);
        looks();
        COMPARED.get()
    };

    let known = foldhash::fast::FixedState::with_seed(0);
    let place = |key: u64| {
        let hash = known.hash_one(key);
        (hash & 0x7F, hash >> 57)
    };
    let first = place(0);
    let chosen: Vec<_> = (0..).filter(|&key| place(key) == first).take(KEYS).map(Chosen).collect();

    let mut victim = HashSet::with_capacity_and_hasher(2 * KEYS, known);
    victim.extend(chosen.iter().cloned());
    let attacked = compared(&|| chosen.iter().for_each(|key| assert!(victim.contains(key))));
    assert!(attacked > 10 * KEYS as u64, "the attack works where the seed is known: {attacked} comparisons");

    let cache = Cache::<Chosen, ()>::builder().lru(KEYS).build();
    for key in &chosen {
        cache.insert(key.clone(), ());
    }
    let unharmed = compared(&|| chosen.iter().for_each(|key| assert!(cache.get(key).is_some())));
    assert!(unharmed < 3 * KEYS as u64, "{unharmed} comparisons");
}
