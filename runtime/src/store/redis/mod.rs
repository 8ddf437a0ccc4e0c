//! Values in Redis or Valkey.

mod command;
mod line;
mod tracked;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, Pipeline, ProtocolVersion, RedisConnectionInfo, RedisError, Value};

use super::api::{Answer, Store};
use super::changes::{Changes, Tracked};
use super::error::StoreError;
use super::ttl::Remaining;
use super::url::Url;
use command::{
    COMPARE_AND_DELETE, COMPARE_AND_SET, beginning_with, command, error, millis, remaining, set, set_if_absent,
};
use line::Line;
use tracked::TrackedRedis;

/// Keeps values in Redis, version 5 or later, or Valkey. A clone is the same store.
///
/// One connection serves all operations, without waiting for each other; it is made when it is first needed, and anew when it
/// was lost. An operation that finds it lost is tried once more, unless that could do it twice.
///
/// A ttl counts in milliseconds; what is less counts as one.
///
/// A cache with memory in front of it hears of what others change, by the server's client-side caching: see
/// [`tracking`](Self::tracking).
///
/// ```no_run
/// use cachetools::store::{Redis, TypedStore};
///
/// let store = TypedStore::new(Redis::new("127.0.0.1", 6379).db(3)).namespace("main");
/// ```
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    settings: Settings,
    line: Arc<Line>,
    /// The same server, for the caches in front of it.
    tracked: OnceLock<Tracked>,
}

#[derive(Clone)]
struct Settings {
    host: String,
    port: u16,
    login: RedisConnectionInfo,
    connect_timeout: Duration,
    tracking: bool,
    tls: bool,
}

/// Whether an operation may be tried a second time.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    Yes,
    /// It could be done twice.
    No,
}

impl Redis {
    /// The server at `host` and `port`, database 0, without a password.
    pub fn new(host: &str, port: u16) -> Self {
        let login = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
        let connect_timeout = Duration::from_secs(1);
        let host = host.to_owned();
        Self::of(Settings { host, port, login, connect_timeout, tracking: true, tls: false }, None)
    }

    fn of(settings: Settings, changes: Option<Changes>) -> Self {
        let line = Line::new(settings.clone(), changes);
        Self(Arc::new(Inner { settings, line, tracked: OnceLock::new() }))
    }

    fn change(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self::of(settings, None)
    }

    /// Chooses a database.
    #[must_use]
    pub fn db(self, db: u32) -> Self {
        self.change(|settings| settings.login = settings.login.clone().set_db(db.into()))
    }

    /// Logs in; without a name, with the password alone.
    #[must_use]
    pub fn login(self, user: Option<&str>, password: &str) -> Self {
        self.change(|settings| {
            let login = settings.login.clone().set_password(password);
            settings.login = match user {
                Some(user) => login.set_username(user),
                None => login,
            };
        })
    }

