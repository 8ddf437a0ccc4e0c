//! The hit ratios of the policies, beside the optimum and the peers.

use crate::shell::{Outcome, cargo, run as shell, target};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut tool = cargo(["run", "--release", "--quiet", "--package", "hit-ratio", "--", "--out"]);
    tool.arg(target().join("hit-ratio"));
    let mut is_folder = false;
    for argument in arguments {
        // cargo runs it elsewhere than where the folder was named.
        match std::path::absolute(argument) {
            Ok(folder) if is_folder => tool.arg(folder),
            _ => tool.arg(argument),
        };
        is_folder = argument == "--traces";
    }
    shell(&mut tool)?;
    Ok(())
}
