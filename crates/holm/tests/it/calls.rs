//! Calls from the host into guests, with every kind of parameter and result.

use crate::support::*;
use holm::{Engine, Val, WasmParams, WasmResults};

/// Calls the export `f` of a module with typed parameters, on every engine.
fn check<P, R>(module: &str, params: P, expected: R)
where
    P: WasmParams + Clone,
    R: WasmResults + PartialEq + std::fmt::Debug,
{
    for engine in &*ENGINES {
        let (mut store, instance) = start(engine, module);
        let f = instance.get_typed_func::<P, R>(&mut store, "f").unwrap();
        for _ in 0..3 {
            assert_eq!(f.call(&mut store, params.clone()).unwrap(), expected, "{engine:?}");
        }
    }
}

/// Calls the export `f` with values, on every engine, and compares the results' text.
fn check_values(module: &str, params: &[Val], expected: &str) {
    for engine in &*ENGINES {
        assert_eq!(call_values(engine, module, params), expected, "{engine:?}");
    }
}

fn call_values(engine: &Engine, module: &str, params: &[Val]) -> String {
    let (mut store, instance) = start(engine, module);
    let f = instance.get_func(&mut store, "f").unwrap();
    let ty = f.ty(&store);
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_of(*ty)).collect();
    f.call(&mut store, params, &mut results).unwrap();
    format!("{results:?}")
}

#[test]
fn scalars() {
    check(
        r#"(module (func (export "f") (param i32 i32) (result i32)
             (i32.sub (local.get 0) (local.get 1))))"#,
        (40, -2),
        42,
    );
    check(
        r#"(module (func (export "f") (param i64) (result i64)
             (i64.mul (local.get 0) (i64.const -3))))"#,
        i64::MAX / 3,
        -(i64::MAX / 3 * 3),
    );
    check(
        r#"(module (func (export "f") (param f32 f64) (result f64)
             (f64.div (f64.promote_f32 (local.get 0)) (local.get 1))))"#,
        (1.5_f32, 2.0),
        0.75,
    );
    check(
        r#"(module (func (export "f") (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 1))))"#,
        u32::MAX,
        u32::MAX >> 1,
    );
    check(r#"(module (func (export "f")))"#, (), ());
}

#[test]
fn vectors() {
    check(
        r#"(module (func (export "f") (param v128 i32 v128) (result v128)
             (i32x4.add (i32x4.add (local.get 0) (local.get 2)) (i32x4.splat (local.get 1)))))"#,
        (0x0000_0004_0000_0003_0000_0002_0000_0001_u128, 10, 0x1_u128),
        0x0000_000e_0000_000d_0000_000c_0000_000c_u128,
    );
}

/// More parameters than registers: integers, floats and vectors on the stack.
#[test]
fn parameters_over_the_stack() {
    let params = "i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64";
    let mut body = String::from("(i64.const 0)");
    for (index, ty) in params.split(' ').enumerate() {
        let get = format!("(local.get {index})");
        let wide = if ty == "i32" { format!("(i64.extend_i32_s {get})") } else { get };
        body = format!("(i64.add (i64.mul {body} (i64.const 3)) {wide})");
    }
    let module = format!(r#"(module (func (export "f") (param {params}) (result i64) {body}))"#);
    let expected = (1..=16).fold(0_i64, |sum, n| sum * 3 + n);
    check(
        &module,
        (1, 2_i64, 3, 4_i64, 5, 6_i64, 7, 8_i64, 9, 10_i64, 11, 12_i64, 13, 14_i64, 15, 16_i64),
        expected,
    );
    let vectors = r#"(module
      (func (export "f") (param v128 v128 v128 v128 v128 v128 v128 v128 f32 v128 f64) (result v128 f32 f64)
        (i64x2.add (local.get 9) (local.get 7)) (local.get 8) (local.get 10)))"#;
    check(
        vectors,
        (
            0_u128,
            1_u128,
            2_u128,
            3_u128,
            4_u128,
            5_u128,
            6_u128,
            7_u128,
            8.5_f32,
            (9_u128 << 64) | 9,
            10.5,
        ),
        ((9_u128 << 64) | 16, 8.5_f32, 10.5),
    );
}

