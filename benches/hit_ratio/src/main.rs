//! Hit ratios of all policies over synthetic patterns and recorded traces, beside the optimum and the peers.
//!
//! Prints tables in Markdown and draws a curve a trace into `target/hit-ratio/`.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "traces have fewer than 2^32 requests"
)]

mod contest;
mod curves;
mod files;
mod optimum;
mod patterns;
mod peers;
#[allow(dead_code, unreachable_pub, reason = "the floor as it is, driven without keys and values: no weights, no enum")]
#[path = "../../../runtime/src/policy/mod.rs"]
mod policy;
mod shard;
mod table;
mod trace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, io};

const HELP: &str = "\
cargo xtask hit-ratio [OPTION]...

  --traces DIR  also replays the traces in DIR: *.txt or *.txt.xz, one key a line; may be given again
  --quick       a tenth of the patterns, the first 100,000 requests of each trace, no pictures
  --no-peers    this crate's policies only
  --seed N      other keys drawn, other hashes; 1 unless given
  --out DIR     where the pictures go; target/hit-ratio unless given";

struct Options {
    traces: Vec<PathBuf>,
    quick: bool,
    peers: bool,
    seed: u64,
    out: PathBuf,
}

fn main() -> ExitCode {
    let run = match options(env::args().skip(1)) {
        Ok(Some(options)) => run(&options).map_err(|error| error.to_string()),
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `None` if the help was asked for.
fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hit-ratio");
    let mut options = Options { traces: Vec::new(), quick: false, peers: true, seed: 1, out: target };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--traces" => options.traces.push(value()?.into()),
            "--quick" => options.quick = true,
            "--no-peers" => options.peers = false,
            "--seed" => options.seed = value()?.parse().map_err(|error| format!("`--seed`: {error}"))?,
            "--out" => options.out = value()?.into(),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("there is no option `{argument}`")),
        }
    }
    Ok(Some(options))
}

fn run(options: &Options) -> io::Result<()> {
    let begin = Instant::now();
    let (length, most) = if options.quick { (50_000, 100_000) } else { (500_000, usize::MAX) };
    let mut traces = patterns::all(length, options.seed);
    for folder in &options.traces {
        let read = files::all(folder, most, options.seed);
        traces.extend(read.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?);
    }
    let contenders = contest::contenders(options.peers);
    let results = contest::run(&traces, contenders, !options.quick);
    println!("{}", table::Table { traces: &traces, contenders, results: &results });
    if !options.quick {
        let drawn = curves::draw(&options.out, &traces, contenders, &results)?;
        println!("{drawn} pictures in {}", options.out.display());
    }
    println!("{:.0} seconds", begin.elapsed().as_secs_f64());
    Ok(())
}
