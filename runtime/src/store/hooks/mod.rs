//! What watches a store's operations.

mod measures;
mod watch;

use std::fmt;
use std::time::Duration;

pub use measures::{HitRatio, Hits, Times, Timing};
pub(crate) use watch::{Read, watched};

use super::changes::Tracking;
use super::envelope::Reject;
use super::error::StoreError;

macro_rules! operations {
    ($($variant:ident $name:literal)*) => {
        /// An operation of a [`TypedStore`](super::TypedStore).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        const NAMES: &[&str] = &[$($name),*];

        const ALL: &[Operation] = &[$(Operation::$variant),*];
    };
}
operations! {
    Get "get" GetMany "get_many" Exists "exists" Ttl "ttl" Set "set" SetMany "set_many" Add "add" Delete "delete"
    Increment "increment" Expire "expire" Clear "clear" CompareAndSet "compare_and_set"
    CompareAndDelete "compare_and_delete" Close "close"
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[*self as usize])
    }
}

/// How an operation ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// How long it took.
    pub took: Duration,
    /// How many keys were read: of `get` and `get_many`.
    pub asked: u64,
    /// How many of them had a value that could be read.
    pub found: u64,
    /// Why it failed, if it did.
    pub error: Option<&'a StoreError>,
    /// Whether its caller left before it ended: it may or may not have been carried out.
    pub given_up: bool,
}

/// Watches the operations of a store: those of a [`TypedStore`](super::TypedStore), and of a cache in front of one. All hooks are
/// told before an operation begins and when it has ended, in their order. They are called where the operation runs: what they do
/// holds it up, beyond its time limit. One that panics ends the operation with its panic.
pub trait Hook: Send + Sync + 'static {
    /// An operation begins.
    fn before(&self, operation: Operation) {
        let _ = operation;
    }

    /// An operation has ended.
    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        let _ = (operation, outcome);
    }

    /// What is stored under `key` was not read: to the caller it is not there.
    fn rejected(&self, key: &str, why: Reject) {
        let _ = (key, why);
    }

    /// A cache in front of the store hears of what others change there from now on, or does not any more.
    fn tracking(&self, tracking: Tracking) {
        let _ = tracking;
    }
}

impl<H: Hook + ?Sized> Hook for std::sync::Arc<H> {
    fn before(&self, operation: Operation) {
        (**self).before(operation);
    }

    fn after(&self, operation: Operation, outcome: &Outcome<'_>) {
        (**self).after(operation, outcome);
    }

    fn rejected(&self, key: &str, why: Reject) {
        (**self).rejected(key, why);
    }

    fn tracking(&self, tracking: Tracking) {
        (**self).tracking(tracking);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_called_as_their_verbs() {
        let names: Vec<String> = ALL.iter().map(ToString::to_string).collect();
        assert_eq!(names, NAMES);
        assert_eq!(Operation::SetMany.to_string(), "set_many");
    }
}
