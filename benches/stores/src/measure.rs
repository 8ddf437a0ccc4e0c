//! Variants in turn, round by round, so that a busy moment of the machine hits all alike.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

/// Something that is measured: makes so many calls and says how long they took.
pub(crate) type Variant = Box<dyn FnMut(u32) -> Duration>;

/// The bare client's way to read, to write, and to do both with a key that is not there.
pub(crate) struct Bare {
    pub(crate) get: Variant,
    pub(crate) set: Variant,
    pub(crate) miss: Variant,
}

/// How many calls a variant makes in a round.
const CALLS: u32 = 200;

/// A variant that awaits `call` again and again.
pub(crate) fn variant<F: AsyncFnMut() + 'static>(runtime: &'static Runtime, mut call: F) -> Variant {
    Box::new(move |calls| {
        runtime.block_on(async {
            let begin = Instant::now();
            for _ in 0..calls {
                call().await;
            }
            begin.elapsed()
        })
    })
}

/// The time of the first in microseconds, and what the others take more, in percent: both by the fastest rounds, and by the medians
/// over all rounds, the others' of the rounds' own ratios.
pub(crate) fn interleaved(mut variants: Vec<Variant>, rounds: usize) -> Vec<String> {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); variants.len()];
    // A round that does not count.
    for variant in &mut variants {
        variant(CALLS);
    }
    for round in 0..rounds {
        // Another one begins each time: what stands behind a slow neighbour would always find cold caches.
        for place in 0..variants.len() {
            let number = (place + round) % times.len();
            let took = variants[number](CALLS);
            times[number].push(took.as_secs_f64() * 1e6 / f64::from(CALLS));
        }
    }
    let first = times[0].clone();
    let percent = |ratio: f64| format!("{:+.0} %", (ratio - 1.0) * 100.0);
    let mut cells = vec![format!("{:.1}, {:.1} us", fastest(&first), median(first.clone()))];
    cells.extend(times[1..].iter().map(|times| {
        let ratios = times.iter().zip(&first).map(|(ours, bare)| ours / bare);
        format!("{}, {}", percent(fastest(times) / fastest(&first)), percent(median(ratios.collect())))
    }));
    cells
}

fn fastest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A table as Markdown wants it.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        Self(vec![columns.iter().map(|&column| column.to_owned()).collect()])
    }

    pub(crate) fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.0.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in self.0.iter().enumerate() {
            writeln!(f, "| {} |", row.join(" | "))?;
            if number == 0 {
                writeln!(f, "|---|{}", "---:|".repeat(row.len() - 1))?;
            }
        }
        Ok(())
    }
}
