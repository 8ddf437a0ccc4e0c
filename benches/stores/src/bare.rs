//! The bare clients: what one would write without a cache, and nothing more.

use std::sync::{Arc, Mutex};

use redis::aio::MultiplexedConnection;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::measure::{Bare, variant};
use crate::{VALUE, namespace};

/// A key that is always there, or one that was never there.
fn keys() -> (String, impl FnMut() -> String) {
    let mut next = 0;
    let fresh = move || {
        next += 1;
        format!("{}:bare:{next}", namespace())
    };
    (format!("{}:bare", namespace()), fresh)
}

/// A store without a cache around it.
trait Client {
    /// The size of the value.
    async fn get(&mut self, key: &str) -> Option<usize>;
    async fn set(&mut self, key: &str);
}

fn bare<C: Client + 'static>(runtime: &'static Runtime, connect: impl Fn() -> C) -> Bare {
    let (mut reads, mut writes, mut both) = (connect(), connect(), connect());
    let (key, mut fresh) = keys();
    runtime.block_on(reads.set(&key));
    let read = key.clone();
    Bare {
        get: variant(runtime, async move || assert_eq!(reads.get(&read).await, Some(VALUE.len()))),
        set: variant(runtime, async move || writes.set(&key).await),
        miss: variant(runtime, async move || {
            let key = fresh();
            assert_eq!(both.get(&key).await, None);
            both.set(&key).await;
        }),
    }
}

/// One connection, as the store has it.
pub(crate) fn redis(runtime: &'static Runtime, url: &str) -> Bare {
    let client = ::redis::Client::open(format!("{url}/?protocol=resp3")).expect("a good URL");
    bare(runtime, || runtime.block_on(client.get_multiplexed_async_connection()).expect("a server"))
}

impl Client for MultiplexedConnection {
    async fn get(&mut self, key: &str) -> Option<usize> {
        let value: Option<Vec<u8>> = ::redis::cmd("GET").arg(key).query_async(self).await.expect("an answer");
        value.map(|value| value.len())
    }

    async fn set(&mut self, key: &str) {
        ::redis::cmd("SET").arg(key).arg(&VALUE).query_async::<()>(self).await.expect("it is stored");
    }
}

/// A socket, and the protocol by hand.
pub(crate) fn memcached(runtime: &'static Runtime, url: &str) -> Bare {
    bare(runtime, || {
        let stream = runtime.block_on(TcpStream::connect(url.trim_start_matches("memcached://"))).expect("a server");
        stream.set_nodelay(true).expect("a socket");
        BufReader::new(stream)
    })
}

impl Client for BufReader<TcpStream> {
    async fn get(&mut self, key: &str) -> Option<usize> {
        self.write_all(format!("mg {key} v\r\n").as_bytes()).await.expect("a server");
        let mut line = String::new();
        self.read_line(&mut line).await.expect("an answer");
        let size: usize = line.trim_end().strip_prefix("VA ")?.parse().expect("a size");
        let mut value = vec![0; size + 2];
        self.read_exact(&mut value).await.expect("a value");
        Some(size)
    }

    async fn set(&mut self, key: &str) {
        let mut command = format!("ms {key} {}\r\n", VALUE.len()).into_bytes();
        command.extend_from_slice(&VALUE);
        command.extend_from_slice(b"\r\n");
        self.write_all(&command).await.expect("a server");
        let mut line = String::new();
        self.read_line(&mut line).await.expect("an answer");
        assert_eq!(line, "HD\r\n");
    }
}

const GET: &str = "SELECT value FROM bare WHERE key = ?1";
const SET: &str =
    "INSERT INTO bare (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// In WAL mode, as the store has it.
fn database(url: &str) -> Connection {
    let connection = Connection::open(url.trim_start_matches("sqlite:")).expect("a file");
    connection.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    connection.pragma_update(None, "synchronous", "NORMAL").expect("NORMAL");
    let table = "CREATE TABLE IF NOT EXISTS bare (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
    connection.execute_batch(table).expect("a table");
    connection
}

fn read(connection: &Connection, key: &str) -> Option<usize> {
    let mut get = connection.prepare_cached(GET).expect("a statement");
    let value: Option<Vec<u8>> = get.query_row([key], |row| row.get(0)).optional().expect("an answer");
    value.map(|value| value.len())
}

fn write(connection: &Connection, key: &str) {
    let mut set = connection.prepare_cached(SET).expect("a statement");
    set.execute(params![key, VALUE]).expect("it is stored");
}

/// Where it is called: it holds up the executor.
pub(crate) fn sqlite(runtime: &'static Runtime, url: &str) -> Bare {
    bare(runtime, || database(url))
}

impl Client for Connection {
    async fn get(&mut self, key: &str) -> Option<usize> {
        read(self, key)
    }

    async fn set(&mut self, key: &str) {
        write(self, key);
    }
}

/// On one of tokio's threads for what blocks.
pub(crate) fn sqlite_on_a_thread(runtime: &'static Runtime, url: &str) -> Bare {
    bare(runtime, || OnAThread(Arc::new(Mutex::new(database(url)))))
}

struct OnAThread(Arc<Mutex<Connection>>);

impl OnAThread {
    async fn run<T: Send + 'static>(&self, key: &str, work: fn(&Connection, &str) -> T) -> T {
        let (connection, key) = (self.0.clone(), key.to_owned());
        let done = tokio::task::spawn_blocking(move || work(&connection.lock().expect("no panic"), &key));
        done.await.expect("no panic")
    }
}

impl Client for OnAThread {
    async fn get(&mut self, key: &str) -> Option<usize> {
        self.run(key, read).await
    }

    async fn set(&mut self, key: &str) {
        self.run(key, write).await;
    }
}
