//! Runs a trace on a cache, and asks the model after every step.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use cachetools::{Cache, CallExt, ManualClock};

use super::bodies::{Bodies, CallId, LoadId, Value};
use super::model::{Law, Model, Seen};
use super::trace::{Asked, CALLERS, Ending, KEYS, MOST_PARKED, Setup, Step, Trace};
use crate::support::{Task, info};

/// Nothing in a schedule needs more polls than this to come to rest.
const PATIENCE: usize = 10_000;

/// Runs a trace; says what does not hold, and after which step.
pub(super) fn run(trace: &Trace) -> Law {
    let mut done = 0;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::new(trace.setup);
        for step in &trace.steps {
            run.step(*step)?;
            done += 1;
        }
        run.last(trace.setup.all_leave)
    }));
    let broken = match result {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(law)) => law,
        Err(panic) => format!("a panic: {}", text(&*panic)),
    };
    let place = match trace.steps.get(done) {
        Some(step) => format!("in step {} ({step})", done + 1),
        None => "at the end".to_owned(),
    };
    Err(format!("{place}: {broken}"))
}

fn text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "of a body, where none was due",
    }
}

struct Caller {
    task: Task<'static, Result<Value, LoadId>>,
    call: CallId,
    parked: bool,
}

struct Run {
    setup: Setup,
    clock: ManualClock,
    cache: Cache<u32, Value>,
    bodies: Bodies,
    model: Model,
    callers: [Option<Caller>; CALLERS],
    /// Whose turn it is, if it was woken.
    turn: usize,
}

impl Run {
    fn new(setup: Setup) -> Self {
        let clock = ManualClock::new();
        let builder = Cache::builder().clock(clock.clone());
        let builder = match setup.lru {
            Some(capacity) => builder.lru(capacity),
            None => builder.unbounded(),
        };
        let cache = match setup.ttl {
            Some(ttl) => builder.ttl(Duration::from_secs(ttl)).build(),
            None => builder.build(),
        };
        Self {
            setup,
            clock,
            cache,
            bodies: Bodies::default(),
            model: Model::new(setup),
            callers: Default::default(),
            turn: 0,
        }
    }

    fn step(&mut self, step: Step) -> Law {
        match step {
            Step::Call(caller, asked) => self.call(caller, asked),
            Step::Poll(caller) => {
                if self.callers[caller].as_ref().is_some_and(|caller| !caller.parked) {
                    self.poll(caller)?;
                }
            }
            Step::Drop(caller) => self.drop_caller(caller)?,
            Step::Park(number) => {
                let parked = self.callers.iter().flatten().filter(|caller| caller.parked).count();
                if let (Some(caller), true) = (&mut self.callers[number], parked < MOST_PARKED) {
                    caller.parked = true;
                }
            }
            Step::Unpark(number) => {
                if let Some(caller) = &mut self.callers[number] {
                    caller.parked = false;
                }
            }
            Step::Settle => self.settle()?,
            Step::End(number, ending) => self.wake(number, Some(ending)),
            Step::Nudge(number) => self.wake(number, None),
            Step::Invalidate(key) => {
                let (was_there, due) = (self.cache.invalidate(&key), self.model.invalidate(key));
                if was_there != due {
                    return Err(format!("invalidate said {was_there}"));
                }
            }
            Step::Insert(key) => {
                let source = self.model.insert(key);
                self.cache.insert(key, self.bodies.value(source));
            }
            Step::Clear => {
                self.cache.clear();
                self.model.clear();
            }
            Step::Advance(by) => {
                self.clock.advance(Duration::from_secs(by));
                self.model.advance(by);
            }
            Step::Info => self.info()?,
        }
        self.check()
    }

    fn call(&mut self, number: usize, asked: Asked) {
        if self.callers[number].is_some() {
            return;
        }
        let call = self.model.call(asked);
        let future = asked.kind.try_get_with(&self.cache, asked.key, self.bodies.of_call(call, asked.restless));
        let task = if asked.refresh { Task::new(future.refresh()) } else { Task::new(future) };
        self.callers[number] = Some(Caller { task, call, parked: false });
    }

