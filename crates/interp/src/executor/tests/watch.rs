//! Branches and calls that are watched: they do the same as others, and what is seen is what happened.
//!
//! Read next: [`super::world`].

use super::std::thread;
use super::world::{BASE, Fake, Instance, Plan, Store, World, settings};
use crate::program::Program;
use crate::translate::Notes;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use holm_abi::interpreter::Tiering;
use holm_abi::signature::RegisterFile;
use holm_abi::tier::{Seen, Share};

/// From the first call on, for so many rounds and calls.
fn watched(watch: i32) -> Plan {
    Plan { first: 0, heat: i32::MAX, watch, ..Plan::QUIET }
}

/// What was seen, by the function.
fn seen(world: &World) -> Vec<(u32, Seen)> {
    let mut all = vec![];
    world.program.profile().visit(&mut |defined, offset, seen| {
        let profile = world.program.profile();
        let again = match seen {
            Seen::Branch(share) => (profile.branch(defined, offset), Some(share)),
            Seen::Call(share) => (profile.calls(defined, offset), Some(share)),
            Seen::Callee(_) => panic!("there are no indirect calls"),
        };
        assert_eq!(again.0, again.1);
        all.push((defined, seen));
    });
    all
}

fn branch(times: u32, of: u32) -> Seen {
    Seen::Branch(Share { times, of })
}

fn call(times: u32, of: u32) -> Seen {
    Seen::Call(Share { times, of })
}

/// Every way to branch on a comparison, or on a number: functions of two values of a type, which give 5 if the
/// condition holds and 10 if not.
fn branches(ty: &str, operators: &[&str]) -> (String, u32) {
    let (a, b) = ("(local.get 0)", "(local.get 1)");
    let sum = format!("({ty}.add {a} {b})");
    let constant = format!("({ty}.const 3)");
    let pairs = [(a, b), (a, &constant), (&sum, b), (&sum, &constant), (a, &sum)];
    let compared = operators
        .iter()
        .flat_map(|operator| pairs.map(|(x, y)| format!("({ty}.{operator} {x} {y})")));
    let plain =
        [a, &sum, "(i32.eqz (local.get 0))", "(i32.eqz (i32.lt_s (local.get 0) (local.get 1)))"];
    let plain = plain.map(String::from).into_iter().filter(|_| ty == "i32");
    let function = |condition: String| {
        format!(
            "(func (param {ty} {ty}) (result i32)
                (i32.add
                    (if (result i32) {condition} (then (i32.const 1)) (else (i32.const 2)))
                    (block (result i32) (drop (br_if 0 (i32.const 4) {condition})) (i32.const 8))))"
        )
    };
    let functions: Vec<String> = compared.chain(plain).map(function).collect();
    (format!("(module {})", functions.concat()), functions.len().try_into().unwrap())
}

#[test]
fn branches_that_are_watched_go_the_same_way() {
    let integers = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
    let floats = ["eq", "ne", "lt", "gt", "le", "ge"];
    let bits = |floats: [f64; 7]| floats.map(f64::to_bits);
    let short = |floats: [f32; 7]| floats.map(|float| u64::from(float.to_bits()));
    let (small, large) =
        ([0, 1, 2, 3, 4, 0x8000_0000, 0xffff_fffd], [0, 1, 3, 4, 1 << 33, 1 << 63, u64::MAX]);
    let (minus, plus) = (f64::NEG_INFINITY, f64::INFINITY);
    for (ty, operators, values) in [
        ("i32", &[&integers[..], &["and"]].concat()[..], small),
        ("i64", &integers[..], large),
        ("f32", &floats[..], short([0.0, -0.0, 3.0, -1.5, f32::INFINITY, f32::NAN, 1e9])),
        ("f64", &floats[..], bits([0.0, -0.0, 3.0, minus, plus, f64::NAN, 1e300])),
    ] {
        let (text, functions) = branches(ty, operators);
        let (plain, world) = (World::new(&text, Plan::QUIET), World::new(&text, watched(1000)));
        let mut store = Store::new(1000);
        let instances = [&plain, &world].map(|world| Instance::new(world, &store));
        let mut expected = vec![];
        for function in 0..functions {
            let mut times = 0;
            for (a, b) in values.iter().flat_map(|a| values.map(|b| (*a, b))) {
                let results =
                    [0, 1].map(|at| store.call(&instances[at], function, &[a, b]).unwrap());
                assert_eq!(results[0], results[1], "function {function} of {text}, {a:#x} {b:#x}");
                assert!(results[0] == [5] || results[0] == [10], "{results:?}");
                times += u32::from(results[0] == [5]);
            }
            expected.extend([(function, branch(times, 49)); 2]);
        }
        assert_eq!(seen(&world), expected, "{text}");
        assert_eq!((seen(&plain), world.told()), (vec![], vec![]));
    }
}

