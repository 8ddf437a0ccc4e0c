//! Invalidations reach the memory of other processes: over a Redis that does not always live.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cachetools::store::{Redis, Store, Tiered, Tracking, TypedStore};
use cachetools::{Cache, CallExt, Outcome, store};

use crate::server::Server;
use crate::support::{unique, url};

/// Longer than anything takes here on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    begin.elapsed()
}

/// A cache as in a process of its own: another store has another connection.
fn process(url: &str, namespace: &str) -> Tiered<u32, u32> {
    let store = store(url).unwrap().namespace(namespace);
    Cache::builder().name("f").ttl(Duration::from_secs(3600)).store(store).build()
}

async fn get(cache: &Tiered<u32, u32>, key: u32, brings: u32) -> (u32, Outcome) {
    cache.get_with(key, async move { brings }).traced().await
}

fn command(words: &[&str]) -> ::redis::Cmd {
    let mut command = ::redis::cmd(words[0]);
    command.arg(&words[1..]);
    command
}

fn local(server: &Server) -> (Redis, String) {
    (Redis::new("127.0.0.1", server.port), format!("redis://127.0.0.1:{}", server.port))
}

#[tokio::test]
async fn what_one_process_decides_the_other_sees() {
    let (Some(url), namespace) = (url("CACHETOOLS_REDIS_URL"), unique()) else { return };
    let (one, other) = (process(&url, &namespace), process(&url, &namespace));
    assert_eq!(get(&one, 1, 10).await, (10, Outcome::Ran));
    assert_eq!(get(&other, 1, 0).await, (10, Outcome::Store));
    assert_eq!((one.tracking(), other.tracking()), (Tracking::On, Tracking::On));
    // What one stored itself it does not hear of.
    assert_eq!(get(&one, 1, 0).await, (10, Outcome::Hit));
    assert_eq!(get(&other, 1, 0).await, (10, Outcome::Hit));

    one.invalidate(&1);
    until("an invalidation", async || get(&other, 1, 11).await.0 == 11).await;
    until("the first of the other", async || get(&one, 1, 0).await.0 == 11).await;
    one.insert(1, 12);
    until("an insertion", async || get(&other, 1, 0).await.0 == 12).await;
    assert_eq!(one.get_with(1, async { 13 }).refresh().await, 13);
    until("a refresh", async || get(&other, 1, 0).await.0 == 13).await;
    one.clear();
    until("a clearing", async || get(&other, 1, 14).await.0 == 14).await;
    assert!(other.tier_stats().invalidations >= 4, "{:?}", other.tier_stats());
}

#[tokio::test]
async fn what_another_program_changes_is_seen_and_so_is_what_this_one_does_by_another_way() {
    let (Some(url), namespace) = (url("CACHETOOLS_REDIS_URL"), unique()) else { return };
    let typed = store(&url).unwrap().namespace(&namespace);
    let cache: Tiered<u32, u32> = Cache::builder().name("f").store(typed.clone()).build();
    get(&cache, 1, 10).await;
    assert_eq!(get(&cache, 1, 0).await, (10, Outcome::Hit));
    let server = Redis::new("127.0.0.1", url.rsplit(':').next().unwrap().parse().unwrap());
    server.raw::<u64>(&command(&["UNLINK", &typed.full_key("f:1").unwrap()])).await.unwrap();
    until("a deletion by hand", async || get(&cache, 1, 11).await.0 == 11).await;
    typed.set("f:1", &12).await.unwrap();
    until("a write of the same store", async || get(&cache, 1, 0).await.0 == 12).await;
    typed.clear().await.unwrap();
    until("a clearing of the namespace", async || get(&cache, 1, 13).await.0 == 13).await;
}

#[tokio::test]
async fn two_caches_over_one_store_hear_of_each_other() {
    let (Some(url), namespace) = (url("CACHETOOLS_REDIS_URL"), unique()) else { return };
    let typed = store(&url).unwrap().namespace(&namespace);
    let cache = || -> Tiered<u32, u32> { Cache::builder().name("f").store(typed.clone()).build() };
    let (one, other) = (cache(), cache());
    get(&one, 1, 10).await;
    get(&other, 1, 0).await;
    assert_eq!(get(&other, 1, 0).await, (10, Outcome::Hit));
    one.invalidate(&1);
    until("an invalidation", async || get(&other, 1, 11).await.0 == 11).await;
}

