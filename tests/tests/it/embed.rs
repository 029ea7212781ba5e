//! The API from the outside: what scripts cannot say, because it needs a host.
//!
//! Each test is a function in one of the files below, named in its list. Not here: one type alone (unit
//! tests of `holm-runtime`), the program (`commands.rs`).
//! Invariant: every test runs on every tier and in both ways of keeping memory.

mod calls;
mod failures;
mod limits;
mod nesting;
mod streams;
mod tools;
mod values;

use holm::{Config, Engine, MemoryStrategy};
use libtest_mimic::Trial;
use tools::{Test, instance, refused, same};

/// Every test, on every tier, twice.
pub(crate) fn trials() -> Vec<Trial> {
    let lists = [
        calls::TESTS,
        failures::TESTS,
        limits::TESTS,
        nesting::TESTS,
        streams::TESTS,
        values::TESTS,
    ];
    let mut trials = Vec::new();
    for (name, test) in lists.into_iter().flatten() {
        for tier in holm::TIERS {
            for (way, strategy) in
                [("reserved", MemoryStrategy::Reserved), ("checked", MemoryStrategy::Checked)]
            {
                trials.push(Trial::test(format!("embed::{tier}::{way}::{name}"), move || {
                    let mut config = Config::new();
                    test(&Engine::new(config.tier(Some(tier)).memory_strategy(Some(strategy)))?)
                }));
            }
        }
    }
    trials
}
