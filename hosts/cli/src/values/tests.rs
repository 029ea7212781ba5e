//! Every type's text, both ways.

use super::*;

#[track_caller]
fn check(text: &str, ty: ValType, expected: Value) {
    assert_eq!(parse(text, ty), Ok(expected), "{text}");
    assert_eq!(parse(&expected.to_string(), ty), Ok(expected), "{text} written as {expected}");
}

#[track_caller]
fn refused(text: &str, ty: ValType, words: &str) {
    let message = parse(text, ty).unwrap_err();
    assert!(message.contains(words), "{text}: {message}");
}

#[test]
fn integers() {
    check("42", ValType::I32, Value::I32(42));
    check("-1", ValType::I32, Value::I32(-1));
    check("+7", ValType::I32, Value::I32(7));
    check("4294967295", ValType::I32, Value::I32(-1));
    check("0xffff_ffff", ValType::I32, Value::I32(-1));
    check("-0x80000000", ValType::I32, Value::I32(i32::MIN));
    check("18446744073709551615", ValType::I64, Value::I64(-1));
    check("-9223372036854775808", ValType::I64, Value::I64(i64::MIN));
    check("1_000_000", ValType::I64, Value::I64(1_000_000));
}

#[test]
fn what_is_no_integer() {
    for text in ["", "-", "0x", "1.5", "x", "--1", "1e3", "4294967296", "-2147483649"] {
        refused(text, ValType::I32, "from -2147483648 to 4294967295");
    }
    refused("18446744073709551616", ValType::I64, "to 18446744073709551615");
    refused("-9223372036854775809", ValType::I64, "from -9223372036854775808");
}

#[test]
fn floats() {
    check("1.5", ValType::F32, Value::F32(1.5_f32.to_bits()));
    check("-0", ValType::F64, Value::F64((-0.0_f64).to_bits()));
    check("1e-3", ValType::F64, Value::F64(1e-3_f64.to_bits()));
    check("inf", ValType::F64, Value::F64(f64::INFINITY.to_bits()));
    check("-inf", ValType::F32, Value::F32(f32::NEG_INFINITY.to_bits()));
    check("nan", ValType::F32, Value::F32(0x7fc0_0000));
    check("-nan", ValType::F64, Value::F64(0xfff8_0000_0000_0000));
    check("nan:0x1", ValType::F32, Value::F32(0x7f80_0001));
    refused("nan:0x0", ValType::F32, "0x1 to 0x7fffff");
    refused("one", ValType::F64, "1e-3");
}

#[test]
fn vectors() {
    let ones = Value::V128(0x0000_0004_0000_0003_0000_0002_0000_0001);
    check("i32x4:1,2,3,4", ValType::V128, ones);
    check("0x00000004000000030000000200000001", ValType::V128, ones);
    check("i64x2:-1, 0", ValType::V128, Value::V128(u128::from(u64::MAX)));
    check("f64x2:1.5,nan", ValType::V128, {
        Value::V128(u128::from(1.5_f64.to_bits()) | 0x7ff8_0000_0000_0000 << 64)
    });
    check("i8x16:255,-1,0,0,0,0,0,0,0,0,0,0,0,0,0,128", ValType::V128, {
        Value::V128(0xffff | 0x80 << 120)
    });
    refused("1", ValType::V128, "i32x4:1,2,3,4");
    refused("i32x4:1,2", ValType::V128, "4 lanes, found 2");
    refused("i8x16:256,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0", ValType::V128, "lane \"256\"");
}

#[test]
fn references_are_null() {
    check("null", ValType::FUNCREF, Value::Null(Hierarchy::Func));
    check("null", ValType::EXTERNREF, Value::Null(Hierarchy::Extern));
    refused("1", ValType::EXTERNREF, "null");
}
