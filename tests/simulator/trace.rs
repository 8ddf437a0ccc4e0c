//! What happens in one schedule: how the cache is set up, and step after step; as a text that can be read and run again.

use std::fmt;
use std::str::FromStr;

use crate::support::Kind;

/// How many callers there are, and how many keys they call with.
pub(super) const CALLERS: usize = 7;
pub(super) const KEYS: u32 = 3;

/// A wake-up is offered to several waiters, so that some may be parked: this many.
pub(super) const MOST_PARKED: usize = 3;

/// How a cache is set up, and how its schedule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setup {
    pub(super) lru: Option<usize>,
    pub(super) ttl: Option<u64>,
    /// At the end all callers leave, instead of all bodies ending.
    pub(super) all_leave: bool,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Ok,
    Err,
    Panic,
}

/// What a call is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) key: u32,
    pub(super) kind: Kind,
    /// It runs although a value is stored or a call is running.
    pub(super) refresh: bool,
    /// Its body wakes itself some times before it waits.
    pub(super) restless: bool,
}

/// One step. Callers are numbered; bodies are counted among those that run and have not been told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Call(usize, Asked),
    Poll(usize),
    Drop(usize),
    Park(usize),
    Unpark(usize),
    /// Everybody who was woken is polled, until nobody is.
    Settle,
    End(usize, Ending),
    Nudge(usize),
    Invalidate(u32),
    Insert(u32),
    Clear,
    Advance(u64),
    Info,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    pub(super) setup: Setup,
    pub(super) steps: Vec<Step>,
}

/// The generator of Steele, Lea and Flood: small, and good enough.
pub(super) struct SplitMix64(pub(super) u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `0..n`, as far as it matters.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() >> 32).expect("32 bits") % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

impl Trace {
    /// The schedule of a seed.
    pub(super) fn of_seed(seed: u64) -> Self {
        let mut random = SplitMix64(seed);
        let setup = Setup {
            lru: random.of(&[None, Some(1), Some(2), Some(128)]),
            ttl: random.of(&[None, None, Some(0), Some(5)]),
            all_leave: random.one_in(2),
        };
        // Schedules of few keys press harder on one flight.
        let keys = random.of(&[1, 1, 2, KEYS]) as usize;
        let kinds: &[Kind] = random.of(&[
            &[Kind::Shared] as &[_],
            &[Kind::Inline],
            &[Kind::Shared, Kind::Inline],
            &[Kind::Shared, Kind::Inline, Kind::Detached],
        ]);
        let length = 8 + random.below(50);
        let steps = (0..length).map(|_| Self::step(&mut random, keys, kinds)).collect();
        Self { setup, steps }
    }

    fn step(random: &mut SplitMix64, keys: usize, kinds: &[Kind]) -> Step {
        let caller = random.below(CALLERS);
        let key = u32::try_from(random.below(keys)).expect("few keys");
        match random.below(100) {
            0..26 => Step::Call(
                caller,
                Asked { key, kind: random.of(kinds), refresh: random.one_in(12), restless: random.one_in(6) },
            ),
            26..50 => Step::Poll(caller),
            50..59 => Step::Drop(caller),
            59..64 => Step::Park(caller),
            64..67 => Step::Unpark(caller),
            67..74 => Step::Settle,
            74..86 => Step::End(random.below(4), random.of(&[Ending::Ok, Ending::Ok, Ending::Err, Ending::Panic])),
            86..89 => Step::Nudge(random.below(4)),
            89..92 => Step::Invalidate(key),
            92..94 => Step::Insert(key),
            94 => Step::Clear,
            95..98 => Step::Advance(1 + random.below(6) as u64),
            _ => Step::Info,
        }
    }

    /// The shortest trace that still fails, found by leaving out what can be left out.
    pub(super) fn shrink(self, fails: impl Fn(&Self) -> bool) -> Self {
        let mut shortest = self;
        let mut width = shortest.steps.len().div_ceil(2).max(1);
        loop {
            let mut shorter = false;
            let mut from = 0;
            while from < shortest.steps.len() {
                let mut without = shortest.clone();
                without.steps.drain(from..(from + width).min(without.steps.len()));
                if fails(&without) {
                    shortest = without;
                    shorter = true;
                } else {
                    from += width;
                }
            }
            if width == 1 && !shorter {
                match shortest.simpler().into_iter().find(|simpler| fails(simpler)) {
                    Some(simpler) => shortest = simpler,
                    None => return shortest,
                }
            }
            width = width.div_ceil(2);
        }
    }

