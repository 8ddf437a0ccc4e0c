//! W5: all ask for the one key that is not there.

use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use crate::alloc::counted;
use crate::calls::{self, Subject, Visit};
use crate::measure::median;
use crate::table::{Facts, Table};
use crate::timed::runtime;

struct Stampede<'a> {
    waiters: usize,
    rounds: usize,
    next: u64,
    table: Table,
    facts: &'a mut Facts,
}

impl Visit for Stampede<'_> {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let Self { waiters, rounds, .. } = *self;
        let one = runtime();
        let two = Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("two threads can be had");
        let mut keys = self.next..;
        let mut times = |runtime: &Runtime| -> Vec<f64> {
            (0..rounds).map(|_| rush(runtime, waiters, keys.next().unwrap_or_default(), call)).collect()
        };
        let (on_one, on_two) = (times(&one), times(&two));
        let key = keys.next().unwrap_or_default();
        let before = calls::RUNS.load(Ordering::Relaxed);
        // Once more, to be counted.
        let (_, allocated) = counted(|| rush(&one, waiters, key, call));
        let runs = calls::RUNS.load(Ordering::Relaxed) - before;
        self.next = key + 1;

        let least = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
        let size = size_of_val(&call(key));
        let (bytes, allocations) = (allocated.peak as f64 / waiters as f64, allocated.calls as f64 / waiters as f64);
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
        self.table.row(subject.name, cells);
        self.facts.add("W5 runs", subject.name, runs as f64);
        self.facts.add("W5 bytes", subject.name, bytes);
        self.facts.add("W5 one thread", subject.name, median(on_one));
        self.facts.add("W5 two workers", subject.name, median(on_two));
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
    let title = format!("W5: {waiters} tasks, one key that is not there, a body of 20 ms (us beyond that)");
    let columns = [
        "variant",
        "runs",
        "1 thread min us",
        "median",
        "2 workers min us",
        "median",
        "peak B/waiter",
        "allocations",
        "future B",
    ];
    let mut stampede = Stampede { waiters, rounds, next: 1 << 40, table: Table::new(&title, &columns), facts };
    calls::slow::bounded(&mut stampede);
    println!("{}", stampede.table);
}
