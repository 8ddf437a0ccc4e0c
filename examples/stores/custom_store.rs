//! A store of one's own: a folder with a file for each key. Three operations are enough.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use cachetools::store::{Answer, Store, StoreError, TypedStore};
use cachetools::{CallExt, Outcome, cached};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("cachetools-example-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a place for temporary files");
        Self(folder)
    }

    /// Keys are text with colons and slashes; file names are not.
    fn file(&self, key: &str) -> PathBuf {
        let safe = |char: char| {
            if char.is_ascii_alphanumeric() { char.to_string() } else { format!("%{:x}.", u32::from(char)) }
        };
        self.0.join(key.chars().map(safe).collect::<String>())
    }
}

fn failed(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}

// The files are small: reading one does not hold up the executor for long. A real store would use `spawn_blocking`.
impl Store for Folder {
    fn name(&self) -> &'static str {
        "folder"
    }

    // A key of up to 100 bytes; of a longer one, its hash.
    fn fits(&self, key: &str) -> bool {
        key.len() <= 100
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            match fs::read(self.file(key)) {
                Ok(value) => Ok(Some(value)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(failed(&error)),
            }
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            if let Some(ttl) = ttl {
                return Err(StoreError::InvalidTtl { ttl, reason: "files are for ever" });
            }
            fs::write(self.file(key), value).map_err(|error| failed(&error))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            match fs::remove_file(self.file(key)) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
                Err(error) => Err(failed(&error)),
            }
        })
    }
}

#[cached(store = TypedStore::new(Folder::new()), namespace = "words")]
async fn reversed(word: &str) -> String {
    word.chars().rev().collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(reversed("desserts").traced().await, ("stressed".to_owned(), Outcome::Ran));
    reversed::cache().clear();
    assert_eq!(reversed("desserts").traced().await, ("stressed".to_owned(), Outcome::Store));
    println!("{:?}", reversed::cache_tiers().tier_stats());
    reversed::cache_invalidate("desserts");
    reversed::cache_tiers().flush().await;
    fs::remove_dir_all(Folder::new().0).expect("it is there");
}
