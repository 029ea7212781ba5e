//! Exceptions across the boundary: thrown by guests and caught by the host, the other way round, and through.

use crate::support::*;
use holm::{
    Caller, ErrorKind, ExnRef, Extern, Func, FuncType, Instance, Linker, Result, Store,
    StoreLimits, Tag, TrapReason, Val, ValType,
};

/// Throws what it is told to, by itself or through the host, and catches what it can.
const GUEST: &str = r#"(module
    (import "host" "call" (func $call (param i32) (result i32)))
    (import "host" "tag" (tag $host (param i32 i64)))
    (tag $own (export "own") (param i32 f64))
    (memory (export "memory") 1)
    (data (i32.const 0) "\07")
    (global $g (mut i32) (i32.const 5))
    (func $throw (export "throw") (param i32) (throw $own (local.get 0) (f64.const 0.5)))
    (func (export "rethrow") (param exnref) (throw_ref (local.get 0)))
    (func (export "same") (param exnref) (result exnref) (local.get 0))
    (func (export "through") (param i32) (result i32) (call $call (local.get 0)))
    (func (export "catch") (param i32) (result i32)
        (block $own (result i32 f64)
            (block $host (result i32 i64)
                (return (try_table (result i32) (catch $host $host) (catch $own $own)
                    (call $call (local.get 0)))))
            (drop)
            (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (return (i32.add (i32.add (i32.load8_u (i32.const 0)) (global.get $g)))))
        (drop)
        (return (i32.mul (i32.const 100)))))"#;

/// What the host does when the guest calls it with some number.
struct Host {
    tag: Option<Tag>,
    guest: Option<Instance>,
    caught: Vec<String>,
}

fn host(mut caller: Caller<'_, Host>, what: i32) -> Result<i32> {
    let tag = caller.data().tag.unwrap();
    let throw = |caller: &mut Caller<'_, Host>, what: i32| {
        let values = [Val::I32(what), Val::I64(-1)];
        let exception = ExnRef::new(&mut *caller, tag, &values)?;
        Err(exception.into_error(&mut *caller))
    };
    match what {
        0 => Ok(1),
        // Throws itself.
        1..10 => throw(&mut caller, what),
        // Lets through what a guest throws.
        10..20 => {
            let throw = caller.data().guest.unwrap().get_func(&caller, "throw").unwrap();
            throw.call(&mut caller, &[Val::I32(what)], &mut [])?;
            Ok(2)
        }
        // Catches it and throws something else, or nothing.
        20..30 => {
            let throw_own = caller.data().guest.unwrap().get_func(&caller, "throw").unwrap();
            let error = error(throw_own.call(&mut caller, &[Val::I32(what)], &mut []));
            caller.data_mut().caught.push(error.to_string());
            if what == 20 { Ok(3) } else { throw(&mut caller, what) }
        }
        _ => Err(TrapReason::Unreachable.into()),
    }
}

fn guest(engine: &holm::Engine) -> (Store<Host>, Instance) {
    let mut store = Store::new(engine, Host { tag: None, guest: None, caught: Vec::new() });
    let ty = FuncType::new([ValType::I32, ValType::I64], []);
    let tag = Tag::new(&mut store, ty).unwrap();
    store.data_mut().tag = Some(tag);
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "call", host).unwrap();
    linker.define("host", "tag", tag).unwrap();
    let instance = linker.instantiate(&mut store, &module(engine, GUEST)).unwrap();
    store.data_mut().guest = Some(instance);
    (store, instance)
}

#[test]
fn an_uncaught_exception_is_an_error_with_its_values() {
    for engine in &*ENGINES {
        let (mut store, instance) = guest(engine);
        let throw = instance.get_func(&store, "throw").unwrap();
        for n in 0..3 {
            let error = error(throw.call(&mut store, &[Val::I32(n)], &mut []));
            assert_eq!(error.kind(), ErrorKind::Exception);
            assert_eq!(error.trap_reason(), Some(TrapReason::UncaughtException));
            let expected = format!("uncaught exception of type (i32, f64) with {n}, 0.5");
            assert_eq!(error.to_string(), expected);
            let exception = error.exception().unwrap();
            assert_eq!(Some(exception.tag(&store).unwrap()), instance.get_tag(&store, "own"));
            let values = exception.values(&store).unwrap();
            assert_eq!((values[0].i32(), values[1].f64()), (Some(n), Some(0.5)));
            assert_eq!(error.backtrace().unwrap().frames().len(), 1);
        }
    }
}

