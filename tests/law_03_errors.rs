//! Law 3: a failure is shared and never kept. All waiters of a failed call get the error of that one run.

use std::cell::Cell;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use cachetools::{Cache, CallExt, Outcome, ShareError, SharedError, cached};
use futures::future::join_all;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use crate::support::{Kind, Loads, Task, each_kind, info, settle};

const LOAD: Duration = Duration::from_millis(50);

/// Eight callers of a call that fails after 50 ms: what they got, and how long it took.
async fn eight<T, E, F: Future<Output = Result<T, E>>>(call: impl Fn() -> F) -> (Vec<E>, Duration) {
    let begin = Instant::now();
    let results = join_all((0..8).map(|_| call())).await;
    let errors = results.into_iter().map(|result| result.err().expect("it fails")).collect();
    (errors, begin.elapsed())
}

/// For an error that can be shared, in each kind of flight: eight callers cost one run of 50 ms, all get the error, nothing is
/// kept, and the ninth runs again.
macro_rules! shared {
    ($test:ident: $error:ty = $make:expr, |$got:ident| $check:expr) => {
        mod $test {
            use super::*;

            shared!(@ inline, $error, $make, |$got| $check);
            shared!(@ shared, $error, $make, |$got| $check);
            shared!(@ detached, $error, $make, |$got| $check);
        }
    };
    (@ $flight:ident, $error:ty, $make:expr, |$got:ident| $check:expr) => {
        #[tokio::test(start_paused = true)]
        async fn $flight() {
            static RUNS: AtomicU32 = AtomicU32::new(0);

            #[cached(flight = $flight)]
            async fn fails(id: u32) -> Result<u32, $error> {
                let run = RUNS.fetch_add(1, Ordering::SeqCst);
                sleep(LOAD).await;
                if run < 2 { Err($make) } else { Ok(id) }
            }

            let (errors, took) = eight(|| fails(1)).await;
            assert_eq!((errors.len(), took, RUNS.load(Ordering::SeqCst)), (8, LOAD, 1));
            for $got in errors {
                $check;
            }
            assert_eq!(fails::cache_info(), info(7, 1, 128, 0));
            // One that is alone gets the same form.
            let $got = fails(1).await.expect_err("a failure is never kept");
            $check;
            assert_eq!(fails(1).await.expect("the third run"), 1);
            assert_eq!(fails::cache_info(), info(7, 3, 128, 1));
            assert_eq!(fails::cache_stats().load_errors, 2);
        }
    };
}

fn wire() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the wire is cut")
}

/// The messages of an error and of its sources.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
}

#[derive(Clone, Debug, PartialEq)]
struct NotFound(String);

shared!(an_error_that_is_clone: NotFound = NotFound("pep 9991".to_owned()), |error| {
    assert_eq!(error, NotFound("pep 9991".to_owned()));
});

shared!(an_anyhow_error: anyhow::Error = anyhow::Error::new(wire()).context("fetching"), |error| {
    assert_eq!(error.to_string(), "fetching");
    assert_eq!(chain(error.as_ref()), ["fetching", "the wire is cut"]);
    assert!(error.chain().any(<dyn Error>::is::<io::Error>));
});

shared!(an_anyhow_error_shows_the_type_it_holds: anyhow::Error = FetchError::Wire(wire()).into(), |error| {
    assert_eq!(chain(error.as_ref()), ["fetching", "the wire is cut"]);
    assert!(matches!(error.downcast_ref::<SharedError>().unwrap().downcast_ref(), Some(FetchError::Wire(_))));
});

shared!(an_eyre_report_shows_the_type_it_holds: eyre::Report = FetchError::Wire(wire()).into(), |error| {
    assert!(matches!(error.downcast_ref::<SharedError>().unwrap().downcast_ref(), Some(FetchError::Wire(_))));
});

shared!(an_eyre_report: eyre::Report = eyre::Report::new(wire()).wrap_err("fetching"), |error| {
    assert_eq!(error.to_string(), "fetching");
    assert_eq!(chain(error.as_ref()), ["fetching", "the wire is cut"]);
});

shared!(a_boxed_error: Box<dyn Error + Send + Sync> = Box::new(FetchError::Wire(wire())), |error| {
    assert_eq!(chain(&*error), ["fetching", "the wire is cut"]);
    let first: &FetchError = error.downcast_ref::<SharedError>().unwrap().downcast_ref().unwrap();
    assert!(matches!(first, FetchError::Wire(_)));
});

