//! Limits, fuel and interruption: a guest that wants too much is stopped, and its host can go on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use holm::{
    Budget, Caller, Config, Engine, Error, ErrorKind, Linker, MemoryStrategy, Module, Store,
    StoreLimits, TrapReason,
};
use libtest_mimic::Failed;

use super::{Test, instance, refused, same};

pub(super) const TESTS: &[Test] = &[
    ("memory ends at its limit", memory),
    ("tables end at their limit", table),
    ("stores with a budget are limited together", budget),
    ("what instances and stores have used is told", usage),
    ("fuel is the same number everywhere", fuel),
    ("fuel runs out in the middle and can be refilled", fuel_ends),
    ("an interruption ends a loop", interrupted_loop),
    ("an interruption ends endless calls", interrupted_calls),
    ("an interruption ends long bulk operations", interrupted_bulk),
    ("a module beyond a limit is refused by its name", module_limit),
];

fn memory(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let memory_bytes_max = 10 << 16;
    store.set_limits(StoreLimits { memory_bytes_max, ..StoreLimits::default() });
    let text = r#"(module (memory 4) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let module = instance(&mut store, &Linker::new(engine), text)?;
    let grow = module.get_typed_func::<i32, i32>(&store, "grow")?;
    same("fits", grow.call(&mut store, 6)?, 4)?;
    same("does not fit", grow.call(&mut store, 1)?, -1)?;
    same("bytes held", store.memory_bytes(), memory_bytes_max)?;
    // All memories of a store count together.
    let error =
        refused("one more", instance(&mut store, &Linker::new(engine), "(module (memory 1))"))?;
    same("kind", error.kind(), ErrorKind::Exhausted)?;
    same(
        "an empty one",
        instance(&mut store, &Linker::new(engine), "(module (memory 0))").is_ok(),
        true,
    )
}

