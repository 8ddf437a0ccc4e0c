//! What a store tells of changes by others, as the memory in front of it hears it: with a store that tells what the test says.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cachetools::store::{
    Answer, Changes, Hook, Memory, Remaining, Store, StoreError, Tiered, Tracked, Tracking, TypedStore,
};
use cachetools::{Cache, CallExt, ManualClock, Outcome};
use tokio::sync::Semaphore;

const SECOND: Duration = Duration::from_secs(1);

/// A store that others change, and that tells of it.
#[derive(Clone)]
struct Telling(Arc<Inner>);

struct Inner {
    memory: Memory,
    changes: Changes,
    /// Writes wait for a permit each.
    writes: Semaphore,
    /// Which keys were asked for.
    reads: Mutex<Vec<String>>,
}

impl Telling {
    fn new() -> Self {
        let (memory, changes) = (Memory::new(1000), Changes::new());
        Self(Arc::new(Inner { memory, changes, writes: Semaphore::new(1_000_000), reads: Mutex::default() }))
    }

    /// Another process changes a key, of which the store tells.
    async fn another_deletes(&self, key: &str) {
        self.0.memory.delete(key).await.unwrap();
        self.0.changes.changed(key);
    }

    fn cache(&self) -> Tiered<u32, String> {
        Cache::builder().name("f").store(TypedStore::new(self.clone())).build()
    }

    /// Another process, of whose changes the store does not tell by itself.
    fn values(&self) -> Tiered<u32, String> {
        Cache::builder().name("f").store(TypedStore::new(self.0.memory.clone())).build()
    }

    fn read(&self, key: &str) {
        self.0.reads.lock().unwrap().push(key.to_owned());
    }

    async fn permit(&self) {
        self.0.writes.acquire().await.unwrap().forget();
    }
}

impl Store for Telling {
    fn name(&self) -> &'static str {
        "telling"
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        self.read(key);
        self.0.memory.get(key)
    }

    fn exists<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        self.read(key);
        self.0.memory.exists(key)
    }

    fn ttl<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Remaining>> {
        self.0.memory.ttl(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            self.permit().await;
            self.0.memory.set(key, value, ttl).await
        })
    }

    fn add<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            self.permit().await;
            self.0.memory.add(key, value, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            self.permit().await;
            self.0.memory.delete(key).await
        })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> Answer<'a, ()> {
        self.0.memory.clear(prefix)
    }

    fn compare_and_delete<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        self.0.memory.compare_and_delete(key, expected)
    }

    fn tracked(&self) -> Option<Tracked> {
        Some(Tracked { store: Arc::new(self.clone()), changes: self.0.changes.clone() })
    }
}

async fn get(cache: &Tiered<u32, String>, key: u32, brings: &str) -> (String, Outcome) {
    cache.get_with(key, async { brings.to_owned() }).traced().await
}

fn ran(value: &str) -> (String, Outcome) {
    (value.to_owned(), Outcome::Ran)
}

fn hit(value: &str) -> (String, Outcome) {
    (value.to_owned(), Outcome::Hit)
}

#[tokio::test]
async fn what_another_changed_is_forgotten_and_nothing_else() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    assert_eq!(get(&cache, 1, "a").await, ran("a"));
    assert_eq!(get(&cache, 2, "b").await, ran("b"));
    assert_eq!(get(&cache, 1, "-").await, hit("a"));
    store.another_deletes(":f:1").await;
    store.another_deletes(":f:3").await;
    assert_eq!(get(&cache, 1, "c").await, ran("c"));
    assert_eq!(get(&cache, 2, "-").await, hit("b"));
    assert_eq!((cache.tracking(), cache.tier_stats().invalidations), (Tracking::On, 1));
}

#[tokio::test]
async fn an_inserted_value_is_forgotten_when_another_changes_it() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    cache.insert(1, "a".into());
    cache.flush().await;
    assert_eq!(get(&cache, 1, "-").await, hit("a"));
    store.another_deletes(":f:1").await;
    assert_eq!(get(&cache, 1, "b").await, ran("b"));
}

