//! Generated modules on Holm, in every way that it runs code.
//!
//! Invariant: which engine takes a module depends on its number alone. Read next: `on_wasmtime.rs`, which makes
//! the same steps.

use holm::{
    Config, Engine, Error, ErrorKind, Extern, Features, Instance, MemoryStrategy, Module, Store,
    StoreLimits, TrapReason, Val,
};

use crate::outcome::{MEMORY_BYTES_MAX, Outcome, TABLE_ENTRIES_MAX, Trap, Value, hash};

/// One engine for each way of bounding memories, with and without the optimizer.
pub(crate) struct Engines(Vec<Engine>);

impl Engines {
    pub(crate) fn new() -> Self {
        let strategies = [MemoryStrategy::Reserved, MemoryStrategy::Checked];
        let kinds = strategies.into_iter().flat_map(|s| [(s, true), (s, false)]);
        let engine = |(strategy, optimize)| {
            let mut config = Config::new();
            config.memory_strategy(Some(strategy)).optimize(optimize);
            config.features(Features::default().with(Features::WIDE_ARITHMETIC));
            Engine::new(&config).expect("this machine runs Holm")
        };
        Self(kinds.map(engine).collect())
    }

    pub(crate) fn run(&self, number: u64, wasm: &[u8]) -> Vec<Outcome> {
        let count = self.0.len() as u64;
        let engine = &self.0[usize::try_from(number % count).unwrap_or(0)];
        let mut outcomes = Vec::new();
        if let Err(outcome) = steps(engine, wasm, &mut outcomes) {
            outcomes.push(outcome);
        }
        outcomes
    }
}

fn steps(engine: &Engine, wasm: &[u8], outcomes: &mut Vec<Outcome>) -> Result<(), Outcome> {
    let module = Module::new(engine, wasm).map_err(|error| failed(&error))?;
    let limits = StoreLimits {
        memory_bytes_max: MEMORY_BYTES_MAX,
        table_entries_max: TABLE_ENTRIES_MAX,
        ..StoreLimits::default()
    };
    let store = Store::try_new(engine, limits, ());
    let mut store = store.map_err(|error| failed(&error))?;
    let instance = Instance::new(&mut store, &module, &[]).map_err(|error| failed(&error))?;
    let exports: Vec<Extern> =
        module.exports().filter_map(|export| instance.get_export(&store, export.name())).collect();
    for func in exports.iter().filter_map(|export| export.into_func()) {
        let ty = func.ty(&store);
        let params: Vec<Val> = ty.params().iter().copied().map(Val::default_of).collect();
        let mut results: Vec<Val> = ty.results().iter().copied().map(Val::default_of).collect();
        match func.call(&mut store, &params, &mut results) {
            Ok(()) => outcomes.push(Outcome::Returned(results.iter().map(value).collect())),
            Err(error) => outcomes.push(failed(&error)),
        }
    }
    for export in exports {
        let left = match export {
            Extern::Global(global) => value(&global.get(&store)),
            Extern::Memory(memory) => {
                let bytes = memory.data(&store);
                Value::Hash { bytes: bytes.len() as u64, hash: hash(bytes) }
            }
            Extern::Table(table) => {
                let entries = table.size(&store);
                let nulls = (0..entries).map(|index| match table.get(&store, index) {
                    Some(Val::FuncRef(None) | Val::ExternRef(None)) => 0,
                    _ => 1,
                });
                Value::Hash { bytes: entries, hash: hash(&nulls.collect::<Vec<u8>>()) }
            }
            _ => continue,
        };
        outcomes.push(Outcome::Left(left));
    }
    Ok(())
}

fn value(value: &Val) -> Value {
    match *value {
        Val::I32(value) => Value::I32(value),
        Val::I64(value) => Value::I64(value),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        Val::V128(bits) => Value::V128(bits),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            Value::Reference { is_null: true }
        }
        _ => Value::Reference { is_null: false },
    }
}

fn failed(error: &Error) -> Outcome {
    match (error.kind(), error.trap_reason()) {
        (ErrorKind::Exhausted, None) => Outcome::Unknown,
        (_, Some(reason)) => Outcome::Trapped(trap(reason)),
        _ => Outcome::Refused(error.to_string()),
    }
}

fn trap(reason: TrapReason) -> Trap {
    match reason {
        TrapReason::Unreachable => Trap::Unreachable,
        TrapReason::OutOfBoundsMemory => Trap::Memory,
        TrapReason::OutOfBoundsTable | TrapReason::UndefinedElement => Trap::Table,
        TrapReason::UninitializedElement => Trap::Uninitialized,
        TrapReason::IndirectCallTypeMismatch => Trap::Signature,
        TrapReason::IntegerDivideByZero => Trap::DivideByZero,
        TrapReason::IntegerOverflow => Trap::Overflow,
        TrapReason::InvalidConversionToInteger => Trap::Conversion,
        TrapReason::NullReference | TrapReason::NullFunctionReference => Trap::Null,
        TrapReason::StackOverflow => Trap::StackOverflow,
        _ => Trap::Other,
    }
}
