//! Memories, tables and globals, seen from both sides.

use crate::support::*;
use holm::{
    ErrorKind, Global, GlobalType, Limits, Linker, Memory, MemoryType, RefType, Result, Store,
    StoreLimits, Table, TableType, Val, ValType,
};

const FUNCTIONS: TableType =
    TableType { element: RefType::FUNCREF, limits: Limits { min: 2, max: Some(5) }, is_64: false };

#[test]
fn memories_are_read_written_and_grown() -> Result<()> {
    for engine in &*ENGINES {
        let (mut store, instance) = start(
            engine,
            r#"(module (memory (export "m") 1 3)
                 (func (export "size") (result i32) (memory.size))
                 (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                 (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#,
        );
        let memory = instance.get_memory(&store, "m").unwrap();
        assert_eq!((memory.size(&store), memory.data_size(&store)), (1, 65_536));
        assert_eq!(memory.ty(&store), MemoryType::new(1, Some(3)));
        memory.write(&mut store, 65_530, b"edge!!")?;
        memory.data_mut(&mut store)[0] = 200;
        let load = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
        assert_eq!(load.call(&mut store, 0)?, 200);
        assert_eq!(load.call(&mut store, 65_535)?, u32::from(b'!'));
        assert!(load.call(&mut store, 65_536).is_err());

        let grow = instance.get_typed_func::<i32, i32>(&mut store, "grow")?;
        let size = instance.get_typed_func::<(), i32>(&mut store, "size")?;
        assert_eq!(grow.call(&mut store, 1)?, 1);
        assert_eq!(memory.size(&store), 2);
        assert_eq!(load.call(&mut store, 65_536)?, 0);
        assert_eq!(&memory.data(&store)[65_530..65_536], b"edge!!");
        assert_eq!(memory.grow(&mut store, 1)?, 2);
        assert_eq!(size.call(&mut store, ())?, 3);
        assert_eq!(grow.call(&mut store, 1)?, -1);
        assert_eq!(grow.call(&mut store, -1)?, -1);
        assert_eq!(grow.call(&mut store, 0)?, 3);
        let error = error(memory.grow(&mut store, 1));
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert_eq!(
            error.to_string(),
            "a memory 3..=3 cannot grow by 1: its own maximum, or the 4294967296 bytes that the store \
             allows in all (`StoreLimits::memory_bytes_max`)"
        );
        let mut four = [0; 4];
        assert_eq!(
            memory.read(&store, 3 * 65_536 - 3, &mut four).unwrap_err().to_string(),
            "out of bounds memory access: 4 bytes at 0x2fffd of 196608"
        );
        assert!(memory.read(&store, usize::MAX, &mut four).is_err());
        assert!(memory.write(&mut store, usize::MAX, &[]).is_err());
    }
    Ok(())
}

#[test]
fn memories_of_the_host_are_given_to_guests() -> Result<()> {
    for engine in &*ENGINES {
        let mut store = Store::new(engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(2, None))?;
        memory.write(&mut store, 100, &7_u32.to_le_bytes())?;
        let mut linker = Linker::new(engine);
        linker.define("h", "m", memory)?;
        let guest = module(
            engine,
            r#"(module (import "h" "m" (memory 1))
                 (func (export "f") (param i32) (result i32)
                   (i32.store (i32.const 104) (i32.add (i32.load (local.get 0)) (i32.const 1)))
                   (memory.grow (i32.const 1))))"#,
        );
        let instance = linker.instantiate(&mut store, &guest)?;
        let f = instance.get_typed_func::<i32, i32>(&mut store, "f")?;
        assert_eq!(f.call(&mut store, 100)?, 2);
        assert_eq!(&memory.data(&store)[104..108], &8_u32.to_le_bytes());
        assert_eq!(memory.size(&store), 3);
        assert!(f.call(&mut store, 3 * 65_536 - 3).is_err());
        assert_eq!(f.call(&mut store, 3 * 65_536 - 4)?, 3);
        assert!(f.call(&mut store, 100 * 65_536).is_err());
    }
    Ok(())
}

#[test]
fn tables_are_read_written_and_grown() -> Result<()> {
    for engine in &*ENGINES {
        let (mut store, instance) = start(
            engine,
            r#"(module
                 (table (export "t") 2 5 funcref)
                 (func $one (export "one") (result i32) (i32.const 1))
                 (func (export "two") (result i32) (i32.const 2))
                 (func (export "other") (param i32))
                 (elem (i32.const 0) $one)
                 (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
                 (func (export "size") (result i32) (table.size 0)))"#,
        );
        let table = instance.get_table(&store, "t").unwrap();
        let call = instance.get_typed_func::<i32, i32>(&mut store, "call")?;
        assert_eq!(table.ty(&store), FUNCTIONS);
        assert_eq!(call.call(&mut store, 0)?, 1);
        assert!(matches!(table.get(&store, 1), Some(Val::FuncRef(None))));
        assert!(table.get(&store, 2).is_none());

        let two = instance.get_func(&store, "two").unwrap();
        table.set(&mut store, 1, two.into())?;
        assert_eq!(call.call(&mut store, 1)?, 2);
        let got = table.get(&store, 1).unwrap();
        let got = **got.funcref().unwrap().as_ref().unwrap();
        assert_eq!(got.typed::<(), i32>(&store)?.call(&mut store, ())?, 2);

        assert_eq!(table.grow(&mut store, 2, two.into())?, 2);
        assert_eq!(call.call(&mut store, 3)?, 2);
        let size = instance.get_typed_func::<(), i32>(&mut store, "size")?;
        assert_eq!(size.call(&mut store, ())?, 4);
        let error = error(table.grow(&mut store, 2, Val::FuncRef(None)));
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert!(error.to_string().starts_with("a table 4..=5 of funcref cannot grow by 2"));

        let other = instance.get_func(&store, "other").unwrap();
        table.set(&mut store, 0, other.into())?;
        assert_eq!(
            call.call(&mut store, 0).unwrap_err().to_string(),
            "indirect call type mismatch"
        );
        assert_eq!(
            text(table.set(&mut store, 9, Val::FuncRef(None))),
            "out of bounds table access: entry 9 of a table 4..=5 of funcref"
        );
        assert_eq!(
            text(table.set(&mut store, 0, Val::I32(0))),
            "value of type i32 where funcref is expected"
        );
    }
    Ok(())
}

#[test]
fn functions_of_the_host_in_tables() -> Result<()> {
    for engine in &*ENGINES {
        let mut store = Store::new(engine, 0_i32);
        let table = Table::new(&mut store, FUNCTIONS, Val::FuncRef(None))?;
        let add = holm::Func::wrap(&mut store, |mut caller: holm::Caller<'_, i32>, x: i32| {
            *caller.data_mut() += x;
            *caller.data()
        })?;
        table.set(&mut store, 1, add.into())?;
        let mut linker = Linker::new(engine);
        linker.define("h", "t", table)?;
        let guest = module(
            engine,
            r#"(module (import "h" "t" (table 2 funcref)) (table $own 1 funcref)
                 (func (export "f") (param i32) (result i32)
                   (table.set $own (i32.const 0) (table.get 0 (i32.const 1)))
                   (drop (call_indirect 0 (param i32) (result i32) (local.get 0) (i32.const 1)))
                   (call_indirect $own (param i32) (result i32) (local.get 0) (i32.const 0))))"#,
        );
        let instance = linker.instantiate(&mut store, &guest)?;
        let f = instance.get_typed_func::<i32, i32>(&mut store, "f")?;
        assert_eq!(f.call(&mut store, 5)?, 10);
        assert_eq!(*store.data(), 10);
    }
    Ok(())
}

