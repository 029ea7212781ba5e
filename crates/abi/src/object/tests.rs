//! Where fields go.

use super::*;
use holm_spec::types::ValType;
use std::vec::Vec;

fn fields(storages: &[StorageType]) -> Vec<FieldType> {
    storages.iter().map(|storage| FieldType { storage: *storage, mutable: true }).collect()
}

const I32: StorageType = StorageType::Val(ValType::I32);
const I64: StorageType = StorageType::Val(ValType::I64);
const ANY: StorageType = StorageType::Val(ValType::ANYREF);
const FUNC: StorageType = StorageType::Val(ValType::FUNCREF);
const V128: StorageType = StorageType::Val(ValType::V128);

#[test]
fn fields_fill_what_alignment_left_free() {
    let layout = StructLayout::new(&fields(&[
        I64,
        ANY,
        StorageType::I8,
        StorageType::I16,
        FUNC,
        V128,
        StorageType::I8,
    ]));
    assert_eq!(*layout.fields, [8, 4, 16, 18, 20, 24, 17]);
    assert_eq!(*layout.references, [4]);
    assert_eq!(layout.bytes, 40);
    let small = StructLayout::new(&fields(&[ANY, I32]));
    assert_eq!((&*small.fields, small.bytes), (&[4, 8][..], 16));
    assert_eq!(StructLayout::new(&[]).bytes, 8);
}

/// Every beginning of a list of fields is laid out as the whole list begins.
#[test]
fn places_depend_on_earlier_fields_only() {
    let storages = [StorageType::I8, I64, StorageType::I16, ANY, V128, I32, StorageType::I8, I64];
    let mut state = 7_u32;
    for _ in 0..200 {
        let list: Vec<StorageType> = (0..12)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                storages[(state >> 28) as usize % storages.len()]
            })
            .collect();
        let whole = StructLayout::new(&fields(&list));
        let mut taken = std::collections::BTreeSet::new();
        for (storage, at) in list.iter().zip(&whole.fields) {
            assert!(at.is_multiple_of(storage.bytes().min(8)));
            assert!((*at..at + storage.bytes()).all(|byte| taken.insert(byte)), "{list:?}");
        }
        for length in 0..list.len() {
            let part = StructLayout::new(&fields(&list[..length]));
            assert_eq!(*part.fields, whole.fields[..length]);
        }
    }
}

#[test]
fn arrays() {
    let bytes = |storage, length| ArrayLayout::new(fields(&[storage])[0]).bytes(length);
    assert_eq!(bytes(StorageType::I8, 0), 8);
    assert_eq!(bytes(StorageType::I8, 1), 16);
    assert_eq!(bytes(V128, 1), 24);
    assert_eq!(bytes(V128, u32::MAX), 8 + 16 * u64::from(u32::MAX));
}

/// The distance of every field of the longest structure that modules may have stays where null traps.
#[test]
fn no_field_lies_beyond_what_null_protects() {
    let layout = StructLayout::new(&fields(&[V128; 10_000]));
    assert!(layout.bytes <= NULL_BYTES);
}
