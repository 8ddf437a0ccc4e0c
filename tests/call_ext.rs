//! One call that asks for something else.

use std::cell::Cell;

use cachetools::{Cache, CallExt, Outcome, cached};

use crate::support::{Kind, Loads, Task, each_kind, info, settle};

fn now<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).end()
}

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

/// The number of a run, counted for each test's thread.
fn run() -> u32 {
    RUNS.set(RUNS.get() + 1);
    RUNS.get()
}

#[test]
fn refresh_runs_the_body_and_replaces_what_is_stored() {
    #[cached]
    async fn number() -> u32 {
        run()
    }
    assert_eq!((now(number()), now(number().refresh()), now(number())), (1, 2, 2));
    assert_eq!(number::cache_stats().refreshes, 1);
    assert_eq!(number::cache_info(), info(1, 1, 128, 1), "a refresh is neither a hit nor a miss");
}

#[test]
fn uncached_runs_the_body_and_leaves_the_cache_alone() {
    #[cached]
    async fn number() -> u32 {
        run()
    }
    assert_eq!((now(number().uncached()), number::cache_peek()), (1, None));
    assert_eq!((now(number()), now(number().uncached()), now(number())), (2, 3, 2));
    assert_eq!(number::cache_info(), info(1, 1, 128, 1));
}

#[test]
fn traced_tells_how_a_call_was_answered() {
    #[cached]
    async fn number(id: u32) -> u32 {
        id + run()
    }
    assert_eq!(now(number(10).traced()), (11, Outcome::Ran));
    assert_eq!(now(number(10).traced()), (11, Outcome::Hit));
    assert_eq!(now(number(10).refresh().traced()), (12, Outcome::Ran));
    assert_eq!(now(number(10).uncached().traced()), (13, Outcome::Ran));
    assert_eq!(now(number(10).traced()), (12, Outcome::Hit));
}

#[test]
fn what_is_asked_of_one_call_is_not_asked_of_those_that_its_body_makes() {
    #[cached]
    async fn inner() -> u32 {
        run()
    }
    #[cached]
    async fn outer() -> u32 {
        inner().await * 10
    }
    assert_eq!(now(outer()), 10);
    assert_eq!(now(outer().refresh()), 10, "the inner call is a hit");
    assert_eq!(now(outer().uncached()), 10);
    assert_eq!(now(outer().refresh().traced()), (10, Outcome::Ran));
    assert_eq!(inner::cache_info().misses, 1);
}

#[test]
fn a_future_that_starts_no_call_leaves_what_was_asked_to_nobody() {
    #[cached]
    async fn number() -> u32 {
        run()
    }
    assert_eq!(now(number()), 1);
    assert_eq!(now(async { 7 }.refresh()), 7);
    assert_eq!(now(number()), 1);
    let mut waits = Task::waiting(std::future::pending::<()>().refresh());
    assert_eq!(now(number()), 1);
    assert!(waits.poll().is_pending());
    assert_eq!(now(number()), 1);
}

#[test]
fn it_works_on_methods() {
    #[derive(Default)]
    struct Service {
        caches: cachetools::InstanceCaches,
    }
    impl Service {
        #[cachetools::cachedmethod]
        async fn number(&self) -> u32 {
            run()
        }
    }
    let service = Service::default();
    assert_eq!(now(service.number().traced()), (1, Outcome::Ran));
    assert_eq!(now(service.number().traced()), (1, Outcome::Hit));
    assert_eq!((now(service.number().uncached()), now(service.number().refresh())), (2, 3));
    assert_eq!(now(service.number()), 3);
}

#[test]
fn it_works_behind_a_box_and_within_a_combinator() {
    #[cached]
    async fn number() -> u32 {
        run()
    }
    assert_eq!(now(number()), 1);
    assert_eq!(now(Box::pin(number()).refresh()), 2);
    let (one, two) = now(async { futures::join!(number().traced(), number().uncached().traced()) });
    assert_eq!((one, two), ((2, Outcome::Hit), (3, Outcome::Ran)));
}

each_kind! {
    fn who_joins_is_told_so(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..3).map(|_| Task::waiting(kind.get_with(&cache, 1, loads.body()).traced())).collect();
        loads.end(0, 10);
        let got: Vec<_> = settle(&mut callers).into_iter().flatten().collect();
        assert_eq!(got, [(10, Outcome::Ran), (10, Outcome::Joined), (10, Outcome::Joined)]);
        assert_eq!(now(kind.get_with(&cache, 1, loads.body()).traced()), (10, Outcome::Hit));
    }

    fn callers_join_a_refresh_if_nothing_is_stored(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut refresh = Task::waiting(kind.get_with(&cache, 1, loads.body()).refresh());
        let mut joins = Task::waiting(kind.get_with(&cache, 1, loads.body()).traced());
        assert_eq!(loads.started(), 1);
        loads.end(0, 10);
        assert_eq!((refresh.end(), joins.end()), (10, (10, Outcome::Joined)));
    }

    fn until_a_refresh_has_ended_others_get_what_is_stored(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        cache.insert(1, 9);
        let mut refresh = Task::waiting(kind.get_with(&cache, 1, loads.body()).refresh());
        assert_eq!(now(kind.get_with(&cache, 1, loads.body()).traced()), (9, Outcome::Hit));
        loads.end(0, 10);
        assert_eq!(refresh.end(), 10);
        assert_eq!(now(kind.get_with(&cache, 1, loads.body()).traced()), (10, Outcome::Hit));
        assert_eq!(loads.started(), 1);
    }

    fn an_uncached_call_joins_nobody(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut first = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut own = Task::waiting(kind.get_with(&cache, 1, loads.body()).uncached());
        loads.end(1, 11);
        assert_eq!((own.end(), cache.peek(&1)), (11, None));
        loads.end(0, 10);
        assert_eq!((first.end(), cache.peek(&1)), (10, Some(10)));
    }
}

#[test]
fn a_refresh_that_panics_leaves_what_was_stored() {
    for kind in [Kind::Inline, Kind::Shared, Kind::Detached] {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        cache.insert(1, 9);
        let mut refresh = Task::waiting(kind.get_with(&cache, 1, loads.body()).refresh());
        loads.panic(0);
        assert!(refresh.poll_caught().is_err());
        assert_eq!(cache.peek(&1), Some(9));
    }
}