/// A loop that calls a function in each round and another one in every fourth, and a function that calls the loop.
const CALLS: &str = "(module
    (func $often (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
    (func $seldom)
    (func $loop (param $n i32)
        (loop $next
            (local.set $n (call $often (local.get $n)))
            (if (i32.eqz (i32.and (local.get $n) (i32.const 3))) (then (call $seldom)))
            (br_if $next (local.get $n))))
    (func (param i32)
        (if (i32.eqz (local.get 0)) (then (call $seldom)))
        (call $loop (local.get 0))))";

#[test]
fn calls_are_seen_beside_those_of_their_function() {
    let plan = Plan { weights: (1, 0), ..watched(i32::MAX) };
    let world = World::new(CALLS, plan);
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    for _ in 0..50 {
        store.call(&instance, 3, &[4]).unwrap();
    }
    let loops = [(2, call(64, 49)), (2, branch(16, 64)), (2, call(50, 49)), (2, branch(48, 64))];
    let caller = [(3, branch(0, 50)), (3, call(0, 49)), (3, call(50, 49))];
    assert_eq!(seen(&world), [&loops[..], &caller].concat());
    assert_eq!(world.told(), []);
}

#[test]
fn what_is_seen_is_over_once_the_promoter_is_told() {
    // Rounds 1 to 100 are not watched, the next 100 are.
    let world = World::new(CALLS, Plan { first: 99, weights: (0, 1), ..watched(99) });
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    store.call(&instance, 2, &[150]).unwrap();
    assert_eq!((seen(&world).len(), world.told()), (2, vec![]));
    store.call(&instance, 2, &[1000]).unwrap();
    assert_eq!(world.told(), [(2, true)]);
    let times = seen(&world);
    assert_eq!(times[0], (2, branch(16, 64)));
    store.call(&instance, 2, &[1000]).unwrap();
    assert_eq!(seen(&world), times);
    assert_eq!(world.program.heat(2), Some(i32::MAX - 1950));
}

#[test]
fn counts_end_where_they_say_enough() {
    let world = World::new(CALLS, watched(i32::MAX));
    let mut store = Store::new(1000);
    let instance = Instance::new(&world, &store);
    store.call(&instance, 3, &[4000]).unwrap();
    let all = seen(&world);
    assert!(all.contains(&(2, branch(64, 64))), "{all:?}");
    assert!(all.contains(&(2, call(64, 0))), "{all:?}");
    assert_eq!(world.told(), []);
}

#[test]
fn threads_may_watch_the_same_function() {
    let (text, functions) = branches("i32", &["lt_s", "eq"]);
    let plain = World::new(&text, Plan::QUIET);
    let calls = (0..functions).flat_map(|function| [0, 1, 5].map(|a| (function, [a, 3])));
    let run = |world: &World| {
        let mut store = Store::new(1000);
        let instance = Instance::new(world, &store);
        let call = |(function, values): (u32, [u64; 2])| {
            store.call(&instance, function, &values).unwrap()[0]
        };
        calls.clone().cycle().take(600).map(call).collect::<Vec<_>>()
    };
    let expected = run(&plain);
    for watch in [1, 7, 30, 1000] {
        let world = World::new(&text, Plan { first: 5, ..watched(watch) });
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| assert_eq!(run(&world), expected, "watched for {watch}"));
            }
        });
    }
}

/// Branches that are joined with a sum, on either side of each comparison, or with a global: functions of two numbers that
/// give the sum or the global, and which way they went.
fn joined() -> Vec<String> {
    let operators = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
    let (a, b) = ("(local.get 0)", "(local.get 1)");
    let sums = [b, "(i32.const 3)"].map(|to| format!("(local.tee 2 (i32.add {a} {to}))"));
    let other = [b, "(i32.const 5)"];
    let pairs = sums.iter().flat_map(|sum| other.map(|other| (sum.as_str(), other)));
    let global = ("(global.get 0)", "(i32.const 2)");
    let pairs: Vec<_> = pairs.chain([(b, sums[0].as_str()), global]).collect();
    let conditions = operators
        .iter()
        .flat_map(|operator| pairs.iter().map(move |(x, y)| format!("(i32.{operator} {x} {y})")));
    let condition = conditions.chain([sums[1].clone(), format!("(i32.eqz {})", sums[0])]);
    let both = condition.flat_map(|condition| {
        let when = format!(
            "(if (result i32) {condition}
                (then (i32.mul (local.get 2) (i32.const 3))) (else (local.get 2)))"
        );
        let unless = format!("(block (br_if 0 {condition}) (return (local.get 2))) (i32.const -7)");
        [when, unless]
    });
    let function = |body: String| {
        format!(
            "(func (param i32 i32) (result i32) (local i32) (global.set 0 {a}) {body}
                (i32.add (local.get 2)))"
        )
    };
    both.map(function).collect()
}

