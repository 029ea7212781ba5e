//! Loops that go on in machine code.
//!
//! Read next: [`super::world`].

use super::world::{Call, Instance, Left, Native, Plan, Store, World, frames};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use holm_abi::tier::Entry;

/// A plan with which a loop goes over when it comes to its header for the `n`-th time after the first.
fn after(n: i32, header: Native) -> Plan {
    Plan { first: n - 1, heat: 1, weights: (0, 1), header: Some(header), ..Plan::QUIET }
}

/// Adds numbers downwards from the parameter.
const SUM: &str = r#"(module
    (func $sum (param $n i32) (result i64) (local $sum i64)
        (loop $next
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
    (func (param $n i32) (result i64)
        (i64.mul (call $sum (local.get $n)) (i64.const 3))))"#;

/// What the loop in [`SUM`] does: parameter in slot 0, header in 1 and 2, the local in 3.
fn sum(call: &Call<'_>) -> u32 {
    let active = frames(program(call), call).iter().map(|frame| frame.1).collect::<Vec<_>>();
    assert!(active.is_empty() || active == [1], "{active:?}");
    assert_eq!((call.signature.params.len(), call.signature.result_slots), (1, 1));
    let (n, sum) = (call.frame(0), call.frame(3));
    call.set(0, (1..=n).sum::<u64>() + sum);
    0
}

fn program<'a>(call: &Call<'_>) -> &'a crate::program::Program {
    // SAFETY: the activation is the one that is outside.
    let program = unsafe { (*call.activation).program };
    // SAFETY: activations name a program that is alive.
    unsafe { &*program.cast() }
}

#[test]
fn a_loop_goes_over_at_any_turn() {
    for turn in 0..12 {
        let world = World::new(SUM, after(turn + 1, sum));
        let mut store = Store::new(1000);
        let instance = Instance::new(&world, &store);
        assert_eq!(store.call(&instance, 1, &[10]), Ok(vec![165]), "turn {turn}");
        let told = if turn < 10 { vec![(0, true)] } else { vec![] };
        assert_eq!(world.told(), told);
        // Fuel for the turns before, and nothing of the turn at whose header it went over.
        let turns = u64::try_from(turn).unwrap().min(10);
        let (before, after) = (5 + 1, if turn < 10 { 0 } else { 3 });
        assert_eq!(store.fuel(), before + 10 * turns + after, "turn {turn}");
    }
}

#[test]
fn code_that_comes_later_is_found_soon() {
    let world = World::new(SUM, Plan { first: 3, heat: i32::MAX, weights: (0, 1), ..Plan::QUIET });
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    assert_eq!(store.call(&instance, 0, &[10]), Ok(vec![55]));
    let parts = core::mem::take(&mut *world.promoter.told.lock().unwrap());
    let [part] = parts[..] else { panic!("{parts:?}") };
    let Entry::Loop { locals_at, .. } = part.entry else { panic!("{part:?}") };
    assert_eq!((part.defined, locals_at), (0, 3));
    fn cheats(call: &Call<'_>) -> u32 {
        call.set(0, call.frame(3) + 1000);
        0
    }
    world.program.promote(part, super::address(cheats));
    world.program.promote(part, super::address(sum));
    assert_eq!(store.call(&instance, 0, &[10]), Ok(vec![1000]));
    assert_eq!(store.call(&instance, 0, &[10]), Ok(vec![1000]));
    assert_eq!(world.told(), []);
}

/// The function's parameters, locals and operands in every form in which they can be while a loop begins.
const EVERYTHING: &str = r#"(module
    (func $f (param i32 v128 f32) (result f32 v128 i64) (local i64 v128 f64)
        (local.set 3 (i64.const 3))
        (local.set 5 (f64.const 0.5))
        (i32.const 70)
        (local.get 0)
        (v128.const i64x2 8 9)
        (f32.mul (local.get 2) (f32.const 2))
        (i64.const -1)
        (local.get 3)
        (loop $l (param i64 i64) (result i64 i64)
            (br $l (i64.const 5)))
        unreachable))"#;

