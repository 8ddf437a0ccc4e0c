//! Synthetic patterns, seeded: the same keys at every run.

/// Keys to ask for, one after another.
pub struct Trace {
    pub name: String,
    pub keys: Vec<u64>,
    /// The sizes of cache to try.
    pub capacities: Vec<u64>,
}

/// `SplitMix64`.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 up to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Ranks by Zipf's law: rank `r` is drawn in proportion to `1 / (r + 1)^exponent`.
struct Zipf {
    upto: Vec<f64>,
}

impl Zipf {
    fn new(ranks: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let mut upto: Vec<f64> = (1..=ranks)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        upto.iter_mut().for_each(|share| *share /= sum);
        Self { upto }
    }

    fn draw(&self, chance: &mut Chance) -> u64 {
        let at = chance.unit();
        self.upto.partition_point(|&share| share <= at).min(self.upto.len() - 1) as u64
    }
}

/// All patterns, each of `length` keys.
pub fn all(length: usize) -> Vec<Trace> {
    let mut traces = Vec::new();
    let mut add = |name: &str, capacities: &[u64], mut key: Box<dyn FnMut(u64, &mut Chance) -> u64>| {
        let mut chance = Chance::new(traces.len() as u64 + 1);
        let keys = (0..length as u64).map(|at| key(at, &mut chance)).collect();
        traces.push(Trace { name: name.into(), keys, capacities: capacities.to_vec() });
    };
    for exponent in [0.7, 0.9, 1.0] {
        let zipf = Zipf::new(50_000, exponent);
        add(&format!("zipf({exponent}) 50k keys"), &[500, 5000, 20_000], Box::new(move |_, chance| zipf.draw(chance)));
    }
    add("loop 6,000 keys", &[1000, 5000], Box::new(|at, _| at % 6000));
    let zipf = Zipf::new(50_000, 0.9);
    // After each 10,000 draws a scan of 5,000 keys that are never met again.
    add(
        "zipf(0.9) + 1/3 scans",
        &[500, 5000, 20_000],
        Box::new(move |at, chance| if at % 15_000 < 10_000 { zipf.draw(chance) } else { 1 << 40 | at }),
    );
    let zipf = Zipf::new(10_000, 0.9);
    add(
        "shifting hot set (new every 50k)",
        &[500, 2000, 8000],
        Box::new(move |at, chance| (at / 50_000) << 32 | zipf.draw(chance)),
    );
    let zipf = Zipf::new(50_000, 0.9);
    // The most popular key of today is followed by its neighbour a hundred draws later.
    add(
        "drifting zipf(0.9)",
        &[500, 5000, 20_000],
        Box::new(move |at, chance| (zipf.draw(chance) + at / 100) % 50_000),
    );
    traces
}
