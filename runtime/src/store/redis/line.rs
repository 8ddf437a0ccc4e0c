//! The connection to the server: made when it is first needed, and anew when it was lost.

use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo, PushInfo, PushKind, RedisError, Value,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::super::changes::{Changes, Period};
use super::Settings;
use crate::ground::sync::Lock;

/// A connection that says nothing for so long is asked whether it lives, and has as long to answer.
const SILENCE: Duration = Duration::from_secs(1);

/// One connection at a time.
pub(super) struct Line {
    settings: Settings,
    /// Whom the server's word of changes is for.
    changes: Option<Changes>,
    current: Lock<Current>,
    /// Held by the one who connects, with how the last attempt failed.
    attempt: Arc<tokio::sync::Mutex<Option<RedisError>>>,
}

#[derive(Clone, Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    /// Counts attempts to connect.
    number: u64,
}

impl Line {
    pub(super) fn new(settings: Settings, changes: Option<Changes>) -> Arc<Self> {
        Arc::new(Self { settings, changes, current: Lock::default(), attempt: Arc::default() })
    }

    /// The connection and its number. All who ask while one is being made get that one, or its error.
    pub(super) async fn get(self: &Arc<Self>) -> Result<(MultiplexedConnection, u64), RedisError> {
        let Current { connection, number } = self.current.lock().clone();
        if let Some(connection) = connection {
            return Ok((connection, number));
        }
        let mut failed = self.attempt.clone().lock_owned().await;
        let now = self.current.lock().clone();
        match (now.connection, &*failed) {
            (Some(connection), _) => return Ok((connection, now.number)),
            (None, Some(error)) if now.number > number => return Err(error.clone()),
            (None, _) => {}
        }
        // A task of its own: whoever loses patience leaves it to those who come after.
        let this = self.clone();
        let made = tokio::spawn(async move {
            let made = this.connect().await;
            *failed = made.as_ref().err().cloned();
            made
        });
        made.await.unwrap_or_else(|_| Err((ErrorKind::Io, "the runtime has ended").into()))
    }

    async fn connect(self: Arc<Self>) -> Result<(MultiplexedConnection, u64), RedisError> {
        let number = {
            let mut current = self.current.lock();
            current.number += 1;
            current.number
        };
        let Settings { host, port, login, connect_timeout, tls, .. } = &self.settings;
        let (host, port) = (host.clone(), *port);
        let address = if *tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        };
        let client = Client::open(address.into_connection_info()?.set_redis_settings(login.clone()))?;
        // How long an operation may take is known to those above.
        let mut config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(*connect_timeout)).set_response_timeout(None);
        let (sender, pushes) = unbounded_channel();
        if let Some(changes) = self.changes.clone() {
            config = config.set_push_sender(move |push: PushInfo| {
                // Before an answer that came behind it is read.
                if is_flush(&push) {
                    changes.overtaken(None);
                }
                keys_of(&push).for_each(|key| changes.overtaken(Some(key)));
                sender.send(push)
            });
        }
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        drop(config);
        let is_tracked = match &self.changes {
            Some(_) => Some(track(&mut connection, *connect_timeout).await?),
            None => None,
        };
        self.current.lock().connection = Some(connection.clone());
        match (&self.changes, is_tracked) {
            (Some(changes), Some(true)) => {
                let period = changes.begin();
                let end = End { line: Arc::downgrade(&self), number, changes: changes.clone(), period };
                tokio::spawn(attend(end, pushes));
            }
            (Some(changes), _) => changes.refuse(),
            (None, _) => {}
        }
        Ok((connection, number))
    }

    /// The connection of this number is of no use any more.
    pub(super) fn give_up(&self, number: u64) {
        let mut current = self.current.lock();
        let connection = if current.number == number { current.connection.take() } else { None };
        drop(current);
        drop(connection);
    }

    /// Gives up the connection that there is.
    pub(super) fn close(&self) {
        let connection = self.current.lock().connection.take();
        drop(connection);
    }

    fn is(&self, number: u64) -> Option<MultiplexedConnection> {
        let current = self.current.lock();
        if current.number == number { current.connection.clone() } else { None }
    }
}

/// Has the server tell of changes by others; `false`: it does not do that.
async fn track(connection: &mut MultiplexedConnection, limit: Duration) -> Result<bool, RedisError> {
    let mut command = redis::cmd("CLIENT");
    command.arg("TRACKING").arg("ON").arg("NOLOOP");
    match timeout(limit, command.query_async::<()>(connection)).await {
        Ok(Ok(())) => Ok(true),
        // Too old, or a proxy that does not pass it on, or not allowed.
        Ok(Err(error)) if !error.is_unrecoverable_error() => Ok(false),
        Ok(Err(error)) => Err(error),
        Err(_) => Err((ErrorKind::Io, "the server did not answer").into()),
    }
}

/// The end of a connection's period, on whichever way it comes.
struct End {
    line: Weak<Line>,
    number: u64,
    changes: Changes,
    period: Period,
}

impl Drop for End {
    fn drop(&mut self) {
        // First the connection: what is read from now on is read through another.
        if let Some(line) = self.line.upgrade() {
            line.give_up(self.number);
        }
        self.changes.end(self.period);
    }
}

/// Passes on what the server tells, as long as the connection lives.
async fn attend(end: End, mut pushes: UnboundedReceiver<PushInfo>) {
    loop {
        match timeout(SILENCE, pushes.recv()).await {
            Ok(Some(push)) => match push.kind {
                _ if is_flush(&push) => end.changes.flushed(),
                PushKind::Invalidate => keys_of(&push).for_each(|key| end.changes.changed(key)),
                PushKind::Disconnection => return,
                _ => {}
            },
            Ok(None) => return,
            Err(_) => {
                let Some(mut connection) = end.line.upgrade().and_then(|line| line.is(end.number)) else { return };
                let ping = redis::cmd("PING");
                match timeout(SILENCE, ping.query_async::<Value>(&mut connection)).await {
                    // Busy reading its data is alive, too.
                    Ok(Err(error)) if error.is_unrecoverable_error() => return,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        }
    }
}

/// The keys that an invalidation names.
fn keys_of(push: &PushInfo) -> impl Iterator<Item = &str> {
    let keys = match (&push.kind, push.data.first()) {
        (PushKind::Invalidate, Some(Value::Array(keys))) => &keys[..],
        _ => &[],
    };
    // A key of ours is text.
    keys.iter().filter_map(|key| match key {
        Value::BulkString(key) => std::str::from_utf8(key).ok(),
        _ => None,
    })
}

/// Whether it is an invalidation of all keys.
fn is_flush(push: &PushInfo) -> bool {
    push.kind == PushKind::Invalidate && !matches!(push.data.first(), Some(Value::Array(_)))
}
