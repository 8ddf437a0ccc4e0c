//! The bodies of a schedule: each tells when it starts, ends and is dropped, and ends when a step says so.

use std::pin::Pin;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::trace::Ending;

/// The number of a call, in the order in which they were made.
pub(super) type CallId = usize;
/// The number of a load, in the order in which they were started.
pub(super) type LoadId = usize;

/// Where a value comes from: no two are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Load(LoadId),
    Insert(usize),
}

/// A value that is counted as long as it lives.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) source: Source,
    alive: Arc<AtomicIsize>,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Self { source: self.source, alive: self.alive.clone() }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Started(LoadId, CallId),
    Ended(LoadId, Ending),
    Dropped(LoadId),
}

#[derive(Clone, Default)]
pub(super) struct Bodies {
    state: Arc<Mutex<State>>,
    alive: Arc<AtomicIsize>,
}

#[derive(Default)]
struct State {
    loads: Vec<Load>,
    events: Vec<Event>,
}

struct Load {
    ending: Option<Ending>,
    waker: Option<Waker>,
    /// How often it will still wake itself.
    restless: u32,
    /// It was woken, and has not been polled since.
    awake: bool,
    over: bool,
}

impl Bodies {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body that a call brings along.
    pub(super) fn of_call(&self, call: CallId, restless: bool) -> Body {
        Body { bodies: self.clone(), call, restless: if restless { 2 } else { 0 }, load: None }
    }

    pub(super) fn value(&self, source: Source) -> Value {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Value { source, alive: self.alive.clone() }
    }

    /// How many values are alive.
    pub(super) fn values(&self) -> isize {
        self.alive.load(Ordering::SeqCst)
    }

    /// What has happened since this was last asked.
    pub(super) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.state().events)
    }

    /// Those that run, and have not been told to end.
    pub(super) fn open(&self) -> Vec<LoadId> {
        let state = self.state();
        let open = state.loads.iter().enumerate().filter(|(_, load)| !load.over && load.ending.is_none());
        open.map(|(id, _)| id).collect()
    }

    /// Whether a body was woken and waits to be polled.
    pub(super) fn is_awake(&self, load: LoadId) -> bool {
        self.state().loads[load].awake
    }

    /// Wakes a body, and lets it end if `ending` says so.
    pub(super) fn wake(&self, load: LoadId, ending: Option<Ending>) {
        let mut state = self.state();
        let load = &mut state.loads[load];
        load.ending = load.ending.or(ending);
        load.awake = true;
        let waker = load.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

pub(super) struct Body {
    bodies: Bodies,
    call: CallId,
    restless: u32,
    load: Option<LoadId>,
}

impl Future for Body {
    type Output = Result<Value, LoadId>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut state = this.bodies.state();
        let id = *this.load.get_or_insert_with(|| {
            let id = state.loads.len();
            state.loads.push(Load { ending: None, waker: None, restless: this.restless, awake: false, over: false });
            state.events.push(Event::Started(id, this.call));
            id
        });
        let load = &mut state.loads[id];
        load.awake = false;
        if let Some(ending) = load.ending {
            load.over = true;
            state.events.push(Event::Ended(id, ending));
            drop(state);
            return match ending {
                Ending::Ok => Poll::Ready(Ok(this.bodies.value(Source::Load(id)))),
                Ending::Err => Poll::Ready(Err(id)),
                Ending::Panic => std::panic::resume_unwind(Box::new(id)),
            };
        }
        if load.restless > 0 {
            load.restless -= 1;
            load.awake = true;
            drop(state);
            context.waker().wake_by_ref();
        } else {
            load.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let Some(id) = self.load else { return };
        let mut state = self.bodies.state();
        let load = &mut state.loads[id];
        let waker = load.waker.take();
        if !load.over {
            load.over = true;
            state.events.push(Event::Dropped(id));
        }
        drop(state);
        drop(waker);
    }
}
