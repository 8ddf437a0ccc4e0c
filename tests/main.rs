//! The laws, each with the tests that bear its number, and what else the whole promises.

mod simulator;
mod support;