// Law 6
#[tokio::test]
async fn what_a_load_brings_after_another_changed_its_key_is_stored_nowhere() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut old = Box::pin(cache.get_with(1, async {
        wait.await.unwrap();
        "old".to_owned()
    }));
    assert!(futures::poll!(&mut old).is_pending());
    // There was nothing to delete. It is told all the same.
    store.0.changes.changed(":f:1");
    assert_eq!(get(&cache, 1, "new").await, ran("new"));
    go.send(()).unwrap();
    assert_eq!(old.await, "old");
    cache.flush().await;
    assert_eq!(get(&cache, 1, "-").await, hit("new"));
    assert_eq!(get(&store.cache(), 1, "-").await, ("new".to_owned(), Outcome::Store));
}

// Law 6
#[tokio::test]
async fn what_a_load_has_sent_already_is_taken_back() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    store.0.writes.forget_permits(usize::MAX);
    let mut old = Box::pin(get(&cache, 1, "old"));
    while cache.tier_stats().unsettled == 0 {
        assert!(futures::poll!(&mut old).is_pending());
    }
    tokio::task::yield_now().await;
    // Its write is on its way, and nobody knows which of the two the store takes first.
    store.0.changes.changed(":f:1");
    store.0.writes.add_permits(100);
    assert_eq!(old.await.0, "old");
    cache.flush().await;
    assert_eq!(store.0.memory.exists(":f:1").await, Ok(false));
    assert_eq!(get(&cache, 1, "new").await, ran("new"));
}

#[tokio::test]
async fn what_yields_to_the_value_of_another_does_not_take_that_back() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    store.0.writes.forget_permits(usize::MAX);
    let mut slow = Box::pin(get(&cache, 1, "slow"));
    while cache.tier_stats().unsettled == 0 {
        assert!(futures::poll!(&mut slow).is_pending());
    }
    tokio::task::yield_now().await;
    let other = store.values();
    other.insert(1, "quick".to_owned());
    other.flush().await;
    store.0.changes.changed(":f:1");
    store.0.writes.add_permits(100);
    assert_eq!(slow.await, ran("slow"));
    cache.flush().await;
    assert_eq!(get(&cache, 1, "-").await, ("quick".to_owned(), Outcome::Store));
}

// Law 6
#[tokio::test]
async fn what_was_decided_here_is_not_taken_back() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    store.0.writes.forget_permits(usize::MAX);
    cache.insert(1, "mine".into());
    tokio::task::yield_now().await;
    store.0.changes.changed(":f:1");
    store.0.writes.add_permits(100);
    cache.flush().await;
    assert_eq!(get(&cache, 1, "-").await, ("mine".to_owned(), Outcome::Store));
}

#[tokio::test]
async fn of_two_that_load_at_once_the_second_yields_to_the_value_of_the_first() {
    let store = Telling::new();
    store.0.changes.begin();
    let (one, other) = (store.cache(), store.cache());
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut slow = Box::pin(one.get_with(1, async {
        wait.await.unwrap();
        "slow".into()
    }));
    assert!(futures::poll!(&mut slow).is_pending());
    assert_eq!(get(&other, 1, "quick").await, ran("quick"));
    go.send(()).unwrap();
    assert_eq!(slow.await, "slow");
    one.flush().await;
    assert_eq!(get(&one, 1, "-").await, ("quick".to_owned(), Outcome::Store));
    assert_eq!(get(&other, 1, "-").await, hit("quick"));
}

