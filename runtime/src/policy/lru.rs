//! Least recently used.

use super::queue::Queue;

/// Evicts the entry that was not read or written for the longest time, exactly.
///
/// The rule of `functools.lru_cache`, old enough to have no author; L. A. Belady compared it with the optimum in
/// "A study of replacement algorithms for a virtual-storage computer" (1966). Eight bytes an entry.
///
/// **Good at** calls that come back soon, and at shifts: a new working set is in after one pass. Its order is easy to
/// foretell.
///
/// **Not for** scans and loops. One pass over many keys that never come back pushes out everything, and a loop over
/// one key more than the bound never hits; [`TinyLfu`](super::TinyLfu) and [`S3Fifo`](super::S3Fifo) withstand both.
pub(crate) type Lru = Queue<true>;

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    // CT-26
    #[test]
    fn the_longest_unread_leaves() {
        let mut cache = Model::new(2, Lru::new());
        cache.put_all([1, 2, 3]);
        assert_eq!(cache.keys(), [2, 3]);
        cache.get(2);
        cache.put(4);
        assert_eq!(cache.keys(), [2, 4]);
        cache.get(2);
        cache.get(4);
        cache.put(5);
        assert_eq!(cache.keys(), [4, 5]);
    }

    // CT-27
    #[test]
    fn a_write_is_a_use() {
        let mut cache = Model::new(2, Lru::new());
        cache.put_all([1, 2, 1, 3]);
        assert_eq!(cache.keys(), [1, 3]);
        cache.clear();
        cache.put_all([3, 4]);
        cache.get(3);
        cache.put(5);
        assert_eq!(cache.keys(), [3, 5]);
    }

    // CT-15
    #[test]
    fn a_growing_entry_that_is_the_oldest_makes_room_first() {
        let mut cache = Model::new(3, Lru::new());
        cache.put_weighing(1, 1);
        cache.put_weighing(2, 2);
        assert_eq!(cache.put_weighing(1, 2), Some(vec![1, 2]));
        assert_eq!((cache.keys(), cache.weight()), (vec![1], 2));
    }

    // CT-39
    #[test]
    fn entries_leave_in_order_of_last_use() {
        let mut cache = Model::new(3, Lru::new());
        cache.put_all([1, 2, 3]);
        cache.get(1);
        assert_eq!(cache.pop_all(), [2, 3, 1]);
    }
}