#[test]
fn exceptions_pass_the_host_both_ways() {
    for engine in &*ENGINES {
        let (mut store, instance) = guest(engine);
        let catch = instance.get_typed_func::<i32, i32>(&store, "catch").unwrap();
        let through = instance.get_typed_func::<i32, i32>(&store, "through").unwrap();
        assert_eq!(catch.call(&mut store, 0).unwrap(), 1);
        assert_eq!(catch.call(&mut store, 1).unwrap(), 1 + 7 + 6);
        assert_eq!(catch.call(&mut store, 2).unwrap(), 2 + 7 + 7);
        assert_eq!(catch.call(&mut store, 11).unwrap(), 1100);
        assert_eq!(catch.call(&mut store, 20).unwrap(), 3);
        assert_eq!(catch.call(&mut store, 21).unwrap(), 21 + 7 + 8);
        assert_eq!(store.data().caught.len(), 2);
        assert_eq!(error(catch.call(&mut store, 30)).kind(), ErrorKind::Trap);
        let own = instance.get_tag(&store, "own").unwrap();
        for (what, tag) in [(3, store.data().tag.unwrap()), (12, own)] {
            let error = error(through.call(&mut store, what));
            assert_eq!(error.exception().unwrap().tag(&store).unwrap(), tag);
        }
    }
}