// Law 6
#[tokio::test]
async fn a_load_of_a_key_that_is_not_stored_is_overtaken() {
    let (Some(url), namespace) = (url("CACHETOOLS_REDIS_URL"), unique()) else { return };
    let typed = store(&url).unwrap().namespace(&namespace);
    let without_memory = Cache::<u32, u32>::builder().name("f").store(typed).memory(false).build();
    let one = process(&url, &namespace);
    let invalidate = |cache: &Tiered<u32, u32>| {
        cache.invalidate(&1);
    };
    let others = [process(&url, &namespace), without_memory];
    for (change, other) in
        [invalidate, Tiered::clear].into_iter().flat_map(|change| others.each_ref().map(|other| (change, other)))
    {
        let (began, begins) = tokio::sync::oneshot::channel();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let load = {
            let one = one.clone();
            tokio::spawn(async move {
                let old = async {
                    began.send(()).unwrap();
                    wait.await.unwrap();
                    1
                };
                one.get_with(1, old).await
            })
        };
        begins.await.unwrap();
        // There is nothing in the store to be deleted.
        change(other);
        until("the end of the old load", async || !one.near().contains(&1)).await;
        go.send(()).unwrap();
        assert_eq!(load.await.unwrap(), 1);
        one.flush().await;
        assert_eq!(get(&one, 1, 2).await, (2, Outcome::Ran));
        one.invalidate(&1);
        one.flush().await;
    }
}

#[tokio::test]
async fn after_a_flush_and_after_a_cut_nothing_is_served_that_is_over() {
    let Some(server) = Server::redis(&[]) else { return };
    let (admin, url) = local(&server);
    let (one, other) = (process(&url, "ns"), process(&url, "ns"));
    for round in 0..5_u32 {
        let value = round * 10;
        assert_eq!(get(&one, 1, value).await.0, value);
        assert_eq!(get(&other, 1, 0).await.0, value);
        admin.raw::<()>(&command(&["FLUSHALL"])).await.unwrap();
        until("a flush", async || get(&other, 1, value + 1).await.0 == value + 1).await;

        // All connections but the one that asks; and at once, before that is noticed, the value is another.
        admin.raw::<u64>(&command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])).await.unwrap();
        admin.raw::<()>(&command(&["FLUSHALL"])).await.unwrap();
        until("a change while the connection was cut", async || get(&other, 1, value + 2).await.0 == value + 2).await;
        until("the connection", async || {
            get(&one, 100 + round, 0).await;
            get(&other, 100 + round, 0).await;
            (one.tracking(), other.tracking()) == (Tracking::On, Tracking::On)
        })
        .await;
        // It hears again.
        until("a value in both", async || get(&one, 1, value + 2).await.1 == Outcome::Hit).await;
        until("a value in both", async || get(&other, 1, value + 2).await.1 == Outcome::Hit).await;
        one.invalidate(&1);
        until("an invalidation", async || get(&other, 1, value + 3).await.0 == value + 3).await;
        one.invalidate(&1);
        one.flush().await;
        until("the last of the round", async || get(&other, 1, value + 10).await.0 == value + 10).await;
        one.invalidate(&1);
        other.invalidate(&1);
        one.flush().await;
        other.flush().await;
    }
}

