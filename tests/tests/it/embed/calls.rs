//! Calls of every shape between host and guest, and from several threads.

use holm::{Engine, Func, FuncType, Linker, Store, Val, ValType};
use libtest_mimic::Failed;

use super::{Test, instance, same};

pub(super) const TESTS: &[Test] = &[
    ("typed functions of many types", typed),
    ("wide signatures through the host", wide),
    ("a host function in a table", in_table),
    ("stores on many threads", threads),
    ("a thread with a small stack", small_stack),
    ("a host function called by the host", direct),
];

fn typed(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "mix", |a: i32, b: f64, c: i64, d: f32| {
        (f64::from(a) + b, c - 1, d * 2.0, a.cast_unsigned())
    })?;
    let text = r#"
    (module
      (import "host" "mix" (func $mix (param i32 f64 i64 f32) (result f64 i64 f32 i32)))
      (func (export "mix") (param i32 f64 i64 f32) (result f64 i64 f32 i32)
        (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
      (func (export "nothing"))
      (func (export "unsigned") (param i32 i64) (result i64 i32)
        (i64.add (local.get 1) (i64.const 1)) (i32.sub (local.get 0) (i32.const 1))))
    "#;
    let module = instance(&mut store, &linker, text)?;
    type Mixed = (f64, i64, f32, u32);
    let mix = module.get_typed_func::<(i32, f64, i64, f32), Mixed>(&store, "mix")?;
    same("mix", mix.call(&mut store, (-2, 0.5, 8, 1.5))?, (-1.5, 7, 3.0, 0xffff_fffe))?;
    module.get_typed_func::<(), ()>(&store, "nothing")?.call(&mut store, ())?;
    let unsigned = module.get_typed_func::<(u32, u64), (u64, u32)>(&store, "unsigned")?;
    same("unsigned", unsigned.call(&mut store, (0, u64::MAX - 1))?, (u64::MAX, u32::MAX))
}

/// Types of the wide signature: enough of each class to leave the registers, mixed.
const WIDE: [ValType; 28] = {
    use ValType::{F32, F64, I32, I64, V128};
    const FUNC: ValType = ValType::FUNCREF;
    const EXTERN: ValType = ValType::EXTERNREF;
    [
        I32, F64, V128, I64, F32, I64, F64, V128, I32, F32, FUNC, F64, V128, I64, F32, I64, F64,
        V128, I32, F32, EXTERN, F64, V128, I64, F32, I32, V128, I64,
    ]
};

fn sample(index: usize, ty: ValType) -> Val {
    let n = i64::try_from(index).unwrap_or(0) * 1_000_003 - 5;
    match ty {
        ValType::I32 => Val::I32(i32::try_from(n).unwrap_or(0)),
        ValType::I64 => Val::I64(n << 20),
        ValType::F32 => Val::F32(0x3f80_0000 + u32::try_from(index).unwrap_or(0)),
        ValType::F64 => Val::F64(0x7ff0_0000_0000_0001 + u64::try_from(index).unwrap_or(0)),
        ValType::V128 => Val::V128(u128::from(n.cast_unsigned()) << 64 | 0x1234_5678),
        ValType::Ref(ty) => Val::null(ty.heap),
    }
}

fn words(values: &[Val]) -> Vec<String> {
    values.iter().map(|value| format!("{value:?}")).collect()
}

fn wide(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    let reversed: Vec<ValType> = WIDE.iter().rev().copied().collect();
    let ty = FuncType::new(WIDE, reversed.clone());
    linker.func_new("host", "reverse", ty, |_, arguments, results| {
        results.iter_mut().zip(arguments.iter().rev()).for_each(|(to, from)| *to = *from);
        Ok(())
    })?;
    let list =
        |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let (to, back) = (list(&WIDE), list(&reversed));
    let gets: String = (0..WIDE.len()).map(|index| format!("(local.get {index})")).collect();
    let text = format!(
        r#"(module
          (import "host" "reverse" (func $reverse (param {to}) (result {back})))
          (type $t (func (param {to}) (result {back})))
          (table 1 funcref) (elem (i32.const 0) $reverse)
          (func (export "direct") (type $t) (call $reverse {gets}))
          (func (export "table") (type $t) (call_indirect (type $t) {gets} (i32.const 0)))
          (export "import" (func $reverse)))"#
    );
    let module = instance(&mut store, &linker, &text)?;
    let arguments: Vec<Val> =
        WIDE.iter().enumerate().map(|(index, ty)| sample(index, *ty)).collect();
    let mut expected = words(&arguments);
    expected.reverse();
    for name in ["direct", "table", "import"] {
        let mut results: Vec<Val> = reversed.iter().map(|ty| Val::default_of(*ty)).collect();
        let func = module.get_func(&store, name).ok_or("no function")?;
        func.call(&mut store, &arguments, &mut results)?;
        same(name, words(&results), expected.clone())?;
    }
    Ok(())
}

