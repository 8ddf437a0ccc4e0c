//! Floor 5: where the caches of decorated functions and methods live, and what is shown of them.

mod fit;
mod given;
mod instance;
mod method;
mod registry;
mod words;

pub use fit::{Fit, FitForKey, FitToKeep, Home};
pub use given::GivenCache;
pub use instance::InstanceCaches;
pub use method::MethodCache;
#[cfg(feature = "store")]
pub(crate) use method::arities;
pub use registry::Registry;
