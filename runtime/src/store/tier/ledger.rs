//! What is on its way to the store, key by key, in the order in which it was decided.
//!
//! While a key is being written, or is to be, its reads are answered from here: with what is to be written, or with nothing.
//! So what was decided last holds in this process from that moment on, however slow the store is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

/// A change of one key.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Set {
        bytes: Arc<[u8]>,
        ttl: Option<Duration>,
    },
    /// What a load brought for a key that had nothing: it yields to what another process has stored meanwhile.
    Add {
        bytes: Arc<[u8]>,
        ttl: Option<Duration>,
    },
    Delete,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    Written,
    /// Another's value stands.
    Yielded,
    /// Nobody knows.
    Lost,
}

/// What a read finds out here.
#[derive(Debug)]
pub(super) enum Sight {
    /// What is to be stored.
    Value(Arc<[u8]>),
    /// What the store has is over, whatever it is.
    Gone,
    /// The store knows.
    Ask,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    keys: HashMap<String, Entry>,
    /// Counts decisions from outside: invalidations, insertions and clearings.
    decisions: u64,
    /// The last clearing.
    cleared: u64,
    clearing: Clearing,
    /// How many keys are being written.
    busy: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Clearing {
    #[default]
    No,
    /// It waits for the writes that have begun.
    Due,
    Running,
}

/// One exists as long as there is something to say.
#[derive(Debug, Default)]
struct Entry {
    /// Loads that are running.
    loads: usize,
    /// The last decision from outside on this key.
    decided: u64,
    /// What is being written.
    running: Option<Change>,
    /// What is to be written next.
    next: Option<Change>,
    running_is: Origin,
    next_is: Origin,
    /// What is being written has failed before: nobody waits for it.
    failing: bool,
    /// Who waits until all is written.
    waiting: Vec<oneshot::Sender<()>>,
}

/// Whose a change is, and whether it is missed where it does not reach the store.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Origin {
    /// A load's: it is not missed.
    #[default]
    Load,
    /// A load's, in the place of a decision that has not reached the store: what that has is over until this is acknowledged.
    Heir,
    /// A decision: what the store has is over until it is acknowledged.
    Decision,
    /// As that, since what a load has sent is over; unless that has yielded.
    TakesBack,
}

impl Origin {
    fn matters(self) -> bool {
        self != Self::Load
    }

    fn is_load(self) -> bool {
        matches!(self, Self::Load | Self::Heir)
    }
}

impl Entry {
    /// What is to be written next stands in the place of a decision that has not reached the store.
    fn inherit(&mut self) {
        if self.next_is == Origin::Load {
            self.next_is = Origin::Heir;
        }
    }

    fn is_idle(&self) -> bool {
        self.loads == 0 && self.running.is_none() && self.next.is_none()
    }
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Work {
    Write(Change),
    Clear,
    /// Nothing; these hear that all is written.
    Rest(Vec<oneshot::Sender<()>>),
}

/// More keys than this are not kept in order one by one: their store is cleared instead.
const MOST: usize = 10_000;

impl Ledger {
    /// A load begins; says what it needs to know, and when it began.
    pub(super) fn begin(&mut self, key: &str) -> (Sight, u64) {
        let sight = self.sight(key);
        self.keys.entry(key.to_owned()).or_default().loads += 1;
        (sight, self.decisions)
    }

    /// What a read finds out here.
    pub(super) fn sight(&self, key: &str) -> Sight {
        let entry = self.keys.get(key);
        // What is being written while a clearing is due was decided before it.
        let is_clearing = self.clearing != Clearing::No;
        let running = entry.and_then(|entry| entry.running.as_ref()).filter(|_| !is_clearing);
        match entry.and_then(|entry| entry.next.as_ref()).or(running) {
            Some(Change::Set { bytes, .. } | Change::Add { bytes, .. }) => Sight::Value(bytes.clone()),
            Some(Change::Delete) => Sight::Gone,
            None if is_clearing => Sight::Gone,
            None => Sight::Ask,
        }
    }

    /// A load has ended.
    pub(super) fn end(&mut self, key: &str) {
        if let Some(entry) = self.keys.get_mut(key) {
            entry.loads -= 1;
            self.tidy(key);
        }
    }

    /// Whether nothing was decided on the key since `began`.
    pub(super) fn still(&self, key: &str, began: u64) -> bool {
        self.cleared <= began && self.keys.get(key).is_none_or(|entry| entry.decided <= began)
    }

