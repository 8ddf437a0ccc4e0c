//! The workloads of `docs/performance.md`: `cargo xtask bench`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what is measured are numbers far from any border"
)]

mod alloc;
mod calls;
mod count;
mod latency;
mod measure;
mod memory;
mod scoreboard;
mod size;
mod stampede;
mod table;
mod texts;
mod timed;
mod zipf;

use std::process::ExitCode;
use std::time::Duration;

use measure::Effort;
use table::Facts;

const WORKLOADS: [&str; 8] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "size"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        // What callgrind runs: so many calls of one kind.
        ["count", what, calls] => count::run(what, calls),
        ["count"] => {
            for (name, _) in count::KINDS {
                println!("{name}");
            }
            ExitCode::SUCCESS
        }
        _ => bench(&arguments),
    }
}

fn bench(arguments: &[&str]) -> ExitCode {
    let (mut quick, mut only) = (false, WORKLOADS.to_vec());
    let mut arguments = arguments.iter();
    while let Some(&argument) = arguments.next() {
        match argument {
            "--quick" => quick = true,
            "--only" => only = arguments.next().map(|list| list.split(',').collect()).unwrap_or_default(),
            _ => return refuse(&format!("there is no {argument}: --quick, --only W1,W4, --instructions")),
        }
    }
    if let Some(unknown) = only.iter().find(|name| !WORKLOADS.contains(name)) {
        return refuse(&format!("there is no workload {unknown}: {}", WORKLOADS.join(", ")));
    }
    let effort = if quick {
        Effort { rounds: 7, batch: Duration::from_millis(5) }
    } else {
        Effort { rounds: 15, batch: Duration::from_millis(30) }
    };
    let wanted = |name: &str| only.contains(&name);
    let mut facts = Facts::default();
    // What is static first: what was measured before can't stand in its way.
    if wanted("size") {
        size::sizes(&mut facts);
    }
    if wanted("W6") {
        memory::w6(&mut facts);
    }
    if wanted("W1") {
        timed::w1(effort, &mut facts);
    }
    if wanted("W2") {
        timed::w2(effort, &mut facts);
    }
    if wanted("W3") {
        timed::w3(effort, &mut facts);
    }
    if wanted("W4") {
        timed::w4(effort, &mut facts);
    }
    if wanted("W5") {
        stampede::w5(10_000, if quick { 3 } else { 9 }, &mut facts);
    }
    if wanted("W7") {
        latency::w7(if quick { 2 } else { 5 }, if quick { 50_000 } else { 200_000 }, &mut facts);
    }
    println!("{}", scoreboard::scoreboard(&facts));
    ExitCode::SUCCESS
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(2)
}
