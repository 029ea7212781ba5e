//! Compiling ahead of time: the slow part is done once, loading takes microseconds.

use holm::{Engine, Linker, Module, Result, Store};

const GUEST: &str = r#"
    (module
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
          (then (local.get 0))
          (else
            (i32.add
              (call $fib (i32.sub (local.get 0) (i32.const 1)))
              (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    let artifact = engine.precompile(GUEST)?;

    // The artifact is machine code and runs as it is. Load only what you made yourself and kept safe;
    // the name of the method says so.
    let module = Module::from_trusted_artifact(&engine, artifact)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
    let fib = instance.get_typed_func::<i32, i32>(&mut store, "fib")?;
    assert_eq!(fib.call(&mut store, 20)?, 6_765);

    // Engines with other settings refuse it, with both settings in the message.
    let other = Engine::new(holm::Config::new().fuel(true))?;
    let refused = Module::from_trusted_artifact(&other, engine.precompile(GUEST)?);
    match refused {
        Err(error) => assert!(error.to_string().contains("compile it again"), "{error}"),
        Ok(_) => unreachable!("the code does not count fuel"),
    }
    Ok(())
}