    /// What a load brought is to be stored, unless something was decided on the key since it began. What comes back ends when it is
    /// written, and when there is no telling when it will be.
    pub(super) fn bring(&mut self, key: &str, began: u64, change: Change) -> Option<oneshot::Receiver<()>> {
        if !self.still(key, began) {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let entry = self.keys.entry(key.to_owned()).or_default();
        entry.next = Some(change);
        entry.next_is = if entry.next_is.matters() { Origin::Heir } else { Origin::Load };
        if !entry.failing {
            entry.waiting.push(sender);
        }
        Some(receiver)
    }

    /// Something is decided on a key: loads that began before do not count any more. `false`: there are too many keys at once, and
    /// a clearing is due instead.
    pub(super) fn decide(&mut self, key: &str, change: Change) -> bool {
        self.decisions += 1;
        if self.keys.len() >= MOST && !self.keys.contains_key(key) {
            self.clear();
            return false;
        }
        let entry = self.keys.entry(key.to_owned()).or_default();
        entry.decided = self.decisions;
        entry.next = Some(change);
        entry.next_is = Origin::Decision;
        true
    }

    /// Everything is over: loads that began before do not count any more, and the store is to be cleared.
    pub(super) fn clear(&mut self) {
        self.forget();
        // One that is running reaches all that there is: no write begins before it has ended.
        if self.clearing == Clearing::No {
            self.clearing = Clearing::Due;
        }
    }

    /// Everything is over, and the store need not be told: its keys are not asked for any more.
    pub(super) fn forget(&mut self) {
        self.decisions += 1;
        self.cleared = self.decisions;
        for entry in self.keys.values_mut() {
            entry.next = None;
            entry.next_is = Origin::Load;
            entry.waiting.clear();
        }
        self.keys.retain(|_, entry| !entry.is_idle());
    }

    /// Another process has changed a key, or all of them: loads that began before do not count any more. What was decided here is
    /// written all the same, since the store takes it later than what the other one wrote. What a load has sent already is taken
    /// back: nobody knows which the store takes first.
    pub(super) fn overtake(&mut self, key: Option<&str>) {
        self.decisions += 1;
        let decisions = self.decisions;
        let overtake = |entry: &mut Entry| {
            entry.decided = decisions;
            entry.next_is = match entry.next_is {
                Origin::Decision | Origin::TakesBack => return,
                // There is nothing to be replaced yet.
                Origin::Heir if entry.next.is_none() => return,
                Origin::Heir => Origin::Decision,
                Origin::Load if entry.running.is_some() && entry.running_is.is_load() => Origin::TakesBack,
                Origin::Load => Origin::Load,
            };
            entry.next = entry.next_is.matters().then_some(Change::Delete);
            entry.waiting.clear();
        };
        if let Some(key) = key {
            self.keys.get_mut(key).into_iter().for_each(overtake);
            self.tidy(key);
        } else {
            self.keys.values_mut().for_each(overtake);
            self.keys.retain(|_, entry| !entry.is_idle());
        }
    }

    /// Takes the next work on a key, for one who is about to do it; `None`: there is none, or another does it.
    pub(super) fn take(&mut self, key: &str) -> Option<Change> {
        if self.clearing != Clearing::No {
            return None;
        }
        let entry = self.keys.get_mut(key)?;
        if entry.running.is_some() {
            return None;
        }
        let change = entry.next.take()?;
        entry.running = Some(change.clone());
        entry.running_is = std::mem::take(&mut entry.next_is);
        self.busy += 1;
        Some(change)
    }

    /// Work on a key has ended; says what its doer does next.
    pub(super) fn done(&mut self, key: &str, fate: Fate) -> Work {
        let Some(entry) = self.keys.get_mut(key) else { return Work::Rest(Vec::new()) };
        entry.running = None;
        entry.failing = false;
        if entry.next_is == Origin::TakesBack && fate == Fate::Yielded {
            (entry.next, entry.next_is) = (None, Origin::Load);
        }
        let running = std::mem::take(&mut entry.running_is);
        if running.matters() && fate == Fate::Lost {
            entry.inherit();
        }
        self.busy -= 1;
        if let Some(change) = self.take(key) {
            return Work::Write(change);
        }
        if self.take_clear() {
            return Work::Clear;
        }
        let entry = self.keys.get_mut(key);
        let waiting = entry.filter(|entry| entry.next.is_none()).map(|entry| std::mem::take(&mut entry.waiting));
        self.tidy(key);
        Work::Rest(waiting.unwrap_or_default())
    }

    /// What is being written has failed, and is tried again: nobody is to wait for it.
    pub(super) fn fails(&mut self, key: &str) {
        if let Some(entry) = self.keys.get_mut(key) {
            entry.failing = true;
            entry.waiting.clear();
        }
    }

    /// What was being written is to be written again, unless something newer is.
    pub(super) fn put_back(&mut self, key: &str) {
        if let Some(entry) = self.keys.get_mut(key) {
            if let Some(change) = entry.running.take() {
                self.busy -= 1;
                entry.failing = false;
                let running = std::mem::take(&mut entry.running_is);
                if entry.next.is_none() {
                    (entry.next, entry.next_is) = (Some(change), running);
                } else if running.matters() {
                    entry.inherit();
                }
            }
        }
    }

    /// Takes the clearing, for one who is about to do it.
    pub(super) fn take_clear(&mut self) -> bool {
        let take = self.clearing == Clearing::Due && self.busy == 0;
        if take {
            self.clearing = Clearing::Running;
        }
        take
    }

    /// The store is cleared; these keys wait to be written.
    pub(super) fn cleared(&mut self) -> Vec<String> {
        self.clearing = Clearing::No;
        self.waiting()
    }

    /// Whoever cleared the store has gone before it was done: it is due as before.
    pub(super) fn clearing_given_up(&mut self) {
        if self.clearing == Clearing::Running {
            self.clearing = Clearing::Due;
        }
    }

    /// Whether what is being written under a key has to be, although it failed: what the store has is over, and nothing newer is
    /// to be written.
    pub(super) fn insists(&self, key: &str) -> bool {
        let entry = self.keys.get(key);
        self.clearing == Clearing::No && entry.is_some_and(|entry| entry.running_is.matters() && entry.next.is_none())
    }

    /// The keys that have something to be written and nobody who does it.
    pub(super) fn waiting(&self) -> Vec<String> {
        let waiting = self.keys.iter().filter(|(_, entry)| entry.next.is_some() && entry.running.is_none());
        waiting.map(|(key, _)| key.clone()).collect()
    }

    /// Whether all is written.
    pub(super) fn is_settled(&self) -> bool {
        self.clearing == Clearing::No && self.unsettled() == 0
    }

    /// How many keys are not written yet.
    pub(super) fn unsettled(&self) -> usize {
        self.keys.values().filter(|entry| entry.next.is_some() || entry.running.is_some()).count()
    }

    fn tidy(&mut self, key: &str) {
        if self.keys.get(key).is_some_and(Entry::is_idle) {
            self.keys.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Change {
        Change::Set { bytes: text.as_bytes().into(), ttl: None }
    }

    #[test]
    fn the_last_decision_is_the_one_that_is_written() {
        let mut ledger = Ledger::default();
        ledger.decide("k", set("a"));
        assert!(matches!(ledger.take("k"), Some(Change::Set { .. })));
        ledger.decide("k", set("b"));
        ledger.decide("k", Change::Delete);
        assert!(ledger.take("k").is_none());
        assert!(matches!(ledger.begin("k").0, Sight::Gone));
        assert!(matches!(ledger.done("k", Fate::Written), Work::Write(Change::Delete)));
        assert!(matches!(ledger.done("k", Fate::Written), Work::Rest(_)));
        ledger.end("k");
        assert!(ledger.is_settled() && ledger.keys.is_empty());
    }

    #[test]
    fn what_a_load_brings_after_a_decision_is_not_written() {
        let mut ledger = Ledger::default();
        let (_, began) = ledger.begin("k");
        ledger.decide("k", Change::Delete);
        assert!(ledger.bring("k", began, set("old")).is_none());
        let (_, later) = ledger.begin("k");
        assert!(ledger.bring("k", later, set("new")).is_some());
        ledger.clear();
        assert!(ledger.bring("k", later, set("new")).is_none());
    }

    #[test]
    fn what_another_process_changed_overtakes_a_load_and_not_a_decision() {
        let mut ledger = Ledger::default();
        let (_, began) = ledger.begin("k");
        ledger.overtake(Some("k"));
        assert!(ledger.bring("k", began, set("old")).is_none());
        let (_, later) = ledger.begin("k");
        let _written = ledger.bring("k", later, set("loaded")).unwrap();
        ledger.overtake(None);
        assert!(ledger.take("k").is_none());
        ledger.decide("k", set("decided"));
        ledger.overtake(Some("k"));
        assert!(matches!(ledger.take("k"), Some(Change::Set { .. })));
        ledger.overtake(Some("a key that nobody loads"));
        assert!(!ledger.keys.contains_key("a key that nobody loads"));
    }

    #[test]
    fn a_load_that_inherits_a_deletion_is_overtaken_and_the_deletion_stays() {
        let mut ledger = Ledger::default();
        ledger.decide("k", Change::Delete);
        let (_, began) = ledger.begin("k");
        let _written = ledger.bring("k", began, set("loaded")).unwrap();
        ledger.overtake(Some("k"));
        assert!(matches!(ledger.take("k"), Some(Change::Delete)));
        ledger.done("k", Fate::Lost);
        let (_, began) = ledger.begin("k");
        let _written = ledger.bring("k", began, set("loaded")).unwrap();
        assert!(matches!(ledger.take("k"), Some(Change::Set { .. })));
        ledger.overtake(Some("k"));
        assert!(matches!(ledger.done("k", Fate::Written), Work::Write(Change::Delete)));
    }

    #[test]
    fn what_a_load_has_sent_is_taken_back_when_another_process_changes_its_key() {
        for (fate, takes_back) in [(Fate::Written, true), (Fate::Lost, true), (Fate::Yielded, false)] {
            let mut ledger = Ledger::default();
            let (_, began) = ledger.begin("k");
            let _written = ledger.bring("k", began, set("loaded")).unwrap();
            ledger.take("k").unwrap();
            ledger.overtake(Some("k"));
            assert!(matches!(ledger.begin("k").0, Sight::Gone));
            assert_eq!(matches!(ledger.done("k", fate), Work::Write(Change::Delete)), takes_back, "{fate:?}");
        }
    }

    #[test]
    fn a_deletion_that_did_not_reach_the_store_is_inherited_by_what_is_written_next() {
        let mut ledger = Ledger::default();
        ledger.decide("k", Change::Delete);
        ledger.take("k").unwrap();
        assert!(ledger.insists("k"));
        let (_, began) = ledger.begin("k");
        let _written = ledger.bring("k", began, set("new")).unwrap();
        assert!(!ledger.insists("k"));
        assert!(matches!(ledger.done("k", Fate::Lost), Work::Write(_)));
        assert!(ledger.insists("k"));
        assert!(matches!(ledger.done("k", Fate::Written), Work::Rest(_)));
        ledger.end("k");
        let (_, began) = ledger.begin("k");
        let _written = ledger.bring("k", began, set("newer")).unwrap();
        ledger.take("k").unwrap();
        // Nothing was decided: what does not reach the store is not missed there.
        assert!(!ledger.insists("k"));
    }

    #[test]
    fn a_clearing_waits_for_writes_that_began_and_holds_up_those_that_did_not() {
        let mut ledger = Ledger::default();
        ledger.decide("a", set("a"));
        ledger.take("a").unwrap();
        ledger.clear();
        assert!(!ledger.take_clear());
        ledger.decide("b", set("b"));
        assert!(ledger.take("b").is_none());
        assert!(matches!(ledger.begin("c").0, Sight::Gone));
        assert!(matches!(ledger.begin("b").0, Sight::Value(_)));
        assert!(matches!(ledger.begin("a").0, Sight::Gone));
        assert!(matches!(ledger.done("a", Fate::Written), Work::Clear));
        assert_eq!(ledger.cleared(), ["b"]);
        assert!(ledger.take("b").is_some());
    }

    #[test]
    fn ten_thousand_keys_that_cannot_be_written_become_one_clearing() {
        let mut ledger = Ledger::default();
        for number in 0..MOST {
            assert!(ledger.decide(&format!("k{number}"), Change::Delete));
        }
        assert!(!ledger.decide("one more", Change::Delete));
        assert_eq!(ledger.unsettled(), 0);
        assert!(matches!(ledger.begin("k1").0, Sight::Gone));
        assert!(ledger.take_clear());
    }
}
