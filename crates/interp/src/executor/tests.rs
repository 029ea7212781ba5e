//! Promotion: machine code that is a function of the test is called in the place of functions and loops.
//!
//! Not here: real machine code (see the tests of the whole engine). Read next: [`world`].

extern crate std;

mod loops;
mod watch;
mod world;

use alloc::vec;
use alloc::vec::Vec;
use holm_abi::tier::{Entry, Part};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use world::{BASE, Call, Instance, Left, Plan, Store, World, address, frames};

const START: Entry = Entry::Start;

/// Every way to call function 0, which adds 1, from functions that double its result where they can.
const CALLS: &str = r#"(module
    (type $t (func (param i32) (result i32)))
    (import "" "" (func $import (type $t)))
    (table 8 8 funcref)
    (elem declare func $callee)
    (func $callee (type $t) (i32.add (local.get 0) (i32.const 1)))
    (func (type $t) (i32.shl (call $callee (local.get 0)) (i32.const 1)))
    (func (type $t) (i32.shl (call_indirect (type $t) (local.get 0) (i32.const 0)) (i32.const 1)))
    (func (type $t) (i32.shl (call_indirect (type $t) (local.get 0) (i32.const 1)) (i32.const 1)))
    (func (type $t) (i32.shl (call $import (local.get 0)) (i32.const 1)))
    (func (type $t) (i32.shl (call_ref $t (local.get 0) (ref.func $callee)) (i32.const 1)))
    (func $tail (type $t) (return_call $callee (local.get 0)))
    (func (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 1)))
    (func (type $t) (return_call $import (local.get 0)))
    (func (type $t) (return_call_ref $t (local.get 0) (ref.func $callee)))
    (func (type $t) (i32.shl (call $tail (local.get 0)) (i32.const 1))))"#;
const CALLERS: u32 = 12;

/// An instance of [`CALLS`] whose import and whose entry 1 are another instance's function 0.
fn linked(own: &World, other: &World, store: &mut Store) -> (Instance, Instance) {
    let mut instance = Instance::new(own, store);
    let partner = Instance::new(other, store);
    let near = store.record(instance.number(0), instance.anchor as u64);
    assert_eq!(near, 1);
    let far = store.record(partner.number(0), partner.anchor as u64);
    instance.set_entry(0, instance.number(0), false, near);
    instance.set_entry(1, partner.number(0), true, far);
    instance.import(0, partner.number(0), partner.anchor);
    (instance, partner)
}

/// What each caller gives for 20.
fn all(store: &mut Store, instance: &Instance) -> Vec<u64> {
    let call = |caller| store.call(instance, caller, &[20]).unwrap()[0];
    (0..CALLERS).map(call).collect()
}

fn adds_100(call: &Call<'_>) -> u32 {
    call.set(0, call.slot(0) + 100);
    0
}

fn adds_1000(call: &Call<'_>) -> u32 {
    call.set(0, call.slot(0) + 1000);
    0
}

#[test]
fn code_numbers_are_those_of_the_stubs() {
    let world = World::new(CALLS, Plan::QUIET);
    assert_eq!(world.program.entry(3), Some(BASE + 3 * 32 + 1));
    assert_eq!(world.program.entry(CALLERS), None);
    let machine = |defined: u64| {
        let at = (world.program.entries() + 48 * defined + 8) as *const u64;
        // SAFETY: an entry is alive as long as its program.
        unsafe { at.read() }
    };
    assert_eq!(machine(3), BASE + 3 * 32 + 16);
    world.program.promote(Part { defined: 3, entry: START }, 0x1230);
    world.program.promote(Part { defined: 3, entry: START }, 0x4560);
    world.program.promote(Part { defined: 300, entry: START }, 0x4560);
    assert_eq!([machine(2), machine(3), machine(4)], [BASE + 80, 0x1230, BASE + 144]);
}

#[test]
fn everybody_calls_what_has_been_promoted() {
    let worlds = [(); 2].map(|()| World::new(CALLS, Plan::QUIET));
    let mut store = Store::new(1000);
    let (instance, _partner) = linked(&worlds[0], &worlds[1], &mut store);
    let interpreted = [21, 42, 42, 42, 42, 42, 21, 21, 21, 21, 21, 42];
    assert_eq!(all(&mut store, &instance), interpreted);
    worlds[0].program.promote(Part { defined: 0, entry: START }, address(adds_100));
    let near = [120, 240, 240, 42, 42, 240, 120, 120, 21, 21, 120, 240];
    assert_eq!(all(&mut store, &instance), near);
    worlds[1].program.promote(Part { defined: 0, entry: START }, address(adds_1000));
    let both = [120, 240, 240, 2040, 2040, 240, 120, 120, 1020, 1020, 120, 240];
    assert_eq!(all(&mut store, &instance), both);
    assert_eq!(worlds[0].told(), []);
}

