//! Fuel, and stopping guests from other threads.

use crate::support::*;
use holm::{
    AnyRef, ArrayRef, Caller, Config, ErrorKind, InterruptHandle, Linker, MemoryStrategy, Module,
    Result, Store, TrapReason, TypedFunc, Val,
};
use std::time::{Duration, Instant};

/// Guests that never return on their own, or not for a very long time.
const ENDLESS: &[&str] = &[
    "(loop $l (br $l))",
    "(loop $l (call $leaf) (br $l))",
    "(loop $l (drop (call $fib (i32.const 25))) (br $l))",
    "(loop $l (call_indirect (i32.const 0)) (br $l))",
    "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553600)) (br $l))",
    "(loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 6553599)) (br $l))",
    "(drop (call $fib (i32.const 92)))",
    "(loop $l (call $host) (br $l))",
];

fn endless(body: &str) -> String {
    format!(
        r#"(module
             (import "host" "f" (func $host))
             (memory 100) (table funcref (elem $leaf))
             (func $leaf)
             (func $fib (param i32) (result i32)
               (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
                 (then (local.get 0))
                 (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
             (func (export "run") {body})
             (func (export "fine") (result i32) (call $fib (i32.const 10))))"#
    )
}

#[test]
fn another_thread_stops_a_guest() {
    let engines = [
        ENGINE.clone(),
        engine(|config| config.memory_strategy(Some(MemoryStrategy::Checked))),
        engine(|config| config.optimize(false)),
    ];
    for engine in &engines {
        for body in ENDLESS {
            let mut linker = Linker::<()>::new(engine);
            linker.func_wrap("host", "f", || ()).unwrap();
            let (mut store, instance) = start_with(&linker, (), &endless(body));
            let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
            let fine = instance.get_typed_func::<(), i32>(&mut store, "fine").unwrap();
            let handle = store.interrupt_handle();
            let start = Instant::now();
            let outcome = std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(20));
                    handle.interrupt();
                });
                run.call(&mut store, ())
            });
            let error = error(outcome);
            assert_eq!(error.kind(), ErrorKind::Exhausted, "{body}");
            assert_eq!(error.trap_reason(), Some(TrapReason::Interrupted), "{body}");
            assert_eq!(error.limit(), Some("deadline"));
            assert!(start.elapsed() < Duration::from_secs(20), "{body}");
            // In force until it is cleared.
            assert!(handle.is_interrupted());
            assert_eq!(
                fine.call(&mut store, ()).unwrap_err().trap_reason(),
                Some(TrapReason::Interrupted)
            );
            handle.clear();
            assert_eq!(fine.call(&mut store, ()).unwrap(), 55, "{body}");
        }
    }
}

