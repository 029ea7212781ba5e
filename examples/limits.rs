//! Three ways to keep a guest in bounds: fuel, a deadline, and a limit on memory.

use holm::{Config, Engine, ErrorKind, Linker, Module, Result, Store, StoreLimits, TrapReason};
use std::time::Duration;

const GUEST: &str = r#"
    (module
      (memory (export "memory") 1)
      (func (export "spin") (loop $again (br $again)))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
"#;

fn main() -> Result<()> {
    let engine = Engine::new(Config::new().fuel(true))?;
    let module = Module::new(&engine, GUEST)?;
    fuel(&engine, &module)?;
    deadline(&engine, &module)?;
    memory(&engine, &module)
}

/// Fuel is spent per operator and the same on every machine.
fn fuel(engine: &Engine, module: &Module) -> Result<()> {
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, module)?;
    let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    store.set_fuel(100_000)?;
    match spin.call(&mut store, ()) {
        Err(error) => assert_eq!(error.trap_reason(), Some(TrapReason::OutOfFuel)),
        Ok(()) => unreachable!("the guest never returns"),
    }
    assert_eq!(store.fuel_left(), Some(0));
    Ok(())
}

/// A deadline is another thread with a handle.
fn deadline(engine: &Engine, module: &Module) -> Result<()> {
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, module)?;
    let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    let handle = store.interrupt_handle();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            handle.interrupt();
        });
        spin.call(&mut store, ())
    });
    match outcome {
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Exhausted);
            assert_eq!(error.trap_reason(), Some(TrapReason::Interrupted));
        }
        Ok(()) => unreachable!("the guest never returns"),
    }
    Ok(())
}

/// A guest that asks for too much memory is told no.
fn memory(engine: &Engine, module: &Module) -> Result<()> {
    let limits = StoreLimits { memory_bytes_max: 1 << 20, ..StoreLimits::default() };
    let mut store = Store::try_new(engine, limits, ())?;
    let instance = Linker::new(engine).instantiate(&mut store, module)?;
    let grow = instance.get_typed_func::<i32, i32>(&mut store, "grow")?;
    assert_eq!(grow.call(&mut store, 15)?, 1);
    assert_eq!(grow.call(&mut store, 1)?, -1);
    Ok(())
}
