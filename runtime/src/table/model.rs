//! A naive model of a shard, that random operations are compared with: in tests, and by a fuzzer.

use std::collections::BTreeMap;
use std::time::Duration;

use super::entry::Terms;
use super::removed::Removed;
use super::shard::Shard;
use crate::ground::clock::Moment;
use crate::ground::stats::RemovalCause;
use crate::policy::Order;
use crate::policy::trial::{ORDERS, Source};

const KEYS: u64 = 24;

/// What the shard ought to hold of a key.
#[derive(Clone, Copy)]
struct Entry {
    value: u64,
    deadline: Moment,
    /// The operation that used it last.
    used: u64,
}

struct Pair {
    shard: Shard<u64, u64>,
    model: BTreeMap<u64, Entry>,
    /// Operations so far.
    step: u64,
    /// Whether the least recently used has to be the next to leave. The orders have a model of their own; this one is for the
    /// short way by which a newcomer takes the place of who leaves.
    lru: bool,
    now: Moment,
    /// Since the last clear.
    hits: u64,
    capacity: u64,
    /// Whether a use puts the end off: the model then leaves to the shard when an entry ends.
    idle: bool,
}

/// Runs the operations that `source` draws, and compares after each.
///
/// # Panics
///
/// If the shard is not what the model says, or its parts disagree.
pub(crate) fn compare(source: &mut impl Source) -> Option<()> {
    let capacity = source.below(12)?;
    let (_, make) = ORDERS[usize::try_from(source.below(ORDERS.len() as u64)?).ok()?];
    let order = make(capacity);
    let lru = matches!(order, Order::Lru(_));
    let weighed = source.below(2)? == 1;
    let idle = source.below(3)? == 0;
    let tti = idle.then(|| Duration::from_nanos(5));
    let shard = Shard::new(capacity, order, weighed, tti);
    let mut pair = Pair { shard, model: BTreeMap::new(), step: 0, lru, now: Moment(1), hits: 0, capacity, idle };
    loop {
        pair.step += 1;
        pair.step(source, weighed)?;
        pair.agree();
    }
}

/// A poor hash on purpose: three keys share one.
fn hash(key: u64) -> u32 {
    u32::try_from(key / 3).expect("keys are few").wrapping_mul(0x9E37_79B9)
}

impl Pair {
    fn step(&mut self, source: &mut impl Source, weighed: bool) -> Option<()> {
        let key = source.below(KEYS)?;
        let now = self.now;
        match source.below(12)? {
            0..=4 => {
                let deadline = match source.below(4)? {
                    0 | 1 => Moment::NEVER,
                    _ => Moment(now.0 + source.below(9)?),
                };
                let weight = if weighed { source.below(5)? } else { 1 };
                let value = source.below(250)?;
                let terms = Terms { deadline, weight, now: (deadline != Moment::NEVER).then_some(now) };
                let removed = self.shard.insert(hash(key), key, value, |one, other| one == other, terms, || now);
                let stays = deadline > now && weight <= self.capacity;
                let old = self.model.remove(&key);
                self.left(removed, Some((key, old.map(|old| old.value), value)));
                if stays {
                    self.model.insert(key, Entry { value, deadline, used: self.step });
                }
            }
            5..=7 => {
                let same = |&other: &u64| other == key;
                // Calls, or those who look by hand.
                let found = if source.below(3)? > 0 {
                    self.shard.hit(hash(key), same, || now).ok().copied()
                } else {
                    self.shard.get(hash(key), same, || now).copied()
                };
                self.hits += u64::from(found.is_some());
                self.found(key, found);
                if let Some(entry) = self.model.get_mut(&key).filter(|_| found.is_some()) {
                    entry.used = self.step;
                }
            }
            8 => {
                let (removed, found) = self.shard.remove(hash(key), |&other| other == key, || now);
                let expected = self.model.get(&key).is_some_and(|entry| entry.deadline > now);
                assert!(!found || expected, "an entry that is over was there");
                assert!(self.idle || found == expected, "an entry was there");
                self.left(removed, None);
                assert!(!self.model.contains_key(&key), "what is removed is gone");
            }
            9 => self.now = Moment(now.0 + source.below(4)?),
            10 => {
                let removed = self.shard.sweep(now, usize::MAX);
                self.left(removed, None);
            }
            _ => match source.below(3)? {
                0 => {
                    let removed = self.shard.clear();
                    self.left(removed, None);
                    assert!(self.model.is_empty(), "a clear hands out all there was");
                    self.hits = 0;
                }
                1 => {
                    let peeked = self.shard.peek(hash(key), |&other| other == key, || now).copied();
                    self.found(key, peeked);
                }
                _ => {
                    self.capacity = source.below(12)?;
                    let removed = self.shard.set_capacity(self.capacity);
                    self.left(removed, None);
                }
            },
        }
        Some(())
    }

    fn found(&self, key: u64, found: Option<u64>) {
        let expected = self.model.get(&key).filter(|entry| entry.deadline > self.now).map(|entry| entry.value);
        if found.is_some() || !self.idle {
            assert_eq!(found, expected);
        }
    }

    /// Each entry leaves once, with the value it had. `written`: a key that is being written, its old value, its new one.
    fn left(&mut self, removed: Removed<u64, u64>, mut written: Option<(u64, Option<u64>, u64)>) {
        for left in removed.into_iter() {
            match &mut written {
                Some((key, old, new)) if *key == left.key => {
                    let expected = if left.cause.is_some() { old.take() } else { Some(*new) };
                    assert_eq!(
                        Some(left.value),
                        expected,
                        "of the key that is written, the old value leaves, or the new one never came"
                    );
                }
                _ => {
                    let entry = self.model.remove(&left.key).expect("what leaves was there");
                    assert_eq!(left.value, entry.value);
                    if self.lru && left.cause == Some(RemovalCause::Evicted) {
                        assert!(
                            self.model.values().all(|other| other.used > entry.used),
                            "another was used longer ago"
                        );
                    }
                }
            }
        }
    }

    fn agree(&mut self) {
        self.shard.validate();
        let now = self.now;
        let live: BTreeMap<u64, u64> =
            self.shard.page(0..self.shard.len(), now).map(|(&key, &value)| (key, value)).collect();
        let expected: BTreeMap<u64, u64> = self
            .model
            .iter()
            .filter(|(_, entry)| entry.deadline > now)
            .map(|(&key, entry)| (key, entry.value))
            .collect();
        if self.idle {
            assert!(live.iter().all(|(key, value)| expected.get(key) == Some(value)));
        } else {
            assert_eq!(live, expected);
        }
        assert!(self.shard.weight() <= self.capacity);
        assert_eq!(self.shard.hits(), self.hits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::trial::Draws;

    #[test]
    fn random_operations_under_every_order_leave_the_shard_as_the_model_has_it() {
        for seed in 0..600 {
            compare(&mut Draws::new(seed, 1_000));
        }
    }
}
