//! The table of operators keeps its promises, and translation folds what it says it folds.

use crate::Interpreter;
use crate::executor::Description;
use crate::ops::successors::{SUCCESSORS, SUCCESSORS_MAX};
use crate::ops::{self, Field, joined};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use holm_abi::{Architecture, MemoryStrategy, Settings, Tier};
use holm_module::{Features, Limits, Module};

fn fields(number: u16) -> Vec<Field> {
    let fields = Description::of(number).unwrap().fields().iter().copied();
    fields.filter(|field| *field != Field::None).collect()
}

#[test]
fn forms_with_a_result_in_a_slot_follow_the_others() {
    let families = [
        (ops::BINARY, ops::UNARY),
        (ops::UNARY, ops::FUSED),
        (ops::LOAD, ops::STORE),
        (joined::CHOICE, joined::STORE_SUM),
    ];
    for (first, end) in families {
        for number in (first..end).step_by(2) {
            let mut expected = fields(number);
            expected.push(Field::To);
            assert_eq!(fields(number + 1), expected, "operator {number}");
            let names = [number, number + 1].map(|number| Description::of(number).unwrap().name());
            assert_eq!(names[0], names[1], "operator {number}");
        }
    }
}

#[test]
fn likely_successors_are_what_they_are_called() {
    let texts: Vec<String> =
        (0..ops::ALL).map(|number| Description::of(number).unwrap().text()).collect();
    for (first, successors) in SUCCESSORS {
        assert!(texts.iter().any(|text| text == first), "{first}: `cargo xtask successors`");
        for (number, name) in *successors {
            assert_eq!(
                texts[usize::from(*number)],
                *name,
                "after {first}: `cargo xtask successors`"
            );
        }
        assert!((1..=SUCCESSORS_MAX).contains(&successors.len()), "{first}");
    }
}

#[test]
fn what_memory_is_known_to_hold_is_not_loaded() {
    let text = "(module (memory 1) (func (param i32 i32) (result i32)
        (i32.store offset=4 (local.get 0) (local.get 1))
        (i32.store offset=8 (local.get 0) (i32.add (local.get 1) (i32.const 1)))
        (i32.mul (i32.load offset=8 (local.get 0)) (i32.load offset=4 (local.get 0)))))";
    let expected = [
        "enter 7 4 0",
        "i32.store s0 +0x4 s1",
        "i32.add s1 1",
        "i32.store s0 +0x8",
        "i32.mul s1",
        "return 2",
    ];
    assert_eq!(code(text, false), expected.map(String::from));
}

#[test]
fn branches_have_their_target_first() {
    for number in (ops::FUSED..ops::LOAD).chain(joined::SUM_BRANCH..joined::CHOICE) {
        assert_eq!(fields(number)[0], Field::Branch, "operator {number}");
    }
}

/// The register code of the first function of a module given as text, without offsets.
fn code(text: &str, fuel: bool) -> Vec<String> {
    let wasm = wat::parse_str(text).unwrap();
    let module = Module::new(&wasm, &Limits::default(), Features::default()).unwrap();
    let settings = Settings {
        architecture: Architecture::X86_64,
        cpu_features: String::new(),
        memory: MemoryStrategy::Checked,
        fuel,
        polls: true,
        canonical_nans: false,
        optimize: true,
    };
    let tier = Interpreter::new(settings);
    let program = tier.interpret(&Arc::new(module), &wasm.into()).unwrap().unwrap();
    let listing = program.print(0).unwrap();
    let line = |line: &str| {
        let line = line.split(";;").next().unwrap_or_default().trim();
        String::from(line.split_once("  ").map_or(line, |(_, text)| text.trim()))
    };
    listing.lines().map(line).collect()
}

#[test]
fn operands_are_folded() {
    let text = "(module (memory 1) (func (param i32 i32) (result i32)
        (local.set 0 (i32.add (local.get 0) (i32.const 5)))
        (i32.load offset=8 (i32.add (local.get 0) (local.get 1)))))";
    let expected =
        ["enter 6 4 0", "i32.add s0 5 → s0", "i32.load s1 +0x8", "return 2"].map(String::from);
    assert_eq!(code(text, false), expected);
}

#[test]
fn comparisons_are_part_of_branches() {
    let text = "(module (func (param i32) (loop (br_if 0
        (i32.eqz (i32.lt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3)))))))";
    let expected =
        ["enter 5 3 0", "i32.sub s0 1 → s0", "i32.ge_s ⇒ 7 3", "return 1"].map(String::from);
    assert_eq!(code(text, false), expected);
}