    /// Traces of as many steps that say less.
    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for setup in [Setup { lru: None, ..self.setup }, Setup { ttl: None, ..self.setup }] {
            if setup != self.setup {
                all.push(Self { setup, steps: self.steps.clone() });
            }
        }
        for (place, step) in self.steps.iter().enumerate() {
            let Step::Call(caller, asked) = *step else { continue };
            for simpler in [
                Asked { key: 0, ..asked },
                Asked { kind: Kind::Shared, ..asked },
                Asked { refresh: false, ..asked },
                Asked { restless: false, ..asked },
            ] {
                if simpler != asked {
                    let mut steps = self.steps.clone();
                    steps[place] = Step::Call(caller, simpler);
                    all.push(Self { setup: self.setup, steps });
                }
            }
        }
        all
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setup { lru, ttl, all_leave } = self.setup;
        let number = |number: Option<u64>| number.map_or("none".to_owned(), |number| number.to_string());
        write!(f, "lru={} ttl={} ", number(lru.map(|lru| lru as u64)), number(ttl))?;
        f.write_str(if all_leave { "all_leave:" } else { "all_end:" })?;
        self.steps.iter().try_for_each(|step| write!(f, " {step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(caller, Asked { key, kind, refresh, restless }) => {
                let kind = match kind {
                    Kind::Inline => "inline",
                    Kind::Shared => "shared",
                    Kind::Detached => "detached",
                };
                write!(f, "call{caller}.{key}.{kind}")?;
                f.write_str(if *refresh { ".refresh" } else { "" })?;
                f.write_str(if *restless { ".restless" } else { "" })
            }
            Self::Poll(caller) => write!(f, "poll{caller}"),
            Self::Drop(caller) => write!(f, "drop{caller}"),
            Self::Park(caller) => write!(f, "park{caller}"),
            Self::Unpark(caller) => write!(f, "unpark{caller}"),
            Self::Settle => f.write_str("settle"),
            Self::End(load, Ending::Ok) => write!(f, "ok{load}"),
            Self::End(load, Ending::Err) => write!(f, "err{load}"),
            Self::End(load, Ending::Panic) => write!(f, "panic{load}"),
            Self::Nudge(load) => write!(f, "nudge{load}"),
            Self::Invalidate(key) => write!(f, "invalidate{key}"),
            Self::Insert(key) => write!(f, "insert{key}"),
            Self::Clear => f.write_str("clear"),
            Self::Advance(by) => write!(f, "advance{by}"),
            Self::Info => f.write_str("info"),
        }
    }
}

impl FromStr for Trace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (setup, steps) = text.split_once(':').ok_or("a trace is `lru=.. ttl=.. all_end: steps`")?;
        let mut trace = Self { setup: Setup { lru: None, ttl: None, all_leave: false }, steps: Vec::new() };
        for word in setup.split_whitespace() {
            match word.split_once('=') {
                Some((_, "none")) => {}
                Some(("lru", number)) => trace.setup.lru = Some(parse(number, word)?),
                Some(("ttl", number)) => trace.setup.ttl = Some(parse(number, word)?),
                _ if word == "all_leave" => trace.setup.all_leave = true,
                _ if word == "all_end" => {}
                _ => return Err(format!("{word:?} is nothing that a cache can be told")),
            }
        }
        for word in steps.split_whitespace() {
            trace.steps.push(word.parse()?);
        }
        Ok(trace)
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let place = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let (verb, rest) = word.split_at(place);
        let number = || parse::<usize>(rest, word);
        let key = || parse::<u32>(rest, word);
        Ok(match verb {
            "call" => {
                let mut parts = rest.split('.');
                let caller = parse(parts.next().unwrap_or(""), word)?;
                let key = parse(parts.next().unwrap_or(""), word)?;
                let kind = match parts.next() {
                    Some("inline") => Kind::Inline,
                    Some("shared") => Kind::Shared,
                    Some("detached") => Kind::Detached,
                    _ => return Err(format!("{word:?}: no such kind of flight")),
                };
                let more: Vec<_> = parts.collect();
                let (refresh, restless) = (more.contains(&"refresh"), more.contains(&"restless"));
                Self::Call(caller, Asked { key, kind, refresh, restless })
            }
            "poll" => Self::Poll(number()?),
            "drop" => Self::Drop(number()?),
            "park" => Self::Park(number()?),
            "unpark" => Self::Unpark(number()?),
            "settle" => Self::Settle,
            "ok" => Self::End(number()?, Ending::Ok),
            "err" => Self::End(number()?, Ending::Err),
            "panic" => Self::End(number()?, Ending::Panic),
            "nudge" => Self::Nudge(number()?),
            "invalidate" => Self::Invalidate(key()?),
            "insert" => Self::Insert(key()?),
            "clear" => Self::Clear,
            "advance" => Self::Advance(parse(rest, word)?),
            "info" => Self::Info,
            _ => return Err(format!("{word:?} is no step")),
        })
    }
}

fn parse<T: FromStr>(number: &str, word: &str) -> Result<T, String> {
    number.parse().map_err(|_| format!("{word:?}: {number:?} is no number"))
}

mod tests {
    use super::Trace;

    #[test]
    fn a_trace_is_read_as_it_was_written() {
        for seed in 0..100 {
            let trace = Trace::of_seed(seed);
            assert_eq!(trace.to_string().parse(), Ok(trace));
        }
    }

    #[test]
    fn the_shortest_trace_keeps_what_makes_it_fail() {
        let trace: Trace = "lru=2 ttl=none all_end: poll1 clear poll2 info poll3 info clear".parse().unwrap();
        let shortest = trace.shrink(|trace| {
            let steps = trace.to_string();
            steps.contains("poll2") && steps.contains("info")
        });
        assert_eq!(shortest.steps.len(), 2);
    }
}
