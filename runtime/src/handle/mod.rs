//! Floor 5: where the caches of decorated functions and methods live, and what is shown of them.

mod registry;

pub use registry::Registry;