#[test]
fn pairs_become_one() {
    let text = "(module (memory 1) (func (param i32 i32 f64 i32)
        (loop
            (f64.store (local.get 0) (local.get 2))
            (local.set 0 (i32.add (local.get 0) (i32.const 8)))
            (local.set 2 (f64.sub (local.get 2) (f64.load offset=16 (local.get 1))))
            (local.set 2 (f64.mul (f64.load (i32.add (local.get 1) (i32.const 3))) (local.get 2)))
            (local.set 0 (select (local.get 0) (i32.const 9) (i32.lt_u (local.get 3) (local.get 1))))
            (br_if 0 (i32.lt_s (local.get 1)
                (local.tee 3 (i32.add (local.get 3) (local.get 1)))))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (local.set 1 (i32.add (local.get 0) (i32.const 2)))
            (br_if 0 (local.tee 3 (i32.add (local.get 3) (i32.const -1))))
            (f64.store (local.get 0) (f64.const 0)))))";
    let expected = [
        "enter 10 6 0",
        "f64.store s0 +0x0 s2 s0 8 → s0",
        "f64.sub s2 s1 +0x10 → s2",
        "f64.mul s1 3 +0x0 → s2",
        "put 9 → s7",
        "select.lt_u s3 s1 s0 s7 → s0",
        "i32.add.gt_s ⇒ 7 s3 s1 → s3 s1",
        "i32.add2 s0 1 → s0 s0 2 → s1",
        "i32.add.ne ⇒ 7 s3 -1 → s3 0",
        "f64.store s0 +0x0 0.0",
        "return 4",
    ];
    assert_eq!(code(text, false), expected.map(String::from));
}

#[test]
fn globals_are_joined_to_what_is_done_with_them() {
    let text =
        "(module (memory 1) (global $sp (mut i32) (i32.const 0)) (func (param i32 f64 f64 i32)
        (global.set $sp (local.tee 0 (i32.sub (global.get $sp) (i32.const 16))))
        (block (br_if 0 (global.get $sp)) (br_if 0 (i32.ge_s (global.get $sp) (i32.const 3))))
        (local.set 1 (f64.add (f64.div (local.get 1) (local.get 2))
            (f64.load (i32.mul (local.get 0) (i32.const 8)))))
        (local.set 0 (i32.sub (global.get $sp) (i32.const 32)))
        (global.set $sp (i32.add (local.get 3) (i32.const 16)))))";
    let expected = [
        "enter 9 6 0",
        "global.sub [-12304] 16 → s0",
        "global.get.ne ⇒ 27 [-12304] 0",
        "global.get.ge_s ⇒ 27 [-12304] 3",
        "f64.div s1 s2",
        "i32.mul s0 8",
        "f64.add +0x0 → s1",
        "global.get.sub [-12304] 32 → s0",
        "global.set.add [-12304] s3 16",
        "return 4",
    ];
    assert_eq!(code(text, false), expected.map(String::from));
}

#[test]
fn nothing_is_joined_across_a_label() {
    let text = "(module (func (param i32)
        (block (br_if 0 (local.get 0)) (local.set 0 (i32.add (local.get 0) (i32.const 1))))
        (local.set 0 (i32.add (local.get 0) (i32.const 2)))
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.set 0 (i32.add (local.get 0) (i32.const 4)))
        (loop (br_if 0 (i32.lt_s (local.get 0) (i32.const 5))))))";
    let expected = [
        "enter 5 3 0",
        "br_if ⇒ 16 s0",
        "i32.add s0 1 → s0",
        "i32.add s0 2 → s0",
        "i32.sub s0 1 → s0",
        "br_if ⇒ 21",
        "i32.add 4 → s0",
        "i32.lt_s ⇒ 33 s0 5",
        "return 1",
    ];
    assert_eq!(code(text, false), expected.map(String::from));
}

#[test]
fn fuel_is_charged_per_segment() {
    let text = "(module (func (param i32) (block (br_if 0 (local.get 0)) (nop) (nop))))";
    let charges: Vec<String> =
        code(text, true).into_iter().filter(|line| line.starts_with("fuel")).collect();
    assert_eq!(charges, ["fuel 3", "fuel 3", "fuel 1"].map(String::from));
}
