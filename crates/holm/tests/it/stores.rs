//! Stores: many of them, after one another and at once, and what is left behind (nothing).

use crate::support::*;
use holm::{Linker, Store};

/// A store that is dropped leaves nothing in the memory, tables and globals of the next one.
#[test]
fn nothing_is_left_behind() {
    for engine in &*ENGINES {
        let guest = module(
            engine,
            r#"(module
                 (memory (export "m") 2) (table 4 funcref) (global $g (mut i32) (i32.const 0))
                 (func $f (result i32) (i32.const 1)) (elem declare func $f)
                 (func (export "dirty")
                   (memory.fill (i32.const 0) (i32.const 255) (i32.const 131072))
                   (drop (memory.grow (i32.const 3)))
                   (i32.store (i32.const 300000) (i32.const -1))
                   (table.fill 0 (i32.const 0) (ref.func $f) (i32.const 4))
                   (global.set $g (i32.const 9)))
                 (func (export "is_clean") (result i32)
                   (i32.and
                     (i32.and (ref.is_null (table.get 0 (i32.const 3))) (i32.eqz (global.get $g)))
                     (i32.eq (memory.size) (i32.const 2)))))"#,
        );
        for _ in 0..10 {
            let mut store = Store::new(engine, ());
            let instance = Linker::new(engine).instantiate(&mut store, &guest).unwrap();
            let is_clean = instance.get_typed_func::<(), i32>(&mut store, "is_clean").unwrap();
            assert_eq!(is_clean.call(&mut store, ()).unwrap(), 1);
            let memory = instance.get_memory(&store, "m").unwrap();
            assert!(memory.data(&store).iter().all(|byte| *byte == 0));
            let dirty = instance.get_typed_func::<(), ()>(&mut store, "dirty").unwrap();
            dirty.call(&mut store, ()).unwrap();
            assert_eq!(memory.data(&store)[300_003], 255);
        }
    }
}

#[test]
fn a_hundred_stores_at_once() {
    let guest = module(
        &ENGINE,
        r#"(module (memory (export "m") 1) (func (export "f") (param i32) (result i32)
             (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
             (i32.load (i32.const 0))))"#,
    );
    let mut stores: Vec<_> = (0..100)
        .map(|_| {
            let mut store = Store::new(&ENGINE, ());
            let instance = Linker::new(&ENGINE).instantiate(&mut store, &guest).unwrap();
            let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
            (store, f)
        })
        .collect();
    for round in 1..=3 {
        for ((store, f), index) in stores.iter_mut().zip(0..) {
            assert_eq!(f.call(store, index).unwrap(), index * round);
        }
    }
}

/// Stores move between threads, between calls.
#[test]
fn a_store_changes_threads() {
    let (mut store, instance) = start(
        &ENGINE,
        r#"(module (memory 1) (func (export "f") (param i32) (result i32) (i32.load (local.get 0))))"#,
    );
    let f = instance.get_typed_func::<u32, u32>(&mut store, "f").unwrap();
    assert_eq!(f.call(&mut store, 8).unwrap(), 0);
    let (mut store, f) = std::thread::spawn(move || {
        assert_eq!(f.call(&mut store, 65_532).unwrap(), 0);
        assert!(f.call(&mut store, 65_533).is_err(), "traps are caught on every thread");
        (store, f)
    })
    .join()
    .unwrap();
    assert!(f.call(&mut store, u32::MAX).is_err());
}

#[test]
fn data_is_the_embedders() {
    let mut store = Store::new(&ENGINE, vec![1]);
    store.data_mut().push(2);
    assert_eq!(store.data(), &[1, 2]);
    assert!(format!("{store:?}").contains("[1, 2]"));
    assert!(store.engine().is_same(&ENGINE));
    assert_eq!(store.into_data(), [1, 2]);
}
