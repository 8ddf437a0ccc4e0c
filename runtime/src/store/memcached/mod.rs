//! Values in Memcached.

mod wire;

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::api::{Answer, Store};
use super::error::StoreError;
use super::number::number;
use super::ttl::Remaining;
use super::url::Url;
use wire::{Again, Pool, Reply};

/// Keeps values in Memcached, version 1.6 or later. A clone is the same store.
///
/// A few connections are made when they are needed, and anew when they were lost; an operation holds one for itself.
///
/// A ttl counts in whole seconds; another one is [`StoreError::InvalidTtl`], never rounded. One that ends after the year 2037 is for
/// ever. A key has up to 250 bytes, where a blank counts as three: it is written `%20`. Keys cannot be cleared by their prefix.
///
/// ```no_run
/// use cachetools::store::{Memcached, TypedStore};
///
/// let store = TypedStore::new(Memcached::new("127.0.0.1", 11211).pool_size(4)).namespace("main");
/// ```
#[derive(Clone)]
pub struct Memcached(Arc<Pool>);

impl Memcached {
    /// The server at `host` and `port`.
    pub fn new(host: &str, port: u16) -> Self {
        Self::of(host, port, 2, Duration::from_secs(1))
    }

    fn of(host: &str, port: u16, size: usize, connect_timeout: Duration) -> Self {
        Self(Arc::new(Pool::new(host.to_owned(), port, size, connect_timeout)))
    }

    /// How many connections there are at the most, and so how many operations at once. At least one.
    ///
    /// Defaults to: 2.
    #[must_use]
    pub fn pool_size(self, size: usize) -> Self {
        Self::of(&self.0.host, self.0.port, size, self.0.connect_timeout)
    }

    /// How long one attempt to connect may take.
    ///
    /// Defaults to: 1 second.
    #[must_use]
    pub fn connect_timeout(self, limit: Duration) -> Self {
        Self::of(&self.0.host, self.0.port, self.0.size, limit)
    }

    pub(crate) fn from_url(url: &Url) -> Result<Self, StoreError> {
        url.allow(&["pool_size", "connect_timeout"])?;
        if url.user.is_some() || url.password.is_some() {
            return Err(StoreError::InvalidUrl { part: "user", expected: "left out: Memcached is used without" });
        }
        if !url.path.is_empty() {
            return Err(StoreError::InvalidUrl { part: "path", expected: "left out: Memcached has one database" });
        }
        let mut store = Self::new(url.host.as_deref().unwrap_or("127.0.0.1"), url.port.unwrap_or(11211));
        if let Some(size) = url.number("pool_size")? {
            store = store.pool_size(size);
        }
        if let Some(limit) = url.duration("connect_timeout")? {
            store = store.connect_timeout(limit);
        }
        Ok(store)
    }

    /// Sends a command of your own, with a block of data if it takes one, and waits for the one line that answers it; the data of a
    /// `VA` reply comes with it. Keys in it are whole keys, as the server has them.
    ///
    /// # Errors
    ///
    /// As the operations of a store.
    pub async fn raw(&self, command: &str, data: Option<&[u8]>) -> Result<(String, Option<Vec<u8>>), StoreError> {
        let mut request = format!("{command}\r\n").into_bytes();
        if let Some(data) = data {
            request.extend_from_slice(data);
            request.extend_from_slice(b"\r\n");
        }
        let Reply { line, value } = self.one(&request, Again::No).await?;
        Ok((line, value))
    }

    async fn one(&self, request: &[u8], again: Again) -> Result<Reply, StoreError> {
        let replies = self.0.ask(request, 1, again).await?;
        replies.into_iter().next().ok_or_else(|| unexpected("nothing"))
    }

    /// Whether `request` was carried out (`HD`) or not, for the reason that `not` names.
    async fn done(&self, request: &[u8], not: &[&str], again: Again) -> Result<bool, StoreError> {
        let reply = self.one(request, again).await?;
        match reply.status() {
            "HD" => Ok(true),
            status if not.contains(&status) => Ok(false),
            _ => Err(unexpected(&reply.line)),
        }
    }

    /// The value, its token, and the seconds it has to live (-1: for ever).
    async fn versioned(&self, key: &str) -> Result<Option<(Vec<u8>, u64, i64)>, StoreError> {
        let reply = self.one(format!("mg {key} v c t\r\n").as_bytes(), Again::Yes).await?;
        match (reply.flag('c'), reply.flag('t')) {
            (Some(token), Some(left)) => Ok(reply.value.map(|value| (value, token, left))),
            _ => Ok(None),
        }
    }
}

impl fmt::Debug for Memcached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pool { host, port, size, .. } = &*self.0;
        f.debug_struct("Memcached").field("host", host).field("port", port).field("pool_size", size).finish()
    }
}

fn unexpected(line: &str) -> StoreError {
    StoreError::Refused { reason: format!("an answer that was not expected: {line:?}") }
}

/// How many requests are made before the first reply is read.
const BATCH: usize = 100;

const LONGEST_KEY: usize = 250;

