//! The call matrix and the instance cycle, against whatever crate the including program calls `wasm`.
//!
//! Two programs include this file: one with Holm's crate, one with wasmtime's; both have the same names. It prints the
//! median of many short samples per entry, as `NAME NANOSECONDS`.
//! Invariant: nothing here names an engine, so both are timed by the same code on the same modules.

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use crate::wasm::{self, Engine, Func, Instance, InstancePre, Linker, Module, Store, Val};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Samples per entry; the median counts.
const SAMPLES: usize = 21;
/// Calls per sample where a call takes nanoseconds.
const CALLS: u32 = 100_000;
/// Instances per sample.
const INSTANCES: u32 = 1_000;
/// Memory of the larger cycle, as ordinary compilers lay it out: data and stack far apart.
const PAGES: u32 = 17;

/// Guest functions; loops take the number of rounds, so that one call from the host times many calls inside.
const GUEST: &str = r#"
(module
  (import "host" "typed" (func $typed (param i32) (result i32)))
  (import "host" "untyped" (func $untyped (param i32) (result i32)))
  (import "other" "add" (func $other (param i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (table $table 4 4 funcref)
  (elem (table $table) (i32.const 0) func $step $twist $step $twist)
  (memory (export "memory") 1)

  (func $step (export "step") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 1)))
  (func $twist (param i32) (result i32)
    (i32.xor (local.get 0) (i32.const 85)))
  ;; Too large to disappear in its caller, small enough for the call to be most of it.
  (func $stored (param i32) (result i32)
    (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (local.get 0)))
    (if (i32.eq (local.get 0) (i32.const -1)) (then (return (call $stored (i32.const 1)))))
    (i32.add (local.get 0) (i32.const 1)))

  (func (export "sum") (param i32 i64 f64 i32) (result f64)
    (f64.add (local.get 2)
      (f64.add (f64.convert_i64_s (local.get 1))
        (f64.convert_i32_s (i32.add (local.get 0) (local.get 3))))))

  (func (export "empty loop") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v (i32.add (local.get $v) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v))
  (func (export "direct") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v (call $stored (local.get $v)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v))
  (func (export "small direct") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v (call $step (local.get $v)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v))
  (func (export "indirect") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v
        (call_indirect $table (type $unary) (local.get $v) (i32.and (local.get $n) (i32.const 3))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v))
  (func (export "cross") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v (call $other (local.get $v)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v))
  (func (export "to host") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v (call $typed (local.get $v)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v))
  (func (export "to host untyped") (param $n i32) (result i32) (local $v i32)
    (loop $again
      (local.set $v (call $untyped (local.get $v)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $v)))
"#;

/// A second instance, with its own memory, for calls across instances.
const OTHER: &str = r#"
(module
  (memory 1)
  (global $calls (mut i32) (i32.const 0))
  (func (export "add") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.add (local.get 0) (i32.const 1))))
"#;

/// Instances without a memory.
const BARE: &str = r#"
(module
  (global $g (mut i32) (i32.const 7))
  (func (export "work") (param i32) (result i32)
    (global.set $g (i32.add (global.get $g) (local.get 0)))
    (global.get $g)))
"#;

/// Measures everything and prints it.
pub(crate) fn run() -> Outcome<()> {
    let engine = wasm::engine()?;
    calls(&engine)?;
    report("instantiate, call, drop: no memory", cycle(&engine, BARE)?)?;
    let text = with_memory();
    report("instantiate, call, drop: 17-page memory, one data segment", cycle(&engine, &text)?)
}

/// A module with one data segment; its function writes to the data's page and to the stack's page.
fn with_memory() -> String {
    let data = "the quick brown fox jumps over the lazy dog. ".repeat(20);
    format!(
        "(module (memory (export \"memory\") {PAGES}) (data (i32.const 1024) \"{data}\")
           (global $sp (mut i32) (i32.const 1048576))
           (func (export \"work\") (param i32) (result i32)
             (global.set $sp (i32.sub (global.get $sp) (i32.const 64)))
             (i32.store (global.get $sp) (local.get 0))
             (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1028)) (local.get 0)))
             (i32.add (i32.load (global.get $sp)) (i32.load8_u (i32.const 1040)))))"
    )
}