    fn poll(&mut self, number: usize) -> Law {
        let Some(caller) = &mut self.callers[number] else { return Ok(()) };
        let polled = caller.task.poll_caught();
        let call = caller.call;
        let seen = match polled {
            Ok(Poll::Pending) => Seen::Pending,
            Ok(Poll::Ready(Ok(value))) => Seen::Value(value.source),
            Ok(Poll::Ready(Err(load))) => Seen::Error(load),
            Err(panic) => match panic.downcast_ref() {
                Some(&load) => Seen::Panic(load),
                None => return Err(format!("a panic: {}", text(&*panic))),
            },
        };
        if seen != Seen::Pending {
            self.callers[number] = None;
        }
        self.model.polled(call, &self.bodies.take_events(), seen)
    }

    fn drop_caller(&mut self, number: usize) -> Law {
        let Some(Caller { task, call, .. }) = self.callers[number].take() else { return Ok(()) };
        drop(task);
        self.model.dropped(call, &self.bodies.take_events())
    }

    fn wake(&self, number: usize, ending: Option<Ending>) {
        let open = self.bodies.open();
        if !open.is_empty() {
            self.bodies.wake(open[number % open.len()], ending);
        }
    }

    fn is_runnable(&self, number: usize) -> bool {
        self.callers[number].as_ref().is_some_and(|caller| !caller.parked && caller.task.is_woken())
    }

    fn settle(&mut self) -> Law {
        for _ in 0..PATIENCE {
            let mut round = (0..CALLERS).map(|offset| (self.turn + offset) % CALLERS);
            let Some(number) = round.find(|&number| self.is_runnable(number)) else { return Ok(()) };
            self.turn = number + 1;
            self.poll(number)?;
        }
        Err("the callers wake each other for ever".into())
    }

    /// What holds after every step.
    fn check(&self) -> Law {
        for key in 0..KEYS {
            let stored = self.cache.peek(&key).map(|value| value.source);
            let due = self.model.stored(key);
            if stored != due {
                return Err(format!("{stored:?} is stored for key {key} instead of {due:?}"));
            }
            let contains = self.cache.contains(&key);
            if contains != (due.is_some() || self.model.is_running(key)) {
                return Err(format!("contains({key}) is {contains}"));
            }
        }
        self.model.stored_is_valid()?;
        let stats = self.cache.stats();
        let counters = &self.model.counters;
        for (name, count, due) in [
            ("hits", stats.hits, counters.hits),
            ("coalesced", stats.coalesced, counters.coalesced),
            ("misses", stats.misses, counters.misses),
            ("refreshes", stats.refreshes, counters.refreshes),
            ("loads", stats.loads, counters.loads),
            ("load_errors", stats.load_errors, counters.load_errors),
            ("running", stats.running, self.model.running()),
        ] {
            if count != due {
                return Err(format!("{name} = {count}, and {due} was due"));
            }
        }
        if (0..CALLERS).any(|number| self.is_runnable(number)) {
            return Ok(());
        }
        let parked = |call| self.callers.iter().flatten().any(|caller| caller.call == call && caller.parked);
        let has_slot = |call| self.callers.iter().flatten().any(|caller| caller.call == call);
        self.model.at_rest(parked, |load| self.bodies.is_awake(load), has_slot)
    }

    fn info(&self) -> Law {
        let counters = &self.model.counters;
        let hits = counters.hits + counters.coalesced;
        let due = info(hits, counters.misses, self.setup.lru.map(|lru| lru as u64), self.model.size());
        let seen = self.cache.info();
        if seen == due { Ok(()) } else { Err(format!("{seen} instead of {due}")) }
    }

    /// Everybody comes to an end, and nothing is left.
    fn last(mut self, all_leave: bool) -> Law {
        if all_leave {
            for number in 0..CALLERS {
                self.drop_caller(number)?;
                self.check()?;
            }
        }
        self.callers.iter_mut().flatten().for_each(|caller| caller.parked = false);
        loop {
            self.settle()?;
            self.check()?;
            let Some(&load) = self.bodies.open().first() else { break };
            self.bodies.wake(load, Some(Ending::Ok));
        }
        if let Some(caller) = self.callers.iter().flatten().next() {
            return Err(format!("caller {} waits for ever", caller.call));
        }
        if self.cache.stats().running != 0 {
            return Err("nobody is left, and something is running".into());
        }
        self.info()?;
        let stored = (0..KEYS).map(|key| isize::from(self.cache.peek(&key).is_some())).sum::<isize>();
        let values = self.bodies.values();
        if values != stored {
            return Err(format!("{stored} values are stored, and {values} are alive"));
        }
        drop(self.cache);
        if self.bodies.values() != 0 {
            return Err("the cache is gone, and values are alive".into());
        }
        Ok(())
    }
}
