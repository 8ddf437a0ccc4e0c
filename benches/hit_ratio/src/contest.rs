//! Everyone over everything.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::policy::{Fifo, Lfu, Lru, Random, S3Fifo, Sieve, TinyLfu};
use crate::trace::Trace;
use crate::{optimum, peers, shard};

/// Who takes part.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    hits: fn(&Trace, usize) -> usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Optimum,
    Ours,
    Peer,
}

/// In the table's order: the optimum is the first, `lru` the second.
pub(crate) const OPTIMUM: usize = 0;
pub(crate) const LRU: usize = 1;

const ALL: &[Contender] = &[
    Contender { name: "optimum", kind: Kind::Optimum, hits: optimum::hits },
    Contender { name: "lru", kind: Kind::Ours, hits: |trace, size| shard::hits(trace, size, Lru::new()) },
    Contender { name: "fifo", kind: Kind::Ours, hits: |trace, size| shard::hits(trace, size, Fifo::new()) },
    Contender { name: "random", kind: Kind::Ours, hits: |trace, size| shard::hits(trace, size, Random::seeded(1)) },
    Contender { name: "lfu", kind: Kind::Ours, hits: |trace, size| shard::hits(trace, size, Lfu::new()) },
    Contender { name: "sieve", kind: Kind::Ours, hits: |trace, size| shard::hits(trace, size, Sieve::new()) },
    Contender {
        name: "s3_fifo",
        kind: Kind::Ours,
        hits: |trace, size| shard::hits(trace, size, S3Fifo::new(size as u64)),
    },
    Contender {
        name: "tiny_lfu",
        kind: Kind::Ours,
        hits: |trace, size| shard::hits(trace, size, TinyLfu::new(size as u64)),
    },
    Contender { name: "moka", kind: Kind::Peer, hits: peers::moka },
    Contender { name: "quick_cache", kind: Kind::Peer, hits: peers::quick_cache },
    Contender { name: "foyer s3fifo", kind: Kind::Peer, hits: peers::foyer_s3_fifo },
    Contender { name: "foyer lfu", kind: Kind::Peer, hits: peers::foyer_lfu },
];

/// What a cache of `size` entries came to over one trace.
pub(crate) struct Result {
    /// The trace's number.
    pub(crate) trace: usize,
    pub(crate) size: usize,
    /// Whether it is a row of the table; all are points of a curve.
    pub(crate) row: bool,
    /// Hit ratios by contender, in percent.
    pub(crate) percent: Vec<f64>,
}

pub(crate) fn contenders(with_peers: bool) -> &'static [Contender] {
    let peers = ALL.iter().position(|contender| contender.kind == Kind::Peer).unwrap_or(ALL.len());
    if with_peers { ALL } else { &ALL[..peers] }
}

/// Runs on all cores. The results stand by trace and size.
pub(crate) fn run(traces: &[Trace], contenders: &[Contender], curves: bool) -> Vec<Result> {
    let sizes = |trace: &Trace| if curves { trace.sizes.clone() } else { trace.rows.clone() };
    let jobs: Vec<(usize, usize)> = traces
        .iter()
        .enumerate()
        .flat_map(|(number, trace)| sizes(trace).into_iter().map(move |size| (number, size)))
        .collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(&(number, size)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let trace = &traces[number];
            let percent =
                |contender: &Contender| 100.0 * (contender.hits)(trace, size) as f64 / trace.keys.len() as f64;
            let percent = contenders.iter().map(percent).collect();
            let result = Result { trace: number, size, row: trace.rows.contains(&size), percent };
            results.lock().expect("no contender panics").push(result);
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (0..cores).for_each(|_| drop(scope.spawn(work)));
    });
    let mut results = results.into_inner().expect("no contender panics");
    results.sort_by_key(|result| (result.trace, result.size));
    results
}
