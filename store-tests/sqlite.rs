//! What is special to SQLite.

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use cachetools::ManualClock;
use cachetools::store::{Remaining, Sqlite, Store, StoreError, Ttl, TypedStore};

use crate::mount::ReadOnly;
use crate::support::Folder;

const SECOND: Duration = Duration::from_secs(1);

// PC-09, PC-11
#[tokio::test]
async fn values_outlive_their_store() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let clock = ManualClock::new();
    let open = || Sqlite::file(&file).clock(clock.clone());
    let first = TypedStore::new(open());
    assert!(!file.exists());
    first.set("a", &1).await.unwrap();
    first.set("b", &2).ttl(SECOND * 10).await.unwrap();
    drop(first);
    clock.advance(SECOND * 4);
    let second = TypedStore::new(open());
    assert_eq!(second.get_many(["a", "b"]).await, Ok(vec![Some(1), Some(2)]));
    assert_eq!(second.ttl("b").await, Ok(Some(Remaining::For(SECOND * 6))));
    clock.advance(SECOND * 6);
    assert_eq!(TypedStore::new(open()).get_many(["a", "b"]).await, Ok(vec![Some(1), None]));
}

fn rows(connection: &::rusqlite::Connection) -> ::rusqlite::Result<u32> {
    connection.query_row("SELECT count(*) FROM cachetools", [], |row| row.get(0))
}

// PC-06, law 10
#[tokio::test]
async fn what_has_expired_leaves_with_the_writes_and_when_the_file_is_opened() {
    let folder = Folder::new();
    let clock = ManualClock::new();
    let store = Sqlite::file(folder.path().join("cache.db")).clock(clock.clone());
    for number in 0..20 {
        store.set(&format!("k{number}"), b"v", Some(SECOND)).await.unwrap();
    }
    clock.advance(SECOND);
    store.set("other", b"v", None).await.unwrap();
    assert_eq!(store.raw(|connection| rows(connection)).await, Ok(13));
    store.close().await.unwrap();
    assert_eq!(store.raw(|connection| rows(connection)).await, Ok(1));
}

// PC-10
#[tokio::test]
async fn a_closed_file_is_let_go() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let store = TypedStore::new(Sqlite::file(&file));
    store.set("k", &1).await.unwrap();
    assert!(folder.path().join("cache.db-wal").exists());
    store.close().await.unwrap();
    // The last one to close writes the log back and removes it.
    assert!(!folder.path().join("cache.db-wal").exists());
    assert_eq!(store.get("k").await, Ok(Some(1)));
}

#[tokio::test]
async fn two_stores_share_a_file() {
    let folder = Folder::new();
    let open = || Sqlite::file(folder.path().join("cache.db"));
    let stores = [open(), open(), open(), open()];
    let counters = stores.map(|store| {
        tokio::spawn(async move {
            for _ in 0..50 {
                store.increment("n", 1).await.unwrap();
            }
        })
    });
    for counter in counters {
        counter.await.unwrap();
    }
    assert_eq!(open().get("n").await, Ok(Some(b"200".to_vec())));
}

