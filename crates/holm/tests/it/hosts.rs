//! Calls from guests to closures of the host.

use crate::support::*;
use holm::{Caller, Error, Extern, Func, FuncType, Linker, Result, Store, Val, ValType};

const NONE: [ValType; 0] = [];

/// A guest that passes its parameters on to `host` `f` and returns what it gets.
fn forwarder(params: &str, results: &str) -> String {
    let count = params.split_whitespace().count();
    let gets: String = (0..count).map(|n| format!("(local.get {n})")).collect();
    format!(
        r#"(module
             (import "host" "f" (func $f (param {params}) (result {results})))
             (func (export "f") (param {params}) (result {results}) (call $f {gets})))"#
    )
}

#[test]
fn closures_of_rust_types() {
    for engine in &*ENGINES {
        let mut linker = Linker::new(engine);
        linker
            .func_wrap("host", "f", |a: i32, b: i64, c: f32, d: f64, e: u128| {
                (e, d + f64::from(c), b * i64::from(a))
            })
            .unwrap();
        let (mut store, instance) =
            start_with(&linker, (), &forwarder("i32 i64 f32 f64 v128", "v128 f64 i64"));
        let f = instance
            .get_typed_func::<(i32, i64, f32, f64, u128), (u128, f64, i64)>(&mut store, "f")
            .unwrap();
        let out = f.call(&mut store, (3, -7, 0.5, 2.25, u128::MAX - 1)).unwrap();
        assert_eq!(out, (u128::MAX - 1, 2.75, -21));
    }
}

/// Sixteen results, in another order than the parameters.
type Many = (i32, i32, i32, i32, i64, u64, u32, i32, i32, f64, f64, f64, f32, u128, u128, u128);

#[rustfmt::skip]
#[expect(clippy::too_many_arguments, reason = "that is what is tested")]
fn many(
    mut caller: Caller<'_, u32>,
    a: i32, b: f64, c: i64, d: u128, e: i32, f: f32, g: i32, h: i32,
    i: f64, j: u128, k: f64, l: f64, m: f64, n: u128, o: u32, p: u64,
) -> Many {
    *caller.data_mut() += 1;
    (a, e, g, h, c, p, o, 1, 2, b, i, k + l + m, f, d, j, n)
}

#[test]
fn sixteen_parameters_and_more_results_than_registers() {
    for engine in &*ENGINES {
        let mut linker = Linker::<u32>::new(engine);
        linker.func_wrap("host", "f", many).unwrap();
        let params = "i32 f64 i64 v128 i32 f32 i32 i32 f64 v128 f64 f64 f64 v128 i32 i64";
        let results = "i32 i32 i32 i32 i64 i64 i32 i32 i32 f64 f64 f64 f32 v128 v128 v128";
        let (mut store, instance) = start_with(&linker, 0, &forwarder(params, results));
        let f = instance.get_func(&mut store, "f").unwrap();
        #[rustfmt::skip]
        let params = [
            Val::I32(1), Val::from(2.0), Val::I64(3), Val::V128(4), Val::I32(5),
            Val::from(6.0_f32), Val::I32(7), Val::I32(8), Val::from(9.0), Val::V128(10),
            Val::from(11.0), Val::from(12.0), Val::from(13.0), Val::V128(14), Val::I32(15),
            Val::I64(16),
        ];
        let mut results = [Val::I32(0); 16];
        for _ in 0..2 {
            f.call(&mut store, &params, &mut results).unwrap();
        }
        #[rustfmt::skip]
        let expected = [
            Val::I32(1), Val::I32(5), Val::I32(7), Val::I32(8), Val::I64(3), Val::I64(16),
            Val::I32(15), Val::I32(1), Val::I32(2), Val::from(2.0), Val::from(9.0),
            Val::from(36.0), Val::from(6.0_f32), Val::V128(4), Val::V128(10), Val::V128(14),
        ];
        assert_eq!(format!("{results:?}"), format!("{expected:?}"), "{engine:?}");
        assert_eq!(*store.data(), 2);
    }
}

