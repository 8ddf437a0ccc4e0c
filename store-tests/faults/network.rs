//! Networks that cut connections, stop passing anything on, or forget connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cachetools::store::TypedStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{LOAD, SECOND, pause};
use crate::server::Server;

/// Stands between callers and a server.
struct Network {
    port: u16,
    how: Arc<How>,
}

/// What it does.
struct How {
    /// On connections made before this one's number, nothing is passed on until it is lower.
    held: watch::Sender<u64>,
    /// Connections made before this one's number are forgotten: what is sent on them goes nowhere.
    forgotten: AtomicU64,
    /// How many bytes of the server's a connection lasts for.
    lasts: usize,
    cuts: AtomicU64,
    made: AtomicU64,
}

impl Network {
    /// Before the server at `port`.
    async fn before(port: u16, lasts: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let how = Arc::new(How {
            held: watch::Sender::new(0),
            forgotten: AtomicU64::new(0),
            lasts,
            cuts: AtomicU64::new(0),
            made: AtomicU64::new(0),
        });
        let for_all = how.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let how = for_all.clone();
                let number = how.made.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    how.reachable(number).await;
                    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let up = tokio::spawn(how.clone().pass(number, from_client, to_server, FOR_EVER));
                    how.clone().pass(number, from_server, to_client, how.lasts).await;
                    how.cuts.fetch_add(1, Ordering::SeqCst);
                    // What was sent before and is held up arrives all the same, as it does on the way between two machines.
                    if lasts != FOR_EVER {
                        up.abort();
                    }
                });
            }
        });
        Self { port: own, how }
    }
}

impl How {
    async fn reachable(&self, number: u64) {
        self.held.subscribe().wait_for(|held| *held <= number).await.unwrap();
    }

    /// Passes on what comes, `lasts` bytes of it.
    async fn pass<F, T>(self: Arc<Self>, number: u64, mut from: F, mut to: T, lasts: usize)
    where
        F: AsyncReadExt + Unpin,
        T: AsyncWriteExt + Unpin,
    {
        let (mut buffer, mut left) = ([0; 1024], lasts);
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            self.reachable(number).await;
            if number < self.forgotten.load(Ordering::SeqCst) {
                continue;
            }
            let count = count.min(left);
            left -= count;
            if to.write_all(&buffer[..count]).await.is_err() || left == 0 {
                return;
            }
        }
        if number < self.forgotten.load(Ordering::SeqCst) {
            // Nor does anybody hear that the other side has gone.
            std::future::pending::<()>().await;
        }
    }
}

/// Passes nothing on for a second; then what was sent meanwhile arrives.
async fn partitioned(network: &Network) -> u64 {
    for _ in 0..3 {
        pause(SECOND / 2).await;
        network.how.held.send_replace(u64::MAX);
        pause(SECOND).await;
        network.how.held.send_replace(0);
    }
    3
}

/// Passes on late what was sent on the connections there are, while new ones work.
async fn late(network: &Network) -> u64 {
    for _ in 0..3 {
        pause(SECOND).await;
        network.how.held.send_replace(network.how.made.load(Ordering::SeqCst));
        pause(SECOND * 2).await;
        network.how.held.send_replace(0);
    }
    pause(SECOND).await;
    3
}

/// Forgets all connections there are: neither side hears of it. New ones work.
async fn forgetting(network: &Network) -> u64 {
    for _ in 0..3 {
        pause(SECOND).await;
        network.how.forgotten.store(network.how.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }
    pause(SECOND).await;
    3
}

/// Cuts every connection in the middle of a reply.
async fn cutting(network: &Network) -> u64 {
    pause(SECOND * 3).await;
    let cuts = network.how.cuts.load(Ordering::SeqCst);
    assert!(cuts > 3, "{cuts}");
    cuts
}

async fn redis(lasts: usize) -> Option<(Server, Network, TypedStore)> {
    let server = Server::redis(&[])?;
    let network = Network::before(server.port, lasts).await;
    let store = cachetools::store(&format!("redis://127.0.0.1:{}", network.port)).unwrap();
    Some((server, network, store))
}

async fn memcached(lasts: usize) -> Option<(Server, Network, TypedStore)> {
    let server = Server::memcached()?;
    let network = Network::before(server.port, lasts).await;
    let store = cachetools::store(&format!("memcached://127.0.0.1:{}?pool_size=8", network.port)).unwrap();
    Some((server, network, store))
}

/// No end.
const FOR_EVER: usize = usize::MAX;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_redis_are_cut_in_the_middle_of_replies() {
    let Some((_server, network, store)) = redis(20_011).await else { return };
    LOAD.run("Redis connections cut in mid-reply, every 20,011 bytes", store, cutting(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_memcached_are_cut_in_the_middle_of_replies() {
    let Some((_server, network, store)) = memcached(5_003).await else { return };
    LOAD.run("Memcached connections cut in mid-reply, every 5,003 bytes", store, cutting(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_to_redis_passes_nothing_on_for_a_while() {
    let Some((_server, network, store)) = redis(FOR_EVER).await else { return };
    LOAD.run("Network to Redis partitioned for a second", store, partitioned(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_to_memcached_passes_nothing_on_for_a_while() {
    let Some((_server, network, store)) = memcached(FOR_EVER).await else { return };
    LOAD.run("Network to Memcached partitioned for a second", store, partitioned(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_to_redis_forgets_its_connections() {
    let Some((_server, network, store)) = redis(FOR_EVER).await else { return };
    LOAD.run("Redis connections half-open", store, forgetting(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_to_memcached_forgets_its_connections() {
    let Some((_server, network, store)) = memcached(FOR_EVER).await else { return };
    LOAD.run("Memcached connections half-open", store, forgetting(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_to_redis_on_old_connections_arrives_late() {
    let Some((_server, network, store)) = redis(FOR_EVER).await else { return };
    LOAD.run("Redis connections held up for two seconds, new ones not", store, late(&network)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_to_memcached_on_old_connections_arrives_late() {
    let Some((_server, network, store)) = memcached(FOR_EVER).await else { return };
    LOAD.run("Memcached connections held up for two seconds, new ones not", store, late(&network)).await;
}