fn table(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let text = r#"(module (table 1 funcref)
      (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let module = instance(&mut store, &Linker::new(engine), text)?;
    let grow = module.get_typed_func::<i32, i32>(&store, "grow")?;
    same("a little", grow.call(&mut store, 1000)?, 1)?;
    same("everything", grow.call(&mut store, -2)?, -1)?;
    let huge = instance(&mut store, &Linker::new(engine), "(module (table 4000000000 funcref))");
    same("kind", refused("a huge table", huge)?.kind(), ErrorKind::Exhausted)
}

fn budget(engine: &Engine) -> Result<(), Failed> {
    let budget = Budget::default();
    let limits = StoreLimits {
        memory_bytes_max: 10 << 16,
        table_entries_max: 100,
        ..StoreLimits::default()
    };
    let make = || {
        let mut store = Store::try_new(engine, limits, ())?;
        store.share_limits(&budget)?;
        Ok::<_, Error>(store)
    };
    let text = r#"(module (memory 4) (table 30 funcref)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "more") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let (mut first, mut second) = (make()?, make()?);
    let one = instance(&mut first, &Linker::new(engine), text)?;
    instance(&mut second, &Linker::new(engine), text)?;
    same("bytes", (budget.memory_bytes(), budget.table_entries()), (8 << 16, 60))?;
    let grow = one.get_typed_func::<i32, i32>(&first, "grow")?;
    same("two more", grow.call(&mut first, 2)?, 4)?;
    same("three", grow.call(&mut first, 1)?, -1)?;
    let more = one.get_typed_func::<i32, i32>(&first, "more")?;
    same("entries", more.call(&mut first, 41)?, -1)?;
    same("fewer entries", more.call(&mut first, 40)?, 30)?;
    let third = instance(&mut second, &Linker::new(engine), "(module (memory 1))");
    same("a third", refused("a third", third)?.limit(), Some("memory bytes"))?;
    let late = first.share_limits(&budget);
    same("too late", refused("too late", late)?.kind(), ErrorKind::Exhausted)?;
    drop(second);
    same("given back", (budget.memory_bytes(), budget.table_entries()), (6 << 16, 70))?;
    same("room again", grow.call(&mut first, 4)?, 6)?;
    drop(first);
    same("nothing left", (budget.memory_bytes(), budget.table_entries()), (0, 0))
}

fn usage(engine: &Engine) -> Result<(), Failed> {
    let engine_without_clock = engine;
    let mut config = engine.config().clone();
    config.fuel(true).clock(Some(|| {
        static TICKS: AtomicU64 = AtomicU64::new(0);
        TICKS.fetch_add(1000, Ordering::Relaxed)
    }));
    config.processor_clock(Some(|| {
        static TICKS: AtomicU64 = AtomicU64::new(0);
        TICKS.fetch_add(5, Ordering::Relaxed)
    }));
    let engine = Engine::new(&config)?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(1_000_000)?;
    let text = r#"(module (memory (export "m") 3) (table (export "t") 7 funcref) (global i32 (i32.const 1))
      (type $a (array i64))
      (func (export "make") (drop (array.new_default $a (i32.const 1000)))))"#;
    let module = Module::new(&engine, text)?;
    same("compile time", module.compile_time_ns().is_some_and(|time| time >= 1000), true)?;
    let mut linker = Linker::new(&engine);
    let first = linker.instantiate(&mut store, &module)?;
    linker.instance(&store, "first", first)?;
    let other = r#"(module (import "first" "m" (memory 1)) (import "first" "t" (table 1 funcref)) (table 5 funcref)
      (global i32 (i32.const 1)) (global i32 (i32.const 1)))"#;
    let second = instance(&mut store, &linker, other)?;
    let (one, two) = (first.usage(&store), second.usage(&store));
    same("memory", (one.memory_bytes, two.memory_bytes), (3 << 16, 0))?;
    same("tables", (one.table_entries, two.table_entries), (7, 5))?;
    same("globals", (one.globals, two.globals), (1, 2))?;
    same("code", one.code_bytes, module.code_bytes() as u64)?;
    first.get_typed_func::<(), ()>(&store, "make")?.call(&mut store, ())?;
    let all = store.usage();
    same("sum", (all.memory_bytes, all.table_entries, all.instances), (3 << 16, 12, 2))?;
    same("shared", all.shared_memory_bytes, 0)?;
    same("objects", all.heap_bytes_made >= 8000, true)?;
    same("fuel", all.fuel_used.is_some_and(|fuel| fuel > 0), true)?;
    same("time of one call", all.processor_ns, Some(5))?;
    // A guest that calls a host function that calls a guest: the time passes once, and during the call it is known so far.
    let make = first.get_typed_func::<(), ()>(&store, "make")?;
    let again = move |mut caller: Caller<'_, ()>| -> holm::Result<u64> {
        make.call(&mut caller, ())?;
        Ok(caller.usage().processor_ns.unwrap_or(0))
    };
    linker.func_wrap("host", "again", again)?;
    let text = r#"(module (import "host" "again" (func $again (result i64))) (func (export "f") (result i64) (call $again)))"#;
    let nested = instance(&mut store, &linker, text)?;
    let so_far = nested.get_typed_func::<(), u64>(&store, "f")?.call(&mut store, ())?;
    same("time during a call", (so_far, store.usage().processor_ns), (10, Some(15)))?;
    same("time without a clock", Store::new(engine_without_clock, ()).usage().processor_ns, None)
}

const COUNTER: &str = r#"
(module
  (import "host" "tick" (func $tick))
  (memory 1)
  (func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "run") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $leaf (local.get $n))))
      (if (i32.and (local.get $n) (i32.const 1)) (then (call $tick)))
      (i32.store (i32.const 8) (local.get $sum))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "trap") (result i32) (i32.load (i32.const 70000))))
"#;

/// An engine that counts fuel, with one more setting.
fn counting(set: fn(&mut Config) -> &mut Config) -> holm::Result<Engine> {
    Engine::new(set(Config::new().fuel(true)))
}

fn used(engine: &Engine, rounds: i32) -> Result<(u64, u64), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "tick", || {})?;
    let module = instance(&mut store, &linker, COUNTER)?;
    store.set_fuel(1_000_000)?;
    let run = module.get_typed_func::<i32, i32>(&store, "run")?;
    same("the sum", run.call(&mut store, rounds)?, 3 * rounds * (rounds + 1) / 2)?;
    let after_run = store.fuel_left().ok_or("no fuel")?;
    let trap = module.get_typed_func::<(), i32>(&store, "trap")?;
    refused("the trap", trap.call(&mut store, ()))?;
    let after_trap = store.fuel_left().ok_or("no fuel")?;
    Ok((1_000_000 - after_run, after_run - after_trap))
}

