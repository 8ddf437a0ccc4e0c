//! Synthetic patterns: the same keys at every run with one seed.

use crate::trace::{Trace, mixed};

/// Draws numbers: `SplitMix64`.
struct Chance(u64);

impl Chance {
    /// Evenly from 0 up to 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mixed(self.0) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Ranks by Zipf's law: rank `r` is drawn in proportion to `1 / (r + 1)^exponent`.
struct Zipf {
    /// By rank: the share of all ranks up to it.
    upto: Vec<f64>,
}

impl Zipf {
    fn new(ranks: u32, exponent: f64) -> Self {
        let mut sum = 0.0;
        let mut upto: Vec<f64> = (1..=ranks)
            .map(|rank| {
                sum += f64::from(rank).powf(-exponent);
                sum
            })
            .collect();
        for share in &mut upto {
            *share /= sum;
        }
        Self { upto }
    }

    fn draw(&self, chance: &mut Chance) -> u64 {
        let at = chance.unit();
        self.upto.partition_point(|&share| share <= at).min(self.upto.len() - 1) as u64
    }
}

/// All patterns, each of `length` keys.
pub(crate) fn all(length: u64, seed: u64) -> Vec<Trace> {
    const ROWS: [usize; 3] = [500, 5000, 20_000];
    let mut traces = Vec::new();
    let mut add = |name: &str, rows: &[usize], key: &dyn Fn(u64, &mut Chance) -> u64| {
        let mut chance = Chance(mixed(seed ^ traces.len() as u64));
        let keys: Vec<u64> = (0..length).map(|at| key(at, &mut chance)).collect();
        traces.push(Trace::new(name, &keys, rows, seed));
    };
    for exponent in [0.7, 0.9, 1.0] {
        let zipf = Zipf::new(50_000, exponent);
        add(&format!("zipf({exponent}) 50k keys"), &ROWS, &|_, chance| zipf.draw(chance));
    }
    add("loop 6,000 keys", &[1000, 5000], &|at, _| at % 6000);
    let zipf = Zipf::new(50_000, 0.9);
    // After each 10,000 draws, a scan of 5,000 keys that are never asked for again.
    add("zipf(0.9) + 1/3 scans", &ROWS, &|at, chance| {
        if at % 15_000 < 10_000 { zipf.draw(chance) } else { (1 << 40) | at }
    });
    // About 7,900 of the 10,000 are met before all of them change.
    let hot = Zipf::new(10_000, 0.9);
    add("shifting hot set (new every 50k)", &[500, 2000, 8000], &|at, chance| ((at / 50_000) << 32) | hot.draw(chance));
    // Each key takes the rank of its neighbour after a hundred draws.
    add("drifting zipf(0.9)", &ROWS, &|at, chance| (zipf.draw(chance) + at / 100) % 50_000);
    traces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_keys() {
        for (one, other) in all(2000, 7).iter().zip(all(2000, 7)) {
            assert_eq!((&one.keys, &one.hashes), (&other.keys, &other.hashes));
        }
        assert_ne!(all(2000, 7)[0].keys, all(2000, 8)[0].keys);
    }

    #[test]
    fn the_first_rank_has_its_share() {
        let zipf = Zipf::new(1000, 1.0);
        let mut chance = Chance(1);
        let first = (0..100_000).filter(|_| zipf.draw(&mut chance) == 0).count();
        assert!((13_000..13_800).contains(&first), "{first}: one over the 1,000th harmonic number, 13.4 %");
    }
}
