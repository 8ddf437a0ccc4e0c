//! The laws, each with the tests that bear its number, and what else the whole promises.

mod engine;
mod engine_options;
mod law_01_one_run;
mod law_04_callers;
mod law_05_last_one_out;
mod law_06_invalidation;
mod law_07_reentry;
mod law_08_time;
mod law_10_bounded;
mod law_11_user_code;
mod shapes;
mod simulator;
mod support;