    /// How long one attempt to connect may take.
    ///
    /// Defaults to: 1 second.
    #[must_use]
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.change(|settings| settings.connect_timeout = limit)
    }

    /// Speaks RESP2, which servers older than 6.0 need, instead of RESP3.
    #[must_use]
    pub fn resp2(self) -> Self {
        self.change(|settings| settings.login = settings.login.clone().set_protocol(ProtocolVersion::RESP2))
    }

    /// Whether a cache with memory in front of the store hears of what others change, so that its memory does not serve what is
    /// over: by client-side caching, as Redis calls it (`CLIENT TRACKING`), over a connection of its own. It needs RESP3; of a
    /// server that does not have it, caches keep their values until their time is over ([`Tracking::Off`](super::Tracking::Off)).
    ///
    /// Defaults to: `true`.
    #[must_use]
    pub fn tracking(self, tracking: bool) -> Self {
        self.change(|settings| settings.tracking = tracking)
    }

    /// Speaks TLS. The server's certificate has to be good for `host`, by the certificates that the system trusts, or those in the
    /// file that the variable `SSL_CERT_FILE` names.
    #[cfg(feature = "redis-tls")]
    #[must_use]
    pub fn tls(self) -> Self {
        self.change(|settings| settings.tls = true)
    }

    pub(crate) fn from_url(url: &Url) -> Result<Self, StoreError> {
        url.allow(&["password", "connect_timeout", "protocol", "tracking"])?;
        let invalid = |part, expected| StoreError::InvalidUrl { part, expected };
        let mut store = Self::new(url.host.as_deref().unwrap_or("127.0.0.1"), url.port.unwrap_or(6379));
        if let Some(db) = Some(url.path.trim_end_matches('/')).filter(|db| !db.is_empty()) {
            store = store.db(db.parse().map_err(|_| invalid("path", "the number of a database"))?);
        }
        // The password beside the host wins over the one behind the question mark.
        match url.password.as_deref().or(url.option("password")) {
            Some(password) => store = store.login(url.user.as_deref(), password),
            None if url.user.is_some() => return Err(invalid("password", "there, since there is a user")),
            None => {}
        }
        if let Some(limit) = url.duration("connect_timeout")? {
            store = store.connect_timeout(limit);
        }
        #[cfg(feature = "redis-tls")]
        if url.scheme == "rediss" {
            store = store.tls();
        }
        match url.option("tracking") {
            Some("true") | None => {}
            Some("false") => store = store.tracking(false),
            Some(_) => return Err(invalid("tracking", "true or false")),
        }
        match url.option("protocol") {
            Some("2") => Ok(store.resp2()),
            Some("3") | None => Ok(store),
            Some(_) => Err(invalid("protocol", "2 or 3")),
        }
    }

    /// Sends a command of your own and waits for its answer. Its keys are whole keys, with namespace and version: see
    /// [`TypedStore::full_key`](super::TypedStore::full_key).
    ///
    /// # Errors
    ///
    /// As the operations of a store.
    pub async fn raw<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.ask(command, Again::No).await
    }

    /// Sends a command.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd, again: Again) -> Result<T, StoreError> {
        self.send(again, async |mut connection| command.query_async(&mut connection).await).await
    }

    /// Sends several commands as one step.
    async fn ask_all<T: FromRedisValue>(&self, commands: &Pipeline, again: Again) -> Result<T, StoreError> {
        self.send(again, async |mut connection| commands.query_async(&mut connection).await).await
    }

    async fn send<T, F>(&self, again: Again, send: impl Fn(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(StoreError::Unavailable { reason: "Redis needs a tokio runtime".to_owned() });
        }
        let (connection, number) = self.0.line.get().await.map_err(error)?;
        match send(connection).await {
            Err(lost) if lost.is_unrecoverable_error() => {
                self.0.line.give_up(number);
                if again == Again::No {
                    return Err(error(lost));
                }
                // The first to notice that the connection was lost has it made anew.
                let (connection, _) = self.0.line.get().await.map_err(error)?;
                send(connection).await.map_err(error)
            }
            result => result.map_err(error),
        }
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { host, port, login, .. } = &self.0.settings;
        f.debug_struct("Redis").field("host", host).field("port", port).field("db", &login.db()).finish_non_exhaustive()
    }
}

