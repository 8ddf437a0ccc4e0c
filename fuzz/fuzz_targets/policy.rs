//! Random operations on an order of eviction, against a map of what must be held and, where the order is exact, who leaves next.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| cachetools::__fuzz::policy(data));
