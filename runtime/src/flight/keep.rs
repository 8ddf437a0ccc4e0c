//! What is worth keeping, on what terms, and who hears of what leaves.

use std::time::Duration;

use crate::ground::chance::Chance;
use crate::ground::clock::{Moment, Time};
use crate::ground::stats::RemovalCause;
use crate::ground::ttl::Ttl;
use crate::table::{Removed, Terms};

/// Says whether a value is worth keeping.
pub(crate) type Worth<V> = Box<dyn Fn(&V) -> bool + Send + Sync>;
/// Says how long a value lives; `None`: for ever.
pub(crate) type Lifetime<K, V> = Box<dyn Fn(&K, &V) -> Option<Duration> + Send + Sync>;
/// Says what an entry weighs.
pub(crate) type Weigher<K, V> = Box<dyn Fn(&K, &V) -> usize + Send + Sync>;
/// Hears of what leaves.
pub(crate) type Listener<K, V> = Box<dyn Fn(K, V, RemovalCause) + Send + Sync>;

/// How long values live.
pub(crate) enum Life<K, V> {
    Forever,
    Ttl(Ttl),
    Computed(Lifetime<K, V>),
}

pub(crate) struct Keep<K, V> {
    pub(crate) life: Life<K, V>,
    pub(crate) worth: Option<Worth<V>>,
    pub(crate) weigh: Option<Weigher<K, V>>,
    pub(crate) listener: Option<Listener<K, V>>,
    pub(crate) time: Time,
    pub(crate) chance: Chance,
}

/// A value to be stored, and on what terms.
pub(crate) struct Kept<V> {
    pub(super) value: V,
    pub(super) terms: Terms,
}

impl<K, V> Keep<K, V> {
    /// Whether the terms of a value depend on its key.
    pub(super) fn asks_for_key(&self) -> bool {
        self.weigh.is_some() || matches!(self.life, Life::Computed(_))
    }

    #[inline]
    pub(crate) fn is_worth(&self, value: &V) -> bool {
        self.worth.as_ref().is_none_or(|worth| worth(value))
    }

    /// The terms of a value that is stored now. Runs the user's closures: not for under a lock.
    #[inline]
    pub(super) fn terms(&self, key: Option<&K>, value: &V) -> Terms {
        let ttl = match (&self.life, key) {
            (Life::Ttl(ttl), _) => Some(ttl.draw(&self.chance)),
            (Life::Computed(ttl), Some(key)) => ttl(key, value),
            (Life::Forever, _) | (Life::Computed(_), None) => None,
        };
        let weight = match (&self.weigh, key) {
            (Some(weigh), Some(key)) => weigh(key, value) as u64,
            _ => 1,
        };
        let life = ttl.map(|ttl| (self.time.now(), ttl));
        Terms {
            deadline: life.map_or(Moment::NEVER, |(now, ttl)| now.after(ttl)),
            weight,
            now: life.map(|life| life.0),
        }
    }

    /// Drops what has left, or tells the listener. Runs the user's code: not for under a lock.
    #[inline]
    pub(super) fn let_go(&self, removed: Removed<K, V>) {
        if let Some(listener) = &self.listener {
            for left in removed.into_iter() {
                if let Some(cause) = left.cause {
                    listener(left.key, left.value, cause);
                }
            }
        }
    }
}
