//! Constant expressions as they come out of decoding, and their values.

use super::*;
use crate::{Features, Module};
use std::format;
use std::vec::Vec;

/// The initial value of the last global.
fn last(globals: &str) -> ConstExpr {
    let bytes = wat::parse_str(format!("(module {globals} (func) (elem declare func 0))")).unwrap();
    let features = Features::WASM2.with(Features::EXTENDED_CONST).with(Features::GC);
    let mut module = Module::new(&bytes, &Limits::default(), features).unwrap();
    module.globals.pop().unwrap().init.unwrap()
}

#[test]
fn expressions() {
    let cases = [
        ("(global i32 (i32.const -1))", ConstExpr::I32(-1)),
        ("(global i64 (i64.const 1))", ConstExpr::I64(1)),
        ("(global f32 (f32.const -0))", ConstExpr::F32(1 << 31)),
        ("(global f64 (f64.const nan:0x1))", ConstExpr::F64(0x7ff0_0000_0000_0001)),
        ("(global v128 (v128.const i32x4 1 0 0 0))", ConstExpr::V128(1)),
        ("(global funcref (ref.func 0))", ConstExpr::RefFunc(0)),
        ("(global externref (ref.null extern))", ConstExpr::RefNull(HeapType::Extern)),
        ("(import \"\" \"\" (global i32)) (global i32 (global.get 0))", ConstExpr::GlobalGet(0)),
        ("(global i32 (i32.const 3)) (global i32 (global.get 0))", ConstExpr::I32(3)),
        ("(global i64 (i64.sub (i64.const 3) (i64.const 5)))", ConstExpr::I64(-2)),
        (
            "(global i32 (i32.const 3)) (global i32 (i32.add (global.get 0) (i32.const 4)))",
            ConstExpr::I32(7),
        ),
        (
            "(import \"\" \"\" (global i32)) (global i32 (i32.mul (global.get 0) (i32.const 4)))",
            ConstExpr::Extended([ConstOp::GlobalGet(0), ConstOp::I32(4), ConstOp::I32Mul].into()),
        ),
    ];
    for (text, expr) in cases {
        assert_eq!(last(text), expr, "{text}");
    }
}

#[test]
fn values() {
    use ConstInteger::{I32, I64};
    let extended =
        ConstExpr::Extended([ConstOp::GlobalGet(2), ConstOp::I32(4), ConstOp::I32Mul].into());
    let cases = [
        (ConstExpr::I32(-1), Some(I32(-1))),
        (ConstExpr::I64(9), Some(I64(9))),
        (ConstExpr::GlobalGet(2), Some(I32(10))),
        (ConstExpr::GlobalGet(3), None),
        (ConstExpr::F32(0), None),
        (extended.clone(), Some(I32(40))),
        (ConstExpr::Extended([ConstOp::I32Add].into()), None),
        (ConstExpr::Extended([ConstOp::I32(1), ConstOp::I64(1), ConstOp::I32Add].into()), None),
        (ConstExpr::Extended([ConstOp::I32(1), ConstOp::I64(1)].into()), None),
    ];
    for (expr, value) in cases {
        assert_eq!(expr.integer(|global| (global == 2).then_some(I32(10))), value, "{expr:?}");
    }
    assert_eq!(I32(-1).as_offset(), 0xffff_ffff);
    assert_eq!(extended.globals().collect::<Vec<_>>(), [2]);
}