fn calls(engine: &Engine) -> Outcome<()> {
    let mut store = Store::new(engine, 0u32);
    let instance = guest(engine, &mut store)?;
    let step = instance.get_typed_func::<i32, i32>(&mut store, "step")?;
    let mut value = 0;
    let typed = sample(CALLS, || {
        for _ in 0..CALLS {
            value = step.call(&mut store, black_box(value))?;
        }
        Ok(())
    })?;
    report("host to guest, typed", typed)?;

    let sum = instance.get_typed_func::<(i32, i64, f64, i32), f64>(&mut store, "sum")?;
    let four = sample(CALLS, || {
        for round in 0..CALLS {
            black_box(sum.call(&mut store, (7, i64::from(round), 0.5, 9))?);
        }
        Ok(())
    })?;
    report("host to guest, typed, four arguments", four)?;

    let step = function(&instance, &mut store, "step")?;
    let mut results = [Val::I32(0)];
    let untyped = sample(CALLS, || {
        for _ in 0..CALLS {
            step.call(&mut store, black_box(&[Val::I32(1)]), &mut results)?;
        }
        Ok(())
    })?;
    report("host to guest, untyped", untyped)?;

    for (name, export) in [
        ("guest to host, typed", "to host"),
        ("guest to host, untyped", "to host untyped"),
        ("guest to guest, direct", "direct"),
        ("guest to guest, direct, tiny", "small direct"),
        ("guest to guest, call_indirect", "indirect"),
        ("guest to guest, another instance", "cross"),
        ("guest loop without a call", "empty loop"),
    ] {
        let looped = instance.get_typed_func::<i32, i32>(&mut store, export)?;
        let rounds = i32::try_from(CALLS)?;
        let each = sample(CALLS, || {
            black_box(looped.call(&mut store, rounds)?);
            Ok(())
        })?;
        report(name, each)?;
    }
    Ok(())
}

/// The guest with its imports: two host functions and another instance.
fn guest(engine: &Engine, store: &mut Store<u32>) -> Outcome<Instance> {
    let mut linker: Linker<u32> = Linker::new(engine);
    linker.func_wrap("host", "typed", |value: i32| -> i32 { value.wrapping_add(1) })?;
    let module = Module::new(engine, GUEST)?;
    let other = Module::new(engine, OTHER)?;
    let other = linker.instantiate(&mut *store, &other)?;
    linker.instance(&mut *store, "other", other)?;
    let add = function(&other, store, "add")?;
    let ty = add.ty(&*store);
    linker.func_new("host", "untyped", ty, |_caller, params, results| {
        if let [Val::I32(value)] = params {
            results[0] = Val::I32(value.wrapping_add(1));
        }
        Ok(())
    })?;
    Ok(linker.instantiate(store, &module)?)
}

fn function(instance: &Instance, store: &mut Store<u32>, name: &str) -> Outcome<Func> {
    Ok(instance.get_func(store, name).ok_or_else(|| format!("no function {name}"))?)
}

/// A new store, an instance, one call, and the end of both.
fn cycle(engine: &Engine, text: &str) -> Outcome<f64> {
    let module = Module::new(engine, text)?;
    let linker: Linker<()> = Linker::new(engine);
    let prepared: InstancePre<()> = linker.instantiate_pre(&module)?;
    sample(INSTANCES, || {
        for round in 0..INSTANCES {
            let mut store = Store::new(engine, ());
            let instance = prepared.instantiate(&mut store)?;
            let work = instance.get_typed_func::<i32, i32>(&mut store, "work")?;
            black_box(work.call(&mut store, i32::try_from(round)?)?);
        }
        Ok(())
    })
}

/// Nanoseconds per item: the median over samples of `count` items each, after one that warms up.
fn sample(count: u32, mut run: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    run()?;
    let mut times = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let before = Instant::now();
        run()?;
        times.push(before.elapsed().as_secs_f64() * 1e9 / f64::from(count));
    }
    times.sort_by(f64::total_cmp);
    Ok(times[SAMPLES / 2])
}

fn report(name: &str, nanoseconds: f64) -> Outcome<()> {
    writeln!(std::io::stdout(), "{name} {nanoseconds:.2}")?;
    Ok(())
}
