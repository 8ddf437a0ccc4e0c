//! Floor 0: what everything stands on. Knows neither tables nor calls.

pub(crate) mod chance;
pub(crate) mod clock;
pub(crate) mod error;
pub(crate) mod here;
pub(crate) mod key;
pub(crate) mod stats;
pub(crate) mod sync;
pub(crate) mod ttl;
