//! Disks that are full, files that are read-only, held by others, or shared with a process that is killed.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use cachetools::store::{Sqlite, TypedStore};

use super::{LOAD, SECOND, pause};
use crate::mount::{Mount, ReadOnly};
use crate::support::Folder;

/// A file of a store that waits no longer for others than a call does for it.
fn sqlite(file: &Path) -> TypedStore {
    cachetools::store(&format!("sqlite:{}?busy_timeout=50ms", file.display())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_full_under_load() {
    let folder = Folder::new();
    let Some(mount) = Mount::new(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], folder.path()) else { return };
    let junk = folder.path().join("junk");
    let faults = async {
        for _ in 0..3 {
            pause(SECOND / 2).await;
            let mut file = File::create(&junk).unwrap();
            while file.write_all(&[0; 4096]).is_ok() {}
            pause(SECOND / 2).await;
            fs::remove_file(&junk).unwrap();
        }
        3
    };
    LOAD.run("SQLite on a full disk for half a second", sqlite(&folder.path().join("cache.db")), faults).await;
    drop(mount);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_has_no_pages_left_under_load() {
    let folder = Folder::new();
    let database = Sqlite::file(folder.path().join("cache.db"));
    let faults = async {
        for _ in 0..3 {
            pause(SECOND / 2).await;
            // As many as it has, and no free ones.
            let full = database.raw(|connection| {
                connection.execute_batch("VACUUM")?;
                let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
                connection.pragma_update(None, "max_page_count", pages)
            });
            full.await.unwrap();
            pause(SECOND / 2).await;
            database.raw(|connection| connection.pragma_update(None, "max_page_count", 1 << 20)).await.unwrap();
        }
        3
    };
    LOAD.run("SQLite out of pages (`max_page_count`) for half a second", TypedStore::new(database.clone()), faults)
        .await;
}

/// Makes a file or a folder read-only now and then.
async fn read_only_for_a_while(store: &TypedStore, path: &Path) -> u64 {
    let mut count = 0;
    for _ in 0..3 {
        pause(SECOND / 2).await;
        let Some(read_only) = ReadOnly::make(path) else { break };
        // It takes effect when the file is opened.
        store.bytes().close().await.unwrap();
        pause(SECOND / 2).await;
        drop(read_only);
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_read_only_under_load() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let store = sqlite(&file);
    let faults = read_only_for_a_while(&store, &file);
    LOAD.run("SQLite with a read-only file for half a second", store.clone(), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_read_only_under_load() {
    let folder = Folder::new();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let store = sqlite(&inner.join("cache.db"));
    let faults = read_only_for_a_while(&store, &inner);
    LOAD.run("SQLite in a read-only folder for half a second", store.clone(), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_held_by_another_under_load() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let store = TypedStore::new(Sqlite::file(&file));
    let other = ::rusqlite::Connection::open(&file).unwrap();
    let faults = async {
        for _ in 0..3 {
            pause(SECOND / 2).await;
            while other.execute_batch("BEGIN EXCLUSIVE").is_err() {
                pause(SECOND / 1000).await;
            }
            pause(SECOND).await;
            other.execute_batch("COMMIT").unwrap();
        }
        3
    };
    LOAD.run("SQLite file locked by another for a second", store.clone(), faults).await;
}

/// What the other process is told.
const FILE: &str = "CACHETOOLS_TEST_FILE";

/// This is no test, but the other process: it works until it is killed.
#[test]
fn one_of_two_processes_on_a_file() {
    let Ok(file) = env::var(FILE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = sqlite(Path::new(&file)).namespace("other");
    runtime.block_on(LOAD.run("the other process", store, std::future::pending()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_on_a_file_one_is_killed_under_load() {
    let folder = Folder::new();
    let file = folder.path().join("cache.db");
    let program = env::current_exe().unwrap();
    let faults = async {
        for _ in 0..5 {
            let mut other = Command::new(&program);
            other.args(["--exact", "faults::disk::one_of_two_processes_on_a_file"]).env(FILE, &file);
            let mut other = other.stdout(Stdio::null()).spawn().unwrap();
            pause(SECOND).await;
            assert!(other.try_wait().unwrap().is_none(), "the other process has ended by itself");
            other.kill().unwrap();
            tokio::task::block_in_place(|| other.wait()).unwrap();
        }
        5
    };
    LOAD.run("Two processes on one SQLite file, one killed (SIGKILL)", sqlite(&file), faults).await;
    let database = Sqlite::file(&file);
    let sound = |connection: &mut ::rusqlite::Connection| {
        connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
    };
    assert_eq!(database.raw(sound).await.as_deref(), Ok("ok"));
}
