//! What is asked for, and at which sizes of cache.

use std::collections::HashMap;

/// Keys asked for one after another, numbered from 0 in order of their first request.
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) keys: Vec<u32>,
    /// By key.
    pub(crate) hashes: Vec<u32>,
    /// The sizes of the table's rows.
    pub(crate) rows: Vec<usize>,
    /// The sizes of the curves: those of the rows and some between.
    pub(crate) sizes: Vec<usize>,
}

/// The share of all keys that a row's cache holds, in percent.
const ROWS: [usize; 3] = [1, 5, 20];
/// And those of a curve's points, in thousandths.
const POINTS: [usize; 9] = [2, 5, 10, 20, 35, 50, 100, 200, 400];
/// No cache is smaller.
const SMALLEST: usize = 16;

impl Trace {
    /// `rows` without an entry stands for the usual shares of the number of keys.
    pub(crate) fn new(name: impl Into<String>, asked: &[u64], rows: &[usize], seed: u64) -> Self {
        let mut numbers = HashMap::new();
        let mut hashes = Vec::new();
        let keys = asked
            .iter()
            .map(|&key| {
                *numbers.entry(key).or_insert_with(|| {
                    hashes.push((mixed(key ^ seed) >> 32) as u32);
                    hashes.len() as u32 - 1
                })
            })
            .collect();
        let of_all = |share: usize, whole: usize| round(hashes.len() * share / whole).max(SMALLEST);
        let rows = if rows.is_empty() { ROWS.map(|share| of_all(share, 100)).to_vec() } else { rows.to_vec() };
        let points = POINTS.map(|share| of_all(share, 1000));
        let mut sizes = [&rows[..], &points].concat();
        sizes.sort_unstable();
        sizes.dedup();
        Self { name: name.into(), keys, hashes, rows, sizes }
    }

    /// The number of different keys.
    pub(crate) fn distinct(&self) -> usize {
        self.hashes.len()
    }
}

/// To tens, so that the table reads well.
fn round(size: usize) -> usize {
    if size > 100 { size / 10 * 10 } else { size }
}

/// The finalizer of `SplitMix64`.
pub(crate) fn mixed(key: u64) -> u64 {
    let mut mixed = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
