//! The simulator of the laws, over many more schedules than the normal tests try.

use crate::shell::{Outcome, cargo, run as shell};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let schedules = match arguments {
        [] => 1_000_000,
        [count] => count.replace('_', "").parse::<u64>().map_err(|error| format!("{count:?} schedules: {error}"))?,
        _ => return Err("one number is enough: how many schedules".to_owned()),
    };
    let mut simulator =
        cargo(["test", "--release", "--package", "cachetools-tests", "--test", "it", "--", "simulator", "--nocapture"]);
    println!("CACHETOOLS_SCHEDULES={schedules}");
    shell(simulator.env("CACHETOOLS_SCHEDULES", schedules.to_string()))
}
