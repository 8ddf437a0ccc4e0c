//! Floor 5: where the caches of decorated functions and methods live, and what is shown of them.

mod given;
mod instance;
mod method;
mod registry;

pub use given::GivenCache;
pub use instance::{InstanceCaches, site};
pub use method::{MethodCache, own};
pub use registry::Registry;
