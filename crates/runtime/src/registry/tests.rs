//! Equal types share an id, and an id returns when its last holder is gone.

use super::*;
use holm_spec::types::ValType::{F64, I32, V128};

fn ty(params: &[holm_spec::types::ValType]) -> FuncType {
    FuncType::new(params, &[I32][..])
}

#[test]
fn equal_types_share_an_id() {
    let registry = TypeRegistry::default();
    let a = registry.register(&ty(&[I32]));
    let b = registry.register(&ty(&[F64]));
    let c = registry.register(&ty(&[I32]));
    assert_eq!((a.id(), b.id(), c.id()), (1, 2, 1));
    assert_eq!(registry.signature(2).unwrap().ty, ty(&[F64]));
    assert!(registry.signature(0).is_none());
    assert!(registry.signature(3).is_none());
}

#[test]
fn an_id_returns_when_its_last_holder_is_gone() {
    let registry = TypeRegistry::default();
    let first = registry.register(&ty(&[I32]));
    let second = first.clone();
    drop(first);
    assert!(registry.signature(1).is_some());
    drop(second);
    assert!(registry.signature(1).is_none());
    let other = registry.register(&ty(&[V128]));
    assert_eq!(other.id(), 1);
}
