//! Linkers: what is offered, what is asked for, and what does not fit.

use crate::support::*;
use holm::{
    Caller, ErrorKind, Extern, Global, GlobalType, Instance, Limits, Linker, Memory, MemoryType,
    Module, RefType, Result, Store, Table, TableType, Val, ValType,
};

const OFFER: &str = r#"(module
    (func (export "f") (param i32) (result i32) (local.get 0))
    (memory (export "m") 1 2)
    (table (export "t") 3 5 funcref)
    (global (export "g") i32 (i32.const 1))
    (global (export "mg") (mut i64) (i64.const 2)))"#;

/// What is asked for in text, and the error; nothing if it fits.
const ASKED: &[(&str, &str)] = &[
    (r#"(import "o" "f" (func (param i32) (result i32)))"#, ""),
    (
        r#"(import "o" "f" (func (param i32)))"#,
        "import `o` `f`: expected function (i32) -> (), found function (i32) -> (i32)",
    ),
    (
        r#"(type $t (sub (func (param i32) (result i32)))) (import "o" "f" (func (type $t)))"#,
        "import `o` `f`: expected function (i32) -> (i32), found another type that reads the same: their groups, \
         supertypes or finality differ",
    ),
    (
        r#"(import "o" "f" (memory 1))"#,
        "import `o` `f`: expected memory 1.., found function (i32) -> (i32)",
    ),
    (
        r#"(import "o" "f" (global i32))"#,
        "import `o` `f`: expected global i32, found function (i32) -> (i32)",
    ),
    (r#"(import "o" "m" (memory 1))"#, ""),
    (r#"(import "o" "m" (memory 0 2))"#, ""),
    (r#"(import "o" "m" (memory 1 3))"#, ""),
    (r#"(import "o" "m" (memory 2))"#, "import `o` `m`: expected memory 2.., found memory 1..=2"),
    (
        r#"(import "o" "m" (memory 1 1))"#,
        "import `o` `m`: expected memory 1..=1, found memory 1..=2",
    ),
    (
        r#"(import "o" "m" (table 1 funcref))"#,
        "import `o` `m`: expected table 1.. of funcref, found memory 1..=2",
    ),
    (r#"(import "o" "t" (table 3 funcref))"#, ""),
    (r#"(import "o" "t" (table 2 5 funcref))"#, ""),
    (
        r#"(import "o" "t" (table 3 4 funcref))"#,
        "import `o` `t`: expected table 3..=4 of funcref, found table 3..=5 of funcref",
    ),
    (
        r#"(import "o" "t" (table 3 5 externref))"#,
        "import `o` `t`: expected table 3..=5 of externref, found table 3..=5 of funcref",
    ),
    (r#"(import "o" "g" (global i32))"#, ""),
    (
        r#"(import "o" "g" (global (mut i32)))"#,
        "import `o` `g`: expected mutable global i32, found global i32",
    ),
    (r#"(import "o" "g" (global i64))"#, "import `o` `g`: expected global i64, found global i32"),
    (r#"(import "o" "mg" (global (mut i64)))"#, ""),
    (
        r#"(import "o" "mg" (global i64))"#,
        "import `o` `mg`: expected global i64, found mutable global i64",
    ),
    (
        r#"(import "o" "x" (func))"#,
        "unknown import: `o` `x` has not been defined, it should be a function () -> ()",
    ),
    (
        r#"(import "o" "x" (memory 1)) (import "o" "f" (func (param i32) (result i32))) (import "p" "f" (table 1 externref))"#,
        "unknown import: `o` `x` has not been defined, it should be a memory 1..\n\
         unknown import: `p` `f` has not been defined, it should be a table 1.. of externref",
    ),
];

#[test]
fn imports_are_matched_by_name_and_type() {
    let mut store = Store::new(&ENGINE, ());
    let mut linker = Linker::new(&ENGINE);
    let offer = linker.instantiate(&mut store, &module(&ENGINE, OFFER)).unwrap();
    linker.instance(&store, "o", offer).unwrap();
    for (imports, expected) in ASKED {
        let asking = module(&ENGINE, &format!("(module {imports})"));
        let outcomes = [
            linker.instantiate(&mut store, &asking),
            linker.instantiate_pre(&asking).and_then(|pre| pre.instantiate(&mut store)),
        ];
        for outcome in outcomes {
            match outcome {
                Ok(_) => assert_eq!("", *expected, "{imports}"),
                Err(error) => {
                    assert_eq!(error.to_string(), *expected);
                    assert_eq!(error.kind(), ErrorKind::Link);
                }
            }
        }
    }
}

#[test]
fn closures_are_matched_by_type() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker.func_wrap("h", "f", |x: i64| x).unwrap();
    let asking = module(&ENGINE, r#"(module (import "h" "f" (func (param i32))))"#);
    let mut store = Store::new(&ENGINE, ());
    let expected = "import `h` `f`: expected function (i32) -> (), found function (i64) -> (i64)";
    assert_eq!(text(linker.instantiate(&mut store, &asking)), expected);
    assert_eq!(text(linker.instantiate_pre(&asking)), expected);
    let asking = module(&ENGINE, r#"(module (import "h" "f" (memory 1)))"#);
    let expected = "import `h` `f`: expected memory 1.., found function (i64) -> (i64)";
    assert_eq!(text(linker.instantiate(&mut store, &asking)), expected);
    assert_eq!(text(linker.instantiate_pre(&asking)), expected);
}

#[test]
fn a_grown_memory_fits_where_its_first_size_did_not() {
    let mut store = Store::new(&ENGINE, ());
    let mut linker = Linker::new(&ENGINE);
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(4))).unwrap();
    linker.define("o", "m", memory).unwrap();
    let asking = module(&ENGINE, r#"(module (import "o" "m" (memory 2)))"#);
    assert!(linker.instantiate(&mut store, &asking).is_err());
    memory.grow(&mut store, 1).unwrap();
    assert!(linker.instantiate(&mut store, &asking).is_ok());
}

#[test]
fn a_name_is_defined_once_unless_shadowing_is_allowed() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker.func_wrap("h", "f", || 1_i32).unwrap();
    assert_eq!(text(linker.func_wrap("h", "f", || 2_i32)), "`h` `f` is defined already");
    linker.allow_shadowing(true).func_wrap("h", "f", || 3_i32).unwrap();
    linker.alias("h", "f", "h", "g").unwrap().alias_module("h", "k").unwrap();
    assert_eq!(
        linker.names().collect::<Vec<_>>(),
        [("h", "f"), ("h", "g"), ("k", "f"), ("k", "g")]
    );
    assert_eq!(text(linker.alias("h", "x", "h", "y")), "nothing is defined as `h` `x`");
    assert_eq!(text(linker.alias_module("x", "y")), "nothing is defined in module `x`");
    let mut store = Store::new(&ENGINE, ());
    let g = linker.get(&mut store, "k", "g").and_then(Extern::into_func).unwrap();
    assert_eq!(g.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 3);
    assert!(linker.get(&mut store, "k", "h").is_none());
    assert!(linker.contains("k", "f") && !linker.contains("f", "k"));
    assert_eq!(linker.clone().names().count(), 4);
}

#[test]
fn unknown_functions_can_be_stand_ins() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker.func_wrap("h", "known", || 5_i32).unwrap();
    let guest = module(
        &ENGINE,
        r#"(module
             (import "h" "known" (func $known (result i32)))
             (import "h" "unknown" (func $unknown (param f64) (result i32)))
             (func (export "a") (result i32) (call $known))
             (func (export "b") (result i32) (call $unknown (f64.const 1))))"#,
    );
    linker.define_unknown_imports_as_traps(&guest).unwrap();
    let mut store = Store::new(&ENGINE, ());
    let instance = linker.instantiate(&mut store, &guest).unwrap();
    let a = instance.get_typed_func::<(), i32>(&mut store, "a").unwrap();
    let b = instance.get_typed_func::<(), i32>(&mut store, "b").unwrap();
    assert_eq!(a.call(&mut store, ()).unwrap(), 5);
    assert_eq!(text(b.call(&mut store, ())), "import `h` `unknown` was called but is not defined");
    let memory = module(&ENGINE, r#"(module (import "h" "m" (memory 1)))"#);
    assert_eq!(
        text(linker.define_unknown_imports_as_traps(&memory)),
        "unknown import: `h` `m` has not been defined, it should be a memory 1.."
    );
}

#[test]
fn many_instances_from_one_lookup() {
    let mut linker = Linker::<u32>::new(&ENGINE);
    linker
        .func_wrap("h", "count", |mut caller: Caller<'_, u32>| {
            *caller.data_mut() += 1;
            *caller.data()
        })
        .unwrap();
    let guest = module(
        &ENGINE,
        r#"(module (import "h" "count" (func $count (result i32)))
             (memory (export "m") 1) (data (i32.const 4) "fresh")
             (global $g (mut i32) (i32.const 5))
             (func (export "run") (result i32)
               (global.set $g (i32.add (global.get $g) (i32.const 1)))
               (i32.store8 (i32.const 4) (i32.const 88))
               (drop (call $count)) (global.get $g)))"#,
    );
    let pre = linker.instantiate_pre(&guest).unwrap();
    for _ in 0..20 {
        let mut store = Store::new(&ENGINE, 0);
        for round in 1..=2 {
            let instance = pre.instantiate(&mut store).unwrap();
            let memory = instance.get_memory(&store, "m").unwrap();
            assert_eq!(&memory.data(&store)[4..9], b"fresh");
            assert!(memory.data(&store)[9..].iter().all(|byte| *byte == 0));
            let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
            assert_eq!(run.call(&mut store, ()).unwrap(), 6);
            memory.write(&mut store, 60_000, b"left behind").unwrap();
            assert_eq!(*store.data(), round);
        }
    }
    assert!(pre.module().is_same(&guest));
}

/// One module keeps state, another one uses it; tables, globals and memories are shared, not copied.
#[test]
fn instances_share_what_they_import() {
    for engine in &*ENGINES {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        let owner = module(
            engine,
            r#"(module
                 (memory (export "m") 1 4) (global $g (export "g") (mut i32) (i32.const 0))
                 (table (export "t") 2 funcref)
                 (func (export "bump") (param i32) (result i32)
                   (global.set $g (i32.add (global.get $g) (local.get 0))) (global.get $g))
                 (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
                 (func (export "size") (result i32) (memory.size))
                 (func (export "through") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
        );
        let owner = linker.instantiate(&mut store, &owner).unwrap();
        linker.instance(&store, "o", owner).unwrap();
        let user = module(
            engine,
            r#"(module
                 (import "o" "m" (memory 1)) (import "o" "g" (global $g (mut i32)))
                 (import "o" "t" (table $t 2 funcref))
                 (import "o" "bump" (func $bump (param i32) (result i32)))
                 (import "o" "through" (func $through (param i32) (result i32)))
                 (global $own (mut i32) (i32.const 1000))
                 (func $mine (result i32) (global.get $own))
                 (elem (i32.const 1) $mine)
                 (func (export "run") (result i32)
                   (i32.store (i32.const 40) (call $bump (i32.const 3)))
                   (global.set $g (i32.mul (global.get $g) (i32.const 10)))
                   (drop (memory.grow (i32.const 2)))
                   (i32.store (i32.const 131072) (i32.const 77))
                   (i32.add (call $through (i32.const 1))
                            (call_indirect $t (result i32) (i32.const 1)))))"#,
        );
        let user = linker.instantiate(&mut store, &user).unwrap();
        let run = user.get_typed_func::<(), i32>(&mut store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), 2000, "{engine:?}");
        let call = |store: &mut Store<()>, name: &str, x: i32| {
            owner.get_typed_func::<i32, i32>(&mut *store, name).unwrap().call(store, x).unwrap()
        };
        assert_eq!(call(&mut store, "bump", 0), 30);
        assert_eq!(call(&mut store, "peek", 40), 3);
        assert_eq!(call(&mut store, "peek", 131_072), 77);
        assert_eq!(call(&mut store, "through", 1), 1000);
        let size = owner.get_typed_func::<(), i32>(&mut store, "size").unwrap();
        assert_eq!(size.call(&mut store, ()).unwrap(), 3);
    }
}

#[test]
fn imports_by_position() -> Result<()> {
    let mut store = Store::new(&ENGINE, ());
    let guest = module(
        &ENGINE,
        r#"(module (import "" "" (global $a i32)) (import "" "" (memory 1)) (import "" "" (table 1 externref))
             (global $b i32 (global.get $a)) (data (global.get $a) "x")
             (export "b" (global $b)))"#,
    );
    let global =
        Global::new(&mut store, GlobalType { value: ValType::I32, mutable: false }, Val::I32(33))?;
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    let limits = Limits { min: 1, max: None };
    let table = Table::new(
        &mut store,
        TableType { element: RefType::EXTERNREF, limits, is_64: false },
        Val::ExternRef(None),
    )?;
    let instance =
        Instance::new(&mut store, &guest, &[global.into(), memory.into(), table.into()])?;
    assert_eq!(instance.get_global(&store, "b").unwrap().get(&store).i32(), Some(33));
    assert_eq!(memory.data(&store)[33], b'x');
    assert_eq!(text(Instance::new(&mut store, &guest, &[])), "module has 3 imports, 0 were given");
    Ok(())
}

#[test]
fn stores_and_engines_do_not_mix() {
    let (mut one, instance) = start(&ENGINE, OFFER);
    let mut other = Store::new(&ENGINE, ());
    let f = instance.get_func(&mut one, "f").unwrap();
    assert_eq!(text(f.call(&mut other, &[], &mut [])), "function belongs to another store");
    assert_eq!(text(f.typed::<i32, i32>(&other)), "function belongs to another store");
    let typed = f.typed::<i32, i32>(&one).unwrap();
    assert_eq!(text(typed.call(&mut other, 1)), "function belongs to another store");
    assert!(instance.get_func(&other, "f").is_none());
    assert_eq!(instance.exports(&other).count(), 0);
    let mut linker = Linker::new(&ENGINE);
    linker.instance(&one, "o", instance).unwrap();
    let asking = module(&ENGINE, r#"(module (import "o" "f" (func (param i32) (result i32))))"#);
    assert_eq!(
        text(linker.instantiate(&mut other, &asking)),
        "import `o` `f`: what was given belongs to another store"
    );
    let foreign = engine(|config| config);
    let foreign = Module::new(&foreign, "(module)").unwrap();
    assert_eq!(
        text(linker.instantiate(&mut one, &foreign)),
        "module and linker belong to different engines"
    );
    assert_eq!(
        text(Instance::new(&mut one, &foreign, &[])),
        "module and store belong to different engines"
    );
}
