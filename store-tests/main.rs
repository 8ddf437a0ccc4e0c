//! The second tier: one contract over all stores, and what is special to each.
//!
//! The contract of Redis and Memcached needs a server each, which `cargo xtask test` starts. Where the variables that name them,
//! `CACHETOOLS_REDIS_URL` and `CACHETOOLS_MEMCACHED_URL`, are not set, these tests say so and end. Tests that would disturb others
//! start servers of their own.

mod away;
mod codecs;
mod coherence;
mod contract;
mod counted;
mod damage;
mod decorated;
mod faults;
mod law_12_store_failure;
mod memcached;
mod methods;
mod mount;
mod processes;
mod redis;
mod secrets;
mod seeds;
mod server;
mod sqlite;
mod support;
mod tiered;
mod told;
mod tracking;
mod typed;
