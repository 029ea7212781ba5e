//! Locations computed at compile time are those of the ABI.

use super::*;
use holm_abi::SignatureAbi;
use holm_spec::types::FuncType;

#[test]
fn locations_are_those_of_the_abi() {
    let all = [
        ValType::I32,
        ValType::F64,
        ValType::V128,
        ValType::I64,
        ValType::FUNCREF,
        ValType::F32,
        ValType::EXTERNREF,
    ];
    let mut seed = 1_u64;
    let mut random = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % n
    };
    for _ in 0..5_000 {
        let mut list = |max: usize| -> Vec<ValType> {
            (0..random(max)).map(|_| all[random(all.len())]).collect()
        };
        let (params, results) = (list(25), list(20));
        let abi = SignatureAbi::new(&FuncType::new(params.clone(), results.clone()), &REGISTERS);
        assert_eq!(abi.result_buffer, needs_buffer(&results));
        for (index, location) in abi.params.iter().enumerate() {
            assert_eq!(param_location(&params, index, abi.result_buffer), *location, "{params:?}");
        }
        for (index, location) in abi.results.iter().enumerate() {
            assert_eq!(result_location(&results, index), *location, "{results:?}");
        }
    }
}

#[test]
fn short_calls_are_recognized() {
    use ValType::{F64, I32, I64, V128};
    let cases: [(&[ValType], &[ValType], bool, bool); 7] = [
        (&[], &[], true, true),
        (&[I32, I64, I32, I64, I32, I64], &[I64], true, true),
        (&[I32; 7], &[], cfg!(target_arch = "aarch64"), true),
        (&[I32], &[I32, I32], true, false),
        (&[F64, V128], &[I32], true, false),
        (&[V128; 9], &[], false, false),
        (&[], &[I32; 9], false, false),
    ];
    for (params, results, registers, int_only) in cases {
        assert_eq!(in_registers(params, results), registers, "{params:?} {results:?}");
        assert_eq!(is_int_only(params, results), int_only, "{params:?} {results:?}");
        let abi = SignatureAbi::new(&FuncType::new(params, results), &REGISTERS);
        assert_eq!(abi.stack_bytes == 0 && !abi.result_buffer, registers);
    }
}