fn in_table(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, 0_i32);
    let text = r#"
    (module
      (type $unary (func (param i32) (result i32)))
      (table (export "t") 2 funcref)
      (elem (i32.const 0) $own)
      (func $own (type $unary) (i32.add (local.get 0) (i32.const 1)))
      (func (export "run") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0))))
    "#;
    let module = instance(&mut store, &Linker::new(engine), text)?;
    let table = module.get_table(&store, "t").ok_or("no table")?;
    let run = module.get_typed_func::<(i32, i32), i32>(&store, "run")?;
    let triple = Func::wrap(&mut store, |mut caller: holm::Caller<'_, i32>, n: i32| {
        *caller.data_mut() += 1;
        n * 3
    })?;
    table.set(&mut store, 1, Val::from(triple))?;
    same("the guest's own", run.call(&mut store, (0, 7))?, 8)?;
    same("the host's", run.call(&mut store, (1, 7))?, 21)?;
    same("calls counted", *store.data(), 1)?;
    let Some(Val::FuncRef(Some(own))) = table.get(&store, 0) else { return Err("no entry".into()) };
    same("taken out", own.typed::<i32, i32>(&store)?.call(&mut store, 41)?, 42)
}

/// Work that traps often, so that signals arrive on every thread.
fn work(engine: &Engine, seed: i32) -> Result<(), Failed> {
    let mut store = Store::new(engine, ());
    let text = r#"
    (module
      (memory 1)
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func $deep (export "deep") (param i32) (result i32)
        (i32.add (i32.const 1) (call $deep (local.get 0)))))
    "#;
    let module = instance(&mut store, &Linker::new(engine), text)?;
    let load = module.get_typed_func::<i32, i32>(&store, "load")?;
    let deep = module.get_typed_func::<i32, i32>(&store, "deep")?;
    for round in 0..50 {
        same("in bounds", load.call(&mut store, seed * 8)?, 0)?;
        super::refused("out of bounds", load.call(&mut store, 65_533 + round))?;
        if round % 10 == 0 {
            super::refused("too deep", deep.call(&mut store, 0))?;
        }
    }
    Ok(())
}

fn threads(engine: &Engine) -> Result<(), Failed> {
    let done: Vec<Result<(), Failed>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|seed| scope.spawn(move || work(engine, seed))).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|done| done.unwrap_or_else(|_| Err("a thread panicked".into()))).collect()
    });
    done.into_iter().collect()
}

fn small_stack(engine: &Engine) -> Result<(), Failed> {
    let engine = engine.clone();
    // The guest has a stack of its own, so the thread's matters to the host only.
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let thread = thread.spawn(move || work(&engine, 3))?;
    thread.join().unwrap_or_else(|_| Err("the thread panicked".into()))
}

fn direct(engine: &Engine) -> Result<(), Failed> {
    let mut store = Store::new(engine, 5_i64);
    let add = Func::wrap(&mut store, |caller: holm::Caller<'_, i64>, n: i64| {
        same("no instance called", caller.instance().is_none(), true).ok();
        *caller.data() + n
    })?;
    same("a typed call", add.typed::<i64, i64>(&store)?.call(&mut store, 37)?, 42)?;
    let mut results = [Val::I64(0)];
    add.call(&mut store, &[Val::I64(1)], &mut results)?;
    same("an untyped call", results[0].i64(), Some(6))
}