/// A key as the server takes it: without blanks and control characters.
fn written(key: &str) -> String {
    let mut written = String::with_capacity(key.len());
    for char in key.chars() {
        if char <= ' ' || char == '%' || char == '\x7f' {
            let _ = write!(written, "%{:02X}", u32::from(char));
        } else {
            written.push(char);
        }
    }
    written
}

fn checked(key: &str) -> Result<String, StoreError> {
    let key = written(key);
    match key.len() {
        0 => Err(StoreError::InvalidKey { reason: "it is empty" }),
        1..=LONGEST_KEY => Ok(key),
        _ => Err(StoreError::InvalidKey { reason: "Memcached takes up to 250 bytes" }),
    }
}

/// What the server takes for a number of seconds from now; more it takes for a date.
const LONGEST_TTL: u64 = 30 * 24 * 60 * 60;

/// A ttl as the server takes it, zero being for ever; `None`: nothing is to be kept.
fn seconds(ttl: Option<Duration>) -> Result<Option<i32>, StoreError> {
    let Some(ttl) = ttl else { return Ok(Some(0)) };
    if ttl.subsec_nanos() != 0 {
        return Err(StoreError::InvalidTtl { ttl, reason: "Memcached counts whole seconds" });
    }
    Ok(match ttl.as_secs() {
        0 => None,
        seconds @ 1..=LONGEST_TTL => i32::try_from(seconds).ok(),
        seconds => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
            Some(i32::try_from(now.saturating_add(seconds)).unwrap_or(0))
        }
    })
}

/// Stores a value; `how` are the flags.
fn store(key: &str, value: &[u8], ttl: i32, how: &str) -> Vec<u8> {
    let mut request = format!("ms {key} {} T{ttl} {how}\r\n", value.len()).into_bytes();
    request.extend_from_slice(value);
    request.extend_from_slice(b"\r\n");
    request
}

/// The seconds behind `t`, -1 being for ever.
fn remaining(reply: &Reply) -> Option<Remaining> {
    reply.flag::<i64>('t').map(|left| match u64::try_from(left) {
        Ok(seconds) => Remaining::For(Duration::from_secs(seconds)),
        Err(_) => Remaining::Never,
    })
}

fn delete(key: &str) -> Vec<u8> {
    format!("md {key}\r\n").into_bytes()
}

