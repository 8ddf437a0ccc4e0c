//! The chores of this repository: `cargo xtask help` lists them.

mod bench;
mod bench_compile;
mod bench_stores;
mod examples;
mod faults;
mod fresh;
mod hit_ratio;
mod servers;
mod shell;
mod simulate;
mod soak;
mod test;

use std::process::ExitCode;

use shell::Outcome;

struct Chore {
    name: &'static str,
    does: &'static str,
    run: fn(&[String]) -> Outcome,
}

const CHORES: &[Chore] = &[
    Chore { name: "test", does: "runs all tests; what follows goes to `cargo test`", run: test::run },
    Chore { name: "examples", does: "runs all examples, or those named", run: examples::run },
    Chore {
        name: "simulate",
        does: "runs the simulator over a million schedules, or as many as given",
        run: simulate::run,
    },
    Chore {
        name: "bench",
        does: "measures calls beside the peers: --quick, --only W1,W4, or --instructions (valgrind)",
        run: bench::run,
    },
    Chore {
        name: "bench-compile",
        does: "measures what a decorated function costs `cargo check`",
        run: bench_compile::run,
    },
    Chore {
        name: "bench-stores",
        does: "measures stores beside their bare clients, and a stampede with a store behind: --quick",
        run: bench_stores::run,
    },
    Chore {
        name: "hit-ratio",
        does: "compares the policies' hit ratios; `--help` says over what",
        run: hit_ratio::run,
    },
    Chore { name: "soak", does: "all operations in all threads for ten minutes, or as many seconds", run: soak::run },
    Chore {
        name: "faults",
        does: "kills, hangs, fills and cuts off stores under load, and prints what callers saw",
        run: faults::run,
    },
    Chore { name: "fresh", does: "tries the last commit as a newcomer would", run: fresh::run },
    Chore { name: "help", does: "prints this", run: help },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = arguments.split_first().map_or(("help", &[][..]), |(name, rest)| (name.as_str(), rest));
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("error: there is no `cargo xtask {name}`\n\n{}", list());
        return ExitCode::from(2);
    };
    match (chore.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

// The signature is that of all chores.
#[expect(clippy::unnecessary_wraps)]
fn help(_: &[String]) -> Outcome {
    println!("{}", list());
    Ok(())
}

fn list() -> String {
    let lines = CHORES.iter().map(|Chore { name, does, .. }| format!("  cargo xtask {name:<14} {does}"));
    lines.collect::<Vec<_>>().join("\n")
}
