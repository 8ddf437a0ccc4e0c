//! What tests steer the callers and the bodies with: nothing here sleeps, and nothing runs unless a test says so.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use cachetools::{Cache, CacheInfo, CacheKey, CacheValue};

/// A caller: its future is polled when the test says so, and its waker counts.
pub(crate) struct Task<'a, T> {
    future: Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    rings: AtomicUsize,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rings.fetch_add(1, Ordering::SeqCst);
        self.rung.store(true, Ordering::SeqCst);
    }
}

/// What a panic brought along.
pub(crate) type Panic = Box<dyn Any + Send>;

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        let bell = Arc::new(Bell::default());
        bell.rung.store(true, Ordering::SeqCst);
        Self { future: Some(Box::pin(future)), bell }
    }

    /// A caller that has been polled once, and waits.
    pub(crate) fn waiting(future: impl Future<Output = T> + 'a) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending(), "it was to wait");
        task
    }

    /// Polls once. A panic of the future goes on here, and has dropped it.
    pub(crate) fn poll(&mut self) -> Poll<T> {
        self.poll_caught().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Polls once, and catches a panic.
    pub(crate) fn poll_caught(&mut self) -> Result<Poll<T>, Panic> {
        let future = self.future.as_mut().expect("the task has not ended");
        self.bell.rung.store(false, Ordering::SeqCst);
        let waker = Waker::from(self.bell.clone());
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(&waker))));
        if !matches!(polled, Ok(Poll::Pending)) {
            self.future = None;
        }
        polled
    }

    /// Polls as an executor does, whenever it was woken, until it ends. That nobody wakes it is a failure.
    pub(crate) fn end(&mut self) -> T {
        loop {
            assert!(self.is_woken(), "it waits, and nobody has woken it");
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
        }
    }

    /// New, or woken since it was polled.
    pub(crate) fn is_woken(&self) -> bool {
        self.future.is_some() && self.bell.rung.load(Ordering::SeqCst)
    }

    pub(crate) fn wakes(&self) -> usize {
        self.bell.rings.load(Ordering::SeqCst)
    }
}

/// Polls whoever was woken, round after round, until nobody is. Gives the outputs by the number of the task.
pub(crate) fn settle<T>(tasks: &mut [Task<'_, T>]) -> Vec<Option<T>> {
    let mut outputs: Vec<_> = tasks.iter().map(|_| None).collect();
    while tasks.iter().any(Task::is_woken) {
        for (task, output) in tasks.iter_mut().zip(&mut outputs) {
            if task.is_woken() {
                if let Poll::Ready(ready) = task.poll() {
                    *output = Some(ready);
                }
            }
        }
    }
    outputs
}

/// Bodies whose ends the test decides, numbered in the order in which they started.
pub(crate) struct Loads<R>(Arc<Mutex<Vec<Load<R>>>>);

struct Load<R> {
    end: Option<End<R>>,
    waker: Option<Waker>,
    polls: usize,
    over: Option<Over>,
}

enum End<R> {
    Return(R),
    Panic,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Ended,
    Dropped,
}

impl<R> Clone for Loads<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> Loads<R> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    fn loads(&self) -> MutexGuard<'_, Vec<Load<R>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A body. It starts when it is first polled.
    pub(crate) fn body(&self) -> Body<R> {
        Body { loads: self.clone(), number: None }
    }

    /// How many bodies have started.
    pub(crate) fn started(&self) -> usize {
        self.loads().len()
    }

    /// How many are running.
    pub(crate) fn live(&self) -> usize {
        self.loads().iter().filter(|load| load.over.is_none()).count()
    }

    /// How many were dropped before they ended.
    pub(crate) fn dropped(&self) -> usize {
        self.loads().iter().filter(|load| load.over == Some(Over::Dropped)).count()
    }

    /// How often the body was polled.
    pub(crate) fn polls(&self, number: usize) -> usize {
        self.loads()[number].polls
    }

    /// Lets a body end with `result`.
    pub(crate) fn end(&self, number: usize, result: R) {
        self.set(number, Some(End::Return(result)));
    }

    /// Lets a body panic; the payload is its number.
    pub(crate) fn panic(&self, number: usize) {
        self.set(number, Some(End::Panic));
    }

    /// Wakes a body, which has nothing to do.
    pub(crate) fn wake(&self, number: usize) {
        self.set(number, None);
    }

    fn set(&self, number: usize, end: Option<End<R>>) {
        let mut loads = self.loads();
        let load = &mut loads[number];
        if end.is_some() {
            load.end = end;
        }
        // One that has nothing to do can be woken again before it is polled.
        let waker = if load.end.is_some() { load.waker.take() } else { load.waker.clone() };
        drop(loads);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The future of [`Loads::body`].
pub(crate) struct Body<R> {
    loads: Loads<R>,
    number: Option<usize>,
}

impl<R> Future for Body<R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let this = &mut *self;
        let mut loads = this.loads.loads();
        let number = *this.number.get_or_insert_with(|| {
            loads.push(Load { end: None, waker: None, polls: 0, over: None });
            loads.len() - 1
        });
        let load = &mut loads[number];
        load.polls += 1;
        match load.end.take() {
            None => {
                load.waker = Some(context.waker().clone());
                Poll::Pending
            }
            Some(end) => {
                load.over = Some(Over::Ended);
                drop(loads);
                match end {
                    End::Return(result) => Poll::Ready(result),
                    // Not `panic!`: nobody has to read about a panic that a test asked for.
                    End::Panic => std::panic::resume_unwind(Box::new(number)),
                }
            }
        }
    }
}