fn fuel(_: &Engine) -> Result<(), Failed> {
    let engines = [
        counting(|config| config)?,
        counting(|config| config.memory_strategy(Some(MemoryStrategy::Checked)))?,
        counting(|config| config.optimize(false))?,
        counting(|config| config.canonical_nans(true))?,
    ];
    for rounds in [1, 2, 100] {
        let expected = used(&engines[0], rounds)?;
        for engine in &engines {
            same(&format!("fuel of {rounds} rounds"), used(engine, rounds)?, expected)?;
        }
        same("something was used", expected.0 > 0 && expected.1 > 0, true)?;
    }
    let (ten, twenty) = (used(&engines[0], 10)?.0, used(&engines[0], 20)?.0);
    let thirty = used(&engines[0], 30)?.0;
    same("fuel is linear in the rounds", twenty - ten, thirty - twenty)
}

fn fuel_ends(_: &Engine) -> Result<(), Failed> {
    let engine = counting(|config| config)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "tick", || {})?;
    let module = instance(&mut store, &linker, COUNTER)?;
    let run = module.get_typed_func::<i32, i32>(&store, "run")?;
    store.set_fuel(500)?;
    let error = refused("too little fuel", run.call(&mut store, 1_000_000))?;
    same("kind", error.kind(), ErrorKind::Exhausted)?;
    same("reason", error.trap_reason(), Some(TrapReason::OutOfFuel))?;
    refused("still none", run.call(&mut store, 1))?;
    store.set_fuel(10_000)?;
    same("refilled", run.call(&mut store, 2)?, 9)
}

/// Interrupts a call after a while and measures how long it took to end.
fn interrupt(engine: &Engine, text: &str) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let module = instance(&mut store, &Linker::new(engine), text)?;
    let run = module.get_typed_func::<i32, ()>(&store, "run")?;
    let handle = store.interrupt_handle();
    let begun = Instant::now();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            handle.interrupt();
        });
        refused("the endless call", run.call(&mut store, 1))
    })?;
    let took = begun.elapsed();
    same("kind", error.kind(), ErrorKind::Exhausted)?;
    same("reason", error.trap_reason(), Some(TrapReason::Interrupted))?;
    same(&format!("soon enough: {took:?}"), took < Duration::from_secs(10), true)?;
    refused("still in force", run.call(&mut store, 1))?;
    handle.clear();
    Ok(run.call(&mut store, 0)?)
}

fn interrupted_loop(engine: &Engine) -> Result<(), Failed> {
    interrupt(
        engine,
        r#"(module (func (export "run") (param i32) (loop (br_if 0 (local.get 0)))))"#,
    )
}

fn interrupted_calls(engine: &Engine) -> Result<(), Failed> {
    // Forty calls of two calls each: it ends, but not in this life.
    let mut text = String::from("(module (func $f0 (param i32))");
    for level in 1..40 {
        let below = level - 1;
        text.push_str(&format!(
            "(func $f{level} (param i32) (if (local.get 0)
               (then (call $f{below} (local.get 0)) (call $f{below} (local.get 0)))))"
        ));
    }
    text.push_str("(export \"run\" (func $f39)))");
    interrupt(engine, &text)
}

fn interrupted_bulk(engine: &Engine) -> Result<(), Failed> {
    interrupt(
        engine,
        r#"(module (memory 1600) (func (export "run") (param i32)
          (loop
            (memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get 0) (i32.const 100000000)))
            (br_if 0 (local.get 0)))))"#,
    )
}

fn module_limit(engine: &Engine) -> Result<(), Failed> {
    let mut text = String::from("(module (func (export \"f\")");
    text.push_str(&"(local i64)".repeat(60_000));
    text.push_str("))");
    let error = refused("60,000 locals", Module::new(engine, text))?;
    let kind = error.kind();
    same("kind", matches!(kind, ErrorKind::Exhausted | ErrorKind::Invalid), true)?;
    same(&format!("the limit in {error}"), error.to_string().contains("locals"), true)
}
