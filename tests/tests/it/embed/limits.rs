//! Limits, fuel and interruption: a guest that wants too much is stopped, and its host can go on.

use std::time::{Duration, Instant};

use holm::{
    Config, Engine, ErrorKind, Linker, MemoryStrategy, Module, Store, StoreLimits, TrapReason,
};
use libtest_mimic::Failed;

use super::{Test, instance, refused, same};

pub(super) const TESTS: &[Test] = &[
    ("memory ends at its limit", memory),
    ("tables end at their limit", table),
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
        counting(|config| config.memory_strategy(Some(MemoryStrategy::Reserved)))?,
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
