//! Servers that fail under load, and what callers saw of it: the table of docs/reliability.md.

use crate::servers::Servers;
use crate::shell::{Outcome, cargo, run as shell};

pub(crate) fn run(_: &[String]) -> Outcome {
    // The tests start servers of their own; this sees to it that there are any.
    let servers = Servers::start();
    println!("| fault | calls | faults | wrong answers | longest call | recovered after |");
    let tests = ["test", "--package", "cachetools-store-tests", "--test", "stores", "--"];
    // One by one, so that none waits for another's load.
    let how = ["faults::", "--nocapture", "--test-threads", "1"];
    shell(cargo(tests.into_iter().chain(how)).envs(servers.variables()))
}
