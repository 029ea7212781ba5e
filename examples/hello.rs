//! A guest that calls its host: the smallest complete program.

use holm::{Caller, Engine, Linker, Module, Result, Store};

const GUEST: &str = r#"
    (module
      (import "host" "greet" (func $greet (param i32 i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "world")
      (func (export "run")
        i32.const 16
        i32.const 5
        call $greet))
"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "greet", greet)?;

    let module = Module::new(&engine, GUEST)?;
    let mut store = Store::new(&engine, Vec::<String>::new());
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;

    assert_eq!(store.data(), &["hello, world"]);
    Ok(())
}

/// What the guest calls: it passes the address and the length of a name in its own memory.
fn greet(mut caller: Caller<'_, Vec<String>>, address: u32, length: u32) -> Result<()> {
    let memory = caller.get_export("memory").and_then(holm::Extern::into_memory);
    let memory = memory.ok_or_else(|| holm::Error::host("the guest exports no memory"))?;
    let mut name = vec![0; length as usize];
    memory.read(&caller, address as usize, &mut name)?;
    let greeting = format!("hello, {}", String::from_utf8_lossy(&name));
    caller.data_mut().push(greeting);
    Ok(())
}
