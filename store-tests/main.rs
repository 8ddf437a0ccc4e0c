//! The second tier: one contract over all stores, and what is special to each.
//!
//! The tests of Redis and Memcached need a server each, which `cargo xtask test` starts. Where the variables that name them,
//! `CACHETOOLS_REDIS_URL` and `CACHETOOLS_MEMCACHED_URL`, are not set, these tests say so and end.

mod codecs;
mod contract;
mod support;
mod typed;
