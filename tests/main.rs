//! The laws, each with the tests that bear its number, and what else the whole promises.

mod allocations;
mod attribute;
mod by_hand;
mod call_ext;
mod clocks;
mod close;
mod counters;
mod engine;
mod engine_options;
mod floors;
mod handle;
mod law_01_one_run;
mod law_02_transparent;
mod law_03_errors;
mod law_04_callers;
mod law_05_last_one_out;
mod law_06_invalidation;
mod law_07_reentry;
mod law_08_time;
mod law_10_bounded;
mod law_11_user_code;
mod seeds_async_lru;
mod seeds_cachetools_async;
mod shapes;
mod simulator;
mod support;
