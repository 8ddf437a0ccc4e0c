//! Memcached's meta protocol over a few connections.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::super::error::StoreError;
use crate::ground::sync::Lock;

/// What the server answers to one request.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    /// The line, without its end: `VA 5 c17 t-1`.
    pub(super) line: String,
    /// The value, where there is one.
    pub(super) value: Option<Vec<u8>>,
}

impl Reply {
    /// What became of the request: `HD`, `VA`, `EN`, `NS`, `NF`, `EX`, ...
    pub(super) fn status(&self) -> &str {
        self.line.split(' ').next().unwrap_or_default()
    }

    /// The number that was asked for with the flag: `c17`.
    pub(super) fn flag<N: std::str::FromStr>(&self, flag: char) -> Option<N> {
        self.line.split(' ').skip(1).find_map(|word| word.strip_prefix(flag)?.parse().ok())
    }

    fn error(&self) -> Option<StoreError> {
        let reason = || self.line.clone();
        match self.status() {
            "SERVER_ERROR" if self.line.contains("too large") => Some(StoreError::TooLarge),
            "SERVER_ERROR" if self.line.contains("out of memory") => Some(StoreError::Full),
            "ERROR" => {
                Some(StoreError::Refused { reason: "Memcached does not know the command: it needs 1.6".to_owned() })
            }
            "SERVER_ERROR" | "CLIENT_ERROR" => Some(StoreError::Refused { reason: reason() }),
            _ => None,
        }
    }
}

/// The connections to one server.
pub(super) struct Pool {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) size: usize,
    pub(super) connect_timeout: Duration,
    idle: Lock<Vec<Connection>>,
    permits: Semaphore,
}

/// Whether requests may be made a second time.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Again {
    Yes,
    /// They could be carried out twice.
    No,
}

impl Pool {
    pub(super) fn new(host: String, port: u16, size: usize, connect_timeout: Duration) -> Self {
        let size = size.max(1);
        Self { host, port, size, connect_timeout, idle: Lock::default(), permits: Semaphore::new(size) }
    }

    /// Makes requests and waits for `count` replies. A request that the server does not take is an error, and ends it.
    pub(super) async fn ask(&self, requests: &[u8], count: usize, again: Again) -> Result<Vec<Reply>, StoreError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(StoreError::Unavailable { reason: "Memcached needs a tokio runtime".to_owned() });
        }
        // It is never closed.
        let _permit = self.permits.acquire().await;
        let idle = self.idle.lock().pop().filter(Connection::is_alive);
        let used = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        // Taken out while it is in use: of a caller that leaves, the connection falls with its half-read replies.
        let replies = match connection.exchange(requests, count).await {
            Err(_) if used && again == Again::Yes => {
                // It was lost while it was idle; the others may be too.
                self.idle.lock().clear();
                connection = self.connect().await?;
                connection.exchange(requests, count).await
            }
            replies => replies,
        };
        let replies = replies.map_err(|error| unavailable(&error))?;
        if let Some(error) = replies.last().and_then(Reply::error) {
            // What the server makes of the rest is anybody's guess.
            return Err(error);
        }
        self.idle.lock().push(connection);
        Ok(replies)
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        let limit = self.connect_timeout;
        let stream = tokio::time::timeout(limit, TcpStream::connect((self.host.as_str(), self.port))).await;
        let stream = stream.map_err(|_| StoreError::Timeout { limit })?.map_err(|error| unavailable(&error))?;
        stream.set_nodelay(true).map_err(|error| unavailable(&error))?;
        Ok(Connection(BufReader::new(stream)))
    }

    /// Closes the connections that nobody is using.
    pub(super) fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        drop(idle);
    }
}

fn unavailable(error: &io::Error) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Whether the server has neither hung up nor said something that nobody asked for.
    fn is_alive(&self) -> bool {
        self.0.buffer().is_empty()
            && matches!(self.0.get_ref().try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    async fn exchange(&mut self, requests: &[u8], count: usize) -> io::Result<Vec<Reply>> {
        self.0.get_mut().write_all(requests).await?;
        let mut replies = Vec::with_capacity(count);
        for _ in 0..count {
            replies.push(self.reply().await?);
            if replies.last().and_then(Reply::error).is_some() {
                break;
            }
        }
        Ok(replies)
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        // No line of the protocol is longer.
        (&mut self.0).take(4096).read_line(&mut line).await?;
        let Some(line) = line.strip_suffix("\r\n") else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let value = match line.strip_prefix("VA ") {
            Some(rest) => {
                let size = rest.split(' ').next().and_then(|size| size.parse().ok());
                Some(self.value(size.ok_or(io::ErrorKind::InvalidData)?).await?)
            }
            None => None,
        };
        Ok(Reply { line: line.to_owned(), value })
    }

    async fn value(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut value = Vec::new();
        (&mut self.0).take(size).read_to_end(&mut value).await?;
        let mut end = [0; 2];
        self.0.read_exact(&mut end).await?;
        let whole = value.len() as u64 == size && end == *b"\r\n";
        if whole { Ok(value) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_tells_its_status_and_its_flags() {
        let reply = Reply { line: "VA 5 c17 t-1".to_owned(), value: None };
        assert_eq!((reply.status(), reply.flag('c'), reply.flag('t')), ("VA", Some(17_u64), Some(-1_i64)));
        assert_eq!(reply.flag::<u64>('x'), None);
    }
}
