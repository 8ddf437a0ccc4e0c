//! Variants in turn, round by round, so that a busy moment of the machine hits all alike.

use std::time::Duration;

use crate::alloc::counted;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// How long a variant runs in a round.
    pub(crate) batch: Duration,
}

/// One thing that is measured beside others.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    /// Makes so many calls and says how long they took.
    batch: Box<dyn FnMut(u64) -> Duration>,
    calls: u64,
    /// A round each, in nanoseconds a call.
    rounds: Vec<f64>,
    allocations: f64,
}

impl Variant {
    pub(crate) fn new(name: &'static str, batch: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name, batch: Box::new(batch), calls: 0, rounds: Vec::new(), allocations: 0.0 }
    }

    /// Finds how many calls fill a batch, which warms up meanwhile.
    fn calibrate(&mut self, batch: Duration) {
        self.calls = 512;
        loop {
            let took = (self.batch)(self.calls);
            if took * 4 >= batch {
                let fill = batch.as_secs_f64() / took.as_secs_f64().max(1e-9);
                self.calls = ((self.calls as f64 * fill) as u64).max(1);
                return;
            }
            self.calls *= 2;
        }
    }
}

/// What was measured of a variant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// A round each, in nanoseconds a call.
    pub(crate) rounds: Vec<f64>,
    pub(crate) allocations: f64,
}

impl Series {
    pub(crate) fn min(&self) -> f64 {
        self.rounds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn median(&self) -> f64 {
        median(self.rounds.clone())
    }

    /// How many times as long as `other` it takes: by the fastest rounds, and the median of the rounds' own ratios.
    pub(crate) fn ratio(&self, other: &Self) -> (f64, f64) {
        let rounds = self.rounds.iter().zip(&other.rounds).map(|(ours, theirs)| ours / theirs);
        (self.min() / other.min(), median(rounds.collect()))
    }
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => numbers[len / 2],
        len => f64::midpoint(numbers[len / 2 - 1], numbers[len / 2]),
    }
}

/// Measures all, and gives what came of each, in order.
pub(crate) fn interleaved(mut variants: Vec<Variant>, effort: Effort) -> Vec<(&'static str, Series)> {
    for variant in &mut variants {
        variant.calibrate(effort.batch);
    }
    for round in 0..effort.rounds {
        // Another one begins each time: what stands behind a slow neighbour would always find cold caches.
        let len = variants.len();
        for place in 0..len {
            let variant = &mut variants[(place + round) % len];
            let took = (variant.batch)(variant.calls);
            variant.rounds.push(took.as_secs_f64() * 1e9 / variant.calls as f64);
        }
    }
    for variant in &mut variants {
        let calls = variant.calls.min(100_000);
        let (_, allocated) = counted(|| (variant.batch)(calls));
        // A batch has some of its own: runtimes and threads.
        let (_, own) = counted(|| (variant.batch)(0));
        variant.allocations = (allocated.calls.saturating_sub(own.calls)) as f64 / calls as f64;
    }
    variants
        .into_iter()
        .map(|variant| (variant.name, Series { rounds: variant.rounds, allocations: variant.allocations }))
        .collect()
}
