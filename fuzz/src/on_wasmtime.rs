//! Generated modules on wasmtime, by the same steps as on Holm.
//!
//! Read next: `on_holm.rs`.

use wasmtime::{
    AnyRef, Config, Engine, Error, Extern, Instance, Module, ResourceLimiter, Rooted, Store,
    ThrownException, Val,
};

use crate::adjust::STEPS_LEFT;
use crate::generate::{Generated, STEPS};
use crate::outcome::{
    DEPTH_MAX, ELEMENTS_MAX, MEMORY_BYTES_MAX, Outcome, STACK_BYTES, TABLE_ENTRIES_MAX, Trap,
    Value, hash, whole_words,
};
use crate::shared;

/// An engine with the proposals that the generator uses, and with the results of relaxed vectors that Holm has.
pub(crate) fn engine() -> Engine {
    let mut config = Config::new();
    config.wasm_memory64(true).wasm_wide_arithmetic(true).wasm_multi_memory(true);
    config.wasm_tail_call(true).wasm_function_references(true).wasm_extended_const(true);
    config.wasm_gc(true).wasm_exceptions(true).wasm_threads(true).shared_memory(true);
    config.wasm_custom_page_sizes(true);
    config.wasm_relaxed_simd(true).relaxed_simd_deterministic(true);
    config.max_wasm_stack(STACK_BYTES);
    Engine::new(&config).expect("this machine runs wasmtime")
}

/// What a store's memories and tables have together: Holm limits the sums.
struct Used {
    memory_bytes: u64,
    memory_bytes_max: u64,
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
        Ok(allowed && charge(&mut self.memory_bytes, current, desired, self.memory_bytes_max))
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

pub(crate) fn run(engine: &Engine, module: &Generated) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if let Err(outcome) = steps(engine, module, &mut outcomes) {
        outcomes.push(outcome);
    }
    outcomes
}

fn steps(
    engine: &Engine,
    generated: &Generated,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Outcome> {
    let module = Module::new(engine, &generated.wasm);
    let module = module.map_err(|error| Outcome::Refused(format!("{error:#}")))?;
    // Objects are counted as memory here and not in Holm. Memories with bounds need no limit.
    let memory_bytes_max = if generated.has_bounds { 1 << 30 } else { MEMORY_BYTES_MAX };
    let used = Used { memory_bytes: 0, memory_bytes_max, table_entries: 0 };
    let store = &mut Store::new(engine, used);
    store.limiter(|used| used);
    let imports = imports(store, &module, generated.provider.as_deref())?;
    let instance =
        Instance::new(&mut *store, &module, &imports).map_err(|error| failed(store, &error))?;
    let exports: Vec<Extern> = module
        .exports()
        .filter_map(|export| instance.get_export(&mut *store, export.name()))
        .collect();
    let steps_left = instance.get_global(&mut *store, STEPS_LEFT);
    for func in exports.iter().filter_map(|export| export.clone().into_func()) {
        let ty = func.ty(&*store);
        let params: Option<Vec<Val>> = ty.params().map(|ty| ty.default_value()).collect();
        let Some(params) = params else {
            outcomes.push(Outcome::Missing);
            continue;
        };
        let mut results = vec![Val::I32(0); ty.results().len()];
        if let Some(steps_left) = steps_left {
            let set = steps_left.set(&mut *store, Val::I32(STEPS));
            set.expect("the number of steps left can be set");
        }
        match func.call(&mut *store, &params, &mut results) {
            Ok(()) => outcomes.push(Outcome::Returned(values(store, &results, DEPTH_MAX))),
            Err(error) => outcomes.push(failed(store, &error)),
        }
    }
    for export in exports {
        outcomes.extend(left(store, export).map(Outcome::Left));
    }
    Ok(())
}

/// What the module imports: from the provider, or the host's own.
fn imports(
    store: &mut Store<Used>,
    module: &Module,
    provider: Option<&[u8]>,
) -> Result<Vec<Extern>, Outcome> {
    let Some(provider) = provider else {
        let own = module.imports().map(|import| import.ty().default_value(&mut *store));
        return own.map(|import| import.map_err(|_| Outcome::Missing)).collect();
    };
    let provider = Module::new(store.engine(), provider);
    let provider = provider.map_err(|error| Outcome::Refused(format!("{error:#}")))?;
    let provider = Instance::new(&mut *store, &provider, &[]);
    let provider = provider.map_err(|error| failed(store, &error))?;
    let mut imports = Vec::new();
    for number in 0..module.imports().len() {
        imports.extend(provider.get_export(&mut *store, &number.to_string()));
    }
    Ok(imports)
}

/// What is in a global, memory or table.
fn left(store: &mut Store<Used>, export: Extern) -> Option<Value> {
    Some(match export {
        Extern::Global(global) => {
            let held = global.get(&mut *store);
            value(store, &held, DEPTH_MAX)
        }
        Extern::Memory(memory) => {
            let bytes = memory.data(&*store);
            Value::Hash { bytes: bytes.len() as u64, hash: hash(whole_words(bytes)) }
        }
        Extern::SharedMemory(memory) => {
            let bytes = shared::bytes(&mut *store, &memory).expect("a reader fits its memory");
            Value::Hash { bytes: memory.data_size() as u64, hash: hash(&bytes) }
        }
        Extern::Table(table) => {
            let entries = table.size(&*store);
            let mut nulls = Vec::new();
            for index in 0..entries {
                let entry = table.get(&mut *store, index);
                nulls.push(u8::from(!entry.is_some_and(|entry| entry.is_null())));
            }
            Value::Hash { bytes: entries, hash: hash(&nulls) }
        }
        _ => return None,
    })
}

fn values(store: &mut Store<Used>, of: &[Val], depth: u32) -> Vec<Value> {
    of.iter().map(|of| value(store, of, depth)).collect()
}

fn value(store: &mut Store<Used>, of: &Val, depth: u32) -> Value {
    match of {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(bits) => Value::V128(bits.as_u128()),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            Value::Null
        }
        Val::AnyRef(Some(any)) => object(store, *any, depth).expect("the reference is alive"),
        _ => Value::Reference,
    }
}

