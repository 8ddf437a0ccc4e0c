//! What the lead of a call does around its body: asks the store before, and tells it afterwards.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::super::changes::Tracking;
use super::super::error::StoreError;
use super::super::hooks::{Operation, Read};
use super::super::ttl::Remaining;
use super::Tier;
use super::lease::Lease;
use super::ledger::{Change, Sight};
use crate::cache::Cache;
use crate::cache::mode::{CacheValue, Mode, Split};
use crate::flight::Life;
use crate::ground::chance::Chance;

/// The second tier's part in one call.
pub struct Errand<K, V> {
    near: Cache<K, V>,
    tier: Arc<Tier<K, V>>,
    key: K,
    order: Option<Order>,
}

/// What the call is about. A call that runs as the plain function has none.
pub(crate) struct Order {
    /// The key's, in memory.
    pub(crate) hash: u64,
    /// The body is to run whatever is stored.
    pub(crate) refresh: bool,
    /// Where the lead looks up how its call was answered.
    pub(crate) by_store: Arc<AtomicBool>,
}

impl<K, V> fmt::Debug for Errand<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Errand")
    }
}

impl<K: 'static, V: CacheValue> Errand<K, V> {
    pub(super) fn new(
        near: Cache<K, V>,
        tier: Arc<Tier<K, V>>,
        key: K,
        order: Option<(u64, bool, Arc<AtomicBool>)>,
    ) -> Self {
        let order = order.map(|(hash, refresh, by_store)| Order { hash, refresh, by_store });
        Self { near, tier, key, order }
    }

    /// Runs the body, unless the store has its value.
    pub async fn around<R, M, F>(self, mode: M, strict: Option<fn(StoreError) -> R>, body: F) -> R
    where
        M: Mode<R, V>,
        F: Future<Output = R>,
    {
        let Self { near, tier, key, order } = self;
        let Some(Order { hash, refresh, by_store }) = order else { return body.await };
        if near.is_closed() {
            // It waited for a load that was cancelled, and runs as the plain function now.
            return body.await;
        }
        let text = match (tier.coder.key(&key, &tier.back.generation()), strict) {
            (Ok(text), _) => text,
            (Err(error), Some(strict)) => return strict(error),
            (Err(_), None) => return body.await,
        };
        if Handle::try_current().is_err() {
            // Where there is no tokio, there is no second tier.
            return match strict {
                Some(strict) => strict(StoreError::Unavailable { reason: "it needs a tokio runtime".to_owned() }),
                None => body.await,
            };
        }
        if let Some(watch) = &tier.watch {
            // Before the store is asked: it tells of changes from then on.
            watch.enter(&text, hash);
        }
        let (load, sight) = tier.back.begin(text);
        let mut asked = Asked::No;
        if refresh || !matches!(sight, Sight::Ask) {
            asked = tier.attend(&load.key).await;
        }
        let mut lease = None;
        if !refresh {
            let stored = match tier.find(&load.key, sight, &mut asked).await {
                Ok(None) => match tier.lease {
                    Some(length) => tier.be_the_one(&load.key, length, &mut lease, &mut asked).await,
                    None => Ok(None),
                },
                found => found,
            };
            match (stored, strict) {
                (Ok(stored), _) => {
                    tier.count_hit(stored.is_some());
                    if let Some((value, left)) = stored {
                        by_store.store(true, Ordering::Relaxed);
                        if near.is_worth(&value) {
                            let own = tier.ttl(&key, &value);
                            live_next(tier.limited(shorter(own, left), asked.is_known()));
                        }
                        return mode.value(value);
                    }
                }
                (Err(error), Some(strict)) => return strict(error),
                (Err(_), None) => {}
            }
        }
        match mode.split(body.await) {
            Split::Value(value) => {
                if near.is_worth(&value) {
                    // Drawn or computed once, it holds in both.
                    let ttl = tier.ttl(&key, &value);
                    if let Ok(bytes) = tier.coder.seal(&load.key, &value) {
                        let bytes = bytes.into();
                        let yields = matches!(asked, Asked::Absent) && tier.is_told();
                        let change = if yields { Change::Add { bytes, ttl } } else { Change::Set { bytes, ttl } };
                        load.bring(change).await;
                    }
                    live_next(tier.limited(ttl, asked.is_known()));
                }
                // Behind the write, so that who waits for the lease finds the value.
                drop(lease);
                mode.value(value)
            }
            Split::Shared(error) => mode.error(error).expect("an error is made from what it was made into"),
            Split::Own(result) => result,
        }
    }
}

