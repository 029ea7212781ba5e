//! Structures, arrays and things of the host's through the API: making them, holding them, letting go.

use crate::support::*;
use holm::{
    AnyRef, ArrayRef, ArrayType, Config, Engine, ExternRef, FieldType, Func, HeapType, Instance,
    RefType, RootScope, StorageType, Store, StoreLimits, StructRef, StructType, Val, ValType,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn field(storage: StorageType, mutable: bool) -> FieldType {
    FieldType { storage, mutable }
}

/// Engines that collect when they have to, and at every allocation.
fn engines() -> [Engine; 2] {
    let mut config = Config::new();
    let lazy = Engine::new(&config).unwrap();
    config.gc_stress(true);
    [lazy, Engine::new(&config).unwrap()]
}

#[test]
fn structures_keep_what_is_put_into_them() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let ty = StructType::new(
            &engine,
            [
                field(StorageType::I8, true),
                field(StorageType::Val(ValType::I64), false),
                field(StorageType::Val(ValType::ANYREF), true),
            ],
        )
        .unwrap();
        let inner = StructRef::new(
            &mut store,
            &ty,
            &[Val::I32(-1), Val::I64(7), Val::AnyRef(Some(AnyRef::from_i31(3)))],
        )
        .unwrap();
        let outer = StructRef::new(
            &mut store,
            &ty,
            &[Val::I32(2), Val::I64(-9), Val::AnyRef(Some(inner.to_any()))],
        )
        .unwrap();
        store.gc().unwrap();
        assert_eq!(inner.get(&store, 0).unwrap().i32(), Some(255));
        assert_eq!(outer.get(&store, 1).unwrap().i64(), Some(-9));
        let found = *outer.get(&store, 2).unwrap().anyref().unwrap().unwrap();
        assert!(found.is_same(&store, &inner.to_any()).unwrap());
        assert_eq!(found.ty(&store).unwrap(), ty.heap_type());
        let found = StructRef::from_any(&store, found).unwrap().unwrap();
        let small = *found.get(&store, 2).unwrap().anyref().unwrap().unwrap();
        assert_eq!(small.i31(), Some(3));
        found.set(&mut store, 0, Val::I32(5)).unwrap();
        assert_eq!(inner.get(&store, 0).unwrap().i32(), Some(5));
        assert_eq!(
            text(found.set(&mut store, 1, Val::I64(5))),
            "cannot set a i64: it is not mutable"
        );
        assert_eq!(text(found.get(&store, 3)), "there is no field 3 in the structure");
        assert_eq!(
            text(found.set(&mut store, 0, Val::I64(5))),
            "value of type i64 where i32 is expected"
        );
        let mut other = Store::new(&engine, ());
        assert_eq!(text(inner.get(&other, 0)), "anyref belongs to another store");
        assert_eq!(
            text(StructRef::new(&mut other, &ty, &[])),
            "a structure of 3 fields, 0 were given"
        );
    }
}

#[test]
fn arrays_too() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let bytes = ArrayType::new(&engine, field(StorageType::I16, true)).unwrap();
        let lists =
            ArrayType::new(&engine, field(StorageType::Val(ValType::ANYREF), true)).unwrap();
        let text_of = ArrayRef::new(&mut store, &bytes, Val::I32(0x1_2345), 50_000).unwrap();
        let list =
            ArrayRef::new(&mut store, &lists, Val::AnyRef(Some(text_of.to_any())), 20_000).unwrap();
        store.gc().unwrap();
        assert_eq!(list.len(&store).unwrap(), 20_000);
        let last = *list.get(&store, 19_999).unwrap().anyref().unwrap().unwrap();
        let last = ArrayRef::from_any(&store, last).unwrap().unwrap();
        assert_eq!(last.get(&store, 49_999).unwrap().i32(), Some(0x2345));
        assert!(StructRef::from_any(&store, last.to_any()).unwrap().is_none());
        // An array in the old space gets something young.
        for index in 0..100 {
            let mut scope = RootScope::new(&mut store);
            let young = ArrayRef::new(&mut scope, &bytes, Val::I32(index), 3).unwrap();
            let at = u32::try_from(index).unwrap() * 199;
            list.set(&mut scope, at, Val::AnyRef(Some(young.to_any()))).unwrap();
        }
        store.gc().unwrap();
        for index in 0..100 {
            let at = u32::try_from(index).unwrap() * 199;
            let young = *list.get(&store, at).unwrap().anyref().unwrap().unwrap();
            let young = ArrayRef::from_any(&store, young).unwrap().unwrap();
            assert_eq!(young.get(&store, 2).unwrap().i32(), Some(index));
        }
        assert_eq!(
            text(list.get(&store, 20_000)),
            "there is no element 20000 in an array of 20000"
        );
    }
}

#[test]
fn handles_die_with_their_scope_and_owned_ones_do_not() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let ty = ArrayType::new(&engine, field(StorageType::Val(ValType::I32), true)).unwrap();
        let (dead, owned) = {
            let mut scope = RootScope::new(&mut store);
            let array = ArrayRef::new(&mut scope, &ty, Val::I32(4), 2).unwrap();
            (array, array.to_any().to_owned_ref(&scope).unwrap())
        };
        assert!(text(dead.len(&store)).starts_with("anyref is used after its scope"));
        store.gc().unwrap();
        let array = ArrayRef::from_any(&store, owned.get(&store).unwrap()).unwrap().unwrap();
        assert_eq!(array.get(&store, 1).unwrap().i32(), Some(4));
        // The place of the dead handle is another's now, which it does not reach.
        assert!(text(dead.len(&store)).starts_with("anyref is used after its scope"));
    }
}