#[test]
fn closures_over_values() {
    for engine in &*ENGINES {
        let mut linker = Linker::<Vec<String>>::new(engine);
        let types = [ValType::I32, ValType::F64, ValType::V128, ValType::I64];
        let ty = FuncType::new(types.repeat(4), types.repeat(3));
        linker
            .func_new("host", "f", ty, |mut caller, params, results| {
                caller.data_mut().push(format!("{} in, {} out", params.len(), results.len()));
                results.copy_from_slice(&params[4..]);
                Ok(())
            })
            .unwrap();
        let params = "i32 f64 v128 i64 ".repeat(4);
        let results = "i32 f64 v128 i64 ".repeat(3);
        let (mut store, instance) = start_with(&linker, vec![], &forwarder(&params, &results));
        let f = instance.get_func(&mut store, "f").unwrap();
        let params: Vec<Val> = (0..4_u32)
            .flat_map(|n| {
                [
                    Val::from(n),
                    Val::from(f64::from(n)),
                    Val::V128(u128::from(n) << 80),
                    Val::I64(i64::from(n)),
                ]
            })
            .collect();
        let mut results = vec![Val::I32(0); 12];
        f.call(&mut store, &params, &mut results).unwrap();
        assert_eq!(format!("{results:?}"), format!("{:?}", &params[4..]), "{engine:?}");
        assert_eq!(store.data(), &["16 in, 12 out"]);
    }
}

#[test]
fn results_of_the_wrong_type_are_an_error() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker
        .func_new("host", "f", FuncType::new(NONE, [ValType::I32]), |_, _, results| {
            results[0] = Val::I64(1);
            Ok(())
        })
        .unwrap();
    let (mut store, instance) = start_with(&linker, (), &forwarder("", "i32"));
    let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
    assert_eq!(
        text(f.call(&mut store, ())),
        "host function () -> (i32) returned a wrong result: value of type i64 where i32 is expected"
    );
}

#[test]
fn a_caller_reaches_exports_and_data() {
    let mut linker = Linker::<u64>::new(&ENGINE);
    linker
        .func_wrap("host", "f", |mut caller: Caller<'_, u64>, address: u32| -> Result<u32> {
            assert!(caller.get_export("nothing").is_none());
            let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
            let (bytes, sum) = memory.data_and_store_mut(&mut caller);
            let at = address as usize;
            *sum += u64::from(bytes[at]);
            bytes[at] += 1;
            let twice = caller.get_export("twice").and_then(Extern::into_func).unwrap();
            let twice = twice.typed::<u32, u32>(&caller)?;
            twice.call(&mut caller, address)
        })
        .unwrap();
    let (mut store, instance) = start_with(
        &linker,
        0,
        r#"(module
             (import "host" "f" (func $f (param i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 7) "\05")
             (func (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
             (func (export "run") (param i32) (result i32) (call $f (local.get 0))))"#,
    );
    let run = instance.get_typed_func::<u32, u32>(&mut store, "run").unwrap();
    for _ in 0..3 {
        assert_eq!(run.call(&mut store, 7).unwrap(), 14);
    }
    assert_eq!(*store.data(), 5 + 6 + 7);
    assert_eq!(instance.get_memory(&store, "memory").unwrap().data(&store)[7], 8);
}

#[test]
fn the_caller_is_the_instance_that_called() {
    let mut linker = Linker::<Vec<Option<holm::Instance>>>::new(&ENGINE);
    linker
        .func_wrap("host", "f", |mut caller: Caller<'_, Vec<Option<holm::Instance>>>| {
            let instance = caller.instance();
            caller.data_mut().push(instance);
        })
        .unwrap();
    let guest = module(
        &ENGINE,
        r#"(module (import "host" "f" (func $f)) (func (export "run") (call $f)) (export "f" (func $f)))"#,
    );
    let mut store = Store::new(&ENGINE, vec![]);
    let first = linker.instantiate(&mut store, &guest).unwrap();
    let second = linker.instantiate(&mut store, &guest).unwrap();
    for (instance, name) in [(second, "run"), (first, "run"), (first, "f")] {
        let run = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
        run.call(&mut store, ()).unwrap();
    }
    assert_eq!(store.data(), &[Some(second), Some(first), None]);
}

