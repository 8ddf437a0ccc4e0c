//! An order of eviction of your own. A policy sees slots, hashes and weights, and is asked who leaves next; keys, values, time and
//! locks are the cache's business. This one is CLOCK (F. J. Corbató, 1968): who was read since the hand last passed is spared.

use std::sync::LazyLock;

use cachetools::{Cache, Policy, Slot, cached};

#[derive(Default)]
struct Clock {
    read: Vec<bool>, // by slot; slots are dense: those of `n` entries are `0..n`
    hand: usize,
}

impl Policy for Clock {
    fn admit(&mut self, _slot: Slot, _hash: u32, _weight: u64) {
        self.read.push(false); // a newcomer stands behind all others
    }

    fn touch(&mut self, slot: Slot, _hash: u32) {
        self.read[slot as usize] = true; // on the way of every hit, so keep it short
    }

    fn victim(&mut self) -> Option<Slot> {
        loop {
            self.hand %= self.read.len().max(1);
            if !std::mem::take(self.read.get_mut(self.hand)?) {
                return Slot::try_from(self.hand).ok();
            }
            self.hand += 1;
        }
    }

    fn forget(&mut self, slot: Slot, _hash: u32, _evicted: bool) {
        if slot as usize + 1 == self.read.len() {
            self.read.pop(); // of another slot, the last entry takes the place: `renumber` follows
        }
    }

    fn renumber(&mut self, _from: Slot, to: Slot) {
        self.read.swap_remove(to as usize);
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

static SQUARES: LazyLock<Cache<u64, u64>> =
    LazyLock::new(|| Cache::builder().policy(3, |_capacity_of_a_shard| Clock::default()).build());

#[cached(cache = SQUARES)]
async fn square(n: u64) -> u64 {
    n * n
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for n in [1, 2, 3, 1, 4] {
        assert_eq!(square(n).await, n * n); // 1 was read, so it is 2 that makes room for 4
    }
    assert!(square::cache_contains(1) && !square::cache_contains(2));
    println!("{}", square::cache_info());
    assert_eq!(square::cache_info().to_string(), "CacheInfo(hits=1, misses=4, maxsize=3, currsize=3)");
}