#[test]
fn globals_of_every_type() -> Result<()> {
    let values = [
        Val::I32(-5),
        Val::I64(i64::MIN),
        Val::F32(0x7fc0_1234),
        Val::F64(0xffff_0000_0000_0001),
        Val::V128(u128::MAX / 3),
        Val::FuncRef(None),
        Val::ExternRef(None),
    ];
    for engine in &*ENGINES {
        for value in values {
            let ty = GlobalType { value: value.ty(), mutable: true };
            let mut store = Store::new(engine, ());
            let global = Global::new(&mut store, ty, Val::default_of(value.ty()))?;
            let mut linker = Linker::new(engine);
            linker.define("h", "g", global)?;
            let name = value.ty();
            let guest = module(
                engine,
                &format!(
                    r#"(module (import "h" "g" (global $g (mut {name}))) (global $own (mut {name}) {init})
                         (export "own" (global $own))
                         (func (export "f") (param {name}) (result {name})
                           (global.set $own (global.get $g)) (global.set $g (local.get 0)) (global.get $own)))"#,
                    init = match value.ty() {
                        ValType::V128 => "(v128.const i64x2 0 0)".to_owned(),
                        ValType::Ref(ty) => format!("(ref.null {})", ty.heap),
                        other => format!("({other}.const 0)"),
                    }
                ),
            );
            let instance = linker.instantiate(&mut store, &guest)?;
            let f = instance.get_func(&store, "f").unwrap();
            let mut result = [Val::I32(0)];
            global.set(&mut store, value)?;
            f.call(&mut store, &[Val::default_of(value.ty())], &mut result)?;
            let own = instance.get_global(&store, "own").unwrap();
            for found in [result[0], own.get(&store)] {
                assert_eq!(format!("{found:?}"), format!("{value:?}"), "{engine:?}");
            }
            f.call(&mut store, &[value], &mut result)?;
            assert_eq!(format!("{:?}", global.get(&store)), format!("{value:?}"));
            assert_eq!(own.ty(&store), ty);
        }
    }
    Ok(())
}

