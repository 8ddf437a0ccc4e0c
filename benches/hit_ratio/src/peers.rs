//! Other crates, driven as their users would: look, and insert what is missing.

use foyer_memory::{EvictionConfig, LfuConfig, S3FifoConfig};

use crate::trace::Trace;

/// Moka does its housekeeping after as many requests, as it does by itself in a program with some pauses.
const HOUSEKEEPING: usize = 32;

pub(crate) fn moka(trace: &Trace, capacity: usize) -> usize {
    let cache = moka::sync::Cache::new(capacity as u64);
    let mut hits = 0;
    for (at, &key) in trace.keys.iter().enumerate() {
        if cache.get(&key).is_some() {
            hits += 1;
        } else {
            cache.insert(key, ());
        }
        if at % HOUSEKEEPING == 0 {
            cache.run_pending_tasks();
        }
    }
    hits
}

/// The one without locks: a single shard, so that the capacity is exact.
pub(crate) fn quick_cache(trace: &Trace, capacity: usize) -> usize {
    let mut cache = quick_cache::unsync::Cache::new(capacity);
    count(trace, &mut cache, |cache, key| cache.get(&key).is_some(), |cache, key| cache.insert(key, ()))
}

pub(crate) fn foyer_s3_fifo(trace: &Trace, capacity: usize) -> usize {
    foyer(trace, capacity, S3FifoConfig::default())
}

pub(crate) fn foyer_lfu(trace: &Trace, capacity: usize) -> usize {
    foyer(trace, capacity, LfuConfig::default())
}

fn foyer(trace: &Trace, capacity: usize, eviction: impl Into<EvictionConfig>) -> usize {
    let mut cache: foyer_memory::Cache<u32, ()> =
        foyer_memory::Cache::builder(capacity).with_shards(1).with_eviction_config(eviction).build();
    count(trace, &mut cache, |cache, key| cache.get(&key).is_some(), |cache, key| drop(cache.insert(key, ())))
}

fn count<C>(trace: &Trace, cache: &mut C, get: impl Fn(&mut C, u32) -> bool, insert: impl Fn(&mut C, u32)) -> usize {
    let is_hit = |&&key: &&u32| get(cache, key) || (insert(cache, key), false).1;
    trace.keys.iter().filter(is_hit).count()
}