#[test]
fn several_results_in_registers() {
    check(
        r#"(module (func (export "f") (param i32) (result i32 f64 i64 v128 f32)
             (local.get 0) (f64.const 2.5) (i64.const -4) (v128.const i64x2 5 6) (f32.const 7)))"#,
        1,
        (1, 2.5, -4_i64, (6_u128 << 64) | 5, 7.0_f32),
    );
}

/// More results than registers, through a buffer.
#[test]
fn more_than_eight_results() {
    let twelve = r#"(module (func (export "f") (param i32 f64)
        (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 f64 v128)
        (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
        (i32.const 6) (i32.const 7) (i32.const 8) (i64.const 9) (local.get 1) (v128.const i64x2 11 12)))"#;
    check(twelve, (-1, 10.0), (-1, 1, 2, 3, 4, 5, 6, 7, 8, 9_i64, 10.0, (12_u128 << 64) | 11));
    check_values(
        twelve,
        &[Val::I32(-1), Val::from(10.0)],
        "[I32(-1), I32(1), I32(2), I32(3), I32(4), I32(5), I32(6), I32(7), I32(8), I64(9), \
         F64(4621819117588971520), V128(221360928884514619403)]",
    );
    let count = 100;
    let results = "i64 ".repeat(count);
    let body: String = (0..count).map(|n| format!("(i64.const {n})")).collect();
    let module = format!(r#"(module (func (export "f") (result {results}) {body}))"#);
    let expected: Vec<Val> = (0..100_i64).map(Val::from).collect();
    check_values(&module, &[], &format!("{expected:?}"));
}

#[test]
fn the_bits_of_a_nan_survive() {
    check_values(
        r#"(module (func (export "f") (param f32 f64) (result f64 f32) (local.get 1) (local.get 0)))"#,
        &[Val::F32(0x7fa0_0001), Val::F64(0xfff4_0000_0000_0001)],
        &format!("[F64({}), F32({})]", 0xfff4_0000_0000_0001_u64, 0x7fa0_0001),
    );
}

#[test]
fn wrong_types_and_counts_are_refused() {
    let (mut store, instance) =
        start(&ENGINE, r#"(module (func (export "f") (param i32) (result i64) (i64.const 1)))"#);
    let f = instance.get_func(&mut store, "f").unwrap();
    let mut one = [Val::I32(0)];
    let cases: [(&[Val], usize, &str); 4] = [
        (&[], 1, "wrong number of arguments for (i32) -> (i64): expected 1, found 0"),
        (
            &[Val::I32(1), Val::I32(2)],
            1,
            "wrong number of arguments for (i32) -> (i64): expected 1, found 2",
        ),
        (&[Val::I32(1)], 0, "wrong number of results for (i32) -> (i64): expected 1, found 0"),
        (&[Val::I64(1)], 1, "value of type i64 where i32 is expected"),
    ];
    for (params, results, expected) in cases {
        assert_eq!(text(f.call(&mut store, params, &mut one[..results])), expected);
    }
    assert_eq!(
        text(instance.get_typed_func::<i32, i32>(&mut store, "f")),
        "export `f`: function has type (i32) -> (i64), asked for (i32) -> (i32)"
    );
    assert_eq!(
        text(instance.get_typed_func::<(), ()>(&mut store, "g")),
        "no function is exported as `g`"
    );
}

#[test]
fn a_typed_function_can_be_cloned_and_outlives_its_lookup() {
    let (mut store, instance) = start(
        &ENGINE,
        r#"(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))"#,
    );
    let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
    let g = f.clone();
    assert_eq!(f.call(&mut store, 3).unwrap() + g.call(&mut store, 4).unwrap(), 25);
    assert_eq!(format!("{f:?}"), "TypedFunc((i32) -> (i32))");
    assert!(f.func().typed::<i64, i32>(&store).is_err());
}
