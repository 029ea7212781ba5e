//! What the tests of the API have in common.
//!
//! Not here: who runs them, which is `tests/tests/it/embed.rs` and, inside Holm, `hosts/wast/examples/embed.rs`.

use holm::{Engine, Instance, Linker, Module, Store};
use libtest_mimic::Failed;

/// One test: its name and what it does with an engine.
pub(super) type Test = (&'static str, fn(&Engine) -> Result<(), Failed>);

/// An instance of a module given as text, with what the linker offers.
pub(super) fn instance<T: 'static>(
    store: &mut Store<T>,
    linker: &Linker<T>,
    text: &str,
) -> holm::Result<Instance> {
    let module = Module::new(store.engine(), text)?;
    linker.instantiate(store, &module)
}

/// Fails with both sides when they differ.
pub(super) fn same<V: PartialEq + std::fmt::Debug>(
    what: &str,
    found: V,
    expected: V,
) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}").into())
}

/// The error of something that must fail.
pub(super) fn refused<V>(what: &str, answer: holm::Result<V>) -> Result<holm::Error, Failed> {
    match answer {
        Ok(_) => Err(format!("{what}: expected an error, found none").into()),
        Err(error) => Ok(error),
    }
}
