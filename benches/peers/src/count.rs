//! So many calls of one kind and nothing else, for callgrind: the difference of two runs is what the calls cost.

use std::hint::black_box;
use std::process::ExitCode;

use crate::calls::{trivial, trivial_by_order as by_order, unbounded};
use crate::texts::{self, REGION};
use crate::timed::runtime;
use crate::zipf::shuffled;

/// Makes so many calls.
type Kind = fn(u64);

/// A kind of call by its name; hits are over keys that are there, misses over keys that never were.
pub(crate) const KINDS: &[(&str, Kind)] = &[
    ("loop", |calls| hits(calls, |key| async move { key })),
    ("hit: cachetools", |calls| hits(calls, trivial::ours)),
    ("hit: cachetools, flight = inline", |calls| hits(calls, trivial::ours_inline)),
    ("hit: cachetools, ttl = 10m", |calls| hits(calls, trivial::ours_ttl)),
    ("hit: cachetools, unbounded", |calls| hits(calls, unbounded::ours)),
    ("hit: cachetools, lfu", |calls| hits(calls, by_order::lfu)),
    ("hit: cachetools, fifo", |calls| hits(calls, by_order::fifo)),
    ("hit: cachetools, random", |calls| hits(calls, by_order::random)),
    ("hit: cachetools, sieve", |calls| hits(calls, by_order::sieve)),
    ("hit: cachetools, s3_fifo", |calls| hits(calls, by_order::s3_fifo)),
    ("hit: cachetools, tiny_lfu", |calls| hits(calls, by_order::tiny_lfu)),
    ("hit: quick_cache get", |calls| hits(calls, trivial::quick)),
    ("hit: quick_cache get_or_insert_async", |calls| hits(calls, trivial::quick_safe)),
    ("text: loop", |calls| text_hits(calls, &async |name: &str, _| black_box(name).len())),
    ("text: cachetools", |calls| text_hits(calls, &texts::ours)),
    ("text: HashMap without a lock", |calls| text_hits(calls, &texts::floor)),
    ("text: quick_cache get", |calls| text_hits(calls, &texts::quick)),
    ("text: quick_cache get_or_insert_async", |calls| text_hits(calls, &texts::quick_safe)),
    ("miss: cachetools", |calls| misses(calls, trivial::ours)),
    ("miss: cachetools, flight = inline", |calls| misses(calls, trivial::ours_inline)),
    ("miss: cachetools, ttl = 10m", |calls| misses(calls, trivial::ours_ttl)),
    ("miss: cachetools, lfu", |calls| misses(calls, by_order::lfu)),
    ("miss: cachetools, fifo", |calls| misses(calls, by_order::fifo)),
    ("miss: cachetools, random", |calls| misses(calls, by_order::random)),
    ("miss: cachetools, sieve", |calls| misses(calls, by_order::sieve)),
    ("miss: cachetools, s3_fifo", |calls| misses(calls, by_order::s3_fifo)),
    ("miss: cachetools, tiny_lfu", |calls| misses(calls, by_order::tiny_lfu)),
    ("miss: quick_cache get, insert", |calls| misses(calls, trivial::quick)),
    ("miss: quick_cache get_or_insert_async", |calls| misses(calls, trivial::quick_safe)),
];

pub(crate) fn run(what: &str, calls: &str) -> ExitCode {
    match (KINDS.iter().find(|(name, _)| *name == what), calls.parse()) {
        (Some((_, kind)), Ok(calls)) => {
            kind(calls);
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(2),
    }
}

const KEYS: usize = 1024;

fn hits<R: Future<Output = u64>>(calls: u64, call: impl Fn(u64) -> R) {
    let keys: [u64; KEYS] = shuffled(KEYS as u64, 1).try_into().expect("so many were asked for");
    runtime().block_on(async {
        for key in keys {
            call(key).await;
        }
        for number in 0..calls as usize {
            black_box(call(black_box(keys[number % KEYS])).await);
        }
    });
}

fn text_hits<T>(calls: u64, call: &impl AsyncFn(&str, u32) -> T) {
    runtime().block_on(async {
        for name in texts::NAMES.iter() {
            call(name, REGION).await;
        }
        for number in 0..calls as usize {
            black_box(call(black_box(texts::NAMES[number % KEYS].as_str()), black_box(REGION)).await);
        }
    });
}

/// So many beyond those that fill the cache.
const FILL: u64 = 20_000;

fn misses<R: Future<Output = u64>>(calls: u64, call: impl Fn(u64) -> R) {
    runtime().block_on(async {
        for key in 0..FILL + calls {
            black_box(call(black_box(key)).await);
        }
    });
}