#[test]
fn host_functions_of_every_form_throw() {
    let text = |params: &str, args: &str| {
        format!(
            r#"(module (import "host" "tag" (tag $t (param i32)))
                (import "host" "f" (func $f (param {params}) (result i32)))
                (memory 1)
                (func (export "catch") (result i32)
                    (block $h (result i32)
                        (try_table (result i32) (catch $t $h) (call $f {args})))
                    (i32.add (i32.load (i32.const 0)))))"#
        )
    };
    let nine = "(i64.const 1)".repeat(9);
    for engine in &*ENGINES {
        let mut store = Store::new(engine, ());
        let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
        let throw = move |mut caller: Caller<'_, ()>, value: i32| -> Result<i32> {
            let exception = ExnRef::new(&mut caller, tag, &[Val::I32(value)])?;
            Err(exception.into_error(&mut caller))
        };
        let wide = FuncType::new([ValType::I64; 9], [ValType::I32]);
        let untyped = move |caller: Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
            results[0] = Val::I32(throw(caller, 3)?);
            Ok(())
        };
        let functions = [
            ("", String::new(), Func::wrap(&mut store, move |c: Caller<'_, ()>| throw(c, 1))),
            (
                "f64",
                "(f64.const 2)".to_owned(),
                Func::wrap(&mut store, move |c: Caller<'_, ()>, _: f64| throw(c, 2)),
            ),
            (
                "i64 i64 i64 i64 i64 i64 i64 i64 i64",
                nine.clone(),
                Func::new(&mut store, wide, untyped),
            ),
        ];
        for (expected, (params, args, function)) in (1..).zip(functions) {
            let module = module(engine, &text(params, &args));
            let imports = [Extern::Tag(tag), Extern::Func(function.unwrap())];
            let instance = Instance::new(&mut store, &module, &imports).unwrap();
            let catch = instance.get_typed_func::<(), i32>(&store, "catch").unwrap();
            for _ in 0..3 {
                assert_eq!(catch.call(&mut store, ()).unwrap(), expected);
            }
        }
    }
}

#[test]
fn references_go_in_and_out() {
    let (mut store, instance) = guest(&ENGINE);
    let tag = store.data().tag.unwrap();
    let exception = ExnRef::new(&mut store, tag, &[Val::I32(1), Val::I64(2)]).unwrap();
    let mut results = [Val::I32(0)];
    let same = instance.get_func(&store, "same").unwrap();
    same.call(&mut store, &[exception.into()], &mut results).unwrap();
    assert!(matches!(results[0], Val::ExnRef(Some(found)) if found == exception));
    let rethrow = instance.get_func(&store, "rethrow").unwrap();
    let thrown = error(rethrow.call(&mut store, &[exception.into()], &mut []));
    assert_eq!(thrown.exception(), Some(exception));
    let null = error(rethrow.call(&mut store, &[Val::ExnRef(None)], &mut []));
    assert_eq!(null.trap_reason(), Some(TrapReason::NullReference));

    let mut other = Store::new(&ENGINE, ());
    assert_eq!(text(exception.values(&other)), "exnref belongs to another store");
    assert_eq!(text(ExnRef::new(&mut other, tag, &[])), "tag belongs to another store");
    assert_eq!(
        text(ExnRef::new(&mut store, tag, &[])),
        "exception of type (i32, i64) has 2 values, 0 were given"
    );
    assert!(
        text(ExnRef::new(&mut store, tag, &[Val::I64(1), Val::I64(2)])).contains("i64 where i32")
    );
    let with_result = Tag::new(&mut store, FuncType::new([], [ValType::I32]));
    assert_eq!(text(with_result), "a tag cannot have type () -> (i32): it has results");
}

#[test]
fn exceptions_live_as_long_as_their_errors() {
    let limits = StoreLimits { exceptions_max: 10_000, tags_max: 3, ..StoreLimits::default() };
    let mut store = Store::try_new(&ENGINE, limits, ()).unwrap();
    let module = module(
        &ENGINE,
        "(module (tag (param i32)) (func (export \"f\") (param i32) (throw 0 (local.get 0))))",
    );
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let f = instance.get_typed_func::<i32, ()>(&store, "f").unwrap();
    let first: Vec<_> = (0..100).map(|n| error(f.call(&mut store, -n))).collect();
    // More than may exist at the same time, if the errors are dropped.
    for n in 0..30_000 {
        assert_eq!(error(f.call(&mut store, n)).kind(), ErrorKind::Exception);
    }
    let exceptions: Vec<_> = first.iter().map(|error| error.exception().unwrap()).collect();
    for (n, exception) in (0..).zip(&exceptions) {
        assert_eq!(exception.values(&store).unwrap()[0].i32(), Some(-n));
    }
    drop(first);
    for n in 0..30_000 {
        error(f.call(&mut store, n));
    }
    // Some may look as if they were still in use, but not all.
    let gone = exceptions.iter().find(|exception| exception.tag(&store).is_err()).unwrap();
    assert_eq!(text(gone.values(&store)), "exnref refers to an exception that is gone");

    let kept: Vec<_> = (0..10_000).map(|n| error(f.call(&mut store, n))).collect();
    assert!(kept.iter().all(|error| error.kind() == ErrorKind::Exception));
    assert_eq!(
        error(f.call(&mut store, 0)).trap_reason(),
        Some(TrapReason::AllocationFailed),
        "the limit is reached"
    );
    drop(kept);
    assert_eq!(error(f.call(&mut store, 0)).kind(), ErrorKind::Exception);

    for _ in 0..2 {
        Tag::new(&mut store, FuncType::default()).unwrap();
    }
    let too_many = Tag::new(&mut store, FuncType::default());
    assert_eq!(
        text(too_many),
        "limit on exception tags reached: 4 wanted, 3 allowed by `StoreLimits`"
    );
}

#[test]
fn tags_are_matched_by_type_and_told_by_identity() {
    let mut store = Store::new(&ENGINE, ());
    let tags: Vec<Tag> = [ValType::I32, ValType::I32, ValType::I64]
        .map(|ty| Tag::new(&mut store, FuncType::new([ty], [])).unwrap())
        .into();
    assert!(tags[0] != tags[1] && tags[0].ty(&store) == tags[1].ty(&store));
    let module = module(
        &ENGINE,
        r#"(module (import "a" "a" (tag $a (param i32))) (import "a" "b" (tag $b (param i32)))
            (export "a" (tag $a))
            (func $throw (throw $a (i32.const 1)))
            (func (export "f") (result i32)
                (block $b (result i32)
                    (block $a (result i32)
                        (try_table (result i32) (catch $b $b) (catch $a $a)
                            (call $throw) (i32.const 0)))
                    (return (i32.add (i32.const 10))))))"#,
    );
    for (b, expected) in [(0, 1), (1, 11)] {
        let imports = [tags[0].into(), tags[b].into()];
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), expected);
        assert_eq!(instance.get_tag(&store, "a"), Some(tags[0]));
    }
    let wrong = Instance::new(&mut store, &module, &[tags[0].into(), tags[2].into()]);
    assert_eq!(text(wrong), "import `a` `b`: expected tag (i32) -> (), found tag (i64) -> ()");
}
