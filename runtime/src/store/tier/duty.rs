//! Who writes what was decided, and writes it again until the store has it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::super::error::StoreError;
use super::super::hooks::Operation;
use super::back::{Back, add, count, is_passing};
use super::ledger::{Change, Fate, Work};

/// Between the attempts to write what must be written.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The duty to write what is to be written under a key. Dropped before it is done, it is somebody else's again.
pub(super) struct Duty {
    back: Arc<Back>,
    key: String,
    /// Until it is done.
    on: bool,
}

impl Duty {
    pub(super) fn new(back: Arc<Back>, key: &str) -> Self {
        Self { back, key: key.to_owned(), on: true }
    }

    pub(super) async fn run(mut self, first: Change) {
        let mut change = first;
        let waiting = loop {
            let fate = self.write(change).await;
            let work = self.back.ledger.lock().done(&self.key, fate);
            match work {
                Work::Write(next) => change = next,
                Work::Clear => {
                    self.on = false;
                    return ClearingDuty(self.back.clone()).run().await;
                }
                Work::Rest(waiting) => break waiting,
            }
        };
        self.on = false;
        for waiting in waiting {
            let _ = waiting.send(());
        }
        self.back.settled.notify_waiters();
    }

    /// Writes a change, and again if it must be.
    async fn write(&self, mut change: Change) -> Fate {
        let Self { back, key, .. } = self;
        let mut pause = FIRST_PAUSE;
        loop {
            // It is waited for longer than a call would: another change of the key must not overtake it.
            let written = match &change {
                Change::Set { bytes, ttl } => {
                    back.tell(Operation::Set, back.store.set(key, bytes, *ttl)).await.map(|()| true)
                }
                Change::Add { bytes, ttl } => back.tell(Operation::Add, add(&*back.store, key, bytes, *ttl)).await,
                Change::Delete => back.tell(Operation::Delete, back.teller.delete(key)).await.map(|_| true),
            };
            let error = match written {
                Ok(true) => {
                    count(&back.tally.writes);
                    back.tell_others(key);
                    return Fate::Written;
                }
                Ok(false) => return Fate::Yielded,
                Err(error) => error,
            };
            if !back.ledger.lock().insists(key) {
                return Fate::Lost;
            }
            back.ledger.lock().fails(key);
            if !is_passing(&error) {
                // The store will never take it; but it can give up what it has.
                change = Change::Delete;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if !back.ledger.lock().insists(key) {
                return Fate::Lost;
            }
        }
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        if self.on {
            self.back.ledger.lock().put_back(&self.key);
        }
    }
}

/// The duty to clear the store.
pub(super) struct ClearingDuty(pub(super) Arc<Back>);

impl ClearingDuty {
    pub(super) async fn run(self) {
        let back = &self.0;
        let prefix = back.prefix.as_deref().unwrap_or_default();
        let mut pause = FIRST_PAUSE;
        while let Err(error) = back.tell(Operation::Clear, back.teller.clear(prefix)).await {
            if let StoreError::Unsupported { .. } = error {
                back.begin_generation();
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let waiting = back.ledger.lock().cleared();
        back.tell_others(prefix);
        for key in waiting {
            back.work_on(&key);
        }
        back.settled.notify_waiters();
    }
}

impl Drop for ClearingDuty {
    fn drop(&mut self) {
        self.0.ledger.lock().clearing_given_up();
    }
}
