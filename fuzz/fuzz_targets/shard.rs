//! A shard under every order of eviction, against a naive model.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| cachetools::__fuzz::shard(data));