#[tokio::test]
async fn two_caches_of_one_process_hear_of_each_other() {
    let store = Telling::new();
    store.0.changes.begin();
    let (one, other) = (store.cache(), store.cache());
    get(&one, 1, "a").await;
    get(&other, 1, "-").await;
    assert_eq!(get(&other, 1, "-").await, hit("a"));
    one.insert(1, "b".into());
    one.flush().await;
    assert_eq!(get(&one, 1, "-").await, hit("b"));
    assert_eq!(get(&other, 1, "-").await, ("b".to_owned(), Outcome::Store));
    one.clear();
    one.flush().await;
    assert_eq!(get(&other, 1, "c").await, ran("c"));
}

#[tokio::test]
async fn a_clearing_is_told_as_a_change_of_the_prefix() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    get(&cache, 1, "a").await;
    get(&cache, 2, "b").await;
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut load = Box::pin(cache.get_with(3, async {
        wait.await.unwrap();
        "c".into()
    }));
    assert!(futures::poll!(&mut load).is_pending());
    assert_eq!(store.0.reads.lock().unwrap().iter().filter(|key| *key == ":f:").count(), 1);
    store.0.memory.clear(":f:").await.unwrap();
    store.0.changes.changed(":f:");
    go.send(()).unwrap();
    load.await;
    for key in 1..=3 {
        assert_eq!(get(&cache, key, "d").await, ran("d"));
    }
    // It has asked to be told of the next one.
    assert_eq!(store.0.reads.lock().unwrap().iter().filter(|key| *key == ":f:").count(), 2);
}

/// Notes what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Tracking>>>);

impl Hook for Notes {
    fn tracking(&self, tracking: Tracking) {
        self.0.lock().unwrap().push(tracking);
    }
}

#[tokio::test]
async fn what_cannot_be_trusted_is_forgotten_and_lives_a_second_meanwhile() {
    let (store, clock, notes) = (Telling::new(), ManualClock::new(), Notes::default());
    let typed = TypedStore::new(store.clone()).hook(notes.clone());
    let builder = Cache::<u32, String>::builder().name("f").ttl(SECOND * 600).clock(clock.clone());
    let cache = builder.store(typed).build();
    let values = store.values();

    // Nothing is told yet.
    get(&cache, 1, "a").await;
    clock.advance(Duration::from_millis(999));
    assert_eq!(get(&cache, 1, "-").await, hit("a"));
    clock.advance(Duration::from_millis(1));
    assert_eq!(get(&cache, 1, "-").await, ("a".to_owned(), Outcome::Store));

    let period = store.0.changes.begin();
    clock.advance(SECOND);
    assert_eq!(get(&cache, 1, "-").await, ("a".to_owned(), Outcome::Store));
    cache.insert(2, "b".into());
    cache.flush().await;
    clock.advance(SECOND * 500);
    assert_eq!(get(&cache, 1, "-").await, hit("a"));
    assert_eq!(get(&cache, 2, "-").await, hit("b"));

    // Lost: what another has changed meanwhile is not known.
    values.insert(1, "c".into());
    values.flush().await;
    store.0.changes.end(period);
    assert_eq!(get(&cache, 1, "-").await, ("c".to_owned(), Outcome::Store));
    assert_eq!(get(&cache, 2, "-").await, ("b".to_owned(), Outcome::Store));
    clock.advance(SECOND);
    assert_eq!(get(&cache, 2, "-").await, ("b".to_owned(), Outcome::Store));

    let next = store.0.changes.begin();
    clock.advance(SECOND);
    get(&cache, 1, "-").await;
    // The end of a period that is over.
    store.0.changes.end(period);
    assert_eq!(get(&cache, 1, "-").await, hit("c"));
    // A new one, before the end of the last.
    store.0.changes.begin();
    store.0.changes.end(next);
    assert_eq!(get(&cache, 1, "-").await, ("c".to_owned(), Outcome::Store));
    assert_eq!(*notes.0.lock().unwrap(), [Tracking::On, Tracking::Down, Tracking::On]);
}

