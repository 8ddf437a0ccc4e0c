//! What it costs to depend on this crate: a clean debug build of a crate with one decorated function, beside `cached` with
//! its feature `async`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::shell::{Outcome, at, cargo, remove, root, run as shell, target, write};

const ROUNDS: usize = 3;

struct Adopter {
    name: &'static str,
    dependency: String,
    attribute: &'static str,
}

pub(crate) fn run(_: &[String]) -> Outcome {
    let place = target().join("bench-adopt");
    let adopters = [
        Adopter {
            name: "cachetools",
            dependency: format!("cachetools = {{ path = '{}' }}", root().join("runtime").display()),
            attribute: "cachetools::cached",
        },
        Adopter {
            name: "cached",
            dependency: "cached = { version = \"4.1\", features = [\"async\"] }".to_owned(),
            attribute: "cached::macros::cached(max_size = 128)",
        },
    ];
    for adopter in &adopters {
        make(&place.join(adopter.name), adopter)?;
        // Whatever has to be fetched is here before the first round.
        shell(cargo(["fetch", "--quiet"]).current_dir(place.join(adopter.name)))?;
    }
    let mut rounds = adopters.each_ref().map(|_| Vec::new());
    for _ in 0..ROUNDS {
        // In turn, so that a busy moment of the machine hits both alike.
        for (adopter, rounds) in adopters.iter().zip(&mut rounds) {
            rounds.push(build(&place.join(adopter.name))?);
        }
    }
    println!("| clean debug build, best of {ROUNDS} | processor s | wall s | crates |\n|---|---:|---:|---:|");
    for (adopter, rounds) in adopters.iter().zip(&rounds) {
        let least = |of: fn(&Took) -> Duration| rounds.iter().map(of).min().unwrap_or_default().as_secs_f64();
        let crates = crates(&place.join(adopter.name))?;
        println!(
            "| {} | {:.2} | {:.2} | {crates} |",
            adopter.name,
            least(|took| took.processor),
            least(|took| took.wall)
        );
    }
    Ok(())
}

/// Makes a crate that is no member of this workspace.
fn make(folder: &Path, Adopter { name, dependency, attribute }: &Adopter) -> Outcome {
    remove(folder)?;
    let manifest = format!(
        "[package]\nname = \"adopts-{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n\n[workspace]\n"
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    // The versions that are at hand.
    let lock = root().join("Cargo.lock");
    at(&lock, fs::copy(&lock, folder.join("Cargo.lock")))?;
    write(
        &folder.join("src/lib.rs"),
        &format!("#[{attribute}]\npub async fn square(n: u64) -> u64 {{\n    n * n\n}}\n"),
    )
}

struct Took {
    processor: Duration,
    wall: Duration,
}

/// Builds all there is, after nothing is left of the build before.
fn build(folder: &Path) -> Outcome<Took> {
    let target = folder.join("target");
    remove(&target)?;
    let (begin, before) = (Instant::now(), children());
    shell(cargo(["build", "--quiet"]).current_dir(folder).env("CARGO_TARGET_DIR", target))?;
    let wall = begin.elapsed();
    Ok(Took { processor: before.zip(children()).map_or(wall, |(before, after)| after.saturating_sub(before)), wall })
}

/// How many crates are built, besides the adopter.
fn crates(folder: &Path) -> Outcome<usize> {
    let mut tree = cargo(["tree", "--prefix=none", "--edges=normal,build", "--no-dedupe"]);
    let output = tree.current_dir(folder).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<&str> = text.lines().skip(1).map(|line| line.trim_end_matches(" (*)")).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.len())
}

/// The processor time of all processes that were started from here and have ended; `None` where the system does not say.
fn children() -> Option<Duration> {
    spent(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Of Linux's `/proc/self/stat`, the fields `cutime` and `cstime`, in hundredths of a second.
fn spent(stat: &str) -> Option<Duration> {
    // The second field is a name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let hundredths: Vec<u64> =
        fields.split_whitespace().skip(13).take(2).map_while(|field| field.parse().ok()).collect();
    (hundredths.len() == 2).then(|| Duration::from_millis(10 * hundredths.iter().sum::<u64>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_ended_processes_is_read() {
        let stat = "77 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 250 50 20 0 1";
        assert_eq!(spent(stat), Some(Duration::from_secs(3)));
        assert_eq!(spent("77 (a) S 1"), None);
    }
}
