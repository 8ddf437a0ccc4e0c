//! Random operations on a policy, beside a map of what must be held: in tests, and by a fuzzer.

use std::collections::HashMap;

use super::model::{Model, mixed};
use super::{Fifo, Lfu, Lru, Order, Random, S3Fifo, Sieve, TinyLfu, Validate as _};

/// Random numbers, from a generator or from a fuzzer's bytes.
pub(crate) trait Source {
    /// A number below `n`; `None`: there are no more.
    fn below(&mut self, n: u64) -> Option<u64>;
}

impl Source for &[u8] {
    fn below(&mut self, n: u64) -> Option<u64> {
        let (first, rest) = self.split_first()?;
        *self = rest;
        Some(u64::from(*first) % n)
    }
}

/// As many numbers as asked for, by G. Marsaglia's xorshift (2003).
#[cfg(test)]
pub(crate) struct Draws {
    state: u64,
    left: usize,
}

#[cfg(test)]
impl Draws {
    pub(crate) fn new(seed: u64, left: usize) -> Self {
        // Neighbours among the seeds must not begin alike, and the state must not be 0.
        Self { state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), left }
    }
}

#[cfg(test)]
impl Source for Draws {
    fn below(&mut self, n: u64) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        Some((self.state >> 11) % n)
    }
}

/// Makes an order for a shard of a capacity.
pub(crate) type Make = fn(u64) -> Order;

pub(crate) const ORDERS: [(&str, Make); 8] = [
    ("lru", |_| Order::Lru(Lru::new())),
    ("lfu", |_| Order::Lfu(Lfu::new())),
    ("fifo", |_| Order::Fifo(Fifo::new())),
    ("random", |_| Order::Random(Random::seeded(7))),
    ("sieve", |_| Order::Sieve(Sieve::new())),
    ("s3_fifo", |capacity| Order::S3Fifo(S3Fifo::new(capacity))),
    ("tiny_lfu", |capacity| Order::TinyLfu(TinyLfu::new(capacity))),
    ("custom", |_| Order::Custom(Box::new(Lru::new()))),
];

pub(crate) const CAPACITIES: [u64; 6] = [1, 2, 3, 7, 20, 100];

/// More than any order needs for an entry: `lfu` if all counts differ.
const BYTES: usize = 40;

/// Well mixed, all equal, and at the two ends.
const HASHES: [fn(u64) -> u32; 3] = [mixed, |_| 0, |key| (key % 2) as u32 * u32::MAX];

/// What must be held of an entry.
#[derive(Clone, Copy, Default)]
struct Held {
    weight: u64,
    uses: u64,
    /// When it was last used, or written, in operations.
    used: u64,
    written: u64,
}

/// Of an order that says exactly who leaves: the entry with the least of this.
type Rank = fn(&Held) -> (u64, u64);

fn rank(order: &Order) -> Option<Rank> {
    match order {
        Order::Lru(_) | Order::Custom(_) => Some(|held| (0, held.used)),
        Order::Lfu(_) => Some(|held| (held.uses, held.used)),
        Order::Fifo(_) => Some(|held| (0, held.written)),
        _ => None,
    }
}

struct Pair {
    cache: Model<Order>,
    held: HashMap<u64, Held>,
    capacity: u64,
    heaviest: u64,
    now: u64,
    /// The most that was held at once.
    most: usize,
}

/// Runs the operations that `source` draws on an order that it draws, and compares after each.
///
/// # Panics
///
/// If something is lost, held twice or out of order, or the parts of a policy disagree.
pub(crate) fn compare(source: &mut impl Source) -> Option<()> {
    let (_, make) = ORDERS[source.below(ORDERS.len() as u64)? as usize];
    let capacity = CAPACITIES[source.below(6)? as usize];
    let hash = HASHES[source.below(3)? as usize];
    let heaviest = [1, 3, 5][source.below(3)? as usize];
    let cache = Model::new(capacity, make(capacity)).hashing(hash);
    let mut pair = Pair { cache, held: HashMap::new(), capacity, heaviest, now: 0, most: 0 };
    loop {
        pair.now += 1;
        pair.step(source)?;
        pair.agree();
    }
}

impl Pair {
    fn step(&mut self, source: &mut impl Source) -> Option<()> {
        let below = source.below(self.capacity * 3 + 3)?;
        let key = source.below(self.capacity * 2 + 3)?.min(below);
        match source.below(100)? {
            0 => {
                self.cache.clear();
                self.held.clear();
            }
            1 => {
                self.capacity = CAPACITIES[source.below(6)? as usize];
                self.cache.set_capacity(self.capacity);
                self.held.retain(|&key, _| self.cache.contains(key));
            }
            2..8 => assert_eq!(self.cache.remove(key), self.held.remove(&key).is_some()),
            8..11 => {
                let is_empty = self.held.is_empty();
                let gone = self.cache.pop();
                assert_eq!(gone.is_none(), is_empty);
                if let Some(key) = gone {
                    self.evicted(key);
                }
            }
            11..50 => {
                let weight = if self.heaviest == 1 { 1 } else { source.below(self.heaviest + 1)? };
                let was = self.held.contains_key(&key);
                let Some(evicted) = self.cache.put_weighing(key, weight) else {
                    assert!(weight > self.capacity);
                    return Some(());
                };
                for gone in evicted {
                    assert!(gone != key || was, "a newcomer is not its own victim");
                    self.evicted(gone);
                }
                let held = self.held.entry(key).or_default();
                *held = Held { weight, uses: held.uses + 1, used: self.now, written: self.now };
            }
            _ => {
                let held = self.held.get_mut(&key);
                assert_eq!(self.cache.get(key), held.is_some());
                if let Some(held) = held {
                    (held.uses, held.used) = (held.uses + 1, self.now);
                }
            }
        }
        Some(())
    }

    fn evicted(&mut self, key: u64) {
        let gone = self.held.remove(&key).expect("who leaves was held");
        if let Some(rank) = rank(&self.cache.policy) {
            assert!(self.held.values().all(|other| rank(other) >= rank(&gone)), "{key} was not the next to leave");
        }
    }

    fn agree(&mut self) {
        self.most = self.most.max(self.held.len());
        assert!(self.cache.policy.bytes() <= self.most * BYTES + 4096, "memory follows what is held");
        assert!(self.cache.weight() <= self.capacity);
        let weight = self.held.values().map(|held| held.weight).sum::<u64>();
        assert_eq!((self.cache.len(), self.cache.weight()), (self.held.len(), weight));
        assert!(self.held.keys().all(|&key| self.cache.contains(key)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_doubled_or_out_of_order_under_random_operations() {
        for seed in 0..800 {
            compare(&mut Draws::new(seed, 4_000));
        }
    }
}
