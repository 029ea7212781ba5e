//! What types look like in messages, and when limits satisfy each other.

use super::*;
use alloc::string::ToString as _;
use alloc::vec;

#[test]
fn texts() {
    let function = FuncType::new(vec![ValType::I32, ValType::V128], vec![ValType::FUNCREF]);
    let memory = MemoryType::new(1, Some(4));
    let table = TableType {
        element: RefType::EXTERNREF,
        limits: Limits { min: 0, max: None },
        is_64: false,
    };
    let odd = MemoryType { page_bytes_log2: 0, is_64: true, shared: true, ..memory };
    let cases = [
        (ExternType::Func(function), "function (i32, v128) -> (funcref)"),
        (ExternType::Func(FuncType::default()), "function () -> ()"),
        (ExternType::Memory(memory), "memory 1..=4"),
        (ExternType::Memory(odd), "shared 64-bit memory 1..=4 of pages of 1 bytes"),
        (ExternType::Table(table), "table 0.. of externref"),
        (
            ExternType::Global(GlobalType { value: ValType::F64, mutable: true }),
            "mutable global f64",
        ),
    ];
    for (ty, text) in cases {
        assert_eq!(ty.to_string(), text);
    }
}

#[test]
fn limits() {
    let l = |min, max| Limits { min, max };
    assert!(l(1, Some(2)).satisfies(&l(1, Some(2))));
    assert!(l(2, Some(2)).satisfies(&l(1, None)));
    assert!(!l(0, None).satisfies(&l(1, None)));
    assert!(!l(1, None).satisfies(&l(1, Some(9))));
    assert!(!l(1, Some(10)).satisfies(&l(1, Some(9))));
}

#[test]
fn reachable_pages() {
    let memory = MemoryType::new(0, None);
    assert_eq!(memory.pages_reachable(), 65_536);
    assert_eq!(MemoryType { is_64: true, ..memory }.pages_reachable(), 1 << 48);
    let bytes = MemoryType { is_64: true, page_bytes_log2: 0, ..memory };
    assert_eq!(bytes.pages_reachable(), u64::MAX);
}