impl Store for Memcached {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn fits(&self, key: &str) -> bool {
        written(key).len() <= LONGEST_KEY
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let request = format!("mg {} v\r\n", checked(key)?);
            Ok(self.one(request.as_bytes(), Again::Yes).await?.value)
        })
    }

    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        Box::pin(async move {
            let reply = self.one(format!("mg {} v t\r\n", checked(key)?).as_bytes(), Again::Yes).await?;
            let remaining = remaining(&reply);
            Ok(reply.value.zip(remaining))
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            let key = checked(key)?;
            let request = match seconds(ttl)? {
                Some(seconds) => store(&key, value, seconds, ""),
                None => delete(&key),
            };
            self.done(&request, &["NF"], Again::Yes).await.map(drop)
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { self.done(&delete(&checked(key)?), &["NF"], Again::Yes).await })
    }

    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            let written = checked(key)?;
            let added = match seconds(ttl)? {
                Some(seconds) => self.done(&store(&written, value, seconds, "ME"), &["NS"], Again::No).await?,
                None => !self.exists(key).await?,
            };
            if added { Ok(()) } else { Err(StoreError::AlreadyExists { key: key.to_owned() }) }
        })
    }

    fn exists<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { self.done(format!("mg {}\r\n", checked(key)?).as_bytes(), &["EN"], Again::Yes).await })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            let mut values = Vec::with_capacity(keys.len());
            for keys in keys.chunks(BATCH) {
                let mut requests = String::new();
                for key in keys {
                    let _ = write!(requests, "mg {} v\r\n", checked(key)?);
                }
                let replies = self.0.ask(requests.as_bytes(), keys.len(), Again::Yes).await?;
                values.extend(replies.into_iter().map(|reply| reply.value));
            }
            Ok(values)
        })
    }

    fn set_many<'a>(&'a self, pairs: &'a [(String, Vec<u8>)], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            let seconds = seconds(ttl)?;
            for pairs in pairs.chunks(BATCH) {
                let mut requests = Vec::new();
                for (key, value) in pairs {
                    let key = checked(key)?;
                    requests.extend(seconds.map_or_else(|| delete(&key), |seconds| store(&key, value, seconds, "")));
                }
                self.0.ask(&requests, pairs.len(), Again::Yes).await?;
            }
            Ok(())
        })
    }

    /// The server counts without a sign; with one, the value is replaced if nobody else has replaced it meanwhile.
    fn increment<'a>(&'a self, key: &'a str, by: i64) -> Answer<'a, i64> {
        Box::pin(async move {
            let written = checked(key)?;
            let not_an_integer = || StoreError::NotAnInteger { key: key.to_owned() };
            loop {
                let Some((value, token, left)) = self.versioned(&written).await? else {
                    let request = store(&written, by.to_string().as_bytes(), 0, "ME");
                    if self.done(&request, &["NS"], Again::No).await? {
                        return Ok(by);
                    }
                    continue;
                };
                // Where it counts down by itself, the server fills up with blanks.
                let text = value.trim_ascii_end();
                let old = if text.is_empty() { None } else { number(text) }.ok_or_else(not_an_integer)?;
                let sum = old.checked_add(by).ok_or_else(not_an_integer)?;
                let new = sum.to_string();
                let request = if old >= 0 && sum >= 0 && new.len() >= value.len() {
                    // So the ttl stays exactly as it is.
                    let direction = if by < 0 { 'D' } else { 'I' };
                    format!("ma {written} C{token} D{} M{direction}\r\n", by.unsigned_abs()).into_bytes()
                } else {
                    let left = if left < 0 { 0 } else { i32::try_from(left.max(1)).unwrap_or(0) };
                    store(&written, new.as_bytes(), left, &format!("C{token}"))
                };
                if self.done(&request, &["EX", "NF", "NS"], Again::No).await? {
                    return Ok(sum);
                }
            }
        })
    }

    fn expire<'a>(&'a self, key: &'a str, ttl: Option<Duration>) -> Answer<'a, bool> {
        Box::pin(async move {
            let written = checked(key)?;
            match seconds(ttl)? {
                Some(seconds) => {
                    let request = format!("mg {written} T{seconds}\r\n");
                    self.done(request.as_bytes(), &["EN"], Again::Yes).await
                }
                None => self.done(&delete(&written), &["NF"], Again::Yes).await,
            }
        })
    }

    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        Box::pin(async move {
            let reply = self.one(format!("mg {} t\r\n", checked(key)?).as_bytes(), Again::Yes).await?;
            Ok(remaining(&reply))
        })
    }

    /// Everything, or nothing: the server does not list its keys.
    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            if !prefix.is_empty() {
                return Err(StoreError::Unsupported { store: self.name(), operation: "clear" });
            }
            let reply = self.one(b"flush_all\r\n", Again::Yes).await?;
            if reply.status() == "OK" { Ok(()) } else { Err(unexpected(&reply.line)) }
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: &'a [u8],
        value: &'a [u8],
        ttl: Option<Duration>,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let written = checked(key)?;
            let seconds = seconds(ttl)?;
            let Some((stored, token, _)) = self.versioned(&written).await? else { return Ok(false) };
            if stored != expected {
                return Ok(false);
            }
            let request = match seconds {
                Some(seconds) => store(&written, value, seconds, &format!("C{token}")),
                None => format!("md {written} C{token}\r\n").into_bytes(),
            };
            self.done(&request, &["EX", "NF", "NS"], Again::No).await
        })
    }

    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(async move {
            let written = checked(key)?;
            match self.versioned(&written).await? {
                Some((stored, token, _)) if stored == expected => {
                    let request = format!("md {written} C{token}\r\n");
                    self.done(request.as_bytes(), &["EX", "NF"], Again::No).await
                }
                _ => Ok(false),
            }
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            self.0.close();
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn keys_are_written_without_blanks_and_stay_apart() {
        assert_eq!(written("hello world"), "hello%20world");
        assert_eq!(written("hello%20world"), "hello%2520world");
        assert_eq!(written("a\r\nb\u{7f}ä"), "a%0D%0Ab%7Fä");
        assert_eq!(checked(""), Err(StoreError::InvalidKey { reason: "it is empty" }));
        assert!(checked(&"x".repeat(250)).is_ok());
        assert!(checked(&"x".repeat(251)).is_err());
        assert!(checked(&" ".repeat(84)).is_err());
    }

    #[test]
    fn ttls_are_whole_seconds_or_dates() {
        assert_eq!(seconds(None), Ok(Some(0)));
        assert_eq!(seconds(Some(Duration::ZERO)), Ok(None));
        assert_eq!(seconds(Some(SECOND * 30 * 86_400)), Ok(Some(2_592_000)));
        // A date, since it is more than thirty days.
        assert!(seconds(Some(SECOND * 31 * 86_400)).unwrap() > Some(1_700_000_000));
        assert_eq!(seconds(Some(Duration::from_secs(u64::MAX))), Ok(Some(0)));
        assert!(matches!(seconds(Some(SECOND / 2)), Err(StoreError::InvalidTtl { .. })));
    }

    // AI-104, AI-105
    #[test]
    fn a_url_sets_each_field() {
        let of = |url| Memcached::from_url(&Url::parse(url, &["memcached"])?);
        let store = of("memcached://endpoint:1000?pool_size=10").unwrap();
        assert_eq!((&*store.0.host, store.0.port, store.0.size), ("endpoint", 1000, 10));
        let store = of("memcached://").unwrap();
        assert_eq!((&*store.0.host, store.0.port, store.0.size), ("127.0.0.1", 11211, 2));
        assert!(of("memcached://host/1").is_err());
    }
}
