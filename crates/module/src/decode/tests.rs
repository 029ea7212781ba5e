//! The three ways of decoding agree, and errors say what they should.

use super::*;
use crate::{BodyFlags, InvalidKind};

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn smoke() {
    let bytes = wasm(
        r#"(module (memory 1) (global $g (mut i32) (i32.const 7))
            (func $f (export "f") (param i32) (result i32)
                (loop $l (br_if $l (i32.load (local.get 0))))
                (call $f (v128.any_true (v128.load (local.get 0)))))
            (data (i32.const 8) "hello"))"#,
    );
    let module = Module::new(&bytes, &Limits::default(), Features::WASM2).unwrap();
    assert_eq!(module.bodies.len(), 1);
    let flags = module.bodies[0].flags;
    assert!(
        flags.contains(
            BodyFlags::LOOPS | BodyFlags::LOADS | BodyFlags::SIMD | BodyFlags::DIRECT_CALLS
        )
    );
    assert!(!flags.contains(BodyFlags::STORES));
    assert_eq!(module.bytes(&bytes, &module.data[0].bytes), Some(&b"hello"[..]));
    assert!(module.facts.memory_never_grows(0) && module.facts.global_is_fixed(0));
    let error = Module::new(&bytes[..20], &Limits::default(), Features::WASM2).unwrap_err();
    assert_eq!(error.kind(), InvalidKind::Malformed);
}
