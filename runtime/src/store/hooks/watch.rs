//! An operation under the eyes of hooks.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::error::StoreError;
use super::{Hook, Operation, Outcome};

/// What was read: how many keys, and how many had a value.
#[derive(Clone, Copy, Default)]
pub(crate) struct Read {
    pub(crate) asked: u64,
    pub(crate) found: u64,
}

/// Does `work`, and tells the hooks of it.
pub(crate) async fn watched<T>(
    hooks: &[Arc<dyn Hook>],
    operation: Operation,
    work: impl Future<Output = Result<(T, Read), StoreError>>,
) -> Result<T, StoreError> {
    if hooks.is_empty() {
        return Ok(work.await?.0);
    }
    for hook in hooks {
        hook.before(operation);
    }
    let mut watch = Watch { hooks, operation, begin: Instant::now(), given_up: true };
    let result = work.await;
    watch.given_up = false;
    let Read { asked, found } = result.as_ref().map_or_else(|_| Read::default(), |(_, read)| *read);
    let took = watch.begin.elapsed();
    watch.tell(&Outcome { took, asked, found, error: result.as_ref().err(), given_up: false });
    Ok(result?.0)
}

/// Dropped before the operation has ended, it tells that.
struct Watch<'a> {
    hooks: &'a [Arc<dyn Hook>],
    operation: Operation,
    begin: Instant,
    given_up: bool,
}

impl Watch<'_> {
    fn tell(&self, outcome: &Outcome<'_>) {
        for hook in self.hooks {
            hook.after(self.operation, outcome);
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        // A hook that panics while another panic is under way would end the process.
        if self.given_up && !thread::panicking() {
            let took: Duration = self.begin.elapsed();
            self.tell(&Outcome { took, asked: 0, found: 0, error: None, given_up: true });
        }
    }
}