#[test]
fn branches_that_are_joined_with_what_they_compare_are_watched() {
    let functions = joined();
    let text = format!("(module (global (mut i32) (i32.const 0)) {})", functions.concat());
    let (plain, world) = (World::new(&text, Plan::QUIET), World::new(&text, watched(1000)));
    let mut store = Store::new(1000);
    let instances = [&plain, &world].map(|world| Instance::new(world, &store));
    let values = [0, 1, 2, 3, 5, 0x8000_0000, 0x7fff_ffff, 0xffff_fffd];
    for (function, body) in (0..).zip(&functions) {
        for (a, b) in values.iter().flat_map(|a| values.map(|b| (*a, b))) {
            let results = [0, 1].map(|at| store.call(&instances[at], function, &[a, b]).unwrap());
            assert_eq!(results[0], results[1], "{body}, {a:#x} {b:#x}");
        }
    }
    let listing: String =
        (0..).zip(&functions).map(|(defined, _)| world.program.print(defined).unwrap()).collect();
    assert_eq!(listing.matches("i32.add.").count(), 10 * 5 * 2 + 4, "{listing}");
    assert_eq!(listing.matches("global.get.").count(), 10 * 2, "{listing}");
    // All are seen, each as often as it ran, and what makes a branch go one way makes its opposite go the other.
    let seen = seen(&world);
    assert_eq!(seen.len(), functions.len());
    for pair in seen.chunks(2) {
        let (Seen::Branch(when), Seen::Branch(unless)) = (pair[0].1, pair[1].1) else {
            panic!("{pair:?}")
        };
        assert_eq!((when, when.of), (unless, 64));
    }
}

/// What is watched of a program's functions: how many instructions. All have to be the starts of instructions.
fn checked(text: &str) -> usize {
    let wasm = wat::parse_str(text).unwrap();
    let world = World::new(text, watched(1000));
    let module = Arc::new(world.module.clone());
    let tiering = Tiering {
        base: BASE,
        promoter: Arc::<Fake>::clone(&world.promoter),
        heat: &|_| 0,
        watch: 1000,
        call_weight: 1,
        loop_weight: 1,
    };
    let program =
        Program::new(&module, &wasm.into(), &settings(), &RegisterFile::X86_64, Some(tiering));
    let program = program.unwrap();
    let functions = 0..u32::try_from(module.bodies.len()).unwrap();
    let check = |defined| {
        let code = program.translate(defined, Notes::Watched).unwrap();
        let listing = crate::print::listing(&code);
        let starts: BTreeSet<u32> = listing
            .lines()
            .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
            .collect();
        for it in &code.watched {
            assert!(starts.contains(&it.unit), "{it:?} is no instruction of {listing}");
            assert_eq!(it.number, code.units[it.unit as usize], "{it:?} of {listing}");
        }
        assert!(code.watched.is_sorted_by(|a, b| a.unit < b.unit && a.offset < b.offset));
        // What is watched is put back as it was.
        program.code_of(defined).unwrap();
        let kept = program.translated(defined).unwrap();
        let units =
            || -> Vec<u16> { kept.units.iter().map(|unit| unit.load(Ordering::Relaxed)).collect() };
        let watch = program.watch_of(defined, kept);
        assert!(watch.begin(&kept.units));
        let changed = units().into_iter().zip(&code.units).filter(|(now, before)| now != *before);
        assert_eq!(changed.count(), code.watched.len(), "{listing}");
        watch.end(&kept.units);
        assert_eq!(units(), code.units);
        code.watched.len()
    };
    functions.map(check).sum()
}

#[test]
fn what_is_watched_are_instructions() {
    let joined = joined();
    let all = format!("(module (global (mut i32) (i32.const 0)) {})", joined.concat());
    // The entry and the branch of each.
    assert_eq!(checked(&all), 2 * joined.len());
    for (ty, operators) in
        [("i32", ["lt_s", "and"]), ("i64", ["eq", "ge_u"]), ("f64", ["gt", "ne"])]
    {
        let (text, functions) = branches(ty, &operators);
        assert_eq!(checked(&text), 3 * functions as usize, "{text}");
    }
    assert_eq!(checked(CALLS), 11);
    for text in [
        include_str!("../../../../../examples/sha256.wat"),
        include_str!("../../../../../examples/mandelbrot.wat"),
    ] {
        assert!(checked(text) > 5);
    }
}