impl Store for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.ask(&command("GET", key), Again::Yes).await })
    }

    fn get_living<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(Vec<u8>, Remaining)>> {
        Box::pin(async move {
            let mut commands = redis::pipe();
            commands.atomic().add_command(command("GET", key)).add_command(command("PTTL", key));
            let (value, left): (Option<Vec<u8>>, i64) = self.ask_all(&commands, Again::Yes).await?;
            Ok(value.zip(remaining(left)))
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move { self.ask(&set(key, value, ttl), Again::Yes).await })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { self.ask(&command("DEL", key), Again::Yes).await })
    }

    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            let added = if ttl == Some(Duration::ZERO) {
                !self.exists(key).await?
            } else {
                self.ask::<Option<Value>>(&set_if_absent(key, value, ttl), Again::No).await?.is_some()
            };
            if added { Ok(()) } else { Err(StoreError::AlreadyExists { key: key.to_owned() }) }
        })
    }

    fn exists<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { self.ask(&command("EXISTS", key), Again::Yes).await })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            self.ask(redis::cmd("MGET").arg(keys), Again::Yes).await
        })
    }

    fn set_many<'a>(&'a self, pairs: &'a [(String, Vec<u8>)], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            if pairs.is_empty() {
                return Ok(());
            }
            let mut commands = redis::pipe();
            commands.atomic();
            for (key, value) in pairs {
                commands.add_command(set(key, value, ttl)).ignore();
            }
            self.ask_all(&commands, Again::Yes).await
        })
    }

    fn increment<'a>(&'a self, key: &'a str, by: i64) -> Answer<'a, i64> {
        Box::pin(async move {
            let sum = self.ask(command("INCRBY", key).arg(by), Again::No).await;
            sum.map_err(|error| match error {
                StoreError::Refused { reason } if reason.contains("not an integer") || reason.contains("overflow") => {
                    StoreError::NotAnInteger { key: key.to_owned() }
                }
                error => error,
            })
        })
    }

    fn expire<'a>(&'a self, key: &'a str, ttl: Option<Duration>) -> Answer<'a, bool> {
        Box::pin(async move {
            let millis = match ttl {
                Some(Duration::ZERO) => return self.delete(key).await,
                ttl => ttl.and_then(millis),
            };
            if let Some(millis) = millis {
                return self.ask(command("PEXPIRE", key).arg(millis), Again::Yes).await;
            }
            let mut commands = redis::pipe();
            commands.atomic().add_command(command("PERSIST", key)).ignore().add_command(command("EXISTS", key));
            let (exists,) = self.ask_all(&commands, Again::Yes).await?;
            Ok(exists)
        })
    }

    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        Box::pin(async move { self.ask(&command("PTTL", key), Again::Yes).await.map(remaining) })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            if prefix.is_empty() {
                return self.ask(&redis::cmd("FLUSHDB"), Again::Yes).await;
            }
            let pattern = beginning_with(prefix);
            let mut cursor = 0_u64;
            loop {
                let mut scan = redis::cmd("SCAN");
                scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1000);
                let (next, keys): (u64, Vec<Vec<u8>>) = self.ask(&scan, Again::Yes).await?;
                if !keys.is_empty() {
                    self.ask::<u64>(redis::cmd("UNLINK").arg(keys), Again::Yes).await?;
                }
                if next == 0 {
                    return Ok(());
                }
                cursor = next;
            }
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
            let ttl = match ttl {
                Some(Duration::ZERO) => 0,
                ttl => ttl.and_then(millis).unwrap_or(-1),
            };
            let mut eval = redis::cmd("EVAL");
            eval.arg(COMPARE_AND_SET).arg(1).arg(key).arg(expected).arg(value).arg(ttl);
            self.ask(&eval, Again::No).await
        })
    }

    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut eval = redis::cmd("EVAL");
            eval.arg(COMPARE_AND_DELETE).arg(1).arg(key).arg(expected);
            self.ask(&eval, Again::No).await
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            self.0.line.close();
            match self.0.tracked.get() {
                Some(tracked) => tracked.store.close().await,
                None => Ok(()),
            }
        })
    }

    fn tracked(&self) -> Option<Tracked> {
        let Settings { tracking, login, .. } = &self.0.settings;
        let made = || {
            let changes = Changes::new();
            let store = Arc::new(TrackedRedis(Self::of(self.0.settings.clone(), Some(changes.clone()))));
            Tracked { store, changes }
        };
        (*tracking && login.protocol() == ProtocolVersion::RESP3).then(|| self.0.tracked.get_or_init(made).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<Redis, StoreError> {
        Redis::from_url(&Url::parse(text, &["redis"])?)
    }

    // AI-104, AI-105
    #[test]
    fn a_url_sets_each_field() {
        let store =
            url("redis://me:pw@endpoint:1000/3/?password=other&connect_timeout=20&protocol=2&tracking=false").unwrap();
        let Settings { host, port, login, connect_timeout, tracking, tls } = &store.0.settings;
        assert!(!tracking && !tls);
        assert_eq!((&**host, *port, login.db(), connect_timeout.as_secs()), ("endpoint", 1000, 3, 20));
        assert_eq!((login.username(), login.password()), (Some("me"), Some("pw")));
        assert_eq!(login.protocol(), ProtocolVersion::RESP2);
        let store = url("redis://?password=word").unwrap();
        let Settings { host, port, login, .. } = &store.0.settings;
        assert_eq!((&**host, *port, login.db(), login.password()), ("127.0.0.1", 6379, 0, Some("word")));
    }

    #[test]
    fn a_url_that_is_wrong_says_where() {
        for (wrong, part) in [
            ("redis://h/x", "path"),
            ("redis://h?protocol=4", "protocol"),
            ("redis://me@h", "password"),
            ("redis://h?tracking=1", "tracking"),
        ] {
            assert!(matches!(url(wrong), Err(StoreError::InvalidUrl { part: at, .. }) if at == part), "{wrong}");
        }
        assert!(matches!(url("redis://h?pool=1"), Err(StoreError::UnknownOption { .. })));
    }

    #[test]
    fn nothing_shows_a_password() {
        let store = url("redis://me:secret@h").unwrap();
        assert!(!format!("{store:?}").contains("secret"));
        assert!(!format!("{store:?}").contains("me"));
    }
}
