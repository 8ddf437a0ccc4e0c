//! The best that any policy could do, which would have to know the future.

use std::collections::BinaryHeap;

use crate::trace::Trace;

const NEVER: u32 = u32::MAX;

/// Hits of a cache that evicts the key whose next request is the furthest away (L. A. Belady, 1966).
pub(crate) fn hits(trace: &Trace, capacity: usize) -> usize {
    let mut next_of_key = vec![NEVER; trace.distinct()];
    let mut next = vec![NEVER; trace.keys.len()];
    for (at, &key) in trace.keys.iter().enumerate().rev() {
        next[at] = std::mem::replace(&mut next_of_key[key as usize], at as u32);
    }
    // By key: when it is asked for next, if it is held.
    let mut held: Vec<Option<u32>> = vec![None; trace.distinct()];
    let mut furthest = BinaryHeap::new();
    let (mut len, mut hits) = (0, 0);
    for (&next, &key) in next.iter().zip(&trace.keys) {
        if held[key as usize].is_some() {
            hits += 1;
        } else if len < capacity {
            len += 1;
        } else {
            // What was asked for since stands in the heap a second time, further away: the older place is void.
            while let Some((at, victim)) = furthest.pop() {
                if held[victim as usize] == Some(at) {
                    held[victim as usize] = None;
                    break;
                }
            }
        }
        held[key as usize] = Some(next);
        furthest.push((next, key));
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_asked_for_last_leaves() {
        let trace = Trace::new("", &[1, 2, 3, 1, 2, 4, 1, 2, 3], &[2], 0);
        // 3 takes 2's place, 2 takes 3's, 4 takes 2's, 2 takes 4's or 1's: 1 is hit twice.
        assert_eq!(hits(&trace, 2), 2);
        assert_eq!(hits(&trace, 3), 4);
        assert_eq!(hits(&trace, 4), 5);
    }

    #[test]
    fn of_a_loop_all_but_the_missing_are_hit() {
        let keys: Vec<u64> = (0..1100).map(|at| at % 11).collect();
        let hits = hits(&Trace::new("", &keys, &[10], 0), 10);
        // Nine of ten gaps between two requests of one key can be bridged.
        assert!((975..=985).contains(&hits), "{hits}");
    }
}
