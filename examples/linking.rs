//! Two modules and a host: one guest uses what another exports, and both share a memory.

use holm::{Engine, Linker, Memory, MemoryType, Module, Result, Store};

const COUNTER: &str = r#"
    (module
      (import "host" "memory" (memory 1))
      (func (export "add") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
        (i32.load (i32.const 0))))
"#;

const USER: &str = r#"
    (module
      (import "counter" "add" (func $add (param i32) (result i32)))
      (import "host" "scale" (func $scale (param i32) (result i32)))
      (func (export "run") (result i32)
        (drop (call $add (i32.const 2)))
        (call $scale (call $add (i32.const 5)))))
"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);

    let memory = Memory::new(&mut store, MemoryType::new(1, Some(4)))?;
    linker.define("host", "memory", memory)?;
    linker.func_wrap("host", "scale", |value: i32| value * 3)?;

    let counter = linker.instantiate(&mut store, &Module::new(&engine, COUNTER)?)?;
    linker.instance(&store, "counter", counter)?;
    let user = linker.instantiate(&mut store, &Module::new(&engine, USER)?)?;

    let run = user.get_typed_func::<(), i32>(&mut store, "run")?;
    assert_eq!(run.call(&mut store, ())?, 21);
    assert_eq!(memory.data(&store)[0], 7);

    // What does not fit is an error that names both sides.
    let wrong = Module::new(&engine, r#"(module (import "counter" "add" (func (param i64))))"#)?;
    let error = linker.instantiate(&mut store, &wrong).map(|_| ()).map_err(|e| e.to_string());
    assert_eq!(
        error,
        Err("import `counter` `add`: expected function (i64) -> (), found function (i32) -> (i32)"
            .to_owned())
    );
    Ok(())
}
