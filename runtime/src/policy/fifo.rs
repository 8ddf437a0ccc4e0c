//! First in, first out.

use super::queue::Queue;

/// Evicts the entry that was written first; reads don't matter.
///
/// A write to an entry that is there counts as a new arrival, as in Python's cachetools. Eight bytes an entry.
///
/// **Good at** values whose age matters more than their use: every entry leaves after as many writes, so a read never
/// costs more than the look-up.
///
/// **Not for** hit ratio: on most traces it stays 2 to 12 points under [`Lru`](super::Lru).
pub(crate) type Fifo = Queue<false>;

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    // CT-24
    #[test]
    fn reads_do_not_protect() {
        let mut cache = Model::new(2, Fifo::new());
        cache.put_all([1, 2, 3]);
        assert_eq!(cache.keys(), [2, 3]);
        cache.get(2);
        cache.put(4);
        assert_eq!(cache.keys(), [3, 4]);
        cache.put(5);
        assert_eq!(cache.keys(), [4, 5]);
    }

    // CT-25
    #[test]
    fn a_rewrite_is_a_new_arrival() {
        let mut cache = Model::new(2, Fifo::new());
        cache.put_all([1, 2, 1, 3]);
        assert_eq!(cache.keys(), [1, 3]);
    }

    // CT-23, CT-39
    #[test]
    fn entries_leave_in_order_of_arrival() {
        let mut cache = Model::new(3, Fifo::new());
        cache.put_all([1, 2, 3]);
        cache.get(1);
        assert_eq!(cache.pop_all(), [1, 2, 3]);
    }
}
