//! W5: all ask for the one key that is not there.

use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use crate::alloc::counted;
use crate::calls::{self, Subject, Visit};
use crate::measure::{Series, median};
use crate::table::{Facts, Table};
use crate::timed::runtime;

/// Lets so many callers ask for a key, and says how long it took; see [`rush`].
type Rush = Box<dyn Fn(&Runtime, usize, u64) -> f64>;

struct Stampede {
    subject: Subject,
    rush: Rush,
    /// The size of the call's future.
    size: usize,
    on_one: Vec<f64>,
    on_two: Vec<f64>,
}

struct Stampedes(Vec<Stampede>);

impl Visit for Stampedes {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let rush = Box::new(move |runtime: &Runtime, waiters, key| rush(runtime, waiters, key, call));
        let size = size_of_val(&call(0));
        self.0.push(Stampede { subject, rush, size, on_one: Vec::new(), on_two: Vec::new() });
    }
}

/// How long it takes until all have their value, beyond what the body takes, in microseconds.
fn rush<R>(runtime: &Runtime, waiters: usize, key: u64, call: impl Fn(u64) -> R + Copy) -> f64
where
    R: Future<Output = u64> + Send + 'static,
{
    let begin = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..waiters).map(|_| tokio::spawn(call(key))).collect();
        for task in tasks {
            task.await.expect("no caller panics");
        }
    });
    begin.elapsed().saturating_sub(calls::SLOW).as_secs_f64() * 1e6
}

pub(crate) fn w5(waiters: usize, rounds: usize, facts: &mut Facts) {
    let mut stampedes = Stampedes(Vec::new());
    calls::slow::bounded(&mut stampedes);
    let one = runtime();
    let two = Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("two threads can be had");
    for round in 0..rounds {
        let key = 2 * round as u64;
        for Stampede { rush, on_one, on_two, .. } in &mut stampedes.0 {
            on_one.push(rush(&one, waiters, key));
            on_two.push(rush(&two, waiters, key + 1));
        }
    }

    let title = format!("W5: {waiters} tasks, one key that is not there, a body of 20 ms (us beyond that)");
    let times = ["1 thread min us", "median", "2 workers min us", "median"];
    let mut table = Table::new(
        &title,
        &["variant", "runs", times[0], times[1], times[2], times[3], "peak B/waiter", "allocations", "future B"],
    );
    for Stampede { subject, rush, size, on_one, on_two } in stampedes.0 {
        // Once more, to be counted.
        let before = calls::RUNS.load(Ordering::Relaxed);
        let (_, allocated) = counted(|| rush(&one, waiters, u64::MAX));
        let runs = calls::RUNS.load(Ordering::Relaxed) - before;
        let (bytes, allocations) = (allocated.peak as f64 / waiters as f64, allocated.calls as f64 / waiters as f64);
        let least = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
        let cells = [
            format!("{runs}"),
            format!("{:.0}", least(&on_one)),
            format!("{:.0}", median(on_one.clone())),
            format!("{:.0}", least(&on_two)),
            format!("{:.0}", median(on_two.clone())),
            format!("{bytes:.0}"),
            format!("{allocations:.2}"),
            format!("{size}"),
        ];
        table.row(subject.name, cells);
        facts.add("W5 runs", subject.name, runs as f64);
        facts.add("W5 bytes", subject.name, bytes);
        facts.add_series("W5 one thread", subject.name, Series { rounds: on_one, allocations });
        facts.add_series("W5 two workers", subject.name, Series { rounds: on_two, allocations });
    }
    println!("{table}");
}
