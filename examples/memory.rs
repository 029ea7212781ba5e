//! Passing bytes to a guest and back: the host writes into the guest's memory and reads its answer.

use holm::{Engine, Error, Linker, Module, Result, Store};

/// Turns ASCII letters in `length` bytes at `address` to upper case.
const GUEST: &str = r#"
    (module
      (memory (export "memory") 1)
      (func (export "shout") (param $address i32) (param $length i32)
        (local $end i32)
        (local.set $end (i32.add (local.get $address) (local.get $length)))
        (block $done
          (loop $next
            (br_if $done (i32.ge_u (local.get $address) (local.get $end)))
            (if (i32.lt_u
                  (i32.sub (i32.load8_u (local.get $address)) (i32.const 97))
                  (i32.const 26))
              (then
                (i32.store8
                  (local.get $address)
                  (i32.sub (i32.load8_u (local.get $address)) (i32.const 32)))))
            (local.set $address (i32.add (local.get $address) (i32.const 1)))
            (br $next)))))
"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
    let shout = instance.get_typed_func::<(u32, u32), ()>(&mut store, "shout")?;
    let memory = instance.get_memory(&mut store, "memory");
    let memory = memory.ok_or_else(|| Error::host("the guest exports no memory"))?;

    let text = b"a quiet word";
    memory.write(&mut store, 1024, text)?;
    shout.call(&mut store, (1024, u32::try_from(text.len()).unwrap_or(0)))?;
    assert_eq!(&memory.data(&store)[1024..1024 + text.len()], b"A QUIET WORD");

    // The guest cannot see beyond its memory, and neither can the host through it.
    let beyond = memory.write(&mut store, 65_530, text).map_err(|error| error.to_string());
    assert_eq!(beyond, Err("out of bounds memory access: 12 bytes at 0xfffa of 65536".to_owned()));
    assert_eq!(memory.grow(&mut store, 1)?, 1);
    memory.write(&mut store, 65_530, text)?;
    Ok(())
}
