//! Memories, tables, globals and references in the host's hands.

use holm::{
    Config, Engine, ExternRef, Global, GlobalType, Limits, Linker, Memory, MemoryType, Module,
};
use holm::{RefType, Store, Table, TableType, Val, ValType};
use libtest_mimic::Failed;

use super::{Test, instance, refused, same};

pub(super) const TESTS: &[Test] = &[
    ("a memory of the host's", memory),
    ("a table of the host's", table),
    ("globals of the host's", global),
    ("the host's things pass through a guest", objects),
    ("a module says what it imports and exports", types),
    ("compiled code can be kept and loaded", artifact),
];

fn memory(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(3)))?;
    linker.define("host", "memory", memory)?;
    let text = r#"(module (import "host" "memory" (memory 1 4))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    let module = instance(&mut store, &linker, text)?;
    memory.write(&mut store, 65_532, &7_u32.to_le_bytes())?;
    let load = module.get_typed_func::<i32, i32>(&store, "load")?;
    same("what the host wrote", load.call(&mut store, 65_532)?, 7)?;
    refused("beyond the end", load.call(&mut store, 65_536))?;
    same(
        "grown by the guest",
        module.get_typed_func::<(), i32>(&store, "grow")?.call(&mut store, ())?,
        1,
    )?;
    same("size", memory.size(&store), 2)?;
    same("grown by the host", memory.grow(&mut store, 1)?, 2)?;
    same("seen by the guest", load.call(&mut store, 3 * 65_536 - 4)?, 0)?;
    same("no further", memory.grow(&mut store, 1).is_err(), true)?;
    memory.data_mut(&mut store)[0..4].copy_from_slice(&[1, 2, 3, 4]);
    same("bytes", load.call(&mut store, 0)?, 0x0403_0201)?;
    let mut buffer = [0; 8];
    let last = 3 * 65_536 - 4;
    same("read over the end", memory.read(&store, last, &mut buffer).is_err(), true)?;
    same("write over the end", memory.write(&mut store, last, &buffer).is_err(), true)?;
    same("read wraps", memory.read(&store, usize::MAX, &mut buffer).is_err(), true)
}

fn table(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let limits = Limits { min: 2, max: Some(5) };
    let ty = TableType { element: RefType::EXTERNREF, limits, is_64: false };
    let table = Table::new(&mut store, ty, Val::ExternRef(None))?;
    let thing = ExternRef::new(&mut store, String::from("a thing"))?;
    table.set(&mut store, 1, Val::from(thing))?;
    refused("beyond the end", table.set(&mut store, 2, Val::from(thing)))?;
    refused("another type", table.set(&mut store, 0, Val::FuncRef(None)))?;
    same("grown", table.grow(&mut store, 3, Val::from(thing))?, 2)?;
    refused("too far", table.grow(&mut store, 1, Val::from(thing)))?;
    same("size", table.size(&store), 5)?;
    same("beyond the end", table.get(&store, 5).is_none(), true)?;
    for (index, is_there) in [(0, false), (1, true), (4, true)] {
        let Some(Val::ExternRef(found)) = table.get(&store, index) else {
            return Err("no externref".into());
        };
        same("an entry", found == Some(thing), is_there)?;
    }
    Ok(())
}

fn global(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    let ty = GlobalType { value: ValType::V128, mutable: true };
    let vector = Global::new(&mut store, ty, Val::V128(1))?;
    let ty = GlobalType { value: ValType::F64, mutable: false };
    let fixed = Global::new(&mut store, ty, Val::from(2.5))?;
    linker.define("host", "vector", vector)?.define("host", "fixed", fixed)?;
    let text = r#"(module
      (import "host" "vector" (global $vector (mut v128)))
      (import "host" "fixed" (global $fixed f64))
      (func (export "run") (result f64)
        (global.set $vector (i64x2.add (global.get $vector) (v128.const i64x2 1 5)))
        (global.get $fixed)))"#;
    let module = instance(&mut store, &linker, text)?;
    same("fixed", module.get_typed_func::<(), f64>(&store, "run")?.call(&mut store, ())?, 2.5)?;
    same("vector", vector.get(&store).v128(), Some(5 << 64 | 2))?;
    vector.set(&mut store, Val::V128(u128::MAX))?;
    same("set", vector.get(&store).v128(), Some(u128::MAX))?;
    refused("a constant", fixed.set(&mut store, Val::from(1.0)))?;
    refused("another type", vector.set(&mut store, Val::I32(1))).map(drop)
}

