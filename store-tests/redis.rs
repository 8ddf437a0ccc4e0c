//! What is special to Redis.

use std::time::{Duration, Instant};

use cachetools::store::{Redis, Store, StoreError, TypedStore};

use crate::server::{Server, free_port};
use crate::support::{unique, url};

fn connected() -> Option<(Redis, TypedStore)> {
    let url = url("CACHETOOLS_REDIS_URL")?;
    let (host, port) = url.trim_start_matches("redis://").split_once(':')?;
    let redis = Redis::new(host, port.parse().ok()?);
    Some((redis.clone(), TypedStore::new(redis).namespace(&unique())))
}

fn command(words: &[&str]) -> ::redis::Cmd {
    let mut command = ::redis::cmd(words[0]);
    command.arg(&words[1..]);
    command
}

// AI-30
#[tokio::test]
async fn a_raw_command_sees_whole_keys() {
    let Some((redis, store)) = connected() else { return };
    let key = store.full_key("k").unwrap();
    redis.raw::<()>(&command(&["SETEX", &key, "10", "5"])).await.unwrap();
    assert_eq!(store.get("k").await, Ok(Some(5)));
    let error = redis.raw::<()>(&command(&["NOSUCHCOMMAND"])).await;
    assert!(matches!(error, Err(StoreError::Refused { .. })), "{error:?}");
}

#[tokio::test]
async fn a_person_can_read_the_keys() {
    let Some((redis, store)) = connected() else { return };
    let store = store.namespace("people").version(2);
    store.set("ada", &1).await.unwrap();
    let keys: Vec<String> = redis.raw(&command(&["KEYS", "people:v2:*"])).await.unwrap();
    assert_eq!(keys, ["people:v2:ada"]);
    store.clear().await.unwrap();
}

#[tokio::test]
async fn somebody_elses_list_is_a_miss_for_values_and_an_error_for_bytes() {
    let Some((redis, store)) = connected() else { return };
    let key = store.full_key("list").unwrap();
    redis.raw::<u64>(&command(&["RPUSH", &key, "a", "b"])).await.unwrap();
    assert_eq!(store.get::<u8>("list").await, Ok(None));
    assert_eq!(store.rejected().foreign, 1);
    assert_eq!(store.get_many::<u8>(["list"]).await, Ok(vec![None]));
    assert_eq!(redis.get(&key).await, Err(StoreError::WrongType));
    assert_eq!(store.increment("list", 1).await, Err(StoreError::WrongType));
    store.set("list", &1).await.unwrap();
    assert_eq!(store.get("list").await, Ok(Some(1)));
}

// AI-24
#[tokio::test]
async fn clear_all_takes_all_of_the_database_and_of_no_other() {
    let Some((_, other)) = connected() else { return };
    let Some(url) = url("CACHETOOLS_REDIS_URL") else { return };
    let store = cachetools::store(&format!("{url}/15?namespace=a")).unwrap();
    other.set("k", &1).await.unwrap();
    store.clone().namespace("b").set("k", &1).await.unwrap();
    store.clear_all().await.unwrap();
    assert_eq!(store.namespace("b").exists("k").await, Ok(false));
    assert_eq!(other.exists("k").await, Ok(true));
}

#[tokio::test]
async fn thousands_of_keys_are_cleared_by_their_prefix() {
    let Some((_, store)) = connected() else { return };
    let names: Vec<String> = (0..5000).map(|number| format!("k{number}")).collect();
    let pairs: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    store.set_many(&pairs).await.unwrap();
    store.clear().await.unwrap();
    assert!(store.get_many::<u8>(&names).await.unwrap().iter().all(Option::is_none));
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_is_not_noticed() {
    let Some(server) = Server::redis(&[]) else { return };
    let redis = Redis::new("127.0.0.1", server.port);
    let store = TypedStore::new(redis.clone());
    for round in 0..5 {
        store.set("k", &round).await.unwrap();
        // All connections but the one that asks.
        let other = Redis::new("127.0.0.1", server.port);
        other.raw::<u64>(&command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])).await.unwrap();
        assert_eq!(store.get("k").await, Ok(Some(round)));
    }
}

