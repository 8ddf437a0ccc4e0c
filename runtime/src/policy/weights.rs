//! What each entry weighs.

use super::Slot;

/// The weights by slot. Costs nothing until some entry weighs other than 1, and eight bytes an entry from then on.
#[derive(Debug)]
pub(crate) struct Weights {
    len: usize,
    /// Empty while all entries weigh 1.
    of: Vec<u64>,
}

impl Weights {
    pub(crate) fn new() -> Self {
        Self { len: 0, of: Vec::new() }
    }

    #[inline]
    pub(crate) fn push(&mut self, weight: u64) {
        if weight != 1 {
            self.write_out();
        }
        if !self.of.is_empty() || weight != 1 {
            self.of.push(weight);
        }
        self.len += 1;
    }

    #[inline]
    pub(crate) fn get(&self, slot: Slot) -> u64 {
        self.of.get(slot as usize).copied().unwrap_or(1)
    }

    pub(crate) fn set(&mut self, slot: Slot, weight: u64) {
        if weight != 1 {
            self.write_out();
        }
        if let Some(place) = self.of.get_mut(slot as usize) {
            *place = weight;
        }
    }

    /// Takes a slot out. Unless it is the last one, [`renumber`](Self::renumber) must fill its place next.
    #[inline]
    pub(crate) fn forget(&mut self, slot: Slot) {
        if slot as usize + 1 == self.len {
            self.of.pop();
            self.len -= 1;
        }
    }

    /// The last slot, `from`, takes the place `to`.
    #[inline]
    pub(crate) fn renumber(&mut self, from: Slot, to: Slot) {
        debug_assert_eq!(from as usize + 1, self.len, "only the last slot moves");
        self.len -= 1;
        if let Some(weight) = self.of.pop() {
            self.of[to as usize] = weight;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    fn write_out(&mut self) {
        if self.of.is_empty() {
            self.of.resize(self.len, 1);
        }
    }
}

#[cfg(any(test, fuzzing))]
impl Weights {
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.of[..])
    }

    /// # Panics
    ///
    /// If weights are held for other than all of `len` entries or none.
    pub(crate) fn validate(&self, len: usize) {
        assert_eq!(self.len, len);
        assert!(self.of.is_empty() || self.of.len() == len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_are_not_written_out() {
        let mut weights = Weights::new();
        (0..10).for_each(|_| weights.push(1));
        weights.set(3, 1);
        weights.validate(10);
        assert_eq!((weights.get(3), weights.bytes()), (1, 0));
        weights.set(3, 7);
        assert_eq!((weights.get(3), weights.get(4), weights.bytes()), (7, 1, 80));
    }

    #[test]
    fn the_last_weight_fills_the_gap() {
        let mut weights = Weights::new();
        (1..4).for_each(|weight| weights.push(weight));
        weights.forget(0);
        weights.renumber(2, 0);
        weights.validate(2);
        assert_eq!((weights.get(0), weights.get(1)), (3, 2));
        weights.forget(1);
        weights.forget(0);
        weights.push(1);
        weights.validate(1);
        assert_eq!(weights.get(0), 1);
    }

    #[test]
    fn a_first_entry_without_weight_is_kept_so() {
        let mut weights = Weights::new();
        weights.push(0);
        weights.push(1);
        weights.validate(2);
        assert_eq!((weights.get(0), weights.get(1)), (0, 1));
    }
}
