//! Signatures as tables: types in, locations out.

use super::*;
use ValType::{F32, F64, I32, I64, V128};
use std::format;
use std::vec::Vec;

fn check(params: &[ValType], results: &[ValType], expected: &str) {
    let abi =
        SignatureAbi::new(&FuncType::new(params.to_vec(), results.to_vec()), &RegisterFile::X86_64);
    let show = |locations: &[Location]| {
        let one = |location: &Location| match location {
            Location::Int(n) => format!("i{n}"),
            Location::Vector(n) => format!("v{n}"),
            Location::Stack(n) => format!("s{n}"),
            Location::Buffer(n) => format!("b{n}"),
        };
        locations.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let text = format!("{} -> {} / {}", show(&abi.params), show(&abi.results), abi.stack_bytes);
    assert_eq!(text, expected);
}

#[test]
fn locations() {
    check(&[], &[], " ->  / 0");
    check(&[I32, F32, I64], &[I32], "i0 v0 i1 -> i0 / 0");
    check(&[I32; 8], &[F64, I32], "i0 i1 i2 i3 i4 i5 s0 s8 -> v0 i0 / 16");
    check(&[V128; 10], &[], "v0 v1 v2 v3 v4 v5 v6 v7 s0 s16 ->  / 32");
    let mixed =
        [I32, I32, I32, I32, I32, I32, I64, V128, V128, V128, V128, V128, V128, V128, V128, V128];
    check(&mixed, &[], "i0 i1 i2 i3 i4 i5 s0 v0 v1 v2 v3 v4 v5 v6 v7 s16 ->  / 32");
}

#[test]
fn many_results_go_through_a_buffer() {
    check(&[I32], &[I32; 9], "i1 -> b0 b16 b32 b48 b64 b80 b96 b112 b128 / 0");
    check(&[F32], &[F32; 8], "v0 -> v0 v1 v2 v3 v4 v5 v6 v7 / 0");
}
