//! Unit tests of the comparison of floats and vectors with patterns.

use super::{f32_matches, f64_matches, v128_matches};
use wast::core::{NanPattern, V128Pattern};
use wast::token::F64;

#[test]
fn nan_patterns() {
    for (bits, canonical, arithmetic) in [
        (0x7fc0_0000, true, true),
        (0xffc0_0000, true, true),
        (0x7fc0_0001, false, true),
        (0xffe0_0000, false, true),
        (0x7fa0_0000, false, false),
        (0x7f80_0000, false, false),
        (0, false, false),
    ] {
        assert_eq!(f32_matches(bits, &NanPattern::CanonicalNan), canonical, "{bits:#x}");
        assert_eq!(f32_matches(bits, &NanPattern::ArithmeticNan), arithmetic, "{bits:#x}");
        // The same patterns, widened.
        let wide = (u64::from(bits & 0x8000_0000) << 32)
            | (u64::from(bits & 0x7f80_0000 == 0x7f80_0000) * (0x7ff << 52))
            | (u64::from(bits & 0x007f_ffff) << 29);
        assert_eq!(f64_matches(wide, &NanPattern::CanonicalNan), canonical, "{wide:#x}");
        assert_eq!(f64_matches(wide, &NanPattern::ArithmeticNan), arithmetic, "{wide:#x}");
    }
}

#[test]
fn lanes_compare_in_order() {
    let bits = u128::from_le_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    let bytes = std::array::from_fn(|at| i8::try_from(at).unwrap());
    assert!(v128_matches(bits, &V128Pattern::I8x16(bytes)));
    assert!(v128_matches(
        bits,
        &V128Pattern::I16x8([0x100, 0x302, 0x504, 0x706, 0x908, 0xb0a, 0xd0c, 0xf0e])
    ));
    assert!(!v128_matches(bits, &V128Pattern::I16x8([1; 8])));
    let one = NanPattern::Value(F64 { bits: 0x0706_0504_0302_0100 });
    let two = NanPattern::Value(F64 { bits: 0x0f0e_0d0c_0b0a_0908 });
    assert!(v128_matches(bits, &V128Pattern::F64x2([one, two])));
    assert!(!v128_matches(bits, &V128Pattern::F64x2([two, one])));
}
