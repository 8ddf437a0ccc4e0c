//! Servers that are killed, hang, are full, or have somebody else's values.

use cachetools::store::{Redis, StoreError, TypedStore};

use super::{LOAD, Load, SECOND, pause};
use crate::server::Server;

async fn killed(server: &mut Server) -> u64 {
    for _ in 0..3 {
        pause(SECOND / 2).await;
        tokio::task::block_in_place(|| server.kill());
        pause(SECOND / 2).await;
        tokio::task::block_in_place(|| server.restart());
    }
    3
}

async fn paused(server: &Server) -> u64 {
    for _ in 0..3 {
        pause(SECOND / 2).await;
        server.pause();
        pause(SECOND).await;
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

/// Tells the server something, beside the load.
async fn tell(server: &Server, words: &[&str]) -> Result<::redis::Value, StoreError> {
    let mut command = ::redis::cmd(words[0]);
    command.arg(&words[1..]);
    Redis::new("127.0.0.1", server.port).raw(&command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_under_load() {
    let Some(mut server) = Server::redis(&[]) else { return };
    let store = redis(&server);
    LOAD.run("Redis killed (SIGKILL), restarted after half a second", store, killed(&mut server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hangs_under_load() {
    let Some(server) = Server::redis(&[]) else { return };
    LOAD.run("Redis paused (SIGSTOP) for a second", redis(&server), paused(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_is_killed_under_load() {
    let Some(mut server) = Server::memcached() else { return };
    let store = memcached(&server);
    LOAD.run("Memcached killed (SIGKILL), restarted after half a second", store, killed(&mut server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_hangs_under_load() {
    let Some(server) = Server::memcached() else { return };
    LOAD.run("Memcached paused (SIGSTOP) for a second", memcached(&server), paused(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_has_no_memory_left_under_load() {
    let Some(server) = Server::redis(&["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"]) else { return };
    let junk = "x".repeat(100_000);
    let faults = async {
        for _ in 0..3 {
            pause(SECOND / 2).await;
            for number in 0_u32.. {
                if let Err(error) = tell(&server, &["SET", &format!("junk{number}"), &junk]).await {
                    assert_eq!(error, StoreError::Full);
                    break;
                }
            }
            pause(SECOND / 2).await;
            let names: Vec<String> = (0..50).map(|number| format!("junk{number}")).collect();
            let words: Vec<&str> = ["DEL"].into_iter().chain(names.iter().map(String::as_str)).collect();
            tell(&server, &words).await.unwrap();
        }
        3
    };
    LOAD.run("Redis without memory (`maxmemory`) for half a second", redis(&server), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_takes_no_writes_under_load() {
    let Some(server) = Server::redis(&[]) else { return };
    let faults = async {
        for _ in 0..3 {
            pause(SECOND / 2).await;
            // Of a master that is not there.
            tell(&server, &["REPLICAOF", "127.0.0.1", "1"]).await.unwrap();
            pause(SECOND / 2).await;
            tell(&server, &["REPLICAOF", "NO", "ONE"]).await.unwrap();
        }
        3
    };
    LOAD.run("Redis a read-only replica for half a second", redis(&server), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_writes_lists_under_our_keys() {
    let Some(server) = Server::redis(&[]) else { return };
    let store = redis(&server);
    let faults = async {
        let mut count = 0;
        for round in 0..1000 {
            let key = store.full_key(&format!("f:{}", round % 160)).unwrap();
            tell(&server, &["DEL", &key]).await.unwrap();
            // If one of ours came in between, it stays.
            count += u64::from(tell(&server, &["RPUSH", &key, "a", "b"]).await.is_ok());
        }
        assert!(count > 100, "{count}");
        count
    };
    LOAD.run("Somebody else's lists under the keys in Redis", store.clone(), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_ten_megabytes_pass_through() {
    let Some(server) = Server::redis(&[]) else { return };
    let load = Load { callers: 2, keys: 2, size: 10 << 20, limit: SECOND * 10, answers: 4 };
    let faults = async {
        pause(SECOND).await;
        0
    };
    load.run("Values of 10 MB in Redis (4 keys, a limit of 10 s)", redis(&server), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_beyond_the_limit_of_memcached_are_not_kept() {
    let Some(server) = Server::memcached() else { return };
    let large = Load { callers: 2, keys: 2, size: 2 << 20, limit: SECOND * 10, answers: 0 };
    let faults = async {
        pause(SECOND).await;
        0
    };
    large.run("Values of 2 MB in Memcached, which takes 1 MB", memcached(&server), faults).await;
}