shared!(an_io_error: io::Error = wire(), |error| {
    assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::ConnectionReset, "the wire is cut"));
});

shared!(an_io_error_of_the_system: io::Error = io::Error::from_raw_os_error(2), |error| {
    assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::NotFound, Some(2)));
});

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("fetching")]
    Wire(#[source] io::Error),
    #[error(transparent)]
    Shared(#[from] SharedError),
}

shared!(an_enum_with_a_variant_for_shared_errors: FetchError = FetchError::Wire(wire()), |error| {
    assert_eq!(chain(&error), ["fetching", "the wire is cut"]);
    // The first caller, too: no code may depend on who came first.
    let FetchError::Shared(shared) = error else { panic!("{error:?} is of another form") };
    assert!(matches!(shared.downcast_ref(), Some(FetchError::Wire(_))));
});

/// Neither `Clone` nor `Sync`, and it says itself how it is shared.
#[derive(Debug)]
struct Told(Cell<u32>);

impl ShareError for Told {
    type Shared = u32;

    fn share(self) -> u32 {
        self.0.get()
    }

    fn from_shared(shared: u32) -> Self {
        Self(Cell::new(shared))
    }
}

shared!(an_error_that_says_how_it_is_shared: Told = Told(Cell::new(7)), |error| {
    assert_eq!(error.0.get(), 7);
});

/// Cannot be shared at all.
#[derive(Debug)]
struct Own(Cell<u32>);

/// For an error that is not shared, in each kind of flight: eight callers run one at a time, and each has its own.
macro_rules! not_shared {
    ($test:ident: $error:ty = |$run:ident| $make:expr, |$got:ident| $number:expr $(, $option:ident = $word:ident)?) => {
        mod $test {
            use super::*;

            not_shared!(@ inline, $error, |$run| $make, |$got| $number $(, $option = $word)?);
            not_shared!(@ shared, $error, |$run| $make, |$got| $number $(, $option = $word)?);
            not_shared!(@ detached, $error, |$run| $make, |$got| $number $(, $option = $word)?);
        }
    };
    (@ $flight:ident, $error:ty, |$run:ident| $make:expr, |$got:ident| $number:expr $(, $option:ident = $word:ident)?) => {
        #[tokio::test(start_paused = true)]
        async fn $flight() {
            static RUNS: AtomicU32 = AtomicU32::new(0);
            static AT_ONCE: AtomicU32 = AtomicU32::new(0);

            #[cached(flight = $flight $(, $option = $word)?)]
            async fn fails(id: u32) -> Result<u32, $error> {
                let $run = RUNS.fetch_add(1, Ordering::SeqCst);
                assert_eq!(AT_ONCE.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                sleep(LOAD).await;
                AT_ONCE.fetch_sub(1, Ordering::SeqCst);
                if $run < 8 { Err($make) } else { Ok(id) }
            }

            let (errors, took) = eight(|| fails(1)).await;
            assert_eq!((took, RUNS.load(Ordering::SeqCst)), (8 * LOAD, 8));
            let mut numbers: Vec<_> = errors.into_iter().map(|$got| $number).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
            // The tasks of detached bodies leave when their turn comes.
            yield_now().await;
            assert_eq!(fails::cache_parameters().running, 0);
            assert_eq!(fails(1).await.expect("the ninth run"), 1);
            assert_eq!(fails::cache_info(), info(7, 2, 128, 1));
            let stats = fails::cache_stats();
            assert_eq!((stats.loads, stats.load_errors), (9, 8));
        }
    };
}

not_shared!(an_error_that_cannot_be_shared: Own = |run| Own(Cell::new(run)), |error| error.0.get());
not_shared!(an_error_that_is_not_to_be_shared: NotFound = |run| NotFound(run.to_string()), |error| {
    error.0.parse::<u32>().unwrap()
}, errors = retry);

#[tokio::test(start_paused = true)]
async fn a_waiter_that_runs_after_an_error_of_its_own_brings_the_value_to_the_rest() {
    static RUNS: AtomicU32 = AtomicU32::new(0);

    #[cached]
    async fn fails_once(id: u32) -> Result<u32, Own> {
        let run = RUNS.fetch_add(1, Ordering::SeqCst);
        sleep(LOAD).await;
        if run == 0 { Err(Own(Cell::new(run))) } else { Ok(id) }
    }

    let results = join_all((0..8).map(|_| fails_once(5))).await;
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    assert_eq!(RUNS.load(Ordering::SeqCst), 2);
    assert_eq!(fails_once::cache_peek(5), Some(5));
}

#[tokio::test]
async fn a_result_under_another_name_is_one_if_the_attribute_says_so() {
    type Answer<T> = Result<T, NotFound>;
    static RUNS: AtomicU32 = AtomicU32::new(0);

    #[cached(result = true)]
    async fn kept_if_ok(id: u32) -> Answer<u32> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        Err(NotFound(id.to_string()))
    }
    #[cached(result = false)]
    async fn kept_whole(id: u32) -> Answer<u32> {
        RUNS.fetch_add(100, Ordering::SeqCst);
        Err(NotFound(id.to_string()))
    }

    for _ in 0..3 {
        assert_eq!(kept_if_ok(1).await, Err(NotFound("1".to_owned())));
        assert_eq!(kept_whole(1).await, Err(NotFound("1".to_owned())));
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 103);
    assert_eq!((kept_if_ok::cache_info().currsize, kept_whole::cache_info().currsize), (0, 1));
}

#[tokio::test]
async fn a_none_is_a_value() {
    static RUNS: AtomicU32 = AtomicU32::new(0);

    #[cached]
    async fn find(id: u32) -> Option<u32> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        (id > 10).then_some(id)
    }

    assert_eq!((find(1).await, find(1).await, find::cache_peek(1)), (None, None, Some(None)));
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn who_joins_a_failing_call_is_told_that_it_joined() {
    #[cached]
    async fn fails(id: u32) -> Result<u32, NotFound> {
        sleep(LOAD).await;
        Err(NotFound(id.to_string()))
    }

    let (first, second) = futures::join!(fails(1).traced(), fails(1).traced());
    assert_eq!((first.1, second.1), (Outcome::Ran, Outcome::Joined));
    assert_eq!(first.0, second.0);
}

each_kind! {
    fn an_error_reaches_those_who_wait_and_nobody_who_comes_after(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> =
            (0..8).map(|_| Task::waiting(kind.try_get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, Err("no"));
        assert_eq!(callers[0].end(), Err("no"));
        // The others have not been polled yet.
        let mut late = Task::waiting(kind.try_get_with(&cache, 1, loads.body()));
        callers.remove(0);
        assert_eq!(settle(&mut callers), [Some(Err("no")); 7]);
        loads.end(1, Ok(1));
        assert_eq!(late.end(), Ok(1));
    }

    fn an_error_that_nobody_fetches_is_dropped(kind) {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let error = Arc::new(());
        let mut leader = Task::waiting(kind.try_get_with(&cache, 1, loads.body()));
        let waiter = Task::waiting(kind.try_get_with(&cache, 1, loads.body()));
        loads.end(0, Err(error.clone()));
        drop(leader.end());
        drop(waiter);
        assert_eq!(Arc::strong_count(&error), 1);
    }

    fn an_error_is_cloned_for_those_who_wait_and_no_more(kind) {
        #[derive(Debug)]
        struct Counted(Arc<AtomicUsize>);
        impl Clone for Counted {
            fn clone(&self) -> Self {
                self.0.fetch_add(1, Ordering::SeqCst);
                Self(self.0.clone())
            }
        }
        let cache: Cache<u32, u32> = Cache::builder().build();
        let loads = Loads::new();
        let clones = Arc::new(AtomicUsize::new(0));
        let mut callers: Vec<_> =
            (0..8).map(|_| Task::waiting(kind.try_get_with(&cache, 1, loads.body()))).collect();
        loads.end(0, Err(Counted(clones.clone())));
        assert_eq!(settle(&mut callers).into_iter().flatten().count(), 8);
        assert_eq!(clones.load(Ordering::SeqCst), 8);
    }
}

/// By hand, values and errors of several types may share a key.
#[test]
fn a_waiter_whose_error_is_of_another_type_runs_its_own() {
    let cache: Cache<u32, u32> = Cache::builder().build();
    let (texts, numbers) = (Loads::<Result<u32, String>>::new(), Loads::<Result<u32, u8>>::new());
    let mut text = Task::waiting(Kind::Shared.try_get_with(&cache, 1, texts.body()));
    let mut number = Task::waiting(Kind::Shared.try_get_with(&cache, 1, numbers.body()));
    texts.end(0, Err("no".to_owned()));
    assert_eq!(text.end(), Err("no".to_owned()));
    assert!(number.poll().is_pending());
    numbers.end(0, Err(9));
    assert_eq!(number.end(), Err(9));
}
