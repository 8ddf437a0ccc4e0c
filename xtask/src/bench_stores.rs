//! Measures stores beside their bare clients, on servers of its own: `--quick` for fewer rounds.

use std::process::Command;

use crate::servers::Servers;
use crate::shell::{Outcome, cargo, run as shell, target};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    shell(&mut cargo(["build", "--quiet", "--profile", "bench", "--package", "cachetools-bench-stores"]))?;
    let bench =
        target().join("release").join("cachetools-bench-stores").with_extension(std::env::consts::EXE_EXTENSION);
    let servers = Servers::start();
    shell(Command::new(bench).args(arguments).envs(servers.variables()))
}
