//! The targets, and what became of them.

use crate::calls::{
    CACHED_BY_KEY, CACHED_CONCURRENT, FOYER, FOYER_SAFE, MOKA, MOKA_SAFE, OURS, OURS_FIFO, OURS_INLINE, OURS_LFU,
    OURS_RANDOM, OURS_S3_FIFO, OURS_SIEVE, OURS_TINY_LFU, OURS_TTL, QUICK, QUICK_SAFE, Subject,
};
use crate::measure::Series;
use crate::table::{Facts, Table};

/// What has to be at most so much, the must and the aim.
struct Target(&'static str, Option<f64>, Option<f64>, Measure);

/// Where a number comes from: a workload, and whose.
enum Measure {
    /// The time of the first, in times that of the second.
    Ratio(&'static str, Subject, Subject),
    /// Nanoseconds of the first beyond those of the second.
    Over(&'static str, Subject, Subject),
    /// Our nanoseconds.
    Own(&'static str),
    /// Our time, in times that of the bounded peer that is ahead of the other ones, whether it counts its hits or not.
    Best(&'static str),
    /// Likewise, of those that run the body once.
    BestSafe(&'static str),
    /// Our allocations a call.
    Allocations(&'static str),
    /// What was counted and not timed.
    Number(&'static str, Subject),
}

use Measure::{Allocations, Best, BestSafe, Number, Over, Own, Ratio};

const TARGETS: &[Target] = &[
    Target("W1 hit / quick_cache get", Some(1.0), Some(0.75), Ratio("W1", OURS, QUICK)),
    Target("W1 hit / quick_cache get_or_insert_async", Some(0.45), None, Ratio("W1", OURS, QUICK_SAFE)),
    Target("W1 hit / moka get_with", Some(0.1), None, Ratio("W1", OURS, MOKA_SAFE)),
    Target("W1 hit / cached by_key", Some(0.1), None, Ratio("W1", OURS, CACHED_BY_KEY)),
    Target("W1 allocations", Some(0.0), None, Allocations("W1")),
    Target("W2 hit / quick_cache get, borrowed key by hand", Some(1.1), Some(0.8), Ratio("W2", OURS, QUICK)),
    Target("W2 hit / quick_cache get_or_insert_async", Some(0.6), None, Ratio("W2", OURS, QUICK_SAFE)),
    Target("W2 allocations", Some(0.0), None, Allocations("W2")),
    Target("a hit with a ttl, ns over one without", Some(10.0), Some(5.0), Over("W1", OURS_TTL, OURS)),
    Target("W3 hot key / best bounded peer", Some(1.0), None, Best("W3 hot")),
    Target("W3 hot key, ns", None, Some(5.0), Own("W3 hot")),
    Target("W3 Zipf / best bounded peer", Some(1.0), None, Best("W3 zipf")),
    Target("W4 miss / quick_cache get_or_insert_async", Some(1.0), Some(0.7), Ratio("W4", OURS, QUICK_SAFE)),
    Target(
        "W4 miss, inline / quick_cache get_or_insert_async",
        Some(1.0),
        Some(0.7),
        Ratio("W4", OURS_INLINE, QUICK_SAFE),
    ),
    Target("W4 miss / moka get_with", Some(0.1), None, Ratio("W4", OURS, MOKA_SAFE)),
    Target("W5 runs of 10,000 callers", Some(1.0), None, Number("W5 runs", OURS)),
    Target("W5 bytes a waiter", Some(500.0), Some(300.0), Number("W5 bytes", OURS)),
    Target("W5 time, 1 thread / best peer", Some(1.0), None, BestSafe("W5 one thread")),
    Target("W5 time, 2 workers / best peer", Some(1.0), None, BestSafe("W5 two workers")),
    Target("W6 bytes an entry, lru", Some(40.0), Some(36.0), Number("W6", OURS)),
    Target("W6 bytes an entry, lfu", Some(48.0), Some(36.0), Number("W6", OURS_LFU)),
    Target("W6 bytes an entry, fifo", Some(48.0), Some(36.0), Number("W6", OURS_FIFO)),
    Target("W6 bytes an entry, random", Some(48.0), Some(36.0), Number("W6", OURS_RANDOM)),
    Target("W6 bytes an entry, sieve", Some(48.0), Some(36.0), Number("W6", OURS_SIEVE)),
    Target("W6 bytes an entry, s3_fifo", Some(48.0), Some(36.0), Number("W6", OURS_S3_FIFO)),
    Target("W6 bytes an entry, tiny_lfu", Some(48.0), Some(36.0), Number("W6", OURS_TINY_LFU)),
    Target("future, shared: bytes over the body", Some(256.0), Some(128.0), Number("size", OURS)),
    Target("future, inline: bytes over the body", Some(256.0), Some(128.0), Number("size", OURS_INLINE)),
];

impl Measure {
    /// By the fastest rounds, and the median.
    fn of(&self, facts: &Facts) -> Option<(f64, f64)> {
        match *self {
            Ratio(workload, one, other) => facts.ratio(workload, one, other),
            Over(workload, one, other) => {
                let (one, other) = (facts.series(workload, one)?, facts.series(workload, other)?);
                Some((one.min() - other.min(), one.median() - other.median()))
            }
            Own(workload) => facts.series(workload, OURS).map(|series| (series.min(), series.median())),
            Best(workload) => {
                let peers = [QUICK, QUICK_SAFE, MOKA, MOKA_SAFE, CACHED_BY_KEY, CACHED_CONCURRENT, FOYER, FOYER_SAFE];
                beside_the_first(peers, workload, facts)
            }
            BestSafe(workload) => beside_the_first([QUICK_SAFE, MOKA_SAFE, CACHED_BY_KEY, FOYER_SAFE], workload, facts),
            Allocations(workload) => {
                facts.series(workload, OURS).map(|series| (series.allocations, series.allocations))
            }
            Number(what, whose) => facts.number(what, whose).map(|number| (number, number)),
        }
    }
}

fn beside_the_first<const N: usize>(peers: [Subject; N], workload: &'static str, facts: &Facts) -> Option<(f64, f64)> {
    let median = |peer| facts.series(workload, peer).map_or(f64::INFINITY, Series::median);
    let first = peers.into_iter().min_by(|&one, &other| median(one).total_cmp(&median(other)))?;
    facts.ratio(workload, OURS, first)
}

/// Each target that was measured: by the fastest rounds and by the median; the median decides.
pub(crate) fn scoreboard(facts: &Facts) -> Table {
    let title = if cfg!(feature = "counting") { "Targets, beside a quick_cache that counts" } else { "Targets" };
    let mut table = Table::new(title, &["work", "must", "aim", "by min", "by median", ""]);
    for Target(what, must, aim, measure) in TARGETS {
        let Some((min, median)) = measure.of(facts) else { continue };
        let verdict = match (must, aim) {
            (_, Some(aim)) if median <= *aim => "aim met",
            (None, _) => "aim missed",
            (Some(must), _) if median <= *must => "met",
            _ => "MISSED",
        };
        let [must, aim] = [must, aim].map(|bound| bound.map(|bound| bound.to_string()).unwrap_or_default());
        table.row(what, [must, aim, format!("{min:.2}"), format!("{median:.2}"), verdict.to_owned()]);
    }
    table
}
