//! Law 11: `Hash`, `Eq`, `Clone`, `Drop` and closures of users may panic or call back into the cache. It stays consistent, nothing
//! hangs, nothing is poisoned, and values are dropped outside the locks.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use cachetools::{Cache, CallExt};

use crate::support::{Call, Kind, Loads, Panic, Task, each_kind, info, number_of, running, settle};

/// What user code does at a given place.
type Act = Box<dyn Fn()>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Hash,
    Eq,
    Clone,
    Drop,
}

thread_local! {
    static PLAN: RefCell<Option<(Place, Act)>> = const { RefCell::new(None) };
    static VISITS: Cell<usize> = const { Cell::new(0) };
}

/// A plan ends after so many visits: one that makes a call which visits the place again would never.
const PATIENCE: usize = 50;

/// Counts a visit of a place, and does what is planned there, which is not done again while it is being done.
fn visit(place: Place) {
    let Some((at, act)) = PLAN.take() else { return };
    if at == place {
        VISITS.set(VISITS.get() + 1);
        if VISITS.get() <= PATIENCE {
            act();
        }
    }
    // Unless another plan was made meanwhile.
    PLAN.with_borrow_mut(|plan| *plan = plan.take().or(Some((at, act))));
}

/// Plans `act` for every visit of a place, until the guard is dropped.
fn at(place: Place, act: impl Fn() + 'static) -> Planned {
    PLAN.set(Some((place, Box::new(act))));
    VISITS.set(0);
    Planned
}

struct Planned;

impl Drop for Planned {
    fn drop(&mut self) {
        PLAN.set(None);
    }
}

fn visits() -> usize {
    VISITS.get()
}

const PANIC: usize = 1234;

/// A panic that nobody has to read about. The plan is over with it.
fn panic() {
    if !std::thread::panicking() {
        std::panic::resume_unwind(Box::new(PANIC));
    }
}

fn is_ours(panic: &Panic) -> bool {
    panic.downcast_ref() == Some(&PANIC)
}

/// A key and a value whose code is planned.
#[derive(Debug)]
struct User(u32);

impl Hash for User {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        visit(Place::Hash);
        // Two keys each share a hash, so that they are compared.
        hasher.write_u32(self.0 / 2);
    }
}

impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        visit(Place::Eq);
        self.0 == other.0
    }
}

impl Eq for User {}

impl Clone for User {
    fn clone(&self) -> Self {
        visit(Place::Clone);
        Self(self.0)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        visit(Place::Drop);
    }
}

type Users = Cache<User, User>;

fn users() -> Users {
    Cache::builder().lru(3).build()
}

/// What must be true of a cache that nobody uses, whatever has happened to it.
fn assert_sound(cache: &Users) {
    assert_eq!(running(cache), 0, "something is left running");
    let size = cache.info().currsize;
    assert_eq!(cache.iter().count() as u64, size);
    assert!(size <= 3);
    for key in 40..50 {
        let got = Task::new(Kind::Shared.get_with(cache, User(key), async move { User(key + 1) })).end();
        assert_eq!(got.0, key + 1);
        assert_eq!(cache.get(&User(key)).map(|value| value.0), Some(key + 1));
    }
    assert_eq!((cache.info().currsize, running(cache)), (3, 0));
    cache.clear();
    assert_eq!(cache.info(), info(0, 0, 3, 0));
}

const PLACES: [Place; 4] = [Place::Hash, Place::Eq, Place::Clone, Place::Drop];

/// Polls a call once in another thread, where nothing is planned and no body is being polled.
fn polled_elsewhere<T: Send + 'static>(mut call: Call<'static, T>) -> Call<'static, T> {
    let polls = move || {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        call
    };
    std::thread::spawn(polls).join().expect("it joins a call that runs")
}

