//! Keys as popular as words are: the k-th has a share of 1 / k^s.

/// A small generator, so that all variants see the same keys: splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below one.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `len` keys below `keys`, drawn with the exponent 0.99, the k-th most popular in a place of its own.
pub(crate) fn zipf(keys: u64, len: usize, seed: u64) -> Vec<u64> {
    let mut sum = 0.0;
    let shares: Vec<f64> = (1..=keys)
        .map(|rank| {
            sum += (rank as f64).powf(-0.99);
            sum
        })
        .collect();
    let mut random = Random(seed);
    let marks = std::iter::repeat_with(|| random.unit() * sum).take(len);
    marks.map(|mark| shares.partition_point(|share| *share < mark) as u64).collect()
}

/// The keys `0..keys`, shuffled.
pub(crate) fn shuffled(keys: u64, seed: u64) -> Vec<u64> {
    let mut random = Random(seed);
    let mut all: Vec<u64> = (0..keys).collect();
    for place in (1..all.len()).rev() {
        let other = random.next() % (place as u64 + 1);
        all.swap(place, other as usize);
    }
    all
}