#[test]
fn errors_come_out_as_they_went_in() {
    #[derive(Debug, PartialEq)]
    struct Exit(i32);
    impl std::fmt::Display for Exit {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "exit with {}", self.0)
        }
    }
    impl std::error::Error for Exit {}

    for engine in &*ENGINES {
        let mut linker = Linker::<()>::new(engine);
        linker
            .func_wrap("host", "f", |code: i32| -> Result<i64> {
                if code == 0 { Ok(5) } else { Err(Error::host(Exit(code))) }
            })
            .unwrap();
        let (mut store, instance) = start_with(&linker, (), &forwarder("i32", "i64"));
        let f = instance.get_typed_func::<i32, i64>(&mut store, "f").unwrap();
        for _ in 0..3 {
            let error = error(f.call(&mut store, 3));
            assert_eq!(error.kind(), holm::ErrorKind::Host);
            assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(3)));
            assert_eq!(error.backtrace().unwrap().frames().len(), 1);
            assert_eq!(f.call(&mut store, 0).unwrap(), 5);
        }
    }
}

#[test]
fn other_error_types_are_converted() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker
        .func_wrap("host", "f", || -> Result<(), std::io::Error> {
            Err(std::io::Error::other("disk on fire"))
        })
        .unwrap();
    let (mut store, instance) = start_with(&linker, (), &forwarder("", ""));
    let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
    let error = error(f.call(&mut store, ()));
    assert!(error.downcast_ref::<std::io::Error>().is_some());
    assert_eq!(error.to_string(), "disk on fire");
}

/// Host and guest call each other, a hundred deep, and the values still fit.
#[test]
fn recursion_through_the_host() {
    for engine in &*ENGINES {
        let mut linker = Linker::<()>::new(engine);
        linker
            .func_wrap("host", "f", |mut caller: Caller<'_, ()>, n: i32, x: f64| -> Result<f64> {
                if n == 0 {
                    return Ok(x);
                }
                let f = caller.get_export("f").and_then(Extern::into_func).unwrap();
                let f = f.typed::<(i32, f64), f64>(&caller)?;
                Ok(f.call(&mut caller, (n - 1, x + 1.0))? + 1.0)
            })
            .unwrap();
        let (mut store, instance) = start_with(&linker, (), &forwarder("i32 f64", "f64"));
        let f = instance.get_typed_func::<(i32, f64), f64>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, (100, 0.5)).unwrap(), 200.5, "{engine:?}");
    }
}

#[test]
fn functions_of_the_host_without_a_guest() {
    let mut store = Store::new(&ENGINE, 5_i32);
    let add = Func::wrap(&mut store, |caller: Caller<'_, i32>, x: i32| *caller.data() + x).unwrap();
    let typed = add.typed::<i32, i32>(&store).unwrap();
    assert_eq!(typed.call(&mut store, 6).unwrap(), 11);
    let mut out = [Val::I32(0)];
    add.call(&mut store, &[Val::I32(1)], &mut out).unwrap();
    assert_eq!(out[0].i32(), Some(6));
    assert_eq!(add.ty(&store).to_string(), "(i32) -> (i32)");

    let ty = FuncType::new([ValType::I32; 9], [ValType::I32; 9]);
    let reverse = Func::new(&mut store, ty, |_, params, results| {
        for (result, param) in results.iter_mut().zip(params.iter().rev()) {
            *result = *param;
        }
        Ok(())
    })
    .unwrap();
    let mut out = [Val::I32(0); 9];
    reverse.call(&mut store, &[1, 2, 3, 4, 5, 6, 7, 8, 9].map(Val::I32), &mut out).unwrap();
    assert_eq!(out.map(|value| value.i32().unwrap()), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
}

#[test]
fn a_panic_traps_the_guest_and_poisons_the_store() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker.func_wrap("host", "f", |code: i32| assert!(code == 0, "code is {code}")).unwrap();
    let (mut store, instance) = start_with(&linker, (), &forwarder("i32", ""));
    let f = instance.get_typed_func::<i32, ()>(&mut store, "f").unwrap();
    f.call(&mut store, 0).unwrap();
    assert!(!store.is_poisoned());
    let first = error(f.call(&mut store, 1));
    assert_eq!(first.kind(), holm::ErrorKind::Bug);
    assert_eq!(
        first.to_string(),
        "bug: a host function panicked: code is 1\nthe store cannot be used any more"
    );
    assert!(store.is_poisoned());
    let second = error(f.call(&mut store, 0));
    assert_eq!(second.kind(), holm::ErrorKind::Bug);
    assert_eq!(
        second.to_string(),
        "bug: the store cannot be used any more: a host function panicked in it"
    );
    // Looking is still allowed.
    assert!(instance.get_func(&store, "f").is_some());
}
