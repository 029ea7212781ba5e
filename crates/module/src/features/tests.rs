//! For every proposal modules that need it: what is said without it, and what is found to be needed.

use super::*;
use std::format;
use std::vec::Vec;

/// A proposal, and modules (fields of the text format) that cannot do without it.
const CASES: &[(Features, &[&str])] = &[
    (Features::MUTABLE_GLOBAL, &[r#"(import "" "" (global (mut i32)))"#]),
    (Features::SATURATING_FLOAT_TO_INT, &["(func (drop (i32.trunc_sat_f32_s (f32.const 1))))"]),
    (Features::SIGN_EXTENSION, &["(func (drop (i32.extend8_s (i32.const 1))))"]),
    (
        Features::MULTI_VALUE,
        &[
            "(func (result i32 i32) (i32.const 1) (i32.const 2))",
            "(type $t (func (param i32))) (func (i32.const 1) (block (type $t) (drop)))",
        ],
    ),
    (
        Features::REFERENCE_TYPES,
        &[
            "(func (param externref))",
            "(table 1 externref)",
            "(table 1 funcref) (table 1 funcref)",
            "(table 1 funcref) (func (drop (table.get 0 (i32.const 0))))",
            "(func (drop (ref.null func)))",
            "(func (param i32) (drop (select (result i32) (i32.const 1) (i32.const 2) (local.get 0))))",
        ],
    ),
    (
        Features::BULK_MEMORY,
        &[
            "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
            r#"(memory 1) (data "a") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))"#,
            r#"(memory 1) (data "a")"#,
            "(table 1 funcref) (elem func)",
        ],
    ),
    (Features::SIMD, &["(func (param v128))", "(func (drop (v128.const i64x2 0 0)))"]),
    (
        Features::RELAXED_SIMD,
        &["(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))"],
    ),
    (
        Features::THREADS,
        &[
            "(memory 1 1 shared)",
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
            "(func (atomic.fence))",
            r#"(import "" "" (memory 1 1 shared))"#,
        ],
    ),
    (
        Features::TAIL_CALL,
        &[
            "(func (return_call 0))",
            "(type $t (func)) (table 1 funcref) (func (return_call_indirect (type $t) (i32.const 0)))",
        ],
    ),
    (
        Features::MULTI_MEMORY,
        &[
            "(memory 1) (memory 1)",
            r#"(import "" "" (memory 1)) (memory 1)"#,
            "(memory 1) (memory 1) (func (drop (i32.load 1 (i32.const 0))))",
        ],
    ),
    (
        Features::EXCEPTIONS,
        &[
            "(tag)",
            r#"(import "" "" (tag))"#,
            "(tag) (func (throw 0))",
            "(func (try_table))",
            "(func (param exnref))",
        ],
    ),
    (Features::LEGACY_EXCEPTIONS, &["(tag) (func try catch 0 end)", "(func try delegate 0)"]),
    (Features::MEMORY64, &["(memory i64 1)", "(table i64 1 funcref)"]),
    (Features::EXTENDED_CONST, &["(global i32 (i32.add (i32.const 1) (i32.const 2)))"]),
    (
        Features::FUNCTION_REFERENCES,
        &[
            "(type $t (func)) (func (param (ref $t)))",
            "(type $t (func)) (func (param (ref null $t)) (call_ref $t (local.get 0)))",
            "(func (param (ref func)))",
            "(func (param externref) (drop (ref.as_non_null (local.get 0))))",
        ],
    ),
    (
        Features::GC,
        &[
            "(type (struct))",
            "(type $a (array i8)) (func (drop (array.new_default $a (i32.const 1))))",
            "(func (param anyref))",
            "(func (drop (ref.i31 (i32.const 1))))",
            "(rec (type (func)) (type (func)))",
            "(rec (type (func (param (ref 1)))) (type (func)))",
            "(type (sub (func)))",
            "(func (param externref) (drop (any.convert_extern (local.get 0))))",
            "(global (ref i31) (ref.i31 (i32.const 1)))",
        ],
    ),
    (Features::CUSTOM_PAGE_SIZES, &["(memory 1 (pagesize 1))"]),
    (
        Features::WIDE_ARITHMETIC,
        &["(func (param i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 0)))"],
    ),
    (
        Features::STACK_SWITCHING,
        &["(type $f (func)) (type $c (cont $f))", "(tag) (func (suspend 0))"],
    ),
];

fn binary(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

/// Proposals that bring what others do.
fn with_more(feature: Features) -> Features {
    if feature == Features::FUNCTION_REFERENCES { feature.with(Features::GC) } else { feature }
}

#[test]
fn every_proposal_is_missed_by_name() {
    for (feature, modules) in CASES {
        for fields in *modules {
            let without = Features::ALL.without(with_more(*feature));
            let invalid = Module::new(&binary(fields), &Limits::default(), without).unwrap_err();
            assert_eq!(invalid.kind(), InvalidKind::Feature(*feature), "{fields}: {invalid}");
            let switch = format!("enable with --features {feature}");
            assert!(invalid.message().ends_with(&switch), "{fields}: {invalid}");
        }
    }
}

#[test]
fn every_proposal_is_found_to_be_needed() {
    for (feature, modules) in CASES {
        for fields in *modules {
            match Features::needed_by(&binary(fields), &Limits::default()) {
                Ok(needed) => assert!(needed.contains(*feature), "{fields} needs {needed}"),
                Err(invalid) => {
                    assert_eq!(*feature, Features::STACK_SWITCHING, "{fields}: {invalid}");
                    assert_eq!(invalid.kind(), InvalidKind::Unsupported, "{fields}: {invalid}");
                }
            }
        }
    }
    let least = Features::needed_by(&binary("(func (nop))"), &Limits::default());
    assert_eq!(least.unwrap(), Features::NONE);
}

#[test]
fn imports_in_groups_are_missed_by_name() {
    // One group of module "m" with two memories of no pages: name "a" and "b", one type each.
    let group = [1, 1, b'm', 0, 0x7f, 2, 1, b'a', 2, 0, 0, 1, b'b', 2, 0, 0];
    let size = u8::try_from(group.len()).unwrap();
    let bytes = [b"\0asm\x01\0\0\0\x02".as_slice(), &[size], &group].concat();
    let feature = Features::COMPACT_IMPORTS;
    let without = Features::ALL.without(feature);
    let invalid = Module::new(&bytes, &Limits::default(), without).unwrap_err();
    assert_eq!(invalid.kind(), InvalidKind::Feature(feature), "{invalid}");
    let needed = Features::needed_by(&bytes, &Limits::default()).unwrap();
    assert_eq!(needed, feature.with(Features::MULTI_MEMORY));
}

#[test]
fn all_proposals_have_cases() {
    let covered = CASES.iter().fold(Features::COMPACT_IMPORTS, |all, case| all.with(case.0));
    assert_eq!(covered, Features::ALL);
}