#[tokio::test]
async fn it_works_again_when_the_server_is_back() {
    let Some(mut server) = Server::redis(&[]) else { return };
    let store = cachetools::store(&format!("redis://127.0.0.1:{}", server.port)).unwrap();
    store.set("k", &1).await.unwrap();
    server.kill();
    let begin = Instant::now();
    let error = store.get::<u8>("k").await;
    assert!(matches!(error, Err(StoreError::Unavailable { .. })), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(3));
    server.restart();
    store.set("k", &2).await.unwrap();
    assert_eq!(store.get("k").await, Ok(Some(2)));
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_limit_and_no_more() {
    let Some(server) = Server::redis(&[]) else { return };
    let store = cachetools::store(&format!("redis://127.0.0.1:{}?timeout=200ms", server.port)).unwrap();
    store.set("k", &1).await.unwrap();
    server.pause();
    let limit = Duration::from_millis(200);
    assert_eq!(store.get::<u8>("k").await, Err(StoreError::Timeout { limit }));
    server.resume();
    assert_eq!(store.clone().timeout(Duration::from_secs(5)).get("k").await, Ok(Some(1)));
}

#[tokio::test]
async fn a_full_server_says_so_and_still_answers_reads() {
    let Some(server) = Server::redis(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]) else { return };
    let store = cachetools::store(&format!("redis://127.0.0.1:{}", server.port)).unwrap();
    store.set("small", &1).await.unwrap();
    let large = "x".repeat(1 << 20);
    let mut results = Vec::new();
    for number in 0..8 {
        results.push(store.set(&format!("k{number}"), &large).await);
    }
    assert_eq!(results.last(), Some(&Err(StoreError::Full)));
    assert_eq!(store.get("small").await, Ok(Some(1)));
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_never_shown() {
    let Some(server) = Server::redis(&["--requirepass", "right"]) else { return };
    let of = |login: &str| cachetools::store(&format!("redis://{login}127.0.0.1:{}", server.port)).unwrap();
    of(":right@").set("k", &1).await.unwrap();
    for login in ["", ":wrong-secret@", "nobody:wrong-secret@"] {
        let error = of(login).get::<u8>("k").await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn no_server_is_an_error_soon() {
    let store = cachetools::store(&format!("redis://127.0.0.1:{}", free_port())).unwrap();
    let begin = Instant::now();
    assert!(matches!(store.set("k", &1).await, Err(StoreError::Unavailable { .. })));
    assert!(begin.elapsed() < Duration::from_secs(3));
}

/// This is no test, but a process that trusts the certificates which it is told to.
#[tokio::test]
async fn one_that_speaks_tls() {
    let Ok(url) = std::env::var("CACHETOOLS_TEST_TLS") else { return };
    let store = cachetools::store(&url).unwrap();
    let stored = store.set("k", &1).await;
    if std::env::var_os("SSL_CERT_FILE").is_some() {
        assert_eq!((stored, store.get("k").await), (Ok(()), Ok(Some(1))));
        let cache: cachetools::store::Tiered<u32, u32> = cachetools::Cache::builder().store(store).build();
        assert_eq!(cache.get_with(1, async { 2 }).await, 2);
        assert_eq!(cache.tracking(), cachetools::store::Tracking::On);
    } else {
        assert!(matches!(stored, Err(StoreError::Unavailable { .. } | StoreError::Refused { .. })), "{stored:?}");
    }
}

#[test]
fn with_tls_a_server_is_trusted_by_its_certificate_and_not_without() {
    let Some((server, certificate)) = Server::redis_with_tls() else { return };
    for trusts in [true, false] {
        let mut process = std::process::Command::new(std::env::current_exe().unwrap());
        process.args(["--exact", "redis::one_that_speaks_tls"]);
        process.env("CACHETOOLS_TEST_TLS", format!("rediss://localhost:{}", server.port));
        process.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        if trusts {
            process.env("SSL_CERT_FILE", &certificate);
        }
        assert!(process.stdout(std::process::Stdio::null()).status().unwrap().success());
    }
}

#[test]
fn without_tokio_it_is_an_error_and_no_panic() {
    let redis = Redis::new("127.0.0.1", 1);
    assert!(matches!(futures::executor::block_on(redis.get("k")), Err(StoreError::Unavailable { .. })));
}

#[test]
fn one_store_serves_one_runtime_after_another() {
    let Some(server) = Server::redis(&[]) else { return };
    let store = cachetools::store(&format!("redis://127.0.0.1:{}", server.port)).unwrap();
    for round in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            store.set("k", &round).await.unwrap();
            assert_eq!(store.get("k").await, Ok(Some(round)));
        });
    }
}