#[tokio::test]
async fn a_database_that_works_does_not_hold_up_the_executor() {
    let store = Sqlite::in_memory();
    let (go, wait) = mpsc::channel::<()>();
    let busy = tokio::spawn({
        let store = store.clone();
        async move { store.raw(move |_| Ok(wait.recv().is_ok())).await }
    });
    let (key, write) = ("k", store.set("k", b"v", None));
    let mut write = Box::pin(write);
    for _ in 0..100 {
        assert!(futures::poll!(&mut write).is_pending());
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    assert_eq!(busy.await.unwrap(), Ok(true));
    write.await.unwrap();
    assert!(store.exists(key).await.unwrap());
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_done() {
    let store = Sqlite::in_memory();
    let (go, wait) = mpsc::channel::<()>();
    let mut busy = Box::pin(store.raw(move |_| Ok(wait.recv().is_ok())));
    assert!(futures::poll!(&mut busy).is_pending());
    for _ in 0..10 {
        let mut write = store.set("k", b"v", None);
        assert!(futures::poll!(&mut write).is_pending());
    }
    go.send(()).unwrap();
    assert_eq!(busy.await, Ok(true));
    assert_eq!(store.exists("k").await, Ok(false));
}

#[tokio::test]
async fn a_file_that_another_process_holds_is_waited_for_no_longer_than_the_limit() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let store = Sqlite::file(&file).busy_timeout(Duration::from_millis(50));
    store.set("k", b"old", None).await.unwrap();
    let other = ::rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.set("k", b"new", None).await;
    assert!(matches!(error, Err(StoreError::Unavailable { .. })), "{error:?}");
    assert_eq!(store.get("k").await, Ok(Some(b"old".to_vec())));
    other.execute_batch("COMMIT").unwrap();
    store.set("k", b"new", None).await.unwrap();
    assert_eq!(store.get("k").await, Ok(Some(b"new".to_vec())));
}

#[tokio::test]
async fn a_read_only_file_is_read_and_written_to_when_it_may_be_again() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let store = Sqlite::file(&file);
    store.set("k", b"old", None).await.unwrap();
    store.close().await.unwrap();
    let Some(read_only) = ReadOnly::make(&file) else { return };
    for _ in 0..3 {
        assert_eq!(store.get("k").await, Ok(Some(b"old".to_vec())));
        assert_eq!(store.set("k", b"new", None).await, Err(StoreError::ReadOnly));
    }
    drop(read_only);
    store.set("k", b"new", None).await.unwrap();
    assert_eq!(store.get("k").await, Ok(Some(b"new".to_vec())));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_until_it_is() {
    let folder = Folder::new();
    let missing = folder.path().join("missing");
    let store = TypedStore::new(Sqlite::file(missing.join("cache.db")));
    assert!(matches!(store.set("k", &1).await, Err(StoreError::Unavailable { .. })));
    fs::create_dir(&missing).unwrap();
    store.set("k", &1).await.unwrap();
    assert_eq!(store.get("k").await, Ok(Some(1)));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    fs::write(&file, "x".repeat(10_000)).unwrap();
    let error = TypedStore::new(Sqlite::file(&file)).get::<u8>("k").await;
    assert!(matches!(error, Err(StoreError::Refused { .. })), "{error:?}");
    assert_eq!(fs::read(&file).unwrap().len(), 10_000);
}

#[tokio::test]
async fn a_url_names_a_file_here_or_anywhere() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    for url in [format!("sqlite:{}", file.display()), format!("sqlite://{}", file.display())] {
        let store = cachetools::store(&format!("{url}?busy_timeout=100ms")).unwrap();
        store.set("k", &url).ttl(Ttl::Never).await.unwrap();
        assert_eq!(TypedStore::new(Sqlite::file(&file)).get("k").await, Ok(Some(url)));
    }
    assert!(cachetools::store("sqlite://cache.db").is_err());
}

#[tokio::test]
async fn a_panic_in_raw_work_ends_that_work_only() {
    let folder = Folder::new();
    let store = Sqlite::file(folder.path().join("cache.db"));
    store.set("k", b"v", None).await.unwrap();
    let lost = store.raw(|_| -> ::rusqlite::Result<()> { panic!("on purpose") }).await;
    assert!(matches!(lost, Err(StoreError::Refused { .. })), "{lost:?}");
    assert_eq!(store.get("k").await, Ok(Some(b"v".to_vec())));
}

#[test]
fn it_needs_no_tokio() {
    let store = Sqlite::in_memory();
    futures::executor::block_on(store.set("k", b"v", None)).unwrap();
    assert_eq!(futures::executor::block_on(store.get("k")), Ok(Some(b"v".to_vec())));
}
