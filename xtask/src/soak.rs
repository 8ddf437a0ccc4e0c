//! The soak of the tests, in release and for longer.

use crate::shell::{Outcome, cargo, run as shell};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let seconds = match arguments {
        [] => 600,
        [seconds] => seconds.parse::<u64>().map_err(|error| format!("{seconds:?} seconds: {error}"))?,
        _ => return Err("one number is enough: how many seconds".to_owned()),
    };
    let mut soak = cargo(["test", "--release", "--package", "cachetools-tests", "--test", "soak", "--", "--nocapture"]);
    println!("CACHETOOLS_SOAK_SECONDS={seconds}");
    shell(soak.env("CACHETOOLS_SOAK_SECONDS", seconds.to_string()))
}
