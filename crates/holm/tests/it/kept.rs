//! What of a run is kept for the next one: code of what ran often, and the names of what ran at all.

use crate::artifacts::Shelf;
use crate::support::*;
use holm::{CodeCache, Engine, Linker, Module, Store, TierStats, Tiering};
use std::sync::Arc;

/// `often` is called a hundred times, `seldom` once, by code that has it inlined, `never` not at all; the loop is in a function that is called once.
const GUEST: &str = r#"(module
    (func $often (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $seldom (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "never") (param i32) (result i32) (i32.xor (local.get 0) (i32.const 1)))
    (func (export "run") (result i32) (local $sum i32) (local $left i32)
        (local.set $left (i32.const 100))
        (loop $again
            (local.set $sum (call $often (local.get $sum)))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (call $seldom (local.get $sum))))"#;

fn engine_with(shelf: &Arc<Shelf>) -> Engine {
    let tiering = Tiering { calls: 50, rounds: 50, at_once: false, seed: None };
    let cache = Arc::clone(shelf) as Arc<dyn CodeCache>;
    engine(|config| config.tier(Some("auto")).tiering(Some(tiering)).code_cache(Some(cache)))
}

/// One run of the program: what was compiled in it, the end included, and whether anything was kept.
fn run(shelf: &Arc<Shelf>) -> (TierStats, bool) {
    let module: Module = module(&engine_with(shelf), GUEST);
    let mut store = Store::new(module.engine(), ());
    let instance = Linker::new(module.engine()).instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 300);
    let kept = module.keep_promoted().unwrap();
    assert!(!module.keep_promoted().unwrap(), "there is nothing new");
    (module.tier_stats().unwrap(), kept)
}

#[test]
fn the_second_run_compiles_what_the_first_one_called_and_the_third_nothing() {
    let shelf = Arc::default();
    let (first, kept) = run(&shelf);
    assert_eq!((first.loops, kept), (1, true));
    let (second, kept) = run(&shelf);
    let both = first.functions + second.functions;
    assert_eq!((both, kept), (2, true), "often and run, in which the other one is");
    let (third, kept) = run(&shelf);
    assert_eq!((third.compilations, kept), (0, false));
}

#[test]
fn what_is_kept_is_of_the_module_and_the_settings() {
    let shelf = Arc::default();
    run(&shelf);
    let other = module(&engine_with(&shelf), &GUEST.replace("i32.const 3", "i32.const 4"));
    assert!(!other.keep_promoted().unwrap(), "nothing of it ran, and it is small");
    let (second, kept) = run(&shelf);
    assert!(second.functions > 0 && kept);
}
