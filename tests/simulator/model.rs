//! The laws, written down as naively as they can be: lists, no locks, no wakers.
//!
//! Those who ask for one key between two invalidations are a party. A party has one body at a time, and all of it gets what
//! that body brings.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::{CallId, Event, LoadId, Source};
use super::trace::{Asked, Ending, KEYS, Setup};
use crate::support::Kind;

type PartyId = usize;

/// What a law says, when it does not hold.
pub(super) type Law = Result<(), String>;

/// What a poll of a caller was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Pending,
    Value(Source),
    Error(LoadId),
    Panic(LoadId),
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) hits: u64,
    pub(super) coalesced: u64,
    pub(super) misses: u64,
    pub(super) refreshes: u64,
    pub(super) loads: u64,
    pub(super) load_errors: u64,
}

pub(super) struct Model {
    setup: Setup,
    now: u64,
    calls: Vec<Call>,
    loads: Vec<Load>,
    parties: Vec<Party>,
    /// The party that a caller of a key joins.
    current: BTreeMap<u32, PartyId>,
    /// What is stored, least recently used first.
    table: Vec<Entry>,
    /// How often each key was invalidated.
    generations: Vec<u64>,
    inserts: usize,
    pub(super) counters: Counters,
}

struct Call {
    asked: Asked,
    state: State,
    /// Of its key, when it began.
    generation: u64,
    /// The panic of the body that it brought, which another caller's poll ran.
    panic: Option<LoadId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Waits(PartyId),
    Over,
}

struct Load {
    call: CallId,
    ending: Option<Ending>,
}

struct Party {
    key: u32,
    members: BTreeSet<CallId>,
    /// The body that runs.
    live: Option<LoadId>,
    /// The load whose outcome all get.
    landed: Option<LoadId>,
}

struct Entry {
    key: u32,
    source: Source,
    deadline: Option<u64>,
    generation: u64,
}

macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}

