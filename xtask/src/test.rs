//! All tests: unit, integration, ui, and the examples of the documentation.

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::servers::Servers;
use crate::shell::{Outcome, cargo, target, typed};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let begin = Instant::now();
    let mut total = Total::default();
    // A folder of its own, for the flag changes all that is built.
    let mut schedules = cargo(["test", "--package", "cachetools", "--test", "schedules", "--target-dir"]);
    schedules.arg(target().join("schedules")).env("RUSTFLAGS", "--cfg shuttle");
    // They run until all tests have.
    let servers = Servers::start();
    let runs = [
        // All there is.
        cargo(["test", "--workspace", "--all-features", "--no-fail-fast"]),
        // The core as most users have it: features that others switch on must not be what holds it up.
        cargo(["test", "--package", "cachetools", "--no-fail-fast"]),
        // The code that locks, under random schedules.
        schedules,
    ];
    // Each run goes to its end, so that one sees all that fails.
    let results: Vec<Outcome> =
        runs.into_iter().map(|mut run| watch(run.args(arguments).envs(servers.variables()), &mut total)).collect();
    let Total { binaries, passed, failed, ignored } = total;
    let seconds = begin.elapsed().as_secs();
    println!("in all: {passed} passed; {failed} failed; {ignored} ignored; in {binaries} test runs and {seconds} s");
    results.into_iter().collect()
}

#[derive(Debug, Default, PartialEq)]
struct Total {
    binaries: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        self.binaries += other.binaries;
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// Lets a test run's output through and adds up its closing lines.
fn watch(tests: &mut Command, total: &mut Total) -> Outcome {
    let name = typed(tests);
    println!("$ {name}");
    let mut running =
        tests.stdout(Stdio::piped()).spawn().map_err(|error| format!("`{name}` did not start: {error}"))?;
    let output = BufReader::new(running.stdout.take().expect("it was piped"));
    for line in output.split(b'\n') {
        let line = line.map_err(|error| format!("`{name}`: {error}"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(counts) = closing_line(&line) {
            *total += counts;
        }
    }
    let status = running.wait().map_err(|error| format!("`{name}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` failed ({status})")) }
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ..`.
fn closing_line(line: &str) -> Option<Total> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |what| {
        let mut counts = counts.split("; ").filter_map(|count| count.split_once(' '));
        counts.find(|(_, name)| *name == what)?.0.parse().ok()
    };
    Some(Total { binaries: 1, passed: count("passed")?, failed: count("failed")?, ignored: count("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.02s";
        assert_eq!(closing_line(line), Some(Total { binaries: 1, passed: 12, failed: 3, ignored: 1 }));
        assert_eq!(closing_line("test result of mine: ok. 3 passed"), None);
    }
}