#[test]
fn it_is_as_if_the_caller_had_called_machine_code() {
    const TEXT: &str = r#"(module
        (type $s (struct))
        (type $t (func (param i32) (result i32)))
        (func $callee (param eqref i32 eqref) (result i32) unreachable)
        (func (param eqref) (result i32) (local eqref)
            (local.set 1 (local.get 0))
            (call $callee (local.get 0) (i32.const 5) (local.get 1)))
        (func (param eqref i32 eqref) (result i32)
            (return_call $callee (local.get 2) (i32.const 5) (local.get 0)))
        (func (param eqref) (result i32)
            (call 2 (local.get 0) (i32.const 6) (local.get 0))))"#;
    fn checks(call: &Call<'_>) -> u32 {
        // SAFETY: the activation is outside.
        let this = unsafe { &*call.activation };
        // SAFETY: activations name a program that is alive.
        let program = unsafe { &*this.program.cast::<crate::program::Program>() };
        assert_eq!([call.slot(0), call.slot(1), call.slot(2)], [8, 5, 8]);
        let caller = frames(program, call);
        let slots: Vec<u32> = {
            let mut seen = vec![];
            let mut visit = |reference| {
                seen.push(reference);
                reference + 8
            };
            // SAFETY: the activation is outside.
            unsafe { super::references(call.activation, &mut visit) };
            seen
        };
        let active: Vec<u32> = caller.iter().map(|frame| frame.1).collect();
        // Parameters and locals of the caller, nothing of the callee, which was there.
        assert!((active == [1] && slots == [8, 8]) || (active == [3] && slots == [8]));
        // SAFETY: the activation is outside.
        let top = unsafe { super::top(call.activation) };
        assert!(top >= call.slots as u64 + 3 * 8, "the arguments lie below the top");
        call.set(0, call.slot(2) + 1);
        0
    }
    let world = World::new(TEXT, Plan::QUIET);
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    world.program.promote(Part { defined: 0, entry: START }, address(checks));
    assert_eq!(store.call(&instance, 1, &[8]), Ok(vec![9]));
    assert_eq!(store.call(&instance, 3, &[8]), Ok(vec![9]));
}

#[test]
fn exceptions_of_machine_code_are_for_its_callers() {
    const TEXT: &str = r#"(module
        (type $t (func (param i32) (result i32)))
        (import "" "" (func $import (type $t)))
        (func $callee (type $t)
            (block $all (try_table (catch_all $all) (return (i32.const 1))))
            (i32.const 2))
        (func $caller (type $t)
            (block $all
                (try_table (catch_all $all) (return (call $callee (local.get 0)))))
            (i32.const 3))
        (func (type $t) (call $callee (local.get 0)))
        (func (type $t)
            (block $all
                (try_table (catch_all $all) (return (call 3 (local.get 0)))))
            (i32.const 4))
        (func (type $t)
            (block $all
                (try_table (catch_all $all) (return (call $import (local.get 0)))))
            (i32.const 5)))"#;
    fn throws(call: &Call<'_>) -> u32 {
        call.throw(7)
    }
    let worlds = [(); 2].map(|()| World::new(TEXT, Plan::QUIET));
    let mut store = Store::new(1000);
    let [instance, partner] = [0, 1].map(|index| Instance::new(&worlds[index], &store));
    instance.import(0, partner.number(0), partner.anchor);
    assert_eq!(store.call(&instance, 1, &[0]), Ok(vec![1]));
    for world in &worlds {
        world.program.promote(Part { defined: 0, entry: START }, address(throws));
    }
    assert_eq!(store.call(&instance, 0, &[0]), Err(Left { trap: None, thrown: 7 }));
    assert_eq!(store.call(&instance, 2, &[0]), Err(Left { trap: None, thrown: 7 }));
    assert_eq!(store.call(&instance, 1, &[0]), Ok(vec![3]));
    assert_eq!(store.call(&instance, 3, &[0]), Ok(vec![4]));
    assert_eq!(store.call(&instance, 4, &[0]), Ok(vec![5]));
}

#[test]
fn calls_are_counted_and_told() {
    let plan = Plan { first: 2, heat: 4, weights: (1, 0), ..Plan::QUIET };
    let world = World::new(CALLS, plan);
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    let mut told = vec![];
    for _ in 0..15 {
        store.call(&instance, 0, &[1]).unwrap();
        told.push(world.told().len());
    }
    assert_eq!(told, [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(world.program.heat(0), Some(2));
    assert_eq!(world.program.heat(1), Some(2));
    assert_eq!(world.program.heat(CALLERS), None);
}

#[test]
fn a_function_promoted_while_it_is_told_is_called_at_once() {
    let plan = Plan { first: 1, heat: 1, start: Some(adds_100), ..Plan::QUIET };
    let world = World::new(CALLS, plan);
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    let results = [(); 3].map(|()| store.call(&instance, 0, &[1]).unwrap()[0]);
    assert_eq!(results, [2, 101, 101]);
    assert_eq!(world.told(), [(0, false)]);
}

/// Threads that translate, threads that call, and one that promotes: whatever they do first, everybody calls the machine
/// code in the end.
#[test]
fn promotion_is_seen_by_all_threads() {
    for round in 0..200 {
        let world = World::new(CALLS, Plan::QUIET);
        let barrier = Barrier::new(4);
        let promoted = AtomicBool::new(false);
        let call = &|caller: u32| {
            let mut store = Store::new(1000);
            let (instance, _) = linked(&world, &world, &mut store);
            let wanted = if caller == 0 { [21, 120] } else { [42, 240] };
            barrier.wait();
            let mut last = 0;
            for _ in 0..20 {
                let before = promoted.load(Ordering::Acquire);
                let result = store.call(&instance, caller, &[20]).unwrap()[0];
                assert!(result == wanted[1] || (!before && result == wanted[0]), "{result}");
                assert!(result >= last, "nobody goes back");
                last = result;
            }
        };
        thread::scope(|scope| {
            for caller in 0..3 {
                scope.spawn(move || call(caller));
            }
            barrier.wait();
            if round % 2 == 0 {
                thread::yield_now();
            }
            world.program.promote(Part { defined: 0, entry: START }, address(adds_100));
            promoted.store(true, Ordering::Release);
        });
        let mut store = Store::new(1000);
        let (instance, _) = linked(&world, &world, &mut store);
        assert_eq!(store.call(&instance, 0, &[20]), Ok(vec![120]));
    }
}