impl Model {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            now: 0,
            calls: Vec::new(),
            loads: Vec::new(),
            parties: Vec::new(),
            current: BTreeMap::new(),
            table: Vec::new(),
            generations: vec![0; KEYS as usize],
            inserts: 0,
            counters: Counters::default(),
        }
    }

    /// A call is made; it begins when it is first polled.
    pub(super) fn call(&mut self, asked: Asked) -> CallId {
        self.calls.push(Call { asked, state: State::New, generation: 0, panic: None });
        self.calls.len() - 1
    }

    pub(super) fn advance(&mut self, by: u64) {
        self.now += by;
    }

    /// What is stored for a key and has not expired.
    pub(super) fn stored(&self, key: u32) -> Option<Source> {
        self.entry(key).map(|place| self.table[place].source)
    }

    pub(super) fn is_running(&self, key: u32) -> bool {
        self.current.contains_key(&key)
    }

    pub(super) fn size(&self) -> u64 {
        self.table.iter().filter(|entry| self.is_alive(entry)).count() as u64
    }

    /// How many loads are under way, invalidated ones included.
    pub(super) fn running(&self) -> u64 {
        self.parties.iter().filter(|party| party.landed.is_none() && !party.members.is_empty()).count() as u64
    }

    /// Forgets a call; says whether it was there.
    pub(super) fn invalidate(&mut self, key: u32) -> bool {
        let stored = self.stored(key).is_some();
        self.table.retain(|entry| entry.key != key);
        self.generations[key as usize] += 1;
        self.current.remove(&key).is_some() || stored
    }

    /// A value is stored by hand; says which.
    pub(super) fn insert(&mut self, key: u32) -> Source {
        self.generations[key as usize] += 1;
        self.current.remove(&key);
        let source = Source::Insert(self.inserts);
        self.inserts += 1;
        self.store(key, source);
        source
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.current.clear();
        self.generations.iter_mut().for_each(|generation| *generation += 1);
        self.counters = Counters::default();
    }

    /// A caller was polled: `events` is what the bodies did meanwhile, `seen` what the caller got.
    pub(super) fn polled(&mut self, call: CallId, events: &[Event], seen: Seen) -> Law {
        if self.calls[call].state == State::New {
            if let Some(source) = self.begin(call) {
                ensure!(events.is_empty(), "a stored value was there, and yet {events:?}");
                ensure!(seen == Seen::Value(source), "{source:?} is stored, and the caller got {seen:?}");
                self.calls[call].state = State::Over;
                return Ok(());
            }
        }
        let State::Waits(party) = self.calls[call].state else { return Err("the caller was done".into()) };
        let had_landed = self.parties[party].landed.is_some();
        for event in events {
            ensure!(!had_landed, "the load had ended, and yet {event:?}");
            match *event {
                Event::Started(load, of) => {
                    ensure!(of == call, "polling caller {call} started the body of caller {of}");
                    self.start(load, call, party)?;
                }
                Event::Ended(load, ending) => self.end(load, ending, call, party)?,
                // The last caller had a panic coming, and leaves with it.
                Event::Dropped(load) => {
                    let party = &mut self.parties[party];
                    let is_last = party.members.len() == 1 && self.calls[call].panic.is_some();
                    ensure!(is_last && party.live == Some(load), "a poll dropped load {load}, which had not ended");
                    party.live = None;
                }
            }
        }
        self.answered(call, party, seen)
    }

    /// What a caller got, against what its party is due.
    fn answered(&mut self, call: CallId, party: PartyId, seen: Seen) -> Law {
        let due = match (self.calls[call].panic, self.parties[party].landed) {
            (Some(load), _) => Seen::Panic(load),
            (None, Some(load)) => match self.loads[load].ending {
                Some(Ending::Ok) => Seen::Value(Source::Load(load)),
                _ => Seen::Error(load),
            },
            (None, None) => Seen::Pending,
        };
        ensure!(seen == due, "the caller was due {due:?}, and got {seen:?}");
        if let Seen::Value(Source::Load(load)) | Seen::Error(load) | Seen::Panic(load) = seen {
            // Said once more in other words than those of parties.
            let began = self.calls[self.loads[load].call].generation;
            let asked = self.calls[call].generation;
            ensure!(began == asked, "load {load} is of generation {began}, its caller of {asked}");
            self.leave(call, party)?;
        } else {
            ensure!(self.parties[party].live.is_some(), "the caller was polled, nobody runs a body, and it does not");
        }
        Ok(())
    }

    /// A caller was dropped.
    pub(super) fn dropped(&mut self, call: CallId, events: &[Event]) -> Law {
        let State::Waits(party) = self.calls[call].state else {
            self.calls[call].state = State::Over;
            ensure!(events.is_empty(), "a call that had not begun, or was over, was dropped, and {events:?}");
            return Ok(());
        };
        let live = self.parties[party].live;
        let owns = live.is_some_and(|load| {
            let owner = self.loads[load].call;
            owner == call && self.calls[owner].asked.kind == Kind::Inline
        });
        let is_last = self.parties[party].members.len() == 1;
        match (live, owns || is_last) {
            (Some(load), true) => {
                ensure!(events == [Event::Dropped(load)], "load {load} was to be dropped with its caller: {events:?}");
                self.parties[party].live = None;
            }
            _ => ensure!(events.is_empty(), "the others need the load, and yet {events:?}"),
        }
        self.leave(call, party)
    }

    /// Nobody is left to be polled: then whoever is not parked waits for a body that waits in turn.
    pub(super) fn at_rest(
        &self,
        is_parked: impl Fn(CallId) -> bool,
        is_awake: impl Fn(LoadId) -> bool,
        has_slot: impl Fn(CallId) -> bool,
    ) -> Law {
        for (id, call) in self.calls.iter().enumerate() {
            let State::Waits(party) = call.state else { continue };
            if is_parked(id) || !has_slot(id) {
                continue;
            }
            ensure!(call.panic.is_none(), "caller {id} has a panic coming, and nobody tells it");
            let party = &self.parties[party];
            ensure!(party.landed.is_none(), "the load that caller {id} waits for has ended, and nobody tells it");
            let Some(load) = party.live else {
                return Err(format!("caller {id} waits, and nobody runs a body"));
            };
            let owner = self.loads[load].call;
            let stands = self.calls[owner].asked.kind == Kind::Inline && is_parked(owner);
            ensure!(stands || !is_awake(load), "load {load} was woken, caller {id} waits for it, and nobody polls it");
        }
        Ok(())
    }

    /// A call is polled for the first time: the stored value, or a seat in a party.
    fn begin(&mut self, call: CallId) -> Option<Source> {
        let Asked { key, refresh, .. } = self.calls[call].asked;
        self.calls[call].generation = self.generations[key as usize];
        if !refresh {
            if let Some(place) = self.entry(key) {
                self.counters.hits += 1;
                let entry = self.table.remove(place);
                let source = entry.source;
                self.table.push(entry);
                return Some(source);
            }
        }
        let party = match self.current.get(&key) {
            Some(&party) if !refresh => {
                self.counters.coalesced += 1;
                party
            }
            _ => {
                *(if refresh { &mut self.counters.refreshes } else { &mut self.counters.misses }) += 1;
                self.parties.push(Party { key, members: BTreeSet::new(), live: None, landed: None });
                let party = self.parties.len() - 1;
                self.current.insert(key, party);
                party
            }
        };
        self.parties[party].members.insert(call);
        self.calls[call].state = State::Waits(party);
        None
    }

    fn start(&mut self, load: LoadId, call: CallId, party: PartyId) -> Law {
        ensure!(load == self.loads.len(), "loads are numbered as they start");
        self.loads.push(Load { call, ending: None });
        self.counters.loads += 1;
        let party = &mut self.parties[party];
        ensure!(party.landed.is_none(), "load {load} was started although the value is there");
        ensure!(party.live.is_none(), "load {load} was started while load {:?} ran", party.live);
        party.live = Some(load);
        Ok(())
    }

    fn end(&mut self, load: LoadId, ending: Ending, by: CallId, party: PartyId) -> Law {
        let live = self.parties[party].live.take();
        ensure!(live == Some(load), "load {load} ended where {live:?} ran");
        self.loads[load].ending = Some(ending);
        let owner = self.loads[load].call;
        ensure!(
            owner == by || self.calls[owner].asked.kind != Kind::Inline,
            "caller {by} ran a body that stands on the stack of caller {owner}"
        );
        self.counters.load_errors += u64::from(ending != Ending::Ok);
        if ending == Ending::Panic {
            let heir = if self.parties[party].members.contains(&owner) { owner } else { by };
            self.calls[heir].panic = Some(load);
            return Ok(());
        }
        self.parties[party].landed = Some(load);
        let key = self.parties[party].key;
        if self.current.get(&key) == Some(&party) {
            self.current.remove(&key);
            if ending == Ending::Ok {
                self.store(key, Source::Load(load));
            }
        }
        Ok(())
    }

    fn leave(&mut self, call: CallId, party: PartyId) -> Law {
        self.calls[call].state = State::Over;
        let members = &mut self.parties[party].members;
        members.remove(&call);
        if members.is_empty() && self.parties[party].landed.is_none() {
            let live = self.parties[party].live;
            ensure!(live.is_none(), "all callers are gone, and load {live:?} goes on");
            let key = self.parties[party].key;
            if self.current.get(&key) == Some(&party) {
                self.current.remove(&key);
            }
        }
        Ok(())
    }

    fn store(&mut self, key: u32, source: Source) {
        self.table.retain(|entry| entry.key != key);
        let deadline = self.setup.ttl.map(|ttl| self.now + ttl);
        let generation = self.generations[key as usize];
        let entry = Entry { key, source, deadline, generation };
        if !self.is_alive(&entry) {
            return;
        }
        let now = self.now;
        self.table.retain(|entry| entry.deadline.is_none_or(|deadline| now < deadline));
        if self.setup.lru.is_some_and(|most| self.table.len() == most) {
            self.table.remove(0);
        }
        self.table.push(entry);
    }

    fn entry(&self, key: u32) -> Option<usize> {
        self.table.iter().position(|entry| entry.key == key && self.is_alive(entry))
    }

    fn is_alive(&self, entry: &Entry) -> bool {
        entry.deadline.is_none_or(|deadline| self.now < deadline)
    }

    /// Nothing is stored from before the last invalidation of its key.
    pub(super) fn stored_is_valid(&self) -> Law {
        for entry in &self.table {
            let began = match entry.source {
                Source::Load(load) => self.calls[self.loads[load].call].generation,
                Source::Insert(_) => entry.generation,
            };
            let generation = self.generations[entry.key as usize];
            ensure!(began == generation, "what is stored for {} is of generation {began} of {generation}", entry.key);
        }
        Ok(())
    }
}