#[test]
fn everything_is_in_its_slot() {
    fn checks(call: &Call<'_>) -> u32 {
        let frame: Vec<u64> = (0..18).map(|slot| call.frame(slot)).collect();
        let [one, two] = [1.5f32, 3.0].map(|value| u64::from(value.to_bits()));
        assert_eq!(frame[..4], [1, 2, 3, one]);
        assert_eq!(frame[6..10], [3, 0, 0, 0.5f64.to_bits()]);
        assert_eq!(frame[10..], [70, 1, 8, 9, two, u64::MAX, 3, frame[17]]);
        assert_eq!(call.signature.result_slots, 4);
        (0..4).for_each(|slot| call.set(slot, 40 + slot as u64));
        0
    }
    for turn in 1..3 {
        fn second(call: &Call<'_>) -> u32 {
            assert_eq!([call.frame(15), call.frame(16)], [3, 5]);
            (0..4).for_each(|slot| call.set(slot, 40 + slot as u64));
            0
        }
        let world = World::new(EVERYTHING, after(turn, if turn == 1 { checks } else { second }));
        let mut store = Store::new(1000);
        let instance = Instance::new(&world, &store);
        let arguments = [1, 2, 3, u64::from(1.5f32.to_bits())];
        assert_eq!(store.call(&instance, 0, &arguments), Ok(vec![40, 41, 42, 43]));
        let _ = world;
    }
}

#[test]
fn exceptions_of_a_loop_are_for_the_callers() {
    const TEXT: &str = r#"(module
        (func $f (result i32)
            (block $all (try_table (catch_all $all) (loop $l (br $l))))
            (i32.const 2))
        (func (result i32)
            (block $all (try_table (catch_all $all) (return (call $f))))
            (i32.const 3)))"#;
    let world = World::new(TEXT, after(3, |call| call.throw(7)));
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    assert_eq!(store.call(&instance, 0, &[]), Err(Left { trap: None, thrown: 7 }));
    assert_eq!(store.call(&instance, 1, &[]), Ok(vec![3]));
}

#[test]
fn there_is_no_going_over_without_room_for_the_results() {
    let results = " i64".repeat(100);
    let values = |value: &str| format!("(i64.const {value})").repeat(100);
    let text = format!(
        "(module (func (param i32) (result{results})
            (loop $l
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            {}))",
        values("5")
    );
    fn sevens(call: &Call<'_>) -> u32 {
        (0..100).for_each(|slot| call.set(slot, 7));
        0
    }
    for (slots, wanted) in [(150, 5), (300, 7)] {
        let world = World::new(&text, after(1, sevens));
        let mut store = Store::new(slots);
        let instance = Instance::new(&world, &store);
        assert_eq!(store.call(&instance, 0, &[10]), Ok(vec![wanted; 100]));
    }
}

/// The lines of a function's code that count.
fn counts(text: &str, plan: Plan) -> Vec<String> {
    let world = World::new(text, plan);
    let listing = world.program.print(0).unwrap();
    let lines = listing.lines().filter_map(|line| {
        let line = line.split(";;").next()?.trim().split_once("  ")?.1.trim();
        line.starts_with("count").then(|| line.into())
    });
    lines.collect()
}

#[test]
fn only_what_weighs_is_counted() {
    let text = "(module (func (loop (loop))))";
    let plan = |weights| Plan { weights, ..Plan::QUIET };
    let none: [String; 0] = [];
    assert_eq!(counts(text, plan((0, 0))), none);
    assert_eq!(counts(text, plan((3, 0))), ["count.call 0 3"]);
    let loops = ["count.loop 0 5 23", "count.loop 0 5 25"];
    assert_eq!(counts(text, plan((0, 5))), loops);
    assert_eq!(counts(text, plan((3, 5)))[1..], loops);
}

#[test]
fn loops_in_handlers_of_the_earlier_form_only_count() {
    let text = "(module (func
        loop end
        try loop end
        catch_all loop end try loop end catch_all end loop end
        end
        loop end))";
    let plan = Plan { weights: (0, 1), ..Plan::QUIET };
    let names: Vec<String> =
        counts(text, plan).iter().map(|line| line.split(' ').next().unwrap().into()).collect();
    assert_eq!(names, ["count.loop", "count.loop", "count", "count", "count", "count.loop"]);
}

/// Constants must not be taken to be in their slots where only one arm put them there.
#[test]
fn constants_below_a_block_are_in_their_slots_on_both_ways() {
    let text = "(module (func (param i32) (result i32)
        (i32.const 41)
        (if (local.get 0) (then (loop)) (else (loop)))
        (if (local.get 0) (then (loop)))
        (i32.add (i32.const 1))))";
    let world = World::new(text, Plan::QUIET);
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    for argument in [0, 1] {
        assert_eq!(store.call(&instance, 0, &[argument]), Ok(vec![42]));
    }
}
