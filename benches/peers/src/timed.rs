//! W1 to W4: calls in a loop, on one thread or two.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::calls::{self, OURS, QUICK, Subject, Visit};
use crate::measure::{Effort, Series, Variant, interleaved};
use crate::table::{Facts, Table, nanos, ratio};
use crate::texts::{self, REGION, VisitTexts};
use crate::zipf::{shuffled, zipf};

/// How many keys a hit is measured over.
const KEYS: usize = 1024;

/// A runtime as every variant has one.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime of one thread can be had")
}

/// A loop over keys that are all there.
struct Hits(Vec<Variant>);

impl Visit for Hits {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let keys: [u64; KEYS] = shuffled(KEYS as u64, 1).try_into().expect("so many were asked for");
        let runtime = runtime();
        self.0.push(Variant::new(subject.name, move |calls| {
            runtime.block_on(async {
                for key in keys {
                    call(key).await;
                }
                let begin = Instant::now();
                for number in 0..calls as usize {
                    black_box(call(black_box(keys[number % KEYS])).await);
                }
                begin.elapsed()
            })
        }));
    }
}

pub(crate) fn w1(effort: Effort, facts: &mut Facts) {
    let mut hits = Hits(Vec::new());
    calls::unbounded::all(&mut hits);
    calls::trivial::bounded(&mut hits);
    calls::trivial_by_order::all(&mut hits);
    show("W1", "hit, one thread, u64 -> u64", QUICK, interleaved(hits.0, effort), facts);
}

/// As [`Hits`], with keys of two parts.
struct TextHits(Vec<Variant>);

impl VisitTexts for TextHits {
    fn call(&mut self, subject: Subject, call: impl AsyncFn(&str, u32) -> Arc<str> + Copy + 'static) {
        let order: [u64; KEYS] = shuffled(KEYS as u64, 2).try_into().expect("so many were asked for");
        let names: Vec<&'static str> = order.iter().map(|&number| texts::NAMES[number as usize].as_str()).collect();
        let names: [&'static str; KEYS] = names.try_into().expect("as many");
        let runtime = runtime();
        self.0.push(Variant::new(subject.name, move |calls| {
            runtime.block_on(async {
                for name in names {
                    call(name, REGION).await;
                }
                let begin = Instant::now();
                for number in 0..calls as usize {
                    black_box(call(black_box(names[number % KEYS]), black_box(REGION)).await);
                }
                begin.elapsed()
            })
        }));
    }
}

pub(crate) fn w2(effort: Effort, facts: &mut Facts) {
    let mut hits = TextHits(Vec::new());
    texts::all(&mut hits);
    show("W2", "hit, one thread, (&str of 24 bytes, u32) -> Arc<str>", QUICK, interleaved(hits.0, effort), facts);
}

/// Two threads that call at once, each with keys of its own.
struct Together {
    keys: [Vec<u64>; 2],
    variants: Vec<Variant>,
}

impl Visit for Together {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let keys = self.keys.clone();
        self.variants.push(Variant::new(subject.name, move |calls| {
            runtime().block_on(async {
                for &key in keys.iter().flatten() {
                    call(key).await;
                }
            });
            let barrier = Barrier::new(2);
            std::thread::scope(|scope| {
                let threads = keys.each_ref().map(|keys| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        let runtime = runtime();
                        barrier.wait();
                        let begin = Instant::now();
                        runtime.block_on(async {
                            for number in 0..calls as usize {
                                black_box(call(black_box(keys[number % keys.len()])).await);
                            }
                        });
                        begin.elapsed()
                    })
                });
                let times = threads.map(|thread| thread.join().expect("no thread panics"));
                times.into_iter().max().unwrap_or(Duration::ZERO)
            })
        }));
    }
}

pub(crate) fn w3(effort: Effort, facts: &mut Facts) {
    let workloads = [
        ("W3 hot", "hit, two threads, one hot key, u64", [vec![7], vec![7]]),
        ("W3 zipf", "hit, two threads, Zipf(0.99) over 1,000 keys, u64", [3, 4].map(|seed| zipf(1000, 4096, seed))),
    ];
    for (id, title, keys) in workloads {
        let mut together = Together { keys, variants: Vec::new() };
        calls::unbounded::all(&mut together);
        calls::trivial::bounded(&mut together);
        calls::trivial_by_order::all(&mut together);
        show(id, title, QUICK, interleaved(together.variants, effort), facts);
    }
}

/// A loop over keys that were never seen: each call runs its body, and stores, and the oldest entry goes.
struct Misses(Vec<Variant>);

impl Visit for Misses {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let runtime = runtime();
        let mut next = 1 << 32;
        self.0.push(Variant::new(subject.name, move |calls| {
            let begin = Instant::now();
            runtime.block_on(async {
                for key in next..next + calls {
                    black_box(call(black_box(key)).await);
                }
            });
            next += calls;
            begin.elapsed()
        }));
    }
}

pub(crate) fn w4(effort: Effort, facts: &mut Facts) {
    let mut misses = Misses(Vec::new());
    calls::trivial::bounded(&mut misses);
    show("W4", "miss + insert + evict, capacity 10,000", calls::QUICK_SAFE, interleaved(misses.0, effort), facts);
}

/// A table of times, beside `peer`.
fn show(id: &'static str, title: &str, peer: Subject, measured: Vec<(&'static str, Series)>, facts: &mut Facts) {
    let find = |name| measured.iter().find(|(other, _)| *other == name).map(|(_, series)| series.clone());
    let (peer_series, ours) = (find(peer.name).unwrap_or_default(), find(OURS.name).unwrap_or_default());
    let mut table = Table::new(
        &format!("{id}: {title}"),
        &[
            "variant",
            "min ns",
            "median ns",
            &format!("x {}", peer.name),
            "median",
            "ours / it",
            "median",
            "allocations",
        ],
    );
    for (name, series) in measured {
        let (min, median) = series.ratio(&peer_series);
        let (ours_min, ours_median) = ours.ratio(&series);
        let cells = [
            nanos(series.min()),
            nanos(series.median()),
            ratio(min),
            ratio(median),
            ratio(ours_min),
            ratio(ours_median),
            format!("{:.2}", series.allocations),
        ];
        table.row(name, cells);
        facts.add_series(id, name, series);
    }
    println!("{table}");
}
