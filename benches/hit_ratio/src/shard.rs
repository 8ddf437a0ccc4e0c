//! A shard reduced to what a policy notices of it.

use crate::policy::{Policy, Slot};
use crate::trace::Trace;

const ABSENT: Slot = Slot::MAX;

/// Hits of a cache of `capacity` entries under `policy`.
pub(crate) fn hits(trace: &Trace, capacity: usize, mut policy: impl Policy) -> usize {
    let mut slots = vec![ABSENT; trace.distinct()];
    let mut held: Vec<u32> = Vec::with_capacity(capacity);
    let mut hits = 0;
    for &key in &trace.keys {
        let hash = trace.hashes[key as usize];
        let slot = slots[key as usize];
        if slot != ABSENT {
            hits += 1;
            policy.touch(slot, hash);
            continue;
        }
        if held.len() == capacity {
            let slot = policy.victim().expect("a full cache has a victim");
            let last = held.len() as Slot - 1;
            let victim = held.swap_remove(slot as usize);
            policy.forget(slot, trace.hashes[victim as usize], true);
            if slot != last {
                policy.renumber(last, slot);
                slots[held[slot as usize] as usize] = slot;
            }
            slots[victim as usize] = ABSENT;
        }
        slots[key as usize] = held.len() as Slot;
        policy.admit(held.len() as Slot, hash, 1);
        held.push(key);
    }
    hits
}
