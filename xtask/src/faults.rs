//! Stores that fail under load, and what callers saw of it: the table of docs/reliability.md.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::servers::Servers;
use crate::shell::{Outcome, cargo, typed};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    // The tests start servers of their own; this sees to it that there are any.
    let servers = Servers::start();
    let tests = ["test", "--quiet", "--package", "cachetools-store-tests", "--test", "stores", "--", "faults::"];
    // One by one, so that none waits for another's load.
    let how = ["--nocapture", "--test-threads", "1"];
    let mut tests = cargo(tests.into_iter().chain(how));
    tests.args(arguments).envs(servers.variables()).stdout(Stdio::piped());
    let name = typed(&tests);
    let mut running = tests.spawn().map_err(|error| format!("`{name}` did not start: {error}"))?;
    println!("| fault | calls | faults | wrong answers | longest call | recovered after |\n|---|---|---|---|---|---|");
    let mut other = Vec::new();
    for line in BufReader::new(running.stdout.take().expect("it was piped")).split(b'\n') {
        let line = line.map_err(|error| format!("`{name}`: {error}"))?;
        match row(&String::from_utf8_lossy(&line)) {
            Some(row) => println!("{row}"),
            None => other.push(line),
        }
    }
    let status = running.wait().map_err(|error| format!("`{name}`: {error}"))?;
    if status.success() {
        return Ok(());
    }
    // What the tests said besides, now that it matters.
    for line in other {
        eprintln!("{}", String::from_utf8_lossy(&line));
    }
    Err(format!("`{name}` failed ({status})"))
}

/// A row of the table, or why one is missing; the name of the test may stand before it.
fn row(line: &str) -> Option<&str> {
    let at = line.find("| ").or_else(|| line.find("not tested: "))?;
    Some(&line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_behind_the_names_of_tests() {
        assert_eq!(row("test faults::x ... | Redis | 3 |"), Some("| Redis | 3 |"));
        assert_eq!(row("| Redis | 3 |"), Some("| Redis | 3 |"));
        assert_eq!(row("not tested: memcached is not installed"), Some("not tested: memcached is not installed"));
        assert_eq!(row("test result: ok. 3 passed"), None);
    }
}
