//! Servers that are killed, hang, or are cut off under load: right values, and no long waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cachetools::Cache;
use cachetools::store::{Tiered, TypedStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);

/// How long a call waits for the store, each of the two times.
const LIMIT: Duration = Duration::from_millis(100);

/// What eight callers saw.
#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    wrong: AtomicU64,
    by_store: AtomicU64,
    longest: AtomicU64,
}

impl Seen {
    fn longest(&self) -> Duration {
        Duration::from_micros(self.longest.load(Ordering::SeqCst))
    }
}

/// Eight callers of twenty keys whose values have versions: an invalidation makes the next version the right one.
async fn under_load(name: &str, store: TypedStore, faults: impl Future<Output = u32>) -> Arc<Seen> {
    let cache: Tiered<u32, u64> = Cache::builder().name("f").store(store).limit(LIMIT).memory(false).build();
    let (seen, stop) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let callers = (0..8_u32).map(|caller| {
        let (cache, seen, stop) = (cache.clone(), seen.clone(), stop.clone());
        tokio::spawn(async move {
            // Each caller has keys of its own, so that it knows which version is right.
            let mut versions = [0_u64; 20];
            for call in 0_u32.. {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let index = call % 20;
                let (key, right) = (caller * 20 + index, &mut versions[index as usize]);
                if call % 7 == 0 {
                    *right += 1;
                    cache.invalidate(&key);
                }
                let (begin, version) = (Instant::now(), *right);
                let ran = AtomicBool::new(false);
                let value = cache.get_with(key, async {
                    ran.store(true, Ordering::SeqCst);
                    version
                });
                let value = value.await;
                let took = u64::try_from(begin.elapsed().as_micros()).unwrap();
                seen.calls.fetch_add(1, Ordering::SeqCst);
                seen.wrong.fetch_add(u64::from(value != version), Ordering::SeqCst);
                seen.by_store.fetch_add(u64::from(!ran.into_inner()), Ordering::SeqCst);
                seen.longest.fetch_max(took, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    let count = faults.await;
    // It has recovered when the store answers again.
    let before = seen.by_store.load(Ordering::SeqCst);
    let begin = Instant::now();
    while seen.by_store.load(Ordering::SeqCst) < before + 100 {
        assert!(begin.elapsed() < SECOND * 60, "{name}: it does not recover");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let recovered = begin.elapsed();
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    let (calls, wrong) = (seen.calls.load(Ordering::SeqCst), seen.wrong.load(Ordering::SeqCst));
    let longest = seen.longest();
    println!("| {name} | {calls} | {count} | {wrong} | {longest:.0?} | {recovered:.0?} |");
    assert_eq!(wrong, 0, "{name}");
    // Twice the limit, and what a busy machine adds.
    assert!(longest < LIMIT * 2 + SECOND * 2, "{name}: {longest:?}");
    seen
}

async fn killed(server: &mut Server) -> u32 {
    for _ in 0..3 {
        tokio::time::sleep(SECOND / 2).await;
        tokio::task::block_in_place(|| server.kill());
        tokio::time::sleep(SECOND / 2).await;
        tokio::task::block_in_place(|| server.restart());
    }
    3
}

async fn paused(server: &Server) -> u32 {
    for _ in 0..3 {
        tokio::time::sleep(SECOND / 2).await;
        server.pause();
        tokio::time::sleep(SECOND).await;
        server.resume();
    }
    3
}

fn redis(server: &Server) -> TypedStore {
    cachetools::store(&format!("redis://127.0.0.1:{}", server.port)).unwrap()
}

fn memcached(server: &Server) -> TypedStore {
    cachetools::store(&format!("memcached://127.0.0.1:{}?pool_size=8", server.port)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_under_load() {
    let Some(mut server) = Server::redis(&[]) else { return };
    let store = redis(&server);
    under_load("Redis killed and restarted", store, killed(&mut server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hangs_under_load() {
    let Some(server) = Server::redis(&[]) else { return };
    under_load("Redis paused", redis(&server), paused(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_is_killed_under_load() {
    let Some(mut server) = Server::memcached() else { return };
    let store = memcached(&server);
    under_load("Memcached killed and restarted", store, killed(&mut server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_hangs_under_load() {
    let Some(server) = Server::memcached() else { return };
    under_load("Memcached paused", memcached(&server), paused(&server)).await;
}

/// Passes bytes on to a port, and cuts every connection after some of the server's.
async fn cutting_proxy(port: u16, after: usize, cuts: Arc<AtomicU64>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let cuts = cuts.clone();
            tokio::spawn(async move {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let up = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                let (mut buffer, mut left) = ([0; 1024], after);
                while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
                    let count = count.min(left);
                    left -= count;
                    if to_client.write_all(&buffer[..count]).await.is_err() || left == 0 {
                        break;
                    }
                }
                cuts.fetch_add(1, Ordering::SeqCst);
                up.abort();
            });
        }
    });
    own
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_cut_in_the_middle_of_replies() {
    let Some(server) = Server::redis(&[]) else { return };
    let cuts = Arc::new(AtomicU64::new(0));
    let port = cutting_proxy(server.port, 20_011, cuts.clone()).await;
    let store = cachetools::store(&format!("redis://127.0.0.1:{port}")).unwrap();
    let faults = async {
        tokio::time::sleep(SECOND * 3).await;
        u32::try_from(cuts.load(Ordering::SeqCst)).unwrap()
    };
    under_load("Redis connections cut in mid-reply", store, faults).await;
    assert!(cuts.load(Ordering::SeqCst) > 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_room_costs_no_right_answer() {
    let Some(server) = Server::redis(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]) else { return };
    let store = redis(&server);
    let cache: Tiered<u32, String> = Cache::builder().store(store).memory(false).build();
    for key in 0..50 {
        let large = "x".repeat(100_000);
        assert_eq!(cache.get_with(key, async { large.clone() }).await, large);
    }
    assert!(cache.tier_stats().errors > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_pass_through() {
    let Some(server) = Server::redis(&[]) else { return };
    let large = "x".repeat(10 << 20);
    let of = || Cache::<u32, String>::builder().store(redis(&server)).limit(SECOND * 20).build();
    assert_eq!(of().get_with(1, async { large.clone() }).await, large);
    assert_eq!(of().get_with(1, async { unreachable!("it is stored") }).await, large);
}
