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
mod values;

use holm::{Config, Engine, Instance, Linker, MemoryStrategy, Module, Store};
use libtest_mimic::{Failed, Trial};

/// One test: its name and what it does with an engine.
type Test = (&'static str, fn(&Engine) -> Result<(), Failed>);

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

/// An instance of a module given as text, with what the linker offers.
fn instance<T: 'static>(
    store: &mut Store<T>,
    linker: &Linker<T>,
    text: &str,
) -> holm::Result<Instance> {
    let module = Module::new(store.engine(), text)?;
    linker.instantiate(store, &module)
}

/// Fails with both sides when they differ.
fn same<V: PartialEq + std::fmt::Debug>(what: &str, found: V, expected: V) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}").into())
}

/// The error of something that must fail.
fn refused<V>(what: &str, answer: holm::Result<V>) -> Result<holm::Error, Failed> {
    match answer {
        Ok(_) => Err(format!("{what}: expected an error, found none").into()),
        Err(error) => Ok(error),
    }
}
