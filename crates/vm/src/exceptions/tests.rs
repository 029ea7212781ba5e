//! The arena: references, their re-use, limits.

use super::*;
use crate::{Pool, PoolConfig, Store, StoreLimits};
use holm_spec::types::ValType;

fn store(exceptions_max: u32) -> (Store<()>, TagId) {
    let pool = Pool::new(PoolConfig::default(), crate::NoRelations).unwrap();
    let limits = StoreLimits { exceptions_max, ..StoreLimits::default() };
    let mut store = Store::new(&pool, limits, ()).unwrap();
    let ty = FuncType::new([ValType::I32, ValType::V128], []);
    let tag = store.objects_mut().tag_new(&TagType { type_id: 1, ty }).unwrap();
    (store, tag)
}

#[test]
fn exceptions_keep_their_values() {
    let (mut store, tag) = store(100);
    let objects = store.objects_mut();
    let made: Vec<u32> =
        (0..50).map(|n| objects.exception_new(tag, &[n, n << 100]).unwrap()).collect();
    for (n, reference) in (0..).zip(&made) {
        assert_eq!(objects.exception(*reference), Some((tag, vec![n, n << 100])));
    }
    let distinct: std::collections::BTreeSet<u32> = made.iter().copied().collect();
    assert_eq!((distinct.len(), objects.exceptions_count()), (50, 50));
    assert!(!distinct.contains(&0));
}

#[test]
fn a_reference_does_not_outlive_its_exception() {
    let (mut store, tag) = store(100);
    let objects = store.objects_mut();
    let first = objects.exception_new(tag, &[1, 2]).unwrap();
    let held = objects.exception_hold(first);
    // The most that there may be, and then some; nobody refers to the others.
    for n in 0..1000 {
        objects.exception_new(tag, &[n, n]).unwrap();
    }
    assert_eq!(objects.exception(first), Some((tag, vec![1, 2])));
    drop(held);
    for n in 0..1000 {
        objects.exception_new(tag, &[n, n]).unwrap();
    }
    assert_eq!(objects.exception(first), None);
    assert!(objects.exceptions_count() <= 100);
}

#[test]
fn there_are_never_more_than_the_limit() {
    let (mut store, tag) = store(10);
    let objects = store.objects_mut();
    let make = |objects: &mut Objects| {
        let reference = objects.exception_new(tag, &[0, 0])?;
        Ok::<_, VmError>(objects.exception_hold(reference))
    };
    let kept: Vec<HeldException> = (0..10).map(|_| make(objects).unwrap()).collect();
    let refused = VmError::Exhausted { limit: "exceptions", value: 11, max: 10 };
    assert_eq!(make(objects).unwrap_err(), refused);
    drop(kept);
    make(objects).unwrap();
}

#[test]
fn what_was_caught_without_a_reference_makes_room_at_once() {
    let (mut store, tag) = store(100);
    let objects = store.objects_mut();
    for n in 0..50 {
        let reference = objects.exception_new(tag, &[n, n]).unwrap();
        let place = objects.exceptions.place(reference).unwrap();
        place.record.set(EXCEPTION_STATE, EXCEPTION_CAUGHT);
        assert_eq!(objects.exceptions_count(), 1);
    }
    let reference = objects.exception_new(tag, &[1, 2]).unwrap();
    objects.exceptions.escape(reference);
    let place = objects.exceptions.place(reference).unwrap();
    place.record.set(EXCEPTION_STATE, EXCEPTION_CAUGHT | EXCEPTION_ESCAPED);
    objects.exception_new(tag, &[0, 0]).unwrap();
    assert_eq!(objects.exception(reference), Some((tag, vec![1, 2])));
}