impl<R> Drop for Body<R> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut loads = self.loads.loads();
        let load = &mut loads[number];
        load.over = load.over.or(Some(Over::Dropped));
        let waker = load.waker.take();
        drop(loads);
        drop(waker);
    }
}

/// The number that a body panicked with.
#[track_caller]
pub(crate) fn number_of(panic: &Panic) -> usize {
    *panic.downcast_ref().expect("the panic of a body")
}

/// The kind of a flight. Where a test has no tokio runtime, a detached one is shared: no task sees to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Inline,
    Shared,
    Detached,
}

/// A call by hand.
pub(crate) type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Kind {
    pub(crate) fn get_with<K: CacheKey, V: CacheValue>(
        self,
        cache: &Cache<K, V>,
        key: K,
        load: impl Future<Output = V> + Send + 'static,
    ) -> Call<'static, V> {
        let cache = cache.clone();
        match self {
            Self::Inline => Box::pin(async move { cache.get_with(key, load).await }),
            Self::Shared => Box::pin(async move { cache.shared().get_with(key, load).await }),
            Self::Detached => Box::pin(async move { cache.detached().get_with(key, load).await }),
        }
    }

    pub(crate) fn try_get_with<K: CacheKey, V: CacheValue, E: Clone + Send + Sync + 'static>(
        self,
        cache: &Cache<K, V>,
        key: K,
        load: impl Future<Output = Result<V, E>> + Send + 'static,
    ) -> Call<'static, Result<V, E>> {
        let cache = cache.clone();
        match self {
            Self::Inline => Box::pin(async move { cache.try_get_with(key, load).await }),
            Self::Shared => Box::pin(async move { cache.shared().try_get_with(key, load).await }),
            Self::Detached => Box::pin(async move { cache.detached().try_get_with(key, load).await }),
        }
    }

    /// Whether the flight owns the body, so that it outlives the caller that brought it.
    pub(crate) fn owns(self) -> bool {
        self != Self::Inline
    }
}

/// Runs each test for every kind of flight.
macro_rules! each_kind {
    ($($(#[$meta:meta])* fn $name:ident($kind:ident) $body:block)*) => {$(
        $(#[$meta])*
        fn $name($kind: $crate::support::Kind) $body

        mod $name {
            #[test]
            fn inline() {
                super::$name($crate::support::Kind::Inline);
            }

            #[test]
            fn shared() {
                super::$name($crate::support::Kind::Shared);
            }

            #[test]
            fn detached() {
                super::$name($crate::support::Kind::Detached);
            }
        }
    )*};
}
pub(crate) use each_kind;

/// Runs each test for every kind of flight, in a tokio runtime of one thread whose time stands still until all wait for it.
macro_rules! each_kind_in_paused_time {
    ($($(#[$meta:meta])* async fn $name:ident($kind:ident) $body:block)*) => {$(
        $(#[$meta])*
        async fn $name($kind: $crate::support::Kind) $body

        mod $name {
            #[tokio::test(start_paused = true)]
            async fn inline() {
                super::$name($crate::support::Kind::Inline).await;
            }

            #[tokio::test(start_paused = true)]
            async fn shared() {
                super::$name($crate::support::Kind::Shared).await;
            }

            #[tokio::test(start_paused = true)]
            async fn detached() {
                super::$name($crate::support::Kind::Detached).await;
            }
        }
    )*};
}
pub(crate) use each_kind_in_paused_time;

/// Hits, misses, bound and size, to compare with.
pub(crate) fn info(hits: u64, misses: u64, maxsize: impl Into<Option<u64>>, currsize: u64) -> CacheInfo {
    CacheInfo { hits, misses, maxsize: maxsize.into(), currsize }
}

/// Says how many calls are running.
pub(crate) fn running<K, V>(cache: &Cache<K, V>) -> u64 {
    cache.parameters().running
}