#[tokio::test]
async fn where_nothing_is_told_values_live_as_long_as_they_are_said_to() {
    let (store, clock) = (Telling::new(), ManualClock::new());
    let cache: Tiered<u32, String> =
        Cache::builder().ttl(SECOND * 600).clock(clock.clone()).store(TypedStore::new(store.clone())).build();
    store.0.changes.refuse();
    get(&cache, 1, "a").await;
    clock.advance(SECOND * 599);
    assert_eq!(get(&cache, 1, "-").await, hit("a"));
    assert_eq!(cache.tracking(), Tracking::Off);
    let without_memory: Tiered<u32, u32> = Cache::builder().store(TypedStore::new(store.clone())).memory(false).build();
    assert_eq!(without_memory.tracking(), Tracking::Off);
}

#[tokio::test]
async fn a_load_that_did_not_read_the_store_is_told_of_changes_too() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache = store.cache();
    get(&cache, 1, "a").await;
    store.0.reads.lock().unwrap().clear();
    assert_eq!(cache.get_with(1, async { "b".into() }).refresh().await, "b");
    assert_eq!(*store.0.reads.lock().unwrap(), [":f:1"]);
    assert_eq!(get(&cache, 1, "-").await, hit("b"));
}

/// A store that cannot be read.
struct Deaf(Telling);

impl Store for Deaf {
    fn name(&self) -> &'static str {
        "deaf"
    }

    fn get<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async { Err(StoreError::Refused { reason: "it does not listen".to_owned() }) })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        self.0.set(key, value, ttl)
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        self.0.delete(key)
    }

    fn tracked(&self) -> Option<Tracked> {
        Some(Tracked { store: Arc::new(Self(self.0.clone())), changes: self.0.0.changes.clone() })
    }
}

#[tokio::test]
async fn a_value_whose_key_the_store_was_not_asked_for_lives_a_second() {
    let (store, clock) = (Telling::new(), ManualClock::new());
    store.0.changes.begin();
    let cache: Tiered<u32, String> = Cache::builder().clock(clock.clone()).store(TypedStore::new(Deaf(store))).build();
    assert_eq!(get(&cache, 1, "a").await, ran("a"));
    clock.advance(Duration::from_millis(999));
    assert_eq!(get(&cache, 1, "-").await, hit("a"));
    clock.advance(Duration::from_millis(1));
    assert_eq!(get(&cache, 1, "b").await, ran("b"));
}

/// A value that says how many there are.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct Counted {
    #[serde(skip)]
    held: Arc<()>,
}

#[tokio::test]
async fn who_tells_does_not_keep_a_cache() {
    let store = Telling::new();
    store.0.changes.begin();
    let cache: Tiered<u32, Counted> = Cache::builder().name("f").store(TypedStore::new(store.clone())).build();
    let value = Counted::default();
    cache.insert(1, value.clone());
    cache.flush().await;
    assert_eq!(Arc::strong_count(&value.held), 2);
    drop(cache);
    assert_eq!(Arc::strong_count(&value.held), 1);
    store.another_deletes(":f:1").await;
}

/// A value whose end is noted, and may go wrong.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Grenade(u32);

static ENDS: AtomicU32 = AtomicU32::new(0);

impl Drop for Grenade {
    fn drop(&mut self) {
        ENDS.fetch_add(1, Ordering::SeqCst);
        assert!(self.0 != 1 || std::thread::panicking(), "as meant");
    }
}

// Law 11
#[tokio::test]
async fn a_drop_that_panics_keeps_no_other_value_in_memory() {
    let store = Telling::new();
    let period = store.0.changes.begin();
    let cache: Tiered<u32, Grenade> = Cache::builder().name("f").store(TypedStore::new(store.clone())).build();
    for key in 0..10 {
        cache.insert(key, Grenade(u32::from(key == 5)));
    }
    cache.flush().await;
    store.0.changes.end(period);
    assert_eq!((ENDS.load(Ordering::SeqCst), cache.near().info().currsize), (10, 0));
}
