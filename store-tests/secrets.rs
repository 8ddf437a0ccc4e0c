//! A password in a URL is shown nowhere: in no error, in no `Debug`, to no hook, whatever goes wrong.

use std::fmt::{Debug, Display, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cachetools::Cache;
use cachetools::store::{Hook, Operation, Outcome, Signed, StoreError, TypedStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{Server, free_port};

/// Written as it is and with percent signs.
const SECRETS: [&str; 2] = ["hunter2secret", "hunter2%73ecret"];

#[track_caller]
fn assert_hidden(shown: &str, by: &str) {
    for part in ["hunter2", "secret"] {
        assert!(!shown.contains(part), "{by} shows it: {shown}");
    }
}

#[track_caller]
fn assert_error_hides(error: &(impl Debug + Display), by: &str) {
    assert_hidden(&format!("{error} {error:?} {error:#?}"), by);
}

/// Every way to misplace a password that ends in an error.
#[test]
fn urls_that_are_refused() {
    for secret in SECRETS {
        let wrong = [
            // No scheme, or one that nobody knows.
            secret.to_owned(),
            format!("{secret}@host:6379/0"),
            format!("user:{secret}@host:6379/0"),
            format!("//user:{secret}@host:6379/0"),
            format!("rdeis://:{secret}@host:6379/0"),
            format!("postgres://user:{secret}@host/base"),
            format!(":{secret}@host:6379"),
            // Parts that are not as they should be.
            format!("redis://:{secret}@host:port/0"),
            format!("redis://:{secret}@host:99999/0"),
            format!("redis://:{secret}@[::1/0"),
            format!("redis://:{secret}@host/base"),
            format!("redis://:{secret}%zz@host"),
            format!("redis://:{secret}%ff@host"),
            format!("redis://{secret}@host"),
            format!("redis://:12/{secret}@host"),
            format!("redis://:12?{secret}@host"),
            format!("redis://:12?{secret}"),
            format!("redis://:12?a{secret}=1&b@host"),
            format!("redis://:12?a{secret}@host=1"),
            format!("redis://:12?a{secret}=1@host"),
            format!("redis://host/{secret}"),
            format!("redis://:{secret}@host?protocol={secret}"),
            format!("redis://:{secret}@host?timeout={secret}"),
            format!("redis://:{secret}@host?version={secret}"),
            format!("redis://host?password={secret}&size=3"),
            format!("memcached://user:{secret}@host"),
            format!("memcached://:{secret}@host"),
            format!("memcached://host/{secret}"),
            format!("memcached://host?pool_size={secret}"),
            format!("memcached://host:{secret}"),
            format!("sqlite://user:{secret}@host/file"),
            format!("sqlite://:{secret}@/file"),
            format!("sqlite:file?busy_timeout={secret}"),
            format!("memory://:{secret}@host"),
            format!("memory://?capacity={secret}"),
            format!("null://user:{secret}@"),
        ];
        for url in wrong {
            let Err(error) = cachetools::store(&url) else { panic!("{url} is accepted") };
            assert_error_hides(&error, &url);
        }
    }
}

/// Hears all that hooks hear.
#[derive(Default)]
struct Ears(Mutex<String>);

impl Hook for Ears {
    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        let error = outcome.error.map(ToString::to_string).unwrap_or_default();
        writeln!(self.0.lock().unwrap(), "{operation} {outcome:?} {error}").unwrap();
    }
}

/// All operations, and a cache in front: none shows it.
async fn assert_store_hides(url: &str) -> Vec<StoreError> {
    let ears = Arc::new(Ears::default());
    let store = cachetools::store(url).unwrap().timeout(Duration::from_millis(500)).hook(ears.clone());
    assert_hidden(&format!("{store:?} {:?} {:?}", store.clone().namespace("ns"), store.bytes().name()), url);
    let builder = Cache::<u32, u32>::builder().store(store.clone());
    assert_hidden(&format!("{builder:?}"), url);
    let cache = builder.build();
    cache.get_with(1, async { 1 }).await;
    assert_hidden(&format!("{cache:?} {:?}", cache.tier_stats()), url);
    let results = [
        store.get::<u8>("k").await.map(drop),
        store.get_many::<u8>(["k", "l"]).await.map(drop),
        store.set("k", &1).await,
        store.set_many(&[("k", 1)]).await,
        store.add("k", &1).await,
        store.increment("n", 1).await.map(drop),
        store.ttl("k").await.map(drop),
        store.delete("k").await.map(drop),
        store.clear().await,
        store.close().await,
    ];
    let errors: Vec<StoreError> = results.into_iter().filter_map(Result::err).collect();
    for error in &errors {
        assert_error_hides(error, url);
        assert!(std::error::Error::source(error).is_none());
    }
    assert_hidden(&ears.0.lock().unwrap(), url);
    errors
}

#[tokio::test]
async fn servers_that_are_not_there() {
    for secret in SECRETS {
        let port = free_port();
        for url in [
            format!("redis://:{secret}@127.0.0.1:{port}/3?connect_timeout=100ms"),
            format!("redis://user:{secret}@127.0.0.1:{port}?protocol=2&connect_timeout=100ms"),
            format!("redis://127.0.0.1:{port}?password={secret}&connect_timeout=100ms"),
            format!("redis://:{secret}@no.such.host.invalid?connect_timeout=100ms"),
        ] {
            assert_ne!(assert_store_hides(&url).await, [], "{url}");
        }
    }
}

#[tokio::test]
async fn servers_that_refuse_the_password() {
    for server in [Server::redis(&["--requirepass", "right"]), Server::redis(&[])] {
        let Some(server) = server else { return };
        for secret in SECRETS {
            for login in [format!(":{secret}@"), format!("user:{secret}@")] {
                let url = format!("redis://{login}127.0.0.1:{}", server.port);
                assert_ne!(assert_store_hides(&url).await, [], "{url}");
            }
        }
    }
}

/// A server that sends back what it gets, or says what it likes.
async fn talking(answer: Option<&'static [u8]>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                while let Ok(count @ 1..) = client.read(&mut buffer).await {
                    if client.write_all(answer.unwrap_or(&buffer[..count])).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn servers_that_are_no_redis_and_say_what_they_heard() {
    let mut all = Vec::new();
    for answer in [None, Some(&b"-ERR what?\r\n"[..]), Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Some(b"+OK\r\n")] {
        let port = talking(answer).await;
        for protocol in [2, 3] {
            let url = format!("redis://user:hunter2secret@127.0.0.1:{port}?protocol={protocol}&connect_timeout=200ms");
            all.push(async move { assert_store_hides(&url).await });
        }
    }
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn the_secret_of_a_signature() {
    let store = TypedStore::new(cachetools::store::Null).codec(Signed::new(cachetools::store::Json, SECRETS[0]));
    assert_hidden(&format!("{store:?} {:?}", Signed::new(cachetools::store::Json, SECRETS[0])), "Signed");
}
