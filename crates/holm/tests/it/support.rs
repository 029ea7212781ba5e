//! Short ways to engines, instances and errors.

use holm::{Config, Engine, Error, Instance, Linker, MemoryStrategy, Module, Result, Store};
use std::sync::LazyLock;

/// An engine for all tests that need nothing special.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// Engines that must behave alike.
pub(crate) static ENGINES: LazyLock<Vec<Engine>> = LazyLock::new(|| {
    vec![
        ENGINE.clone(),
        engine(|config| config.memory_strategy(Some(MemoryStrategy::Checked))),
        engine(|config| config.optimize(false).interruption(false)),
        engine(|config| config.fuel(true).canonical_nans(true)),
    ]
});

/// An engine of the default configuration with a change.
pub(crate) fn engine(change: impl FnOnce(&mut Config) -> &mut Config) -> Engine {
    let mut config = Config::new();
    change(&mut config);
    Engine::new(&config).unwrap()
}

pub(crate) fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A store with an instance that imports nothing.
pub(crate) fn start(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    start_with(&Linker::new(engine), (), text)
}

/// A store with an instance linked by `linker`.
pub(crate) fn start_with<T: 'static>(
    linker: &Linker<T>,
    data: T,
    text: &str,
) -> (Store<T>, Instance) {
    let mut store = Store::new(linker.engine(), data);
    let module = Module::new(linker.engine(), text).unwrap_or_else(|error| panic!("{error}"));
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

/// The text of an error that must be there.
pub(crate) fn text<R>(result: Result<R>) -> String {
    error(result).to_string()
}

/// An error that must be there.
pub(crate) fn error<R>(result: Result<R>) -> Error {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => error,
    }
}
