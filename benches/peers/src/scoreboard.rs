//! The targets, and what became of them.

use crate::calls::{
    CACHED_BY_KEY, CACHED_CONCURRENT, FOYER, FOYER_SAFE, MOKA, MOKA_SAFE, OURS, OURS_INLINE, OURS_TTL, QUICK,
    QUICK_SAFE, Subject,
};
use crate::measure::Series;
use crate::table::{Facts, Table};

/// What has to be at most so much.
struct Target {
    what: &'static str,
    must: f64,
    aim: Option<f64>,
    /// By the fastest rounds, and the median.
    measure: fn(&Facts) -> Option<(f64, f64)>,
}

const TARGETS: &[Target] = &[
    Target {
        what: "W1 hit / quick_cache get",
        must: 1.0,
        aim: Some(0.75),
        measure: |facts| facts.ratio("W1", OURS, QUICK),
    },
    Target {
        what: "W1 hit / quick_cache get_or_insert_async",
        must: 0.45,
        aim: None,
        measure: |facts| facts.ratio("W1", OURS, QUICK_SAFE),
    },
    Target {
        what: "W1 hit / moka get_with",
        must: 0.1,
        aim: None,
        measure: |facts| facts.ratio("W1", OURS, MOKA_SAFE),
    },
    Target {
        what: "W1 hit / cached by_key",
        must: 0.1,
        aim: None,
        measure: |facts| facts.ratio("W1", OURS, CACHED_BY_KEY),
    },
    Target { what: "W1 allocations", must: 0.0, aim: None, measure: |facts| allocations(facts, "W1") },
    Target {
        what: "W2 hit / quick_cache get, borrowed key by hand",
        must: 1.1,
        aim: Some(0.8),
        measure: |facts| facts.ratio("W2", OURS, QUICK),
    },
    Target {
        what: "W2 hit / quick_cache get_or_insert_async",
        must: 0.6,
        aim: None,
        measure: |facts| facts.ratio("W2", OURS, QUICK_SAFE),
    },
    Target { what: "W2 allocations", must: 0.0, aim: None, measure: |facts| allocations(facts, "W2") },
    Target {
        what: "a hit with a ttl, ns over one without",
        must: 10.0,
        aim: Some(5.0),
        measure: |facts| {
            let (with, without) = (facts.series("W1", OURS_TTL)?, facts.series("W1", OURS)?);
            Some((with.min() - without.min(), with.median() - without.median()))
        },
    },
    Target { what: "W3 hot key / best bounded peer", must: 1.0, aim: None, measure: |facts| best("W3 hot", facts) },
    Target { what: "W3 hot key, ns", must: f64::INFINITY, aim: Some(5.0), measure: |facts| own("W3 hot", facts) },
    Target { what: "W3 Zipf / best bounded peer", must: 1.0, aim: None, measure: |facts| best("W3 zipf", facts) },
    Target {
        what: "W4 miss / quick_cache get_or_insert_async",
        must: 1.0,
        aim: Some(0.7),
        measure: |facts| facts.ratio("W4", OURS, QUICK_SAFE),
    },
    Target {
        what: "W4 miss, inline / quick_cache get_or_insert_async",
        must: 1.0,
        aim: Some(0.7),
        measure: |facts| facts.ratio("W4", OURS_INLINE, QUICK_SAFE),
    },
    Target {
        what: "W4 miss / moka get_with",
        must: 0.1,
        aim: None,
        measure: |facts| facts.ratio("W4", OURS, MOKA_SAFE),
    },
    Target { what: "W5 runs of 10,000 callers", must: 1.0, aim: None, measure: |facts| number(facts, "W5 runs", OURS) },
    Target {
        what: "W5 bytes a waiter",
        must: 500.0,
        aim: Some(300.0),
        measure: |facts| number(facts, "W5 bytes", OURS),
    },
    Target {
        what: "W5 time, 1 thread / best peer",
        must: 1.0,
        aim: None,
        measure: |facts| best_safe("W5 one thread", facts),
    },
    Target {
        what: "W5 time, 2 workers / best peer",
        must: 1.0,
        aim: None,
        measure: |facts| best_safe("W5 two workers", facts),
    },
    Target { what: "W6 bytes an entry, lru", must: 40.0, aim: Some(36.0), measure: |facts| number(facts, "W6", OURS) },
    Target {
        what: "future, shared: bytes over the body",
        must: 256.0,
        aim: Some(128.0),
        measure: |facts| number(facts, "size", OURS),
    },
    Target {
        what: "future, inline: bytes over the body",
        must: 256.0,
        aim: Some(128.0),
        measure: |facts| number(facts, "size", OURS_INLINE),
    },
];

fn number(facts: &Facts, what: &'static str, subject: Subject) -> Option<(f64, f64)> {
    facts.number(what, subject).map(|number| (number, number))
}

fn allocations(facts: &Facts, workload: &'static str) -> Option<(f64, f64)> {
    let allocations = facts.series(workload, OURS)?.allocations;
    Some((allocations, allocations))
}

fn own(workload: &'static str, facts: &Facts) -> Option<(f64, f64)> {
    facts.series(workload, OURS).map(|series| (series.min(), series.median()))
}

/// Beside the bounded peer that is ahead of the other ones, whether it counts its hits or not.
fn best(workload: &'static str, facts: &Facts) -> Option<(f64, f64)> {
    let peers = [QUICK, QUICK_SAFE, MOKA, MOKA_SAFE, CACHED_BY_KEY, CACHED_CONCURRENT, FOYER, FOYER_SAFE];
    beside_the_first(peers, workload, facts)
}

/// Likewise, of those that run the body once.
fn best_safe(workload: &'static str, facts: &Facts) -> Option<(f64, f64)> {
    beside_the_first([QUICK_SAFE, MOKA_SAFE, CACHED_BY_KEY, FOYER_SAFE], workload, facts)
}

fn beside_the_first<const N: usize>(peers: [Subject; N], workload: &'static str, facts: &Facts) -> Option<(f64, f64)> {
    let median = |peer| facts.series(workload, peer).map_or(f64::INFINITY, Series::median);
    let first = peers.into_iter().min_by(|&one, &other| median(one).total_cmp(&median(other)))?;
    facts.ratio(workload, OURS, first)
}

/// Each target that was measured: by the fastest rounds and by the median; the median decides.
pub(crate) fn scoreboard(facts: &Facts) -> Table {
    let mut table = Table::new("Targets", &["work", "must", "aim", "by min", "by median", ""]);
    for Target { what, must, aim, measure } in TARGETS {
        let Some((min, median)) = measure(facts) else { continue };
        let verdict = match aim {
            Some(aim) if median <= *aim => "aim met",
            _ if must.is_infinite() => "aim missed",
            _ if median <= *must => "met",
            _ => "MISSED",
        };
        let must = if must.is_finite() { must.to_string() } else { String::new() };
        let aim = aim.map(|aim| aim.to_string()).unwrap_or_default();
        table.row(what, [must, aim, format!("{min:.2}"), format!("{median:.2}"), verdict.to_owned()]);
    }
    table
}
