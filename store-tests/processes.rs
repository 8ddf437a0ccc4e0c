//! Several processes with one store.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use cachetools::store::{Tiered, TypedStore};
use cachetools::{Cache, store};

use crate::support::{Folder, unique, url};

const PROCESSES: usize = 8;
const KEYS: u32 = 50;

/// What each of the processes is told.
const URL: &str = "CACHETOOLS_TEST_STORE";
const NAMESPACE: &str = "CACHETOOLS_TEST_NAMESPACE";
const LEASE: &str = "CACHETOOLS_TEST_LEASE";

/// This is no test, but one of the processes.
#[test]
fn one_of_several_processes() {
    let (Ok(url), Ok(namespace)) = (env::var(URL), env::var(NAMESPACE)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = store(&url).unwrap().namespace(&namespace).timeout(Duration::from_secs(20));
        let builder =
            Cache::<u32, u32>::builder().name("f").lru(1000).store(store.clone()).limit(Duration::from_secs(20));
        let cache =
            if env::var(LEASE).is_ok() { builder.lease(Duration::from_secs(20)).build() } else { builder.build() };
        let calls = (0..KEYS).map(|key| tokio::spawn(call(cache.clone(), store.clone(), key)));
        for (key, call) in (0..KEYS).zip(calls.collect::<Vec<_>>()) {
            assert_eq!(call.await.unwrap(), key * 2);
        }
        cache.flush().await;
    });
}

async fn call(cache: Tiered<u32, u32>, store: TypedStore, key: u32) -> u32 {
    let load = async {
        store.increment(&format!("runs{key}"), 1).await.unwrap();
        // The work, long enough for the others to come meanwhile.
        tokio::time::sleep(Duration::from_millis(100)).await;
        key * 2
    };
    cache.get_with(key, load).await
}

/// How often the bodies of all processes ran, per key.
async fn runs(url: &str, lease: bool) -> Vec<i64> {
    let namespace = unique();
    let program = env::current_exe().unwrap();
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            let mut child = Command::new(&program);
            child.args(["--exact", "processes::one_of_several_processes"]).env(URL, url).env(NAMESPACE, &namespace);
            if lease {
                child.env(LEASE, "yes");
            }
            child.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = store(url).unwrap().namespace(&namespace);
    let runs = store.get_many((0..KEYS).map(|key| format!("runs{key}"))).await.unwrap();
    runs.into_iter().map(|runs| runs.unwrap_or(0)).collect()
}

#[tokio::test]
async fn with_a_lease_in_redis_one_of_eight_processes_runs() {
    let Some(url) = url("CACHETOOLS_REDIS_URL") else { return };
    assert_eq!(runs(&url, true).await, [1; KEYS as usize]);
}

#[tokio::test]
async fn without_a_lease_no_process_runs_a_key_twice() {
    let Some(url) = url("CACHETOOLS_REDIS_URL") else { return };
    let runs = runs(&url, false).await;
    assert!(runs.iter().all(|runs| (1..=8).contains(runs)), "{runs:?}");
}

#[tokio::test]
async fn with_a_lease_in_a_file_one_of_eight_processes_runs() {
    let folder = Folder::new();
    let url = format!("sqlite:{}?busy_timeout=20s", folder.path().join("cache.db").display());
    assert_eq!(runs(&url, true).await, [1; KEYS as usize]);
}

#[tokio::test]
async fn with_a_lease_in_memcached_one_of_eight_processes_runs() {
    let Some(url) = url("CACHETOOLS_MEMCACHED_URL") else { return };
    assert_eq!(runs(&url, true).await, [1; KEYS as usize]);
}
