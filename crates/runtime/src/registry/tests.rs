//! Equal types share an id, and an id returns when its last holder is gone.

use super::*;
use holm_spec::types::ValType::{F64, I32, V128};
use holm_spec::types::{CompositeType, FieldType, HeapType, RefType, StorageType, ValType};

fn ty(params: &[ValType]) -> FuncType {
    FuncType::new(params, &[I32][..])
}

#[test]
fn equal_types_share_an_id() {
    let registry = TypeRegistry::default();
    let a = registry.register(&ty(&[I32])).unwrap();
    let b = registry.register(&ty(&[F64])).unwrap();
    let c = registry.register(&ty(&[I32])).unwrap();
    assert_eq!((a.id(), b.id(), c.id()), (1, 2, 1));
    assert_eq!(registry.signature(2).unwrap().ty, ty(&[F64]));
    assert!(registry.signature(0).is_none());
    assert!(registry.signature(3).is_none());
}

#[test]
fn an_id_returns_when_its_last_holder_is_gone() {
    let registry = TypeRegistry::default();
    let first = registry.register(&ty(&[I32])).unwrap();
    let second = first.clone();
    drop(first);
    assert!(registry.signature(1).is_some());
    drop(second);
    assert!(registry.signature(1).is_none());
    let other = registry.register(&ty(&[V128])).unwrap();
    assert_eq!(other.id(), 1);
}

/// A structure whose one field refers to the type with this number.
fn node(next: u32) -> SubType {
    let next = ValType::Ref(RefType::nullable(HeapType::ConcreteStruct(next)));
    let field = FieldType { storage: StorageType::Val(next), mutable: true };
    SubType::lone(CompositeType::Struct([field].into()))
}

#[test]
fn groups_are_the_same_when_they_read_the_same() {
    let registry = TypeRegistry::default();
    let number = SubType::from(ty(&[I32]));
    // A list alone, after another type, and one that names the list of another group.
    let alone = registry.register_module(&[node(0)], &[1]).unwrap();
    let later = registry.register_module(&[number.clone(), node(1)], &[1, 1]).unwrap();
    assert_eq!(alone.ids[0], later.ids[1]);
    let outside = registry.register_module(&[node(0), node(0)], &[1, 1]).unwrap();
    assert_eq!(outside.ids[0], alone.ids[0]);
    assert_ne!(outside.ids[1], alone.ids[0]);
    // The same two types in one group are others.
    let together = registry.register_module(&[node(0), node(0)], &[2]).unwrap();
    assert!(!together.ids.contains(&alone.ids[0]) && together.ids[0] != together.ids[1]);
}

#[test]
fn a_group_keeps_what_it_names() {
    let registry = TypeRegistry::default();
    let mut types = registry.register_module(&[node(0), node(0)], &[1, 1]).unwrap();
    let first = types.ids[0];
    drop(types._groups.remove(0));
    assert!(registry.with_definitions(|types| types.definition(first).is_some()));
    drop(types);
    assert!(registry.with_definitions(|types| types.definition(first).is_none()));
    let stale = ValType::Ref(RefType::nullable(HeapType::ConcreteStruct(first)));
    assert!(registry.register(&ty(&[stale])).is_err());
}

#[test]
fn subtypes_are_below_their_supertypes() {
    let registry = TypeRegistry::default();
    let open = |supertype, fields: usize| {
        let field = FieldType { storage: StorageType::I8, mutable: false };
        let composite = CompositeType::Struct(vec![field; fields].into());
        SubType { is_final: false, supertype, composite }
    };
    let list = [open(None, 1), open(Some(0), 2), open(Some(1), 3), open(Some(0), 3)];
    let types = registry.register_module(&list, &[1, 1, 2]).unwrap();
    let below = |sub: usize, sup: usize| registry.is_below(types.ids[sub], types.ids[sup]);
    assert!(below(2, 0) && below(2, 1) && below(3, 0) && below(0, 0));
    assert!(!below(3, 1) && !below(0, 1) && !below(1, 2));
}
