//! How often a hash was met lately, roughly, in little memory.

/// A count-min sketch of four-bit counters (G. Cormode, S. Muthukrishnan, "An improved data stream summary: the
/// count-min sketch and its applications", 2005).
///
/// A hash owns one counter in each of four rows, and its frequency is the least of them: others that share a counter
/// can only raise it. The four lie in one block of 64 bytes, so that a look costs one line of memory.
#[derive(Debug)]
pub(crate) struct Sketch {
    /// Sixteen counters a word, eight words a block, two words a row in each block.
    words: Vec<u64>,
}

const BLOCK: usize = 8;
const ROWS: usize = 4;
/// Counters per entry: half of what the authors of `TinyLFU` take, since only leavers are counted here.
const COUNTERS: usize = 8;

/// The highest frequency that is told apart.
pub(crate) const MOST: u8 = 15;

impl Sketch {
    pub(crate) fn new() -> Self {
        Self { words: Vec::new() }
    }

    /// Makes it large enough for `entries`. What was counted is lost when it grows.
    #[inline]
    pub(crate) fn reserve(&mut self, entries: usize) {
        let words = (entries * COUNTERS).div_ceil(16).next_multiple_of(BLOCK);
        if words > self.words.len() {
            // One block more, since small sketches suffer most from counters that are shared.
            self.words = vec![0; words + BLOCK];
        }
    }

    /// Raises the frequency of the hash to `frequency`, if it is lower.
    #[inline]
    pub(crate) fn raise(&mut self, hash: u32, frequency: u8) {
        let Some((block, rows)) = self.place(hash) else { return };
        for (word, shift) in rows {
            let word = &mut self.words[block + word];
            let old = *word >> shift & 15;
            *word += u64::from(frequency.min(MOST)).saturating_sub(old) << shift;
        }
    }

    /// About how often the hash was met lately: 0 to [`MOST`].
    #[inline]
    pub(crate) fn frequency(&self, hash: u32) -> u8 {
        let Some((block, rows)) = self.place(hash) else { return 0 };
        rows.map(|(word, shift)| (self.words[block + word] >> shift & 15) as u8).min().unwrap_or(0)
    }

    /// Halves all frequencies, so that what was often met long ago makes way.
    pub(crate) fn age(&mut self) {
        for word in &mut self.words {
            *word = *word >> 1 & 0x7777_7777_7777_7777;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The first word of the hash's block, and for each row the word in there and the shift of its counter.
    #[inline]
    fn place(&self, hash: u32) -> Option<(usize, impl Iterator<Item = (usize, u32)> + use<>)> {
        let blocks = (self.words.len() / BLOCK) as u64;
        // The block takes the high bits; the counters must not follow from them.
        let mixed = u64::from(hash).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let rows = (0..ROWS).map(move |row| {
            let bits = (mixed >> (24 + 5 * row)) as u32;
            (row * 2 + (bits & 1) as usize, (bits >> 1 & 15) * 4)
        });
        (blocks > 0).then_some((((u64::from(hash) * blocks) >> 32) as usize * BLOCK, rows))
    }
}

#[cfg(any(test, fuzzing))]
impl Sketch {
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.words[..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::mixed;
    use super::*;

    #[test]
    fn a_frequency_is_kept_and_halved() {
        let mut sketch = Sketch::new();
        sketch.reserve(1000);
        sketch.raise(mixed(1), 9);
        sketch.raise(mixed(1), 4);
        assert_eq!((sketch.frequency(mixed(1)), sketch.frequency(mixed(2))), (9, 0));
        sketch.age();
        assert_eq!(sketch.frequency(mixed(1)), 4);
        sketch.raise(mixed(1), 200);
        assert_eq!(sketch.frequency(mixed(1)), MOST);
    }

    #[test]
    fn what_is_read_is_never_too_low_and_seldom_too_high() {
        let mut sketch = Sketch::new();
        sketch.reserve(10_000);
        (0..10_000).for_each(|key| sketch.raise(mixed(key), (key % 4) as u8));
        let over: u64 = (0..10_000)
            .map(|key| u64::from(sketch.frequency(mixed(key))).checked_sub(key % 4).expect("not too low"))
            .sum();
        assert!(over < 3_000, "{over} too high over 10,000 hashes");
    }

    #[test]
    fn an_empty_sketch_knows_nobody() {
        let mut sketch = Sketch::new();
        sketch.raise(7, 3);
        assert_eq!((sketch.frequency(7), sketch.bytes()), (0, 0));
    }
}
