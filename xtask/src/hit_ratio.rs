//! The hit ratios of the policies, beside the optimum and the peers.

use crate::shell::{Outcome, cargo, run as shell, target};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut tool = cargo(["run", "--release", "--quiet", "--package", "hit-ratio", "--", "--out"]);
    shell(tool.arg(target().join("hit-ratio")).args(arguments))?;
    Ok(())
}
