//! The module `spectest` that the scripts of the standard import from.
//!
//! Invariant: names, types and values are those of the reference interpreter; what is printed goes nowhere.

use holm::{
    Global, GlobalType, Limits, Linker, Memory, MemoryType, Result, Store, Table, TableType,
};
use holm::{RefType, Val};

const MODULE: &str = "spectest";

/// Defines everything in the module.
pub(super) fn define(store: &mut Store<()>, linker: &mut Linker<()>) -> Result<()> {
    linker.func_wrap(MODULE, "print", || {})?;
    linker.func_wrap(MODULE, "print_i32", |_: i32| {})?;
    linker.func_wrap(MODULE, "print_i64", |_: i64| {})?;
    linker.func_wrap(MODULE, "print_f32", |_: f32| {})?;
    linker.func_wrap(MODULE, "print_f64", |_: f64| {})?;
    linker.func_wrap(MODULE, "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap(MODULE, "print_f64_f64", |_: f64, _: f64| {})?;

    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::from(666.6_f32)),
        ("global_f64", Val::from(666.6_f64)),
    ];
    for (name, value) in globals {
        let ty = GlobalType { value: value.ty(), mutable: false };
        let global = Global::new(&mut *store, ty, value)?;
        linker.define(MODULE, name, global)?;
    }

    let limits = Limits { min: 10, max: Some(20) };
    let ty = TableType { element: RefType::FUNCREF, limits, is_64: false };
    let table = Table::new(&mut *store, ty, Val::FuncRef(None))?;
    linker.define(MODULE, "table", table)?;

    let ty = MemoryType::new(1, Some(2));
    let memory = Memory::new(&mut *store, ty)?;
    linker.define(MODULE, "memory", memory)?;

    let shared = Memory::new(&mut *store, MemoryType { shared: true, ..ty })?;
    linker.define(MODULE, "shared_memory", shared)?;
    Ok(())
}