#[test]
fn globals_are_checked() -> Result<()> {
    let mut store = Store::new(&ENGINE, ());
    let constant = GlobalType { value: ValType::I32, mutable: false };
    let global = Global::new(&mut store, constant, Val::I32(1))?;
    assert_eq!(
        text(global.set(&mut store, Val::I32(2))),
        "cannot set a global i32: it is not mutable"
    );
    assert_eq!(
        text(Global::new(&mut store, constant, Val::I64(2))),
        "value of type i64 where i32 is expected"
    );
    Ok(())
}

#[test]
fn initial_values_of_every_kind() {
    for engine in &*ENGINES {
        let (store, instance) = start(
            engine,
            r#"(module
                 (func $f (export "f") (result i32) (i32.const 3))
                 (global (export "a") i32 (i32.const -1))
                 (global (export "b") f64 (f64.const 2.5))
                 (global (export "c") v128 (v128.const i64x2 1 2))
                 (global (export "d") funcref (ref.func $f))
                 (global (export "e") externref (ref.null extern))
                 (global (export "z") i64 (i64.const 0))
                 (table (export "t") 3 funcref)
                 (elem (i32.const 1) funcref (ref.func $f) (ref.null func)))"#,
        );
        let text: Vec<String> = ["a", "b", "c", "e", "z"]
            .iter()
            .map(|name| format!("{:?}", instance.get_global(&store, name).unwrap().get(&store)))
            .collect();
        assert_eq!(
            text.join(" "),
            "I32(-1) F64(4612811918334230528) V128(36893488147419103233) ExternRef(None) I64(0)"
        );
        let f = instance.get_func(&store, "f").unwrap();
        let d = instance.get_global(&store, "d").unwrap().get(&store);
        assert_eq!(d.funcref().unwrap(), Some(&f));
        let table = instance.get_table(&store, "t").unwrap();
        assert_eq!(table.get(&store, 1).unwrap().funcref().unwrap(), Some(&f));
        assert!(table.get(&store, 2).unwrap().funcref().unwrap().is_none());
    }
}

#[test]
fn limits_of_a_store_are_kept() -> Result<()> {
    let limits = StoreLimits {
        memory_bytes_max: 5 * 65_536,
        table_entries_max: 100,
        instances_max: 3,
        memories_max: 3,
        tables_max: 3,
        externrefs_max: 2,
        heap_bytes_max: 1 << 20,
        ..StoreLimits::default()
    };
    let mut store = Store::try_new(&ENGINE, limits, ())?;
    let exhausted = |result: Result<()>| {
        let error = error(result);
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        error.to_string()
    };
    let memory = Memory::new(&mut store, MemoryType::new(3, None))?;
    assert_eq!(store.memory_bytes(), 3 * 65_536);
    assert_eq!(
        exhausted(Memory::new(&mut store, MemoryType::new(3, None)).map(drop)),
        "limit on memory bytes reached: 393216 wanted, 327680 allowed by `StoreLimits`"
    );
    assert!(memory.grow(&mut store, 3).is_err());
    assert_eq!(memory.grow(&mut store, 2)?, 3);

    let large = TableType { limits: Limits { min: 101, max: None }, ..FUNCTIONS };
    assert_eq!(
        exhausted(Table::new(&mut store, large, Val::FuncRef(None)).map(drop)),
        "limit on table entries reached: 101 wanted, 100 allowed by `StoreLimits`"
    );
    let growing = TableType { limits: Limits { min: 90, max: None }, ..FUNCTIONS };
    let table = Table::new(&mut store, growing, Val::FuncRef(None))?;
    assert!(table.grow(&mut store, 11, Val::FuncRef(None)).is_err());
    assert_eq!(table.grow(&mut store, 10, Val::FuncRef(None))?, 90);

    for _ in 0..2 {
        holm::ExternRef::new(&mut store, "kept")?;
    }
    assert!(
        exhausted(holm::ExternRef::new(&mut store, "one too many").map(drop)).contains("2 allowed")
    );

    let empty = module(&ENGINE, "(module)");
    let linker = Linker::new(&ENGINE);
    for _ in 0..3 {
        linker.instantiate(&mut store, &empty)?;
    }
    assert!(
        exhausted(linker.instantiate(&mut store, &empty).map(drop)).contains("limit on instances")
    );
    store.set_limits(StoreLimits { instances_max: 4, ..limits });
    linker.instantiate(&mut store, &empty)?;
    assert_eq!(store.limits().instances_max, 4);

    let mut small =
        Store::try_new(&ENGINE, StoreLimits { memory_bytes_max: 65_535, ..limits }, ())?;
    let one_page = module(&ENGINE, "(module (memory 1))");
    assert!(
        exhausted(linker.instantiate(&mut small, &one_page).map(drop)).contains("65535 allowed")
    );
    Ok(())
}