#[tokio::test]
async fn while_the_server_is_dead_memory_holds_a_value_for_a_second_and_then_all_is_as_before() {
    let Some(mut server) = Server::redis(&[]) else { return };
    let (_, url) = local(&server);
    let (one, other) = (process(&url, "ns"), process(&url, "ns"));
    get(&one, 1, 10).await;
    get(&other, 1, 0).await;
    server.kill();
    until("the loss", async || other.tracking() == Tracking::Down).await;
    // Nobody could tell of a change: the function is asked again, each second.
    until("a new run", async || get(&other, 1, 11).await.0 == 11).await;
    until("another run", async || get(&other, 1, 12).await.0 == 12).await;
    server.restart();
    for cache in [&one, &other] {
        until("the connection", async || {
            cache.invalidate(&2);
            get(cache, 2, 0).await;
            cache.tracking() == Tracking::On
        })
        .await;
    }
    one.invalidate(&1);
    until("an invalidation", async || get(&other, 1, 13).await.0 == 13).await;
    until("its value", async || get(&one, 1, 0).await.0 == 13).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_not_trusted_for_long() {
    let Some(server) = Server::redis(&[]) else { return };
    let (_, url) = local(&server);
    let cache = process(&url, "ns");
    get(&cache, 1, 10).await;
    assert_eq!(get(&cache, 1, 0).await, (10, Outcome::Hit));
    server.pause();
    until("the loss", async || cache.tracking() == Tracking::Down).await;
    until("a new run", async || get(&cache, 1, 11).await.0 == 11).await;
    server.resume();
    until("the connection", async || {
        cache.invalidate(&2);
        get(&cache, 2, 0).await;
        cache.tracking() == Tracking::On
    })
    .await;
}

#[tokio::test]
async fn where_tracking_is_refused_or_not_wanted_values_live_until_their_time_is_over() {
    let Some(server) = Server::redis(&[]) else { return };
    let (admin, url) = local(&server);
    admin
        .raw::<()>(&command(&["ACL", "SETUSER", "plain", "on", ">word", "~*", "+@all", "-client|tracking"]))
        .await
        .unwrap();
    for url in [url.replace("//", "//plain:word@"), format!("{url}?protocol=2"), format!("{url}?tracking=false")] {
        let (one, other) = (process(&url, "ns"), process(&url, "ns"));
        assert_eq!(get(&one, 1, 10).await, (10, Outcome::Ran));
        assert_eq!(get(&other, 1, 0).await, (10, Outcome::Store));
        one.invalidate(&1);
        one.flush().await;
        assert_eq!(get(&other, 1, 0).await, (10, Outcome::Hit));
        assert_eq!(other.tracking(), Tracking::Off);
        assert_eq!(other.tier_stats().errors, 0);
    }
}

#[tokio::test]
async fn a_full_server_still_takes_invalidations() {
    let Some(server) = Server::redis(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]) else { return };
    let (admin, url) = local(&server);
    let (one, other) = (process(&url, "ns"), process(&url, "ns"));
    get(&one, 1, 10).await;
    get(&other, 1, 0).await;
    let large = "x".repeat(1 << 20);
    while admin.set("large", large.as_bytes(), None).await.is_ok()
        && admin.set(&format!("large{}", unique()), large.as_bytes(), None).await.is_ok()
    {}
    one.invalidate(&1);
    one.flush().await;
    until("an invalidation", async || get(&other, 1, 11).await.0 == 11).await;
}

#[tokio::test]
async fn a_connection_ends_with_the_last_who_needs_it() {
    let Some(server) = Server::redis(&[]) else { return };
    let (admin, url) = local(&server);
    let tracking = async || {
        let list: String = admin.raw(&command(&["CLIENT", "LIST"])).await.unwrap();
        list.lines().filter(|client| client.contains("flags=t")).count()
    };
    let typed = store(&url).unwrap();
    let cache: Tiered<u32, u32> = Cache::builder().name("f").store(typed.clone()).build();
    let other: Tiered<u32, u32> = Cache::builder().name("g").store(typed.clone()).build();
    get(&cache, 1, 10).await;
    get(&other, 1, 10).await;
    assert_eq!(tracking().await, 1);
    typed.close().await.unwrap();
    until("closing", async || tracking().await == 0).await;
    assert_eq!(get(&cache, 1, 0).await, (10, Outcome::Store));
    assert_eq!(tracking().await, 1);
    drop((cache, other, typed));
    until("the end", async || tracking().await == 0).await;
}

#[test]
fn one_cache_serves_one_runtime_after_another() {
    let Some(server) = Server::redis(&[]) else { return };
    let (_, url) = local(&server);
    let (one, other) = (process(&url, "ns"), process(&url, "ns"));
    for round in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            one.invalidate(&1);
            one.flush().await;
            until("the value of this round", async || get(&other, 1, round).await.0 == round).await;
            until("its hit", async || get(&other, 1, round).await == (round, Outcome::Hit)).await;
        });
        drop(runtime);
        assert_eq!(other.tracking(), Tracking::Down);
    }
}

const PROCESSES: u32 = 8;
const KEYS: u32 = 50;

/// What each of the processes is told.
const URL: &str = "CACHETOOLS_TEST_COHERENCE_STORE";
const NAMESPACE: &str = "CACHETOOLS_TEST_COHERENCE_NAMESPACE";
const NUMBER: &str = "CACHETOOLS_TEST_COHERENCE_NUMBER";
const LEASE: &str = "CACHETOOLS_TEST_COHERENCE_LEASE";

/// One of several processes, and what they share.
struct Process {
    number: u32,
    cache: Tiered<u32, u32>,
    /// Beside the cache: the truth, how often each body ran, and how far the processes are.
    shared: TypedStore,
}

impl Process {
    fn new(url: &str, namespace: &str) -> Self {
        let number = env::var(NUMBER).unwrap().parse().unwrap();
        let shared = store(url).unwrap().timeout(PATIENCE);
        let caches = store(url).unwrap().namespace(&format!("{namespace}caches"));
        let builder = Cache::<u32, u32>::builder().name("f").lru(1000).ttl(Duration::from_secs(3600));
        let mut builder = builder.store(caches).limit(PATIENCE);
        if env::var(LEASE).is_ok() {
            builder = builder.lease(PATIENCE);
        }
        Self { number, cache: builder.build(), shared: shared.namespace(namespace) }
    }