/// Whether the store was asked for the key, so that it tells of its changes.
#[derive(Clone, Copy)]
enum Asked {
    No,
    Yes,
    /// It was, and had nothing.
    Absent,
}

impl Asked {
    fn is_known(self) -> bool {
        !matches!(self, Self::No)
    }
}

impl<K, V> Tier<K, V> {
    /// The stored value, if there is one that can be read.
    async fn find(&self, key: &str, sight: Sight, asked: &mut Asked) -> Result<Option<(V, Remaining)>, StoreError> {
        match sight {
            Sight::Value(bytes) => Ok(self.coder.open(key, &bytes).map(|value| (value, Remaining::Never))),
            Sight::Gone => Ok(None),
            Sight::Ask => {
                let question = async {
                    self.mark().await?;
                    let stored = match self.back.store.get_living(key).await {
                        // What is no bytes is not ours: as if there were bytes that nobody of us wrote.
                        Err(StoreError::WrongType) => Some((Vec::new(), Remaining::Never)),
                        stored => stored?,
                    };
                    *asked = if stored.is_some() { Asked::Yes } else { Asked::Absent };
                    let found = stored.and_then(|(bytes, left)| Some((self.coder.open(key, &bytes)?, left)));
                    let read = Read { asked: 1, found: found.is_some().into() };
                    Ok((found, read))
                };
                self.back.ask(Operation::Get, question).await
            }
        }
    }

    /// Has the store tell of a key's changes, where it is not read.
    async fn attend(&self, key: &str) -> Asked {
        if !self.is_told() {
            return Asked::No;
        }
        let question = async {
            self.mark().await?;
            Ok((self.back.store.exists(key).await?, Read::default()))
        };
        if self.back.ask(Operation::Exists, question).await.is_ok() { Asked::Yes } else { Asked::No }
    }

    fn is_told(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.changes.tracking() != Tracking::Off)
    }

    /// Has the store tell of clearings.
    async fn mark(&self) -> Result<(), StoreError> {
        match &self.watch {
            Some(watch) => watch.mark().await,
            None => Ok(()),
        }
    }

    /// How long a value may live in memory that could live for `ttl`. `is_known`: the store tells of its key.
    pub(super) fn limited(&self, ttl: Option<Duration>, is_known: bool) -> Option<Duration> {
        let limit = self.watch.as_ref().and_then(|watch| watch.limit(is_known));
        ttl.into_iter().chain(limit).min()
    }

    /// Takes the lease of the key, or waits for what another process brings. `None`: this one is to run.
    async fn be_the_one(
        &self,
        key: &str,
        length: Duration,
        lease: &mut Option<Lease>,
        asked: &mut Asked,
    ) -> Result<Option<(V, Remaining)>, StoreError> {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            *lease = Lease::acquire(&self.back, key, length).await?;
            // Whoever had the lease may have brought the value before it gave it back.
            let found = self.find(key, self.back.sight(key), asked).await?;
            if found.is_some() || lease.is_some() || begin.elapsed() >= length {
                return Ok(found);
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }
}

/// The shorter of two lives, of which one is of its own and the other is left in the store.
fn shorter(own: Option<Duration>, left: Remaining) -> Option<Duration> {
    match left {
        Remaining::For(left) => Some(own.map_or(left, |own| own.min(left))),
        Remaining::Never => own,
    }
}

thread_local! {
    /// How long the value lives in memory that an errand brings, if that is decided: it is landed by the poll that the errand ends
    /// in, on the same thread and before anything else is.
    static LIFE: Cell<Option<Remaining>> = const { Cell::new(None) };
}

/// What is stored in memory next lives so long; `None`: for ever.
pub(super) fn live_next(life: Option<Duration>) {
    LIFE.set(Some(life.map_or(Remaining::Never, Remaining::For)));
}

/// How long values live in memory: as an errand has decided, and where there was none as they are said to.
pub(super) fn near_life<K: 'static, V: 'static>(life: Arc<Life<K, V>>, memory: bool) -> Life<K, V> {
    let chance = Chance::new(Chance::any_seed());
    Life::Computed(Box::new(move |key, value| match LIFE.take() {
        _ if !memory => Some(Duration::ZERO),
        Some(Remaining::For(decided)) => Some(decided),
        Some(Remaining::Never) => None,
        None => match &*life {
            Life::Forever => None,
            Life::Ttl(ttl) => Some(ttl.draw(&chance)),
            Life::Computed(ttl) => ttl(key, value),
        },
    }))
}