fn objects(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "same", |thing: Option<ExternRef>| thing)?;
    let text = r#"(module
      (import "host" "same" (func $same (param externref) (result externref)))
      (global $kept (mut externref) (ref.null extern))
      (func (export "turn") (param externref) (result externref)
        (global.get $kept)
        (global.set $kept (call $same (local.get 0)))))"#;
    let module = instance(&mut store, &linker, text)?;
    let turn = module.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&store, "turn")?;
    let one = ExternRef::new(&mut store, 1_u64)?;
    let two = ExternRef::new(&mut store, vec![2_u8])?;
    same("nothing yet", turn.call(&mut store, Some(one))?, None)?;
    same("the first", turn.call(&mut store, Some(two))?, Some(one))?;
    let found = turn.call(&mut store, None)?.ok_or("null")?;
    let data = found.data(&store)?.downcast_ref::<Vec<u8>>();
    same("what is in it", data, Some(&vec![2_u8]))?;
    same("null", turn.call(&mut store, None)?, None)
}

fn types(engine: &Engine) -> Result<(), Failed> {
    let text = r#"(module
      (import "env" "log" (func (param i32 i32)))
      (import "env" "memory" (memory 2 5))
      (table (export "t") 3 externref)
      (global (export "g") (mut i64) (i64.const 1))
      (func (export "f") (result f32) (f32.const 1)))"#;
    let module = Module::new(engine, text)?;
    let imports: Vec<String> = module
        .imports()
        .map(|import| format!("{}.{} {}", import.module(), import.name(), import.ty().kind_name()))
        .collect();
    same("imports", imports, vec!["env.log function".to_owned(), "env.memory memory".to_owned()])?;
    let exports: Vec<String> = module
        .exports()
        .map(|export| format!("{} {}", export.name(), export.ty().kind_name()))
        .collect();
    let expected = ["t table", "g global", "f function"];
    same("exports", exports, expected.map(str::to_owned).to_vec())
}

fn artifact(engine: &Engine) -> Result<(), Failed> {
    let text = r#"(module (func (export "f") (result i32) (i32.const 42)))"#;
    let made = Module::new(engine, text)?.artifact();
    if engine.tier_name() == "interp" {
        // There is no code to be kept, and that is what it says.
        let told = refused("an artifact of the interpreter", made)?.to_string();
        refused("compiling for the interpreter", engine.precompile(text))?;
        return same("mentions that nothing is compiled", told.contains("compiles nothing"), true);
    }
    let bytes = made?;
    let run = |bytes: &[u8]| -> holm::Result<i32> {
        let module = Module::from_trusted_artifact(engine, bytes.to_vec())?;
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &module)?;
        instance.get_typed_func::<(), i32>(&store, "f")?.call(&mut store, ())
    };
    same("the whole file", run(&bytes)?, 42)?;
    for length in [0, 1, 16, bytes.len() / 2, bytes.len() - 1] {
        refused(&format!("the first {length} bytes"), run(&bytes[..length]))?;
    }
    // What lies behind the header is trusted; whoever needs more keeps it where nobody else can write.
    for at in 0..8 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        refused(&format!("byte {at} changed"), run(&damaged))?;
    }
    let mut config = Config::new();
    let other = Engine::new(config.fuel(true))?;
    let under_other_settings = Module::from_trusted_artifact(&other, bytes);
    refused("another engine's settings", under_other_settings).map(drop)
}
