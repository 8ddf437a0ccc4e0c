//! Measures the calls beside those of the peers: `--quick`, `--only W1,W4`, or `--instructions`; with `--counting` `quick_cache`
//! counts, too.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{Outcome, cargo, run as shell, target, typed};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    // Built as users build for production, with the settings that take the noise out of inlining.
    let mut build = cargo(["build", "--quiet", "--profile", "bench", "--package", "cachetools-bench"]);
    let (counting, arguments): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| *argument == "--counting");
    if !counting.is_empty() {
        build.args(["--features", "counting"]);
    }
    shell(&mut build)?;
    let bench = target().join("release").join("cachetools-bench").with_extension(std::env::consts::EXE_EXTENSION);
    match arguments.split_first() {
        Some((first, only)) if *first == "--instructions" => instructions(&bench, only),
        _ => shell(Command::new(bench).args(arguments)),
    }
}

/// How many calls are counted, and how many more.
const CALLS: [u64; 2] = [20_000, 120_000];

/// What a call of each kind costs in instructions, by callgrind: repeatable, whatever else the machine does.
fn instructions(bench: &Path, only: &[&String]) -> Outcome {
    let output = Command::new(bench).arg("count").output().map_err(|error| error.to_string())?;
    let kinds = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("| instructions a call, the loop left out | |\n|---|---:|");
    let cost = |kind| -> Outcome<u64> {
        let [few, many] = CALLS.map(|calls| callgrind(bench, kind, calls));
        Ok((many? - few?) / (CALLS[1] - CALLS[0]))
    };
    let empty = cost("loop")?;
    for kind in kinds.lines().filter(|kind| *kind != "loop") {
        if only.is_empty() || only.iter().any(|part| kind.contains(part.as_str())) {
            println!("| {kind} | {} |", cost(kind)?.saturating_sub(empty));
        }
    }
    Ok(())
}

fn callgrind(bench: &Path, kind: &str, calls: u64) -> Outcome<u64> {
    let mut valgrind = Command::new("valgrind");
    let out: PathBuf = target().join("callgrind.out");
    valgrind.args(["--tool=callgrind", &format!("--callgrind-out-file={}", out.display())]);
    valgrind.arg(bench).args(["count", kind, &calls.to_string()]).stdout(Stdio::null());
    let output = valgrind.output().map_err(|error| format!("valgrind did not start, is it installed? {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    collected(&said).ok_or_else(|| format!("`{}` counted nothing\n{said}", typed(&valgrind)))
}

/// Reads `==1234== Collected : 5678`.
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callgrind_counted_is_read() {
        let said = "==7== Events    : Ir\n==7== Collected : 5678\n==7== \n==7== I   refs:      5,678\n";
        assert_eq!(collected(said), Some(5678));
        assert_eq!(collected("valgrind: no such program"), None);
    }
}
