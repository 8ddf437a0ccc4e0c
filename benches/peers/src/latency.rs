//! W7: how long single calls take, when two threads call.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

use crate::calls::{self, Subject, Visit};
use crate::table::{Facts, Table};
use crate::timed::runtime;
use crate::zipf::zipf;

struct Latency<'a> {
    keys: [Vec<u64>; 2],
    rounds: usize,
    table: Table,
    facts: &'a mut Facts,
}

impl Visit for Latency<'_> {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let mut all: Vec<u64> = Vec::new();
        for round in 0..=self.rounds {
            let barrier = Barrier::new(2);
            let times = std::thread::scope(|scope| {
                let threads = self.keys.each_ref().map(|keys| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        let mut times = Vec::with_capacity(keys.len());
                        let runtime = runtime();
                        barrier.wait();
                        runtime.block_on(async {
                            for &key in keys {
                                let begin = Instant::now();
                                black_box(call(black_box(key)).await);
                                times.push(begin.elapsed().as_nanos() as u64);
                            }
                        });
                        times
                    })
                });
                threads.map(|thread| thread.join().expect("no thread panics"))
            });
            // The first round fills the cache.
            if round > 0 {
                all.extend(times.into_iter().flatten());
            }
        }
        all.sort_unstable();
        let at = |share: f64| all[((all.len() - 1) as f64 * share) as usize];
        let mean = all.iter().sum::<u64>() as f64 / all.len() as f64;
        let cells = [at(0.5), at(0.99), at(0.999)].map(|time| time.to_string());
        self.table.row(subject.name, cells.into_iter().chain([format!("{mean:.0}")]));
        self.facts.add("W7 p99", subject.name, at(0.99) as f64);
    }
}

pub(crate) fn w7(rounds: usize, calls: usize, facts: &mut Facts) {
    let title = "W7: latency, two threads, Zipf(0.99) over 100,000 keys, capacity 10,000 (every call timed)";
    let table = Table::new(title, &["variant", "p50 ns", "p99 ns", "p99.9 ns", "mean ns"]);
    let keys = [5, 6].map(|seed| zipf(100_000, calls, seed));
    let mut latency = Latency { keys, rounds, table, facts };
    calls::trivial::bounded(&mut latency);
    println!("{}", latency.table);
}