    /// What the function returns: it looks up the truth.
    async fn load(&self, key: u32) -> u32 {
        self.shared.increment(&format!("runs{key}"), 1).await.unwrap();
        let truth = self.shared.get_or("truth", 0).await.unwrap();
        // The work, long enough for the others to come meanwhile.
        tokio::time::sleep(Duration::from_millis(10)).await;
        truth
    }

    /// Waits until all processes have come so far.
    async fn meet(&self, point: &str) {
        self.shared.increment(point, 1).await.unwrap();
        until(point, async || self.shared.get_or(point, 0).await == Ok(PROCESSES)).await;
    }

    /// Calls all keys until all have the value; says how long that took.
    async fn see(&self, value: u32) -> Duration {
        let see = async |key| until("a value", async || self.cache.get_with(key, self.load(key)).await == value).await;
        let all = futures::future::join_all((0..KEYS).map(see)).await;
        all.into_iter().max().unwrap_or_default()
    }

    async fn change(&self, how: u32, value: u32) {
        self.shared.set("truth", &value).await.unwrap();
        for key in 0..KEYS {
            match how {
                0 => {
                    self.cache.invalidate(&key);
                }
                1 => self.cache.insert(key, value),
                2 => assert_eq!(self.cache.get_with(key, self.load(key)).refresh().await, value),
                _ => return self.cache.clear(),
            }
        }
    }
}

/// This is no test, but one of the processes.
#[test]
fn one_of_several_processes() {
    let (Ok(url), Ok(namespace)) = (env::var(URL), env::var(NAMESPACE)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let process = Process::new(&url, &namespace);
        process.see(0).await;
        process.meet("all have loaded").await;
        assert_eq!(process.cache.tracking(), Tracking::On);
        let mut longest = Duration::ZERO;
        for how in 0..4 {
            if process.number == how {
                process.change(how, how + 1).await;
                process.cache.flush().await;
            }
            // From here on the change is in the store.
            process.meet(&format!("change {how} is made")).await;
            longest = longest.max(process.see(how + 1).await);
            process.meet(&format!("change {how} is seen")).await;
            // And it stays.
            for key in 0..KEYS {
                assert_eq!(process.cache.get_with(key, process.load(key)).await, how + 1);
            }
            process.meet(&format!("change {how} stays")).await;
        }
        let micros = u64::try_from(longest.as_micros()).unwrap();
        process.shared.set(&format!("longest{}", process.number), &micros).await.unwrap();
    });
}

/// How often the bodies of all processes ran, per key, in all five rounds: the first, and one behind each change.
async fn runs(url: &str, lease: bool) -> Vec<i64> {
    let namespace = unique();
    let program = env::current_exe().unwrap();
    let children: Vec<_> = (0..PROCESSES)
        .map(|number| {
            let mut child = Command::new(&program);
            child.args(["--exact", "coherence::one_of_several_processes"]);
            child.env(URL, url).env(NAMESPACE, &namespace).env(NUMBER, number.to_string());
            if lease {
                child.env(LEASE, "yes");
            }
            child.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let shared = store(url).unwrap().namespace(&namespace);
    let longest: Vec<Option<u64>> =
        shared.get_many((0..PROCESSES).map(|number| format!("longest{number}"))).await.unwrap();
    println!("a change was seen by all keys of all processes after {} us", longest.iter().flatten().max().unwrap());
    let runs = shared.get_many((0..KEYS).map(|key| format!("runs{key}"))).await.unwrap();
    runs.into_iter().map(|runs| runs.unwrap_or(0)).collect()
}

#[tokio::test]
async fn eight_processes_see_each_others_changes_and_with_a_lease_each_key_runs_once_a_change() {
    let Some(url) = url("CACHETOOLS_REDIS_URL") else { return };
    // At first, behind the invalidation, by the refresh, and behind the clearing; what is inserted need not run.
    assert_eq!(runs(&url, true).await, [4; KEYS as usize]);
}

#[tokio::test]
async fn eight_processes_see_each_others_changes_without_a_lease() {
    let Some(url) = url("CACHETOOLS_REDIS_URL") else { return };
    let runs = runs(&url, false).await;
    println!("runs of a key, of {}: {:?} to {:?}", 3 * PROCESSES + 1, runs.iter().min(), runs.iter().max());
    assert!(runs.iter().all(|runs| (4..=25).contains(runs)), "{runs:?}");
}