type Verb = (&'static str, Box<dyn Fn(&Users)>);

/// Every verb, over keys that are stored, running, and neither.
fn verbs(kind: Kind) -> Vec<Verb> {
    vec![
        ("get", Box::new(|cache| drop(cache.get(&User(0))))),
        ("peek", Box::new(|cache| drop(cache.peek(&User(0))))),
        ("contains", Box::new(|cache| _ = cache.contains(&User(9)))),
        ("insert", Box::new(|cache| cache.insert(User(7), User(70)))),
        ("rewrite", Box::new(|cache| cache.insert(User(0), User(70)))),
        ("invalidate", Box::new(|cache| _ = cache.invalidate(&User(0)))),
        ("invalidate a running call", Box::new(|cache| _ = cache.invalidate(&User(9)))),
        ("clear", Box::new(Users::clear)),
        ("iter", Box::new(|cache| drop(cache.iter().collect::<Vec<_>>()))),
        ("hit", Box::new(move |cache| drop(Task::new(kind.get_with(cache, User(0), async { User(1) })).poll()))),
        ("miss", Box::new(move |cache| drop(Task::new(kind.get_with(cache, User(6), async { User(1) })).poll()))),
        (
            "refresh",
            Box::new(move |cache| drop(Task::new(kind.get_with(cache, User(0), async { User(1) }).refresh()).poll())),
        ),
        (
            "refresh a running call",
            Box::new(move |cache| drop(Task::new(kind.get_with(cache, User(9), async { User(1) }).refresh()).poll())),
        ),
    ]
}

each_kind! {
    fn a_panic_anywhere_in_user_code_leaves_the_cache_sound(kind) {
        for place in [Place::Hash, Place::Eq, Place::Clone, Place::Drop] {
            for (verb, act) in verbs(kind) {
                // The first, the second, .. visit panics, as many as there are.
                for nth in 0_usize.. {
                    let cache = users();
                    cache.insert(User(0), User(0));
                    cache.insert(User(1), User(1));
                    cache.insert(User(2), User(2));
                    let loads = Loads::new();
                    let mut caller = Task::waiting(kind.get_with(&cache, User(9), loads.body()));
                    let mut waiter = Task::waiting(kind.get_with(&cache, User(9), loads.body()));
                    let left = Cell::new(nth);
                    let plan = at(place, move || if left.replace(left.get().wrapping_sub(1)) == 0 { panic() });
                    let result = catch_unwind(AssertUnwindSafe(|| act(&cache)));
                    drop(plan);
                    // Those who wait for another call have not noticed.
                    loads.end(0, User(90));
                    assert_eq!((caller.end().0, waiter.end().0), (90, 90), "{verb}, {place:?}, visit {nth}");
                    assert_sound(&cache);
                    match result {
                        Ok(()) => break,
                        Err(panic) => assert!(is_ours(&panic), "{verb}, {place:?}, visit {nth}"),
                    }
                }
            }
        }
    }

    fn a_panic_while_a_load_lands_reaches_one_caller_and_the_others_get_a_value(kind) {
        for place in [Place::Eq, Place::Clone, Place::Drop] {
            for driver in 0..3 {
                for nth in 0_usize.. {
                    let cache = users();
                    cache.insert(User(0), User(0));
                    cache.insert(User(8), User(8));
                    cache.insert(User(1), User(1));
                    let loads = Loads::new();
                    let mut callers: Vec<_> =
                        (0..3).map(|_| Task::waiting(kind.get_with(&cache, User(9), loads.body()))).collect();
                    let left = Cell::new(nth);
                    loads.end(0, User(90));
                    let plan = at(place, move || if left.replace(left.get().wrapping_sub(1)) == 0 { panic() });
                    let polled = callers[driver].poll_caught();
                    let visits = visits();
                    drop(plan);
                    let told = matches!(polled, Err(ref panic) if is_ours(panic));
                    let mut ended = usize::from(!matches!(polled, Ok(Poll::Pending)));
                    drop(polled);
                    let mut panics = usize::from(told);
                    for _ in 0..8 {
                        for caller in &mut callers {
                            if !caller.is_woken() {
                                continue;
                            }
                            match caller.poll_caught() {
                                Ok(Poll::Pending) => {}
                                Ok(Poll::Ready(value)) => {
                                    assert_eq!(value.0, 90);
                                    ended += 1;
                                }
                                Err(panic) => {
                                    assert!(is_ours(&panic), "a panic of the crate's own: {:?}", panic.downcast_ref::<&str>());
                                    panics += 1;
                                    ended += 1;
                                }
                            }
                        }
                        for load in 0..loads.started() {
                            loads.end(load, User(90));
                        }
                    }
                    let what = format!("{place:?}, visit {nth}, polled by {driver}");
                    assert_eq!(ended, 3, "all callers end: {what}");
                    assert_eq!(panics, usize::from(visits > nth), "one caller gets the panic: {what}");
                    assert_sound(&cache);
                    if visits <= nth {
                        break;
                    }
                }
            }
        }
    }

    fn a_panic_around_the_first_poll_of_a_body_leaves_the_cache_sound(kind) {
        // Whether the body pends, whether another thread joins meanwhile, and whether its call is forgotten.
        let courses = (0..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0));
        for (place, (pends, joined, forgotten)) in PLACES.into_iter().flat_map(|place| courses.clone().map(move |course| (place, course))) {
            for nth in 0_usize.. {
                let cache = users();
                // Of the same hash as the key that is called.
                cache.insert(User(8), User(8));
                let (own, joins) = (cache.clone(), Arc::new(Mutex::new(None)));
                let joiner = joins.clone();
                let mut caller = Task::new(kind.get_with(&cache, User(9), async move {
                    if joined {
                        let call = kind.get_with(&own, User(9), async { User(90) });
                        *joiner.lock().unwrap() = Some(polled_elsewhere(call));
                    }
                    if forgotten {
                        own.invalidate(&User(9));
                    }
                    if pends {
                        tokio::task::yield_now().await;
                    }
                    User(90)
                }));
                let left = Cell::new(nth);
                let plan = at(place, move || if left.replace(left.get().wrapping_sub(1)) == 0 { panic() });
                let polled = loop {
                    match caller.poll_caught() {
                        Ok(Poll::Pending) => assert!(caller.is_woken()),
                        polled => break polled,
                    }
                };
                let visits = visits();
                drop(plan);
                let what = format!("{place:?}, visit {nth}, pends: {pends}, joined: {joined}, forgotten: {forgotten}");
                assert!(polled.is_ok() || polled.is_err_and(|panic| is_ours(&panic)), "{what}");
                drop(caller);
                let joiner = joins.lock().unwrap().take();
                if let Some(joiner) = joiner {
                    assert_eq!(Task::new(joiner).end().0, 90, "{what}");
                }
                assert_eq!(running(&cache), 0, "{what}");
                assert_sound(&cache);
                if visits <= nth {
                    break;
                }
            }
        }
    }

    fn a_write_that_was_put_off_and_panics_when_a_call_begins_leaves_nothing_running(kind) {
        for nth in 0_usize.. {
            let (cache, clumsy) = (users(), users());
            // Of the same hash as the key that is called, so that the two are compared.
            cache.insert(User(8), User(8));
            clumsy.insert(User(0), User(0));
            let (left, other) = (Cell::new(nth), clumsy.clone());
            let plan = at(Place::Eq, move || {
                if left.replace(left.get().wrapping_sub(1)) == 0 {
                    // Dropping what this replaces panics.
                    other.insert(User(0), User(1));
                    PLAN.set(Some((Place::Drop, Box::new(panic))));
                }
            });
            // A call that is traced is looked up once more.
            let call = kind.get_with(&cache, User(9), async { User(90) }).traced();
            let called = catch_unwind(AssertUnwindSafe(|| Task::new(call).end().0.0));
            let visits = visits();
            drop(plan);
            assert_eq!(running(&cache), 0, "visit {nth}");
            assert_sound(&cache);
            match called {
                Ok(value) => assert_eq!(value, 90),
                Err(panic) => assert!(is_ours(&panic)),
            }
            if visits <= nth {
                break;
            }
        }
    }

    fn user_code_that_calls_the_cache_blocks_nobody(kind) {
        for place in [Place::Hash, Place::Eq, Place::Clone, Place::Drop] {
            for (outer, outer_act) in verbs(kind) {
                for (_, inner_act) in verbs(kind) {
                    let cache = users();
                    cache.insert(User(0), User(0));
                    cache.insert(User(1), User(1));
                    cache.insert(User(2), User(2));
                    let loads = Loads::new();
                    let mut caller = Task::waiting(kind.get_with(&cache, User(9), loads.body()));
                    let inner = cache.clone();
                    let plan = at(place, move || inner_act(&inner));
                    outer_act(&cache);
                    drop(plan);
                    loads.end(0, User(90));
                    assert_eq!(caller.end().0, 90, "{outer}, {place:?}");
                    assert_sound(&cache);
                }
            }
        }
    }

    fn user_code_that_calls_another_cache_blocks_nobody(kind) {
        for place in [Place::Hash, Place::Eq, Place::Clone, Place::Drop] {
            for (_, outer_act) in verbs(kind) {
                for (_, inner_act) in verbs(kind) {
                    let (cache, other) = (users(), users());
                    for cache in [&cache, &other] {
                        cache.insert(User(0), User(0));
                        cache.insert(User(1), User(1));
                    }
                    let inner = other.clone();
                    let plan = at(place, move || inner_act(&inner));
                    outer_act(&cache);
                    drop(plan);
                    assert_sound(&cache);
                    assert_sound(&other);
                }
            }
        }
    }

    fn a_closure_that_says_what_is_worth_keeping_may_panic(kind) {
        let cache: Cache<u32, u32> =
            Cache::builder().cache_if(|&value| { if value == 13 { panic(); } true }).build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, 13);
        assert!(is_ours(&callers[0].poll_caught().expect_err("its value is not wanted")));
        callers.remove(0);
        settle(&mut callers);
        loads.end(1, 14);
        assert_eq!(settle(&mut callers), [Some(14); 2]);
        assert_eq!((running(&cache), cache.peek(&1)), (0, Some(14)));
    }

    fn a_value_is_dropped_when_the_cache_is_free(kind) {
        let cache = users();
        cache.insert(User(0), User(0));
        let seen = std::rc::Rc::new(Cell::new(0));
        let (own, count) = (cache.clone(), seen.clone());
        let plan = at(Place::Drop, move || {
            // Under a lock these would answer as if nothing were stored.
            own.insert(User(30), User(31));
            assert_eq!(own.get(&User(30)).map(|value| value.0), Some(31));
            count.set(count.get() + 1);
        });
        cache.insert(User(0), User(5));
        cache.invalidate(&User(0));
        Task::new(kind.get_with(&cache, User(4), async { User(40) })).end();
        cache.clear();
        drop(plan);
        assert!(seen.get() >= 4, "{} drops were seen", seen.get());
        assert_sound(&cache);
    }
}