fn object(store: &mut Store<Used>, any: Rooted<AnyRef>, depth: u32) -> wasmtime::Result<Value> {
    if let Some(small) = any.as_i31(&*store)? {
        return Ok(Value::Small(small.get_i32()));
    }
    let Some(depth) = depth.checked_sub(1) else { return Ok(Value::Reference) };
    if let Some(object) = any.as_struct(&*store)? {
        let mut fields = Vec::new();
        for field in 0..object.ty(&*store)?.fields().len() {
            let held = object.field(&mut *store, field)?;
            fields.push(value(store, &held, depth));
        }
        return Ok(Value::Struct(fields));
    }
    let Some(array) = any.as_array(&*store)? else { return Ok(Value::Reference) };
    let length = array.len(&*store)?;
    let mut first = Vec::new();
    for index in 0..length.min(ELEMENTS_MAX) {
        let held = array.get(&mut *store, index)?;
        first.push(value(store, &held, depth));
    }
    Ok(Value::Array { length, first })
}

fn failed(store: &mut Store<Used>, error: &Error) -> Outcome {
    if error.is::<ThrownException>() {
        return thrown(store).expect("an exception is pending");
    }
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => reason(*trap),
        None => Outcome::Unknown,
    }
}

/// What left a call.
fn thrown(store: &mut Store<Used>) -> wasmtime::Result<Outcome> {
    let exception = store.take_pending_exception();
    let exception = exception.ok_or_else(|| Error::msg("no exception is pending"))?;
    let mut thrown = Vec::new();
    for field in 0..exception.ty(&*store)?.fields().len() {
        let held = exception.field(&mut *store, field)?;
        thrown.push(value(store, &held, DEPTH_MAX));
    }
    Ok(Outcome::Threw(thrown))
}

fn reason(trap: wasmtime::Trap) -> Outcome {
    use wasmtime::Trap as T;
    Outcome::Trapped(match trap {
        T::UnreachableCodeReached => Trap::Unreachable,
        T::MemoryOutOfBounds => Trap::Memory,
        T::TableOutOfBounds => Trap::Table,
        T::IndirectCallToNull => Trap::Uninitialized,
        T::BadSignature => Trap::Signature,
        T::IntegerDivisionByZero => Trap::DivideByZero,
        T::IntegerOverflow => Trap::Overflow,
        T::BadConversionToInteger => Trap::Conversion,
        T::NullReference => Trap::Null,
        T::CastFailure => Trap::Cast,
        T::ArrayOutOfBounds => Trap::Array,
        T::HeapMisaligned => Trap::Unaligned,
        T::AtomicWaitNonSharedMemory => Trap::NotShared,
        T::StackOverflow => Trap::StackOverflow,
        T::AllocationTooLarge => return Outcome::Unknown,
        _ => Trap::Other,
    })
}
