//! Stores beside their bare clients, and a stampede with a store behind: the tables of docs/performance.md, "Stores".
//!
//! It uses the servers that `CACHETOOLS_REDIS_URL` and `CACHETOOLS_MEMCACHED_URL` name; `cargo xtask bench-stores` starts them.
// A bench converts counts to ratios, and ends where something is not as it has to be.
#![allow(clippy::cast_precision_loss)]

mod bare;
mod measure;
mod ours;
mod stampede;

use std::path::PathBuf;

use cachetools::store::{Bytes, TypedStore};
use measure::{Bare, Table, Variant, interleaved};
use tokio::runtime::{Builder, Runtime};

/// What is stored.
const VALUE: [u8; 100] = [b'x'; 100];

/// A store that is measured, with its bare client.
struct Subject {
    name: &'static str,
    url: String,
    bare: fn(&'static Runtime, &str) -> Bare,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if quick { 11 } else { 101 };
    // One for all, as long as the program runs; callers and clients on one thread, so that none waits for another to wake up.
    let runtime: &Runtime = Box::leak(Box::new(Builder::new_current_thread().enable_all().build().expect("a runtime")));
    let file = Folder::new();
    let subjects = subjects(&file);

    let mut table = Table::new(&["", "bare client", "`Store`", "`TypedStore`", "a call"]);
    for Subject { name, url, bare } in &subjects {
        let store = open(url).codec(Bytes);
        let bare = bare(runtime, url);
        let mut row = |what: &str, bare, ours: Vec<Variant>, before: usize| {
            let mut cells = interleaved([bare].into_iter().chain(ours).collect(), rounds);
            // A call stands in the last column.
            cells.splice(1..1, std::iter::repeat_n(String::new(), before));
            cells.resize(4, String::new());
            table.row(&format!("{name}, {what}"), cells);
        };
        row("get", bare.get, ours::reads(runtime, &store), 0);
        row("set", bare.set, ours::writes(runtime, &store), 0);
        row("get and set what was not there", bare.miss, ours::misses(runtime, &store), 2);
        // Memcached cannot: there it is pushed out.
        let _ = runtime.block_on(store.clear());
    }
    println!("{table}");
    println!("{}", stampede::table(&subjects_of_a_stampede(&file)));
}

/// Those that have a bare client.
fn subjects(folder: &Folder) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, variable, bare) in [
        ("Redis", "CACHETOOLS_REDIS_URL", bare::redis as fn(&'static Runtime, &str) -> _),
        ("Memcached", "CACHETOOLS_MEMCACHED_URL", bare::memcached),
    ] {
        match std::env::var(variable) {
            Ok(url) => subjects.push(Subject { name, url, bare }),
            Err(_) => println!("no {name}: {variable} is not set; `cargo xtask bench-stores` starts the server"),
        }
    }
    subjects.push(Subject { name: "SQLite", url: folder.url("here.db"), bare: bare::sqlite });
    let url = folder.url("on_a_thread.db");
    subjects.push(Subject { name: "SQLite, its client on a thread", url, bare: bare::sqlite_on_a_thread });
    subjects
}

fn subjects_of_a_stampede(folder: &Folder) -> Vec<(&'static str, TypedStore)> {
    let servers = subjects(folder).into_iter().filter(|subject| !subject.name.starts_with("SQLite"));
    let mut stores: Vec<_> = servers.map(|subject| (subject.name, open(&subject.url))).collect();
    stores.push(("SQLite", open(&folder.url("stampede.db"))));
    stores.push(("Memory", open("memory://")));
    stores
}

/// This run's own.
fn namespace() -> String {
    format!("bench{}", std::process::id())
}

fn open(url: &str) -> TypedStore {
    cachetools::store(url).expect("a good URL").namespace(&namespace())
}

/// A folder that goes with the program.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cachetools-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for files");
        Self(path)
    }

    fn url(&self, file: &str) -> String {
        format!("sqlite:{}", self.0.join(file).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