#[test]
fn an_interruption_waits_for_instances_that_come_later() {
    let mut store = Store::new(&ENGINE, ());
    let handle = store.interrupt_handle();
    handle.interrupt();
    let guest = module(&ENGINE, r#"(module (func (export "f") (loop $l (br $l))))"#);
    let instance = Linker::new(&ENGINE).instantiate(&mut store, &guest).unwrap();
    let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
    assert_eq!(error(f.call(&mut store, ())).trap_reason(), Some(TrapReason::Interrupted));
    drop(store);
    // Nothing left to stop, and nothing that breaks.
    handle.interrupt();
    handle.clear();
}

/// A collection that is under way when the end comes is given up: what was there is lost, and nobody can get hold of it.
#[test]
fn an_end_does_not_wait_for_a_collection() {
    let text = r#"(module
        (import "host" "end" (func $end))
        (type $bytes (array (mut i8)))
        (global (export "g") (mut (ref null $bytes)) (ref.null $bytes))
        (table (export "t") 3 anyref)
        (func (export "keep") (result anyref)
          (global.set 0 (array.new_default $bytes (i32.const 4000000)))
          (table.set 0 (i32.const 1) (global.get 0))
          (global.get 0))
        (func (export "grow") (result i32)
          (call $end)
          (array.len (array.new_default $bytes (i32.const 40000000))))
        (func (export "small") (result i32) (i32.const 7)))"#;
    for ends in [false, true] {
        for engine in ENGINES.iter().chain([&engine(|config| config.gc_stress(true))]) {
            let mut linker = Linker::<Option<InterruptHandle>>::new(engine);
            let end = move |caller: Caller<'_, Option<InterruptHandle>>| {
                let handle = caller.data().as_ref().unwrap();
                if ends { handle.end() } else { handle.interrupt() }
            };
            linker.func_wrap("host", "end", end).unwrap();
            let (mut store, instance) = start_with(&linker, None, text);
            *store.data_mut() = Some(store.interrupt_handle());
            let keep = instance.get_func(&store, "keep").unwrap();
            let mut kept = [Val::I32(0)];
            keep.call(&mut store, &[], &mut kept).unwrap();
            let kept = *kept[0].anyref().unwrap().unwrap();
            let owned = kept.to_owned_ref(&store).unwrap();
            let grow = instance.get_typed_func::<(), i32>(&mut store, "grow").unwrap();
            // Without the end the array is made; nothing of this function looks at an interruption but the array's making.
            let outcome = error(grow.call(&mut store, ()));
            assert_eq!(outcome.trap_reason(), Some(TrapReason::Interrupted));
            store.data().as_ref().unwrap().clear();
            let small = instance.get_typed_func::<(), i32>(&mut store, "small").unwrap();
            let table = instance.get_table(&store, "t").unwrap();
            let global = instance.get_global(&store, "g").unwrap();
            let length = |any: AnyRef| ArrayRef::from_any(&store, any)?.unwrap().len(&store);
            if ends {
                assert!(length(kept).is_err() && owned.get(&store).is_err());
                assert!(global.get(&store).anyref().unwrap().is_none());
                assert!(table.get(&mut store, 1).unwrap().anyref().unwrap().is_none());
                store.gc().unwrap();
                let refused = error(small.call(&mut store, ())).trap_reason();
                assert_eq!(refused, Some(TrapReason::Interrupted));
            } else {
                assert_eq!(length(kept).unwrap(), 4_000_000);
                assert_eq!(length(owned.get(&store).unwrap()).unwrap(), 4_000_000);
                assert_eq!(small.call(&mut store, ()).unwrap(), 7);
            }
        }
    }
}

fn fuel_function(module: &Module) -> (Store<()>, TypedFunc<i32, i32>) {
    let mut store = Store::new(module.engine(), ());
    let instance = Linker::new(module.engine()).instantiate(&mut store, module).unwrap();
    let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
    (store, f)
}

const COUNTING: &str = r#"(module
    (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "f") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (call $one (local.get 1)))
        (br_if $l (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1)))"#;

#[test]
fn fuel_is_spent_and_runs_out() -> Result<()> {
    let mut per_engine = Vec::new();
    for strategy in [None, Some(MemoryStrategy::Checked)] {
        for optimize in [true, false] {
            let engine = engine(|config: &mut Config| {
                config.fuel(true).optimize(optimize).memory_strategy(strategy)
            });
            let (mut store, f) = fuel_function(&module(&engine, COUNTING));
            store.set_fuel(1_000_000)?;
            assert_eq!(f.call(&mut store, 100)?, 100);
            let hundred = 1_000_000 - store.fuel_left().unwrap();
            store.set_fuel(1_000_000)?;
            assert_eq!(f.call(&mut store, 200)?, 200);
            let two_hundred = 1_000_000 - store.fuel_left().unwrap();
            assert!(hundred > 500 && two_hundred > hundred, "{hundred} {two_hundred}");
            per_engine.push((hundred, two_hundred));
            // Exactly enough is enough, one less is not.
            store.set_fuel(hundred)?;
            assert_eq!(f.call(&mut store, 100)?, 100);
            assert_eq!(store.fuel_left(), Some(0));
            store.set_fuel(hundred - 1)?;
            let error = error(f.call(&mut store, 100));
            assert_eq!((error.kind(), error.limit()), (ErrorKind::Exhausted, Some("fuel")));
            assert_eq!(error.trap_reason(), Some(TrapReason::OutOfFuel));
            assert_eq!(
                error.to_string(),
                format!(
                    "all fuel consumed: {} operators were allowed, give the store more with `set_fuel`",
                    hundred - 1
                )
            );
            assert_eq!(store.fuel_left(), Some(0));
            store.set_fuel(u64::MAX)?;
            assert_eq!(f.call(&mut store, 100)?, 100);
        }
    }
    assert!(per_engine.iter().all(|fuel| *fuel == per_engine[0]), "{per_engine:?}");
    Ok(())
}

#[test]
fn without_fuel_there_is_none_to_set() {
    let mut store = Store::new(&ENGINE, ());
    assert_eq!(store.fuel_left(), None);
    assert_eq!(
        text(store.set_fuel(5)),
        "this engine does not count fuel: switch it on with `Config::fuel`"
    );
}
