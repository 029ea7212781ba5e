//! What is read is what the standard library reads.

use super::*;

const F32: Binary = Binary { fraction_bits: 23, lowest: -126 };
const F64: Binary = Binary { fraction_bits: 52, lowest: -1022 };

#[track_caller]
fn same(text: &str) {
    let expected = text.parse::<f64>().ok().map(f64::to_bits);
    assert_eq!(parse(text, F64, 1 << 63), expected, "{text} as f64");
    let expected = text.parse::<f32>().ok().map(|value| u64::from(value.to_bits()));
    assert_eq!(parse(text, F32, 1 << 31), expected, "{text} as f32");
}

#[test]
fn forms() {
    for text in [
        "0",
        "-0",
        "0.0",
        "00",
        "1",
        "+1",
        "-1",
        "1.",
        ".5",
        "-.5e1",
        "1e5",
        "1E-5",
        "1e+5",
        "007.50",
        "inf",
        "-INF",
        "+Infinity",
        "",
        "-",
        "+",
        ".",
        "e",
        "1e",
        "1e+",
        "e5",
        ".e5",
        "1.2.3",
        "1e5e5",
        "--1",
        "+-1",
        "1 ",
        " 1",
        "0x10",
        "1_0",
        "infin",
        "1e5.0",
        "½",
        "1½",
        "e½",
    ] {
        same(text);
    }
}

#[test]
fn edges() {
    for text in [
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "1e400",
        "1e401",
        "-1e999999999999999999999",
        "3.4028234e38",
        "3.4028235e38",
        "3.4028236e38",
        "3.40282356e38",
        "3.40282357e38",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "4.9e-324",
        "2.5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2e-324",
        "1e-400",
        "1e-401",
        "1e-999999999999999999999",
        "1.4e-45",
        "7e-46",
        "7.006492321624085e-46",
        "7.1e-46",
        "1.17549435e-38",
        "1.17549421e-38",
        "9007199254740993",
        "9007199254740992.99999",
        "9007199254740993.00000000000000000001",
        "16777217",
        "16777219",
        "16777217.0000001",
        "0.1",
        "0.3",
        "123456789012345678901234567890",
    ] {
        same(text);
    }
    let (zeros, nines) = ("0".repeat(900), "9".repeat(900));
    for text in [
        format!("{zeros}1.5"),
        format!("0.{zeros}1"),
        format!("0.{zeros}1e901"),
        format!("1{zeros}e-900"),
        format!("1{zeros}1e-901"),
        format!("{nines}e-900"),
        format!("0.{nines}"),
        format!("9007199254740993.{zeros}1"),
        format!("9007199254740993.{zeros}"),
        format!("1.{zeros}{zeros}1"),
        format!("{nines}.{nines}e-890"),
        "1e".to_owned() + &nines,
        "1e-".to_owned() + &nines,
    ] {
        same(&text);
    }
}

#[test]
fn numbers_of_all_sizes() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..4_000 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let value = f64::from_bits(state ^ (state >> 29));
        if value.is_finite() {
            same(&format!("{value:e}"));
            same(&format!("{value:.3e}"));
        }
        let value = f32::from_bits((state >> 32) as u32);
        if value.is_finite() {
            same(&value.to_string());
            // Right between two floats of the smaller format.
            same(&format!("{:e}", f64::from(value) + f64::from(value) * 2_f64.powi(-24)));
        }
    }
}
