//! What a decorated function costs `cargo check`: two crates of the same functions, one of them decorated.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::shell::{Outcome, at, cargo, remove, root, target, typed, write};

const FUNCTIONS: u32 = 200;
const ROUNDS: u32 = 7;

/// The shapes that the functions have in turn: an attribute and the function below it.
const SHAPES: &[(&str, &str)] = &[
    ("#[cached]", "pub async fn FN(id: u64) -> u64 { later(id).await }"),
    (
        "#[cached(lru = 1000, ttl = \"10m\")]",
        "pub async fn FN(name: &str, page: u32) -> String { later(format!(\"{name}{page}\")).await }",
    ),
    ("#[cached(lru = 32)]", "pub async fn FN(id: u32) -> Result<String, Error> { Ok(later(id.to_string()).await) }"),
    (
        "#[cached(ignore = \"db\")]",
        "pub async fn FN(db: &Db, id: u64) -> Option<Arc<str>> { Some(later(db.0.into()).await).filter(|_| id > 0) }",
    ),
];

const HEAD: &str = "#![allow(unused)]
use std::sync::Arc;
use cachetools::cached;
pub struct Db(pub &'static str);
#[derive(Clone, Debug)]
pub struct Error;
async fn later<T>(value: T) -> T { value }
";

pub(crate) fn run(_: &[String]) -> Outcome {
    let place = target().join("bench-compile");
    let crates = ["plain", "cached"];
    for name in crates {
        make(&place.join(name), name)?;
        check(&place, name)?; // builds what it depends on
    }
    println!("cargo check of {FUNCTIONS} functions, the best of {ROUNDS} rounds");
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        // In turn, so that a busy moment of the machine hits both alike.
        for (best, name) in best.iter_mut().zip(crates) {
            touch(&place.join(name))?;
            *best = check(&place, name)?.min(*best);
        }
    }
    let [plain, cached] = best.map(|time| time.as_secs_f64() * 1e3);
    println!("  undecorated: {plain:>8.1} ms");
    println!("  decorated:   {cached:>8.1} ms");
    println!("  a function:  {:>8.2} ms", (cached - plain) / f64::from(FUNCTIONS));
    Ok(())
}

/// Makes a crate that is no member of this workspace.
fn make(folder: &Path, name: &str) -> Outcome {
    remove(folder)?;
    let runtime = root().join("runtime");
    let runtime = runtime.display();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\ncachetools = {{ path = '{runtime}' }}\n\n[workspace]\n"
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    // The versions that are at hand.
    let lock = root().join("Cargo.lock");
    at(&lock, std::fs::copy(&lock, folder.join("Cargo.lock")))?;
    let mut source = HEAD.to_owned();
    for (number, (attribute, function)) in (0..FUNCTIONS).zip(SHAPES.iter().cycle()) {
        let attribute = if name == "cached" { attribute } else { "" };
        let function = function.replace("FN", &format!("function_{number}"));
        writeln!(source, "{attribute}\n{function}").expect("a String takes all");
    }
    write(&folder.join("src/lib.rs"), &source)
}

/// Checks it, and nothing from a check before helps: what an editor or a CI run pays the first time.
fn check(place: &Path, name: &str) -> Outcome<Duration> {
    let mut check = cargo(["check", "--quiet"]);
    check.current_dir(place.join(name)).env("CARGO_TARGET_DIR", place.join("target")).env("CARGO_INCREMENTAL", "0");
    let begin = Instant::now();
    let output = check.output().map_err(|error| error.to_string())?;
    let took = begin.elapsed();
    if output.status.success() {
        Ok(took)
    } else {
        Err(format!("`{}` failed\n{}", typed(&check), String::from_utf8_lossy(&output.stderr)))
    }
}

fn touch(folder: &Path) -> Outcome {
    let source = folder.join("src/lib.rs");
    let file = at(&source, std::fs::File::options().append(true).open(&source))?;
    at(&source, file.set_modified(std::time::SystemTime::now()))
}
