//! What a heap may hold, and what it gives back.

use super::store;
use crate::heap::HeapConfig;
use crate::{Objects, StoreLimits, VmError};
use holm_abi::object::{KIND_ARRAY, ObjectLayout, StructLayout};
use holm_spec::types::{FieldType, StorageType, ValType};

const NODE: u32 = 1;
const BYTES: u32 = 2 | KIND_ARRAY;

fn limited(heap_bytes_max: u64, stress: bool) -> crate::Store<()> {
    let limits = StoreLimits { heap_bytes_max, ..StoreLimits::default() };
    let mut store = store(HeapConfig { stress, ..HeapConfig::default() }, None, limits);
    let field = |storage| FieldType { storage, mutable: true };
    let fields = [ValType::ANYREF, ValType::I64].map(|ty| field(StorageType::Val(ty)));
    let node = ObjectLayout::Struct(StructLayout::new(&fields));
    let bytes = ObjectLayout::Array(holm_abi::object::ArrayLayout::new(field(StorageType::I8)));
    store.objects_mut().need_type(NODE, &node).unwrap();
    store.objects_mut().need_type(BYTES, &bytes).unwrap();
    store
}

/// Makes a chain, held by one handle at a time, until there is no more room; how long it got, and why not longer.
fn chain(objects: &mut Objects) -> (u64, VmError) {
    let mut length = 0;
    let mut last = objects.own(0);
    loop {
        let made = match objects.struct_new_zeroed(NODE) {
            Ok(made) => made,
            Err(error) => return (length, error),
        };
        objects.object_write(made, 4, 4, last.reference().into());
        last = objects.own(made);
        length += 1;
    }
}

#[test]
fn a_full_heap_says_so_and_can_be_used_again() {
    for max in [64 << 10, 3 << 20, 20 << 20] {
        let mut store = limited(max, false);
        let objects = store.objects_mut();
        let mut lengths = Vec::new();
        for _ in 0..3 {
            let (length, error) = chain(objects);
            let VmError::Exhausted { limit, value, max: said } = error else { panic!("{error:?}") };
            assert_eq!((limit, said), ("heap bytes", max));
            assert!(value > max / 2, "{value} of {max} were in use");
            assert!(length * 16 <= max && length * 16 > max / 2, "{length} nodes in {max} bytes");
            lengths.push(length);
        }
        assert!(
            lengths.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= max / 64),
            "{lengths:?}"
        );
    }
}

#[test]
fn garbage_is_no_use() {
    let mut store = limited(4 << 20, false);
    let objects = store.objects_mut();
    for _ in 0..2_000_000 {
        objects.struct_new_zeroed(NODE).unwrap();
    }
    for _ in 0..200 {
        objects.array_new_zeroed(BYTES, 1 << 20).unwrap();
    }
    objects.collect_garbage().unwrap();
    let stats = objects.heap_stats();
    assert_eq!(stats.bytes_in_use, 0);
    assert!(stats.minor_collections > 0 && stats.major_collections > 0);
    assert!(stats.bytes_allocated >= 32_000_000 + (200 << 20));
}

#[test]
fn an_array_larger_than_the_heap_is_refused_before_it_takes_memory() {
    let mut store = limited(1 << 20, false);
    let objects = store.objects_mut();
    let refused = objects.array_new_zeroed(BYTES, u32::MAX);
    assert!(matches!(refused, Err(VmError::Exhausted { limit: "heap bytes", .. })), "{refused:?}");
    assert!(objects.array_new_zeroed(BYTES, 100_000).is_ok());
}

#[test]
fn a_chain_survives_stress() {
    let mut store = limited(1 << 20, true);
    let objects = store.objects_mut();
    let mut last = objects.own(0);
    for number in 0..500_u32 {
        let made = objects.struct_new_zeroed(NODE).unwrap();
        objects.object_write(made, 4, 4, last.reference().into());
        objects.object_write(made, 8, 8, number.into());
        last = objects.own(made);
    }
    let mut at = last.reference();
    for number in (0..500_u32).rev() {
        assert_eq!(objects.object_read(at, 8, 8), number.into());
        at = objects.object_read(at, 4, 4) as u32;
    }
    assert_eq!(at, 0);
}
