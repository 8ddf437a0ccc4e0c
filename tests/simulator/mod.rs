//! Random callers, step by step, against the laws.
//!
//! `CACHETOOLS_SCHEDULES` says how many schedules; a failure prints its seed and the shortest trace that was found. Either can be
//! run again: `CACHETOOLS_SEED=7`, or `CACHETOOLS_TRACE="lru=2 ttl=none all_end: call0.0.shared poll0"`.

mod bodies;
mod executor;
mod model;
mod trace;

use std::env;
use std::thread;

use trace::Trace;

/// How many schedules the normal tests try.
const SCHEDULES: u64 = 20_000;

#[test]
fn random_schedules_keep_the_laws() {
    if let Some(trace) = variable::<Trace>("CACHETOOLS_TRACE") {
        return replay(trace);
    }
    if let Some(seed) = variable("CACHETOOLS_SEED") {
        return replay(Trace::of_seed(seed));
    }
    let schedules = variable("CACHETOOLS_SCHEDULES").unwrap_or(SCHEDULES);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let failed = thread::scope(|scope| {
        let share = |first| (first..schedules).step_by(threads).find(|&seed| fails(&Trace::of_seed(seed)));
        let threads: Vec<_> = (0..threads as u64).map(|first| scope.spawn(move || share(first))).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("it catches what panics")).min()
    });
    if let Some(seed) = failed {
        println!("CACHETOOLS_SEED={seed}");
        replay(Trace::of_seed(seed));
    }
}

/// Traces that showed something once.
#[test]
fn known_traces_keep_the_laws() {
    for trace in include_str!("known.txt").lines().filter(|line| !line.starts_with('#')) {
        replay(trace.parse().expect("a trace"));
    }
}

fn fails(trace: &Trace) -> bool {
    executor::run(trace).is_err()
}

fn replay(trace: Trace) {
    if !fails(&trace) {
        return;
    }
    let shortest = trace.shrink(fails);
    let broken = executor::run(&shortest).expect_err("it failed before");
    panic!("{broken}\nCACHETOOLS_TRACE=\"{shortest}\"");
}

fn variable<T: std::str::FromStr<Err: std::fmt::Debug>>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text:?}: {error:?}")))
}