/// Counts when it is dropped.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn things_of_the_host_are_dropped_when_nobody_refers_to_them() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let dropped = Arc::new(AtomicU32::new(0));
        let module = module(
            &engine,
            r#"(module (global $kept (mut externref) (ref.null extern))
                (func (export "keep") (param externref) (global.set $kept (local.get 0))))"#,
        );
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let keep = instance.get_typed_func::<Option<ExternRef>, ()>(&mut store, "keep").unwrap();
        for _ in 0..10 {
            let mut scope = RootScope::new(&mut store);
            let thing = ExternRef::new(&mut scope, Counted(Arc::clone(&dropped))).unwrap();
            keep.call(&mut scope, Some(thing)).unwrap();
        }
        store.gc().unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 9);
        assert_eq!(store.heap_stats().host_objects, 1);
        keep.call(&mut store, None).unwrap();
        store.gc().unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 10);
    }
}

#[test]
fn more_things_than_allowed_at_once_can_exist_one_after_the_other() {
    let engine = ENGINE.clone();
    let limits = StoreLimits { externrefs_max: 3, ..StoreLimits::default() };
    let mut store = Store::try_new(&engine, limits, ()).unwrap();
    for number in 0..100_u32 {
        let mut scope = RootScope::new(&mut store);
        ExternRef::new(&mut scope, number).unwrap();
    }
    for number in 0..3_u32 {
        ExternRef::new(&mut store, number).unwrap();
    }
    assert!(text(ExternRef::new(&mut store, 4_u32)).contains("host references"));
}

#[test]
fn objects_pass_between_host_and_guest_and_keep_their_identity() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let module = module(
            &engine,
            r#"(module
                (type $pair (struct (field $a (mut i32)) (field $b (mut anyref))))
                (import "h" "swap" (func $swap (param anyref) (result anyref)))
                (func (export "make") (param i32 anyref) (result (ref $pair))
                  (struct.new $pair (local.get 0) (local.get 1)))
                (func (export "through") (param i32) (result i32)
                  (local $p (ref $pair)) (local $q (ref $pair))
                  (local.set $p (struct.new $pair (local.get 0) (ref.null any)))
                  (local.set $q (ref.cast (ref $pair) (call $swap (local.get $p))))
                  (i32.add
                    (i32.mul (struct.get $pair $a (local.get $q)) (i32.const 1000))
                    (i32.add (struct.get $pair $a (local.get $p))
                      (ref.eq (local.get $p) (ref.cast eqref (struct.get $pair $b (local.get $q))))))))"#,
        );
        let swap = Func::wrap(
            &mut store,
            |mut caller: holm::Caller<'_, ()>,
             found: Option<AnyRef>|
             -> holm::Result<Option<AnyRef>> {
                let found = found.unwrap();
                let pair = StructRef::from_any(&caller, found)?.unwrap();
                let ty = pair.ty(&caller)?;
                let number = pair.get(&caller, 0)?.i32().unwrap();
                let values = [Val::I32(number + 1), Val::AnyRef(Some(found))];
                Ok(Some(StructRef::new(&mut caller, &ty, &values)?.to_any()))
            },
        )
        .unwrap();
        let instance = Instance::new(&mut store, &module, &[swap.into()]).unwrap();
        let through = instance.get_typed_func::<i32, i32>(&mut store, "through").unwrap();
        assert_eq!(through.call(&mut store, 6).unwrap(), 7007);
        let make = instance.get_func(&mut store, "make").unwrap();
        let mut results = [Val::I32(0)];
        make.call(&mut store, &[Val::I32(8), Val::AnyRef(None)], &mut results).unwrap();
        let pair = *results[0].anyref().unwrap().unwrap();
        assert!(matches!(pair.ty(&store).unwrap(), HeapType::ConcreteStruct(_)));
        let result = make.ty(&store).results()[0];
        assert_eq!(result, ValType::Ref(RefType::non_null(pair.ty(&store).unwrap())));
        let params = [Val::I32(8), Val::AnyRef(Some(pair))];
        make.call(&mut store, &params, &mut results).unwrap();
    }
}

#[test]
fn a_heap_has_its_limit() {
    let engine = ENGINE.clone();
    let limits = StoreLimits { heap_bytes_max: 4 << 20, ..StoreLimits::default() };
    let mut store = Store::try_new(&engine, limits, ()).unwrap();
    let module = module(
        &engine,
        r#"(module
            (type $list (struct (field (mut (ref null $list))) (field i64)))
            (type $bytes (array (mut i8)))
            (global $all (mut (ref null $list)) (ref.null $list))
            (func (export "hoard")
              (loop $again
                (global.set $all (struct.new $list (global.get $all) (i64.const 0)))
                (br $again)))
            (func (export "drop") (global.set $all (ref.null $list)))
            (func (export "bytes") (param i32) (drop (array.new_default $bytes (local.get 0)))))"#,
    );
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let hoard = instance.get_typed_func::<(), ()>(&mut store, "hoard").unwrap();
    let drop_all = instance.get_typed_func::<(), ()>(&mut store, "drop").unwrap();
    let bytes = instance.get_typed_func::<u32, ()>(&mut store, "bytes").unwrap();
    for _ in 0..3 {
        assert_eq!(text(hoard.call(&mut store, ())), "allocation size too large");
        assert!(store.heap_stats().bytes_in_use <= 4 << 20);
        drop_all.call(&mut store, ()).unwrap();
        bytes.call(&mut store, 1 << 20).unwrap();
    }
    assert_eq!(text(bytes.call(&mut store, 5 << 20)), "allocation size too large");
    let stats = store.heap_stats();
    assert!(stats.minor_collections > 0 && stats.major_collections > 0);
    assert!(stats.bytes_allocated > 12 << 20);
}
