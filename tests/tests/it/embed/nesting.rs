//! Calls that go from the host into a guest, from there into the host, and again, and what happens when
//! the innermost one does not return.

use holm::{Caller, Engine, ErrorKind, Extern, Func, Linker, Store, TrapReason, Val};
use libtest_mimic::Failed;

use super::{Test, instance, refused, same};

pub(super) const TESTS: &[Test] = &[
    ("a trap inside a host call unwinds all", trap_inside),
    ("a host may handle a guest's trap", handled),
    ("guests and hosts recurse until the stack ends", endless),
    ("a hundred levels return one by one", hundred),
    ("a guest's memory grows during a host call", grows),
    ("a backtrace spans host calls", backtrace),
];

/// `go` calls the host, which calls `inner` with the same number.
const MODULE: &str = r#"
(module $nest
  (import "host" "again" (func $again (param i32) (result i32)))
  (memory (export "memory") 1 10)
  (global $depth (export "depth") (mut i32) (i32.const 0))
  (func $go (export "go") (param i32) (result i32)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (i32.add (i32.const 1) (call $again (local.get 0))))
  (func $inner (export "inner") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (i32.div_u (i32.const 1000) (i32.sub (local.get 0) (i32.const 1))))
  (func (export "sized") (param i32) (result i32)
    (local $before i32)
    (local.set $before (memory.size))
    (drop (call $again (local.get 0)))
    (i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)) (i32.const 7))
    (i32.sub (memory.size) (local.get $before))))
"#;

fn exported<T>(caller: &mut Caller<'_, T>, name: &str) -> holm::Result<Func> {
    match caller.get_export(name) {
        Some(Extern::Func(func)) => Ok(func),
        _ => Err(holm::Error::host(format!("no function {name}"))),
    }
}

fn call<T>(caller: &mut Caller<'_, T>, name: &str, argument: i32) -> holm::Result<i32> {
    let function = exported(caller, name)?.typed::<i32, i32>(&*caller)?;
    function.call(caller, argument)
}

fn trap_inside(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "again", |mut caller: Caller<'_, ()>, n: i32| {
        call(&mut caller, "inner", n)
    })?;
    let nest = instance(&mut store, &linker, MODULE)?;
    let go = nest.get_typed_func::<i32, i32>(&store, "go")?;
    same("a call that returns", go.call(&mut store, 11)?, 101)?;
    for (argument, reason) in [(0, TrapReason::Unreachable), (1, TrapReason::IntegerDivideByZero)] {
        let error = refused("the trap", go.call(&mut store, argument))?;
        same("kind", error.kind(), ErrorKind::Trap)?;
        same("reason", error.trap_reason(), Some(reason))?;
    }
    same("a call after the traps", go.call(&mut store, 2)?, 1001)
}

fn handled(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, 0_u32);
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "again", |mut caller: Caller<'_, u32>, n: i32| {
        call(&mut caller, "inner", n).unwrap_or_else(|_| {
            *caller.data_mut() += 1;
            -5
        })
    })?;
    let nest = instance(&mut store, &linker, MODULE)?;
    let go = nest.get_typed_func::<i32, i32>(&store, "go")?;
    same("the host's answer", go.call(&mut store, 0)?, -4)?;
    same("again", go.call(&mut store, 1)?, -4)?;
    same("a call that returns", go.call(&mut store, 3)?, 501)?;
    same("traps counted", *store.data(), 2)
}

fn endless(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        "host",
        "again",
        |mut caller: Caller<'_, ()>, n: i32| {
            if n == 0 { Ok(0) } else { call(&mut caller, "go", n) }
        },
    )?;
    let nest = instance(&mut store, &linker, MODULE)?;
    let go = nest.get_typed_func::<i32, i32>(&store, "go")?;
    let error = refused("endless recursion", go.call(&mut store, 1))?;
    same("reason", error.trap_reason(), Some(TrapReason::StackOverflow))?;
    let depth = nest.get_global(&store, "depth").ok_or("no depth")?.get(&store).i32();
    if depth.is_none_or(|depth| depth < 100) {
        return Err(format!("only {depth:?} levels fit").into());
    }
    same("a call afterwards", go.call(&mut store, 0)?, 1)?;
    let error = refused("the second time", go.call(&mut store, 1))?;
    same("reason", error.trap_reason(), Some(TrapReason::StackOverflow))
}

fn hundred(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "again", |mut caller: Caller<'_, ()>, n: i32| {
        if n == 0 { Ok(0) } else { call(&mut caller, "go", n - 1) }
    })?;
    let nest = instance(&mut store, &linker, MODULE)?;
    let go = nest.get_typed_func::<i32, i32>(&store, "go")?;
    same("a hundred and one levels", go.call(&mut store, 100)?, 101)
}

fn grows(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "again", |mut caller: Caller<'_, ()>, n: i32| {
        if let Some(Extern::Memory(memory)) = caller.get_export("memory") {
            memory.grow(&mut caller, u64::from(n.cast_unsigned()))?;
        }
        Ok::<_, holm::Error>(n)
    })?;
    let nest = instance(&mut store, &linker, MODULE)?;
    let sized = nest.get_typed_func::<i32, i32>(&store, "sized")?;
    same("pages that came", sized.call(&mut store, 3)?, 3)?;
    let memory = nest.get_memory(&store, "memory").ok_or("no memory")?;
    same("bytes", memory.data(&store).len(), 4 << 16)?;
    same("the last word", memory.data(&store)[(4 << 16) - 4], 7)?;
    refused("beyond its limit", sized.call(&mut store, 7)).map(drop)
}

fn backtrace(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_new(
        "host",
        "again",
        holm::FuncType::new([holm::ValType::I32], [holm::ValType::I32]),
        |mut caller, arguments, results| {
            let function = exported(&mut caller, "inner")?;
            function.call(&mut caller, &[arguments[0]], results)
        },
    )?;
    let nest = instance(&mut store, &linker, MODULE)?;
    let go = nest.get_func(&store, "go").ok_or("no function go")?;
    let error = refused("the trap", go.call(&mut store, &[Val::I32(0)], &mut [Val::I32(0)]))?;
    let frames = error.backtrace().ok_or("no backtrace")?.frames();
    let names: Vec<_> = frames.iter().map(|frame| frame.function_name().unwrap_or("?")).collect();
    same("frames", names, vec!["inner", "go"])?;
    same("module", frames[0].module_name(), Some("nest"))?;
    same("offsets", frames.iter().all(|frame| frame.wasm_offset().is_some()), true)
}
