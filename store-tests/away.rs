//! A store that is never there.

use std::time::Duration;

use cachetools::store::{Answer, Store, StoreError};

/// Every operation of it fails.
pub(crate) struct Away;

fn away<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(StoreError::Unavailable { reason: "away".to_owned() }) })
}

impl Store for Away {
    fn name(&self) -> &'static str {
        "away"
    }

    fn get<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        away()
    }

    fn set<'a>(&'a self, _: &'a str, _: &'a [u8], _: Option<Duration>) -> Answer<'a, ()> {
        away()
    }

    fn delete<'a>(&'a self, _: &'a str) -> Answer<'a, bool> {
        away()
    }
}
