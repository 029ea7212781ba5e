//! Host functions that fail, panic or are not there, and handles in the wrong place.

use std::fmt;

use holm::{
    Engine, Error, ErrorKind, Func, FuncType, Linker, Module, Store, TrapReason, Val, ValType,
};
use libtest_mimic::Failed;

use super::{Test, instance, refused, same};

pub(super) const TESTS: &[Test] = &[
    ("a host's error comes out as it went in", host_error),
    ("a host may raise a trap", host_trap),
    ("a panic in the host poisons the store", panic),
    ("a missing import is named with its type", missing),
    ("a wrong import is named with both types", wrong),
    ("a function of another type is refused", wrong_type),
    ("handles of another store are refused", other_store),
    ("what is no module is refused with its place", no_module),
];

const MODULE: &str = r#"
(module
  (import "host" "f" (func $f (param i32)))
  (memory 1)
  (func (export "go") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 5))
    (call $f (local.get 0))
    (i32.load (i32.const 0))))
"#;

#[derive(Debug, PartialEq)]
struct Refusal(u32);

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "refused number {}", self.0)
    }
}

impl std::error::Error for Refusal {}

fn host_error(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "f", |n: i32| match u32::try_from(n) {
        Ok(n) => Err(Error::host(Refusal(n))),
        Err(_) => Ok(()),
    })?;
    let module = instance(&mut store, &linker, MODULE)?;
    let go = module.get_typed_func::<i32, i32>(&store, "go")?;
    let error = refused("the host's error", go.call(&mut store, 3))?;
    same("kind", error.kind(), ErrorKind::Host)?;
    same("the error", error.downcast_ref::<Refusal>(), Some(&Refusal(3)))?;
    same("its text", error.to_string(), "refused number 3".to_owned())?;
    same("no trap", error.trap_reason(), None)?;
    same("a call afterwards", go.call(&mut store, -1)?, 5)
}

fn host_trap(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "f", |_: i32| -> holm::Result<()> {
        Err(Error::trap(TrapReason::IntegerOverflow))
    })?;
    let module = instance(&mut store, &linker, MODULE)?;
    let go = module.get_typed_func::<i32, i32>(&store, "go")?;
    let error = refused("the trap", go.call(&mut store, 3))?;
    same("reason", error.trap_reason(), Some(TrapReason::IntegerOverflow))
}

fn panic(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "f", |n: i32| assert!(n != 13, "thirteen"))?;
    let module = instance(&mut store, &linker, MODULE)?;
    let go = module.get_typed_func::<i32, i32>(&store, "go")?;
    same("before", go.call(&mut store, 1)?, 5)?;
    let error = refused("the panic", go.call(&mut store, 13))?;
    same("kind", error.kind(), ErrorKind::Bug)?;
    same("the panic's words", error.to_string().contains("thirteen"), true)?;
    same("poisoned", store.is_poisoned(), true)?;
    refused("a call afterwards", go.call(&mut store, 1))?;
    // Other stores of the engine are none the worse.
    let mut other = Store::new(engine, ());
    let module = instance(&mut other, &linker, MODULE)?;
    let go = module.get_typed_func::<i32, i32>(&other, "go")?;
    same("another store", go.call(&mut other, 1)?, 5)
}

fn missing(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let error = refused("no import", instance(&mut store, &Linker::new(engine), MODULE))?;
    same("kind", error.kind(), ErrorKind::Link)?;
    let text = error.to_string();
    for word in ["unknown import", "host", "f", "(i32)"] {
        same(&format!("{word} in {text}"), text.contains(word), true)?;
    }
    Ok(())
}

fn wrong(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "f", |_: i64| -> f32 { 0.0 })?;
    let error = refused("a wrong import", instance(&mut store, &linker, MODULE))?;
    same("kind", error.kind(), ErrorKind::Link)?;
    let text = error.to_string();
    for word in ["expected", "found", "host", "(i32)", "(i64) -> (f32)"] {
        same(&format!("{word} in {text}"), text.contains(word), true)?;
    }
    Ok(())
}

fn wrong_type(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let text = "(module (func (export \"f\") (param i32) (result i64) (i64.const 1)))";
    let module = instance(&mut store, &Linker::new(engine), text)?;
    let error = refused("a wrong type", module.get_typed_func::<i64, i64>(&store, "f"))?;
    same("kind", error.kind(), ErrorKind::Link)?;
    let func = module.get_func(&store, "f").ok_or("no function f")?;
    let mut results = [Val::I64(0)];
    refused("a wrong value", func.call(&mut store, &[Val::F32(0)], &mut results))?;
    refused("too few values", func.call(&mut store, &[], &mut results))?;
    refused("too few results", func.call(&mut store, &[Val::I32(1)], &mut []))?;
    func.call(&mut store, &[Val::I32(1)], &mut results)?;
    same("result", results[0].i64(), Some(1))
}

fn other_store(engine: &Engine) -> Result<(), Failed> {
    let (mut one, mut two) = (Store::new(engine, ()), Store::new(engine, ()));
    let text = r#"(module (table (export "t") 1 funcref) (func (export "f") (param funcref)))"#;
    let ours = instance(&mut one, &Linker::new(engine), text)?;
    let theirs = instance(&mut two, &Linker::new(engine), text)?;
    let foreign = theirs.get_func(&two, "f").ok_or("no function f")?;
    let table = ours.get_table(&one, "t").ok_or("no table t")?;
    refused("a table", table.set(&mut one, 0, Val::FuncRef(Some(foreign))))?;
    let own = ours.get_func(&one, "f").ok_or("no function f")?;
    refused("an argument", own.call(&mut one, &[Val::FuncRef(Some(foreign))], &mut []))?;
    refused("a call", foreign.call(&mut one, &[Val::FuncRef(None)], &mut []))?;
    let ty = FuncType::new([], [ValType::FUNCREF]);
    let leak = Func::new(&mut one, ty, move |_, _, results| {
        results[0] = Val::FuncRef(Some(foreign));
        Ok(())
    })?;
    refused("a result", leak.call(&mut one, &[], &mut [Val::FuncRef(None)])).map(drop)
}

fn no_module(engine: &Engine) -> Result<(), Failed> {
    let error = refused("an unknown section", Module::new(engine, b"\0asm\x01\0\0\0\x63\0"))?;
    same("kind", error.kind(), ErrorKind::Invalid)?;
    same("offset", error.offset().is_some(), true)?;
    let error = refused("text", Module::new(engine, "(module (func (result i32)))"))?;
    same("kind", error.kind(), ErrorKind::Invalid)?;
    let error = refused("a typing error", Module::new(engine, "(module\n  (fnc))"))?;
    same(&format!("a line in {error}"), error.to_string().contains('2'), true)?;
    refused("nothing", Module::new(engine, b"")).map(drop)
}