#[test]
fn a_write_in_eq_or_clone_is_made_when_the_lock_is_free() {
    for place in [Place::Eq, Place::Clone] {
        let cache = users();
        cache.insert(User(0), User(0));
        let own = cache.clone();
        let plan = at(place, move || own.insert(User(20), User(21)));
        assert!(cache.get(&User(0)).is_some());
        drop(plan);
        assert!(visits() > 0);
        assert_eq!(cache.peek(&User(20)).map(|value| value.0), Some(21), "{place:?}");
    }
}

#[test]
fn an_invalidation_in_eq_or_clone_forgets_that_key_and_no_other() {
    for place in [Place::Eq, Place::Clone] {
        let cache: Users = Cache::builder().lru(1000).build();
        // Of these no two share a hash, and many share a group of the index.
        for key in (0..1000).step_by(2) {
            cache.insert(User(key), User(key));
        }
        for key in (2..1000).step_by(2) {
            let own = cache.clone();
            let plan = at(place, move || _ = own.invalidate(&User(key)));
            assert!(cache.get(&User(0)).is_some());
            drop(plan);
            assert!(!cache.contains(&User(key)));
            assert_eq!(cache.info().currsize, u64::from(500 - key / 2), "{place:?}, {key}");
        }
    }
}

#[test]
fn a_write_that_was_put_off_is_made_although_another_panics() {
    let cache = users();
    let clumsy = users();
    cache.insert(User(0), User(0));
    clumsy.insert(User(0), User(0));
    let (own, other) = (cache.clone(), clumsy.clone());
    let plan = at(Place::Clone, move || {
        // Two writes are put off; dropping what the first replaces panics.
        other.insert(User(0), User(1));
        own.insert(User(20), User(21));
        PLAN.set(Some((Place::Drop, Box::new(panic))));
    });
    let read = catch_unwind(AssertUnwindSafe(|| cache.get(&User(0)).map(std::mem::forget)));
    drop(plan);
    assert!(read.is_err_and(|panic| is_ours(&panic)));
    assert_eq!(cache.peek(&User(20)).map(|value| value.0), Some(21));
}

#[test]
fn a_panic_of_a_body_is_not_the_caches() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        for number in 0..5_usize {
            let call = kind.get_with(&cache, 1, async move { std::panic::resume_unwind(Box::new(number)) });
            assert_eq!(number_of(&Task::new(call).poll_caught().expect_err("it panics")), number);
            assert_eq!(running(&cache), 0);
        }
    }
    assert_eq!(cache.info(), info(0, 15, 128, 0));
}

#[test]
fn a_body_that_panics_when_it_is_dropped_is_gone_all_the_same() {
    struct Clumsy;
    impl Drop for Clumsy {
        fn drop(&mut self) {
            panic();
        }
    }
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let clumsy = Clumsy;
        let caller = Task::waiting(kind.get_with(&cache, 1, async move {
            std::future::pending::<()>().await;
            drop(clumsy);
            1
        }));
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(caller)));
        assert!(is_ours(&dropped.expect_err("the drop panics")));
        assert_eq!((running(&cache), cache.contains(&1)), (0, false));
        assert_eq!(Task::new(kind.get_with(&cache, 1, async { 7 })).end(), 7);
    }
}
