//! A store that keeps nothing.

use std::time::Duration;

use super::api::{Answer, Store};
use super::error::StoreError;
use super::ttl::Remaining;

/// Keeps nothing: every read is a miss, every write succeeds. `null://` as a URL.
///
/// Behind a decorated function it leaves the sharing of concurrent calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

fn ready<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    Box::pin(std::future::ready(Ok::<_, StoreError>(value)))
}

impl Store for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn get<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        ready(None)
    }

    fn set<'a>(&'a self, _: &'a str, _: &'a [u8], _: Option<Duration>) -> Answer<'a, ()> {
        ready(())
    }

    fn delete<'a>(&'a self, _: &'a str) -> Answer<'a, bool> {
        ready(false)
    }

    fn add<'a>(&'a self, _: &'a str, _: &'a [u8], _: Option<Duration>) -> Answer<'a, ()> {
        ready(())
    }

    /// `by`: a number that is not there begins with it.
    fn increment<'a>(&'a self, _: &'a str, by: i64) -> Answer<'a, i64> {
        ready(by)
    }

    fn expire<'a>(&'a self, _: &'a str, _: Option<Duration>) -> Answer<'a, bool> {
        ready(false)
    }

    fn ttl<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Remaining>> {
        ready(None)
    }

    fn clear<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        ready(())
    }

    fn compare_and_set<'a>(&'a self, _: &'a str, _: &'a [u8], _: &'a [u8], _: Option<Duration>) -> Answer<'a, bool> {
        ready(false)
    }

    fn compare_and_delete<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Answer<'a, bool> {
        ready(false)
    }
}
