//! What is special to Memcached.

use std::time::Duration;

use cachetools::store::{Memcached, Store, StoreError, Text, TypedStore};

use crate::server::Server;
use crate::support::{unique, url};

fn connected() -> Option<(Memcached, String)> {
    let url = url("CACHETOOLS_MEMCACHED_URL")?;
    let (host, port) = url.trim_start_matches("memcached://").split_once(':')?;
    Some((Memcached::new(host, port.parse().ok()?), unique()))
}

// AI-30
#[tokio::test]
async fn a_raw_command_sees_whole_keys() {
    let Some((memcached, key)) = connected() else { return };
    memcached.set(&key, b"value", None).await.unwrap();
    let (answer, _) = memcached.raw(&format!("prepend {key} 0 0 5"), Some(b"super")).await.unwrap();
    assert_eq!(answer, "STORED");
    assert_eq!(memcached.get(&key).await, Ok(Some(b"supervalue".to_vec())));
    let (answer, value) = memcached.raw(&format!("mg {key} v s"), None).await.unwrap();
    assert_eq!((answer.as_str(), value.as_deref()), ("VA 10 s10", Some(&b"supervalue"[..])));
    let error = memcached.raw("nonsense", None).await;
    assert!(matches!(error, Err(StoreError::Refused { .. })), "{error:?}");
    assert!(memcached.exists(&key).await.unwrap());
}

#[tokio::test]
async fn a_value_beyond_the_servers_limit_is_too_large_and_the_next_one_works() {
    let Some((memcached, key)) = connected() else { return };
    let large = vec![0; 2 << 20];
    assert_eq!(memcached.set(&key, &large, None).await, Err(StoreError::TooLarge));
    assert_eq!(memcached.set_many(&[(key.clone(), large)], None).await, Err(StoreError::TooLarge));
    memcached.set(&key, b"small", None).await.unwrap();
    assert_eq!(memcached.get(&key).await, Ok(Some(b"small".to_vec())));
}

#[tokio::test]
async fn a_number_that_another_client_counted_down_is_still_a_number() {
    let Some((memcached, key)) = connected() else { return };
    memcached.set(&key, b"10", None).await.unwrap();
    // The server leaves a blank where the digit was.
    memcached.raw(&format!("decr {key} 1"), None).await.unwrap();
    assert_eq!(memcached.increment(&key, -1).await, Ok(8));
    assert_eq!(memcached.increment(&key, -9).await, Ok(-1));
    let store = TypedStore::new(memcached).codec(Text);
    assert_eq!(store.get::<i64>(&key).await, Ok(Some(-1)));
}

#[tokio::test]
async fn more_callers_than_connections_wait_their_turn() {
    let Some((memcached, key)) = connected() else { return };
    let memcached = memcached.pool_size(2);
    let callers = (0..100_u32).map(|number| {
        let (memcached, key) = (memcached.clone(), format!("{key}{number}"));
        tokio::spawn(async move {
            memcached.set(&key, number.to_string().as_bytes(), None).await.unwrap();
            assert_eq!(memcached.get(&key).await, Ok(Some(number.to_string().into_bytes())));
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn a_caller_that_leaves_takes_its_connection_along() {
    let Some((memcached, key)) = connected() else { return };
    let memcached = memcached.pool_size(1);
    let large = vec![b'x'; 900_000];
    memcached.set(&key, &large, None).await.unwrap();
    for _ in 0..20 {
        // Left at whatever point it had come to when it had to wait for the second time.
        let mut get = memcached.get(&key);
        for _ in 0..2 {
            let polled = futures::poll!(&mut get);
            if polled.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(get);
        assert_eq!(memcached.exists("none").await, Ok(false));
    }
    assert_eq!(memcached.get(&key).await, Ok(Some(large)));
}

// AI-24, AI-26
#[tokio::test]
async fn everything_can_be_cleared_but_no_namespace() {
    let Some(server) = Server::memcached() else { return };
    let store = cachetools::store(&format!("memcached://127.0.0.1:{}?namespace=ns", server.port)).unwrap();
    store.set("k", &1).await.unwrap();
    let error = store.clear().await.unwrap_err();
    assert_eq!(error.to_string(), "a memcached store does not support clear");
    assert_eq!(store.exists("k").await, Ok(true));
    store.clear_all().await.unwrap();
    assert_eq!(store.exists("k").await, Ok(false));
}

#[tokio::test]
async fn it_works_again_when_the_server_is_back() {
    let Some(mut server) = Server::memcached() else { return };
    let store = cachetools::store(&format!("memcached://127.0.0.1:{}", server.port)).unwrap();
    store.set("k", &1).await.unwrap();
    server.kill();
    let error = store.get::<u8>("k").await;
    assert!(matches!(error, Err(StoreError::Unavailable { .. })), "{error:?}");
    server.restart();
    assert_eq!(store.get::<u8>("k").await, Ok(None));
    store.set("k", &2).await.unwrap();
    // With connections of both that are lost while idle.
    server.kill();
    server.restart();
    assert_eq!(store.get::<u8>("k").await, Ok(None));
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_limit_and_no_more() {
    let Some(server) = Server::memcached() else { return };
    let store = cachetools::store(&format!("memcached://127.0.0.1:{}?timeout=200ms", server.port)).unwrap();
    store.set("k", &1).await.unwrap();
    server.pause();
    let limit = Duration::from_millis(200);
    for _ in 0..3 {
        assert_eq!(store.get::<u8>("k").await, Err(StoreError::Timeout { limit }));
    }
    server.resume();
    assert_eq!(store.clone().timeout(Duration::from_secs(5)).get("k").await, Ok(Some(1)));
}

#[test]
fn without_tokio_it_is_an_error_and_no_panic() {
    let memcached = Memcached::new("127.0.0.1", 1);
    assert!(matches!(futures::executor::block_on(memcached.get("k")), Err(StoreError::Unavailable { .. })));
}
