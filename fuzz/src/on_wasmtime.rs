//! Generated modules on wasmtime, by the same steps as on Holm.
//!
//! Read next: `on_holm.rs`.

use wasmtime::{
    Config, Engine, Error, Extern, HeapType, Instance, Module, Ref, RefType, ResourceLimiter,
    Store, Val, ValType,
};

use crate::outcome::{MEMORY_BYTES_MAX, Outcome, TABLE_ENTRIES_MAX, Trap, Value, hash};

/// An engine with the proposals that the generator uses.
pub(crate) fn engine() -> Engine {
    let mut config = Config::new();
    config.wasm_memory64(true).wasm_wide_arithmetic(true).wasm_multi_memory(true);
    config.wasm_tail_call(true).wasm_function_references(true).wasm_extended_const(true);
    Engine::new(&config).expect("this machine runs wasmtime")
}

/// What a store's memories and tables have together: Holm limits the sums.
#[derive(Default)]
struct Used {
    memory_bytes: u64,
    table_entries: u64,
}

/// Adds what is wanted to what is used, if it stays below the limit.
fn charge(used: &mut u64, current: usize, desired: usize, most: u64) -> bool {
    let total = used.saturating_add(desired.saturating_sub(current) as u64);
    let fits = total <= most;
    if fits {
        *used = total;
    }
    fits
}

impl ResourceLimiter for Used {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = maximum.is_none_or(|maximum| desired <= maximum);
        Ok(allowed && charge(&mut self.memory_bytes, current, desired, MEMORY_BYTES_MAX))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = maximum.is_none_or(|maximum| desired <= maximum);
        Ok(allowed && charge(&mut self.table_entries, current, desired, TABLE_ENTRIES_MAX))
    }
}

pub(crate) fn run(engine: &Engine, wasm: &[u8]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if let Err(outcome) = steps(engine, wasm, &mut outcomes) {
        outcomes.push(outcome);
    }
    outcomes
}

fn steps(engine: &Engine, wasm: &[u8], outcomes: &mut Vec<Outcome>) -> Result<(), Outcome> {
    let module = Module::new(engine, wasm).map_err(|error| Outcome::Refused(error.to_string()))?;
    let mut store = Store::new(engine, Used::default());
    store.limiter(|used| used);
    let instance = Instance::new(&mut store, &module, &[]).map_err(|error| failed(&error))?;
    let exports: Vec<Extern> = module
        .exports()
        .filter_map(|export| instance.get_export(&mut store, export.name()))
        .collect();
    for func in exports.iter().filter_map(|export| export.clone().into_func()) {
        let ty = func.ty(&store);
        let params: Option<Vec<Val>> = ty.params().map(|ty| default(&ty)).collect();
        let Some(params) = params else {
            outcomes.push(Outcome::Refused("no default".to_owned()));
            continue;
        };
        let mut results = vec![Val::I32(0); ty.results().len()];
        match func.call(&mut store, &params, &mut results) {
            Ok(()) => outcomes.push(Outcome::Returned(results.iter().map(value).collect())),
            Err(error) => outcomes.push(failed(&error)),
        }
    }
    for export in exports {
        let left = match export {
            Extern::Global(global) => value(&global.get(&mut store)),
            Extern::Memory(memory) => {
                let bytes = memory.data(&store);
                Value::Hash { bytes: bytes.len() as u64, hash: hash(bytes) }
            }
            Extern::Table(table) => {
                let entries = table.size(&store);
                let mut nulls = Vec::new();
                for index in 0..entries {
                    let entry = table.get(&mut store, index);
                    nulls.push(u8::from(!entry.is_some_and(|entry| is_null(&entry))));
                }
                Value::Hash { bytes: entries, hash: hash(&nulls) }
            }
            _ => continue,
        };
        outcomes.push(Outcome::Left(left));
    }
    Ok(())
}

/// Zero or null, unless the type has neither.
fn default(ty: &ValType) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(0),
        ValType::I64 => Val::I64(0),
        ValType::F32 => Val::F32(0),
        ValType::F64 => Val::F64(0),
        ValType::V128 => Val::V128(0.into()),
        ValType::Ref(ty) => return null(ty),
    })
}

fn null(ty: &RefType) -> Option<Val> {
    if !ty.is_nullable() {
        return None;
    }
    Some(match ty.heap_type().top() {
        HeapType::Func => Val::FuncRef(None),
        HeapType::Extern => Val::ExternRef(None),
        _ => Val::AnyRef(None),
    })
}

fn is_null(reference: &Ref) -> bool {
    reference.is_null()
}

fn value(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(bits) => Value::V128(bits.as_u128()),
        Val::FuncRef(reference) => Value::Reference { is_null: reference.is_none() },
        Val::ExternRef(reference) => Value::Reference { is_null: reference.is_none() },
        Val::AnyRef(reference) => Value::Reference { is_null: reference.is_none() },
        _ => Value::Reference { is_null: false },
    }
}

fn failed(error: &Error) -> Outcome {
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => Outcome::Trapped(reason(*trap)),
        None => Outcome::Unknown,
    }
}

fn reason(trap: wasmtime::Trap) -> Trap {
    use wasmtime::Trap as T;
    match trap {
        T::UnreachableCodeReached => Trap::Unreachable,
        T::MemoryOutOfBounds => Trap::Memory,
        T::TableOutOfBounds => Trap::Table,
        T::IndirectCallToNull => Trap::Uninitialized,
        T::BadSignature => Trap::Signature,
        T::IntegerDivisionByZero => Trap::DivideByZero,
        T::IntegerOverflow => Trap::Overflow,
        T::BadConversionToInteger => Trap::Conversion,
        T::NullReference => Trap::Null,
        T::StackOverflow => Trap::StackOverflow,
        _ => Trap::Other,
    }
}
