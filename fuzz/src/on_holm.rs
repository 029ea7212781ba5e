//! Generated modules on Holm, in every way that it runs code.
//!
//! Invariant: which engine takes a module depends on its number alone. Read next: `on_wasmtime.rs`, which makes
//! the same steps.

use holm::{
    AnyRef, ArrayRef, Config, Engine, Error, ErrorKind, Extern, ExternType, Features, Func, Global,
    Instance, Memory, MemoryStrategy, Module, Store, StoreLimits, StructRef, Table, Tag,
    TrapReason, Val, ValType,
};

use crate::adjust::STEPS_LEFT;
use crate::generate::{Generated, STEPS};
use crate::outcome::{
    DEPTH_MAX, ELEMENTS_MAX, MEMORY_BYTES_MAX, Outcome, STACK_BYTES, TABLE_ENTRIES_MAX, Trap,
    Value, hash, whole_words,
};

/// One engine for each way of bounding memories, with and without the optimizer, and with a collection at every
/// allocation.
pub(crate) struct Engines(Vec<Engine>);

impl Engines {
    pub(crate) fn new() -> Self {
        let strategies = [MemoryStrategy::Reserved, MemoryStrategy::Checked];
        let kinds = [(true, false), (false, false), (true, true)];
        let engine = |(strategy, (optimize, stress))| {
            let mut config = Config::new();
            config.memory_strategy(Some(strategy)).optimize(optimize).gc_stress(stress);
            config.features(Features::ALL.without(Features::STACK_SWITCHING));
            config.stack_bytes(STACK_BYTES);
            Engine::new(&config).expect("this machine runs Holm")
        };
        let all = strategies.into_iter().flat_map(|s| kinds.map(|kind| (s, kind)));
        Self(all.map(engine).collect())
    }

    pub(crate) fn run(&self, number: u64, module: &Generated) -> Vec<Outcome> {
        // Two modules that follow each other have different proposals, and both meet every engine.
        let count = self.0.len() as u64;
        let engine = &self.0[usize::try_from(number / 2 % count).unwrap_or(0)];
        let mut outcomes = Vec::new();
        if let Err(outcome) = steps(engine, module, &mut outcomes) {
            outcomes.push(outcome);
        }
        outcomes
    }
}

fn steps(
    engine: &Engine,
    generated: &Generated,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Outcome> {
    let module = Module::new(engine, &generated.wasm).map_err(|error| refused(&error))?;
    let limits = StoreLimits {
        memory_bytes_max: MEMORY_BYTES_MAX,
        table_entries_max: TABLE_ENTRIES_MAX,
        ..StoreLimits::default()
    };
    let store = Store::try_new(engine, limits, ());
    let store = &mut store.map_err(|error| refused(&error))?;
    let imports = imports(store, &module, generated.provider.as_deref())?;
    let instance = Instance::new(&mut *store, &module, &imports);
    let instance = instance.map_err(|error| match error.kind() {
        // A host's function or tag is of a type of its own, never of one that is open or in a group.
        ErrorKind::Link if generated.provider.is_none() => Outcome::Unknown,
        _ => failed(store, &error),
    })?;
    let exports: Vec<Extern> =
        module.exports().filter_map(|export| instance.get_export(&*store, export.name())).collect();
    let steps_left = instance.get_global(&*store, STEPS_LEFT);
    for func in exports.iter().filter_map(|export| export.into_func()) {
        let ty = func.ty(&*store);
        let params: Option<Vec<Val>> = ty.params().iter().copied().map(default).collect();
        let Some(params) = params else {
            outcomes.push(Outcome::Missing);
            continue;
        };
        let mut results: Vec<Val> = ty.results().iter().copied().map(Val::default_of).collect();
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
    store: &mut Store<()>,
    module: &Module,
    provider: Option<&[u8]>,
) -> Result<Vec<Extern>, Outcome> {
    let Some(provider) = provider else {
        return module.imports().map(|import| offer(store, import.ty())).collect();
    };
    let provider = Module::new(store.engine(), provider).map_err(|error| refused(&error))?;
    let provider = Instance::new(&mut *store, &provider, &[]);
    let provider = provider.map_err(|error| failed(store, &error))?;
    let numbers = 0..module.imports().len();
    Ok(numbers.filter_map(|number| provider.get_export(&*store, &number.to_string())).collect())
}

/// What is in a global, memory or table.
fn left(store: &Store<()>, export: Extern) -> Option<Value> {
    Some(match export {
        Extern::Global(global) => value(store, &global.get(store), DEPTH_MAX),
        Extern::Memory(memory) => {
            let mut bytes = vec![0; memory.data_size(store)];
            memory.read(store, 0, &mut bytes).expect("a memory has the size that it says");
            Value::Hash { bytes: bytes.len() as u64, hash: hash(whole_words(&bytes)) }
        }
        Extern::Table(table) => {
            let entries = table.size(store);
            let nulls = (0..entries).map(|index| match table.get(store, index) {
                Some(entry) => u8::from(value(store, &entry, 0) != Value::Null),
                None => 0,
            });
            Value::Hash { bytes: entries, hash: hash(&nulls.collect::<Vec<u8>>()) }
        }
        _ => return None,
    })
}

/// Something of a type that is imported, with zeros and nulls in it.
fn offer(store: &mut Store<()>, ty: &ExternType) -> Result<Extern, Outcome> {
    let made = match ty {
        ExternType::Func(ty) => {
            let results: Option<Vec<Val>> = ty.results().iter().copied().map(default).collect();
            let results = results.ok_or(Outcome::Missing)?;
            let func = Func::new(&mut *store, ty.clone(), move |_, _, into| {
                into.copy_from_slice(&results);
                Ok(())
            });
            func.map(Extern::from)
        }
        ExternType::Global(ty) => {
            let initial = default(ty.value).ok_or(Outcome::Missing)?;
            Global::new(&mut *store, *ty, initial).map(Extern::from)
        }
        ExternType::Table(ty) => {
            let initial = default(ValType::Ref(ty.element)).ok_or(Outcome::Missing)?;
            Table::new(&mut *store, *ty, initial).map(Extern::from)
        }
        ExternType::Memory(ty) => Memory::new(&mut *store, *ty).map(Extern::from),
        ExternType::Tag(ty) => Tag::new(&mut *store, ty.clone()).map(Extern::from),
    };
    made.map_err(|error| failed(store, &error))
}

/// Zero or null, unless the type has neither.
fn default(ty: ValType) -> Option<Val> {
    let is_defaultable = ty.as_reference().is_none_or(|reference| reference.nullable);
    is_defaultable.then(|| Val::default_of(ty))
}

fn values(store: &Store<()>, of: &[Val], depth: u32) -> Vec<Value> {
    of.iter().map(|of| value(store, of, depth)).collect()
}

fn value(store: &Store<()>, of: &Val, depth: u32) -> Value {
    match *of {
        Val::I32(value) => Value::I32(value),
        Val::I64(value) => Value::I64(value),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        Val::V128(bits) => Value::V128(bits),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            Value::Null
        }
        Val::AnyRef(Some(any)) => object(store, any, depth).expect("the reference is alive"),
        Val::FuncRef(_) | Val::ExternRef(_) | Val::ExnRef(_) => Value::Reference,
    }
}

fn object(store: &Store<()>, any: AnyRef, depth: u32) -> holm::Result<Value> {
    if let Some(small) = any.i31() {
        return Ok(Value::Small(small));
    }
    let Some(depth) = depth.checked_sub(1) else { return Ok(Value::Reference) };
    if let Some(object) = StructRef::from_any(store, any)? {
        let fields = 0..object.ty(store)?.fields().len();
        let fields = fields.map(|field| Ok(value(store, &object.get(store, field)?, depth)));
        return Ok(Value::Struct(fields.collect::<holm::Result<_>>()?));
    }
    let Some(array) = ArrayRef::from_any(store, any)? else { return Ok(Value::Reference) };
    let length = array.len(store)?;
    let first = 0..length.min(ELEMENTS_MAX);
    let first = first.map(|index| Ok(value(store, &array.get(store, index)?, depth)));
    Ok(Value::Array { length, first: first.collect::<holm::Result<_>>()? })
}

fn refused(error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::Exhausted => Outcome::Unknown,
        _ => Outcome::Refused(error.to_string()),
    }
}

fn failed(store: &Store<()>, error: &Error) -> Outcome {
    if let Some(exception) = error.exception() {
        let thrown = exception.values(store).expect("the error keeps its exception");
        return Outcome::Threw(values(store, &thrown, DEPTH_MAX));
    }
    error.trap_reason().map_or_else(|| refused(error), trap)
}

fn trap(reason: TrapReason) -> Outcome {
    Outcome::Trapped(match reason {
        TrapReason::Unreachable => Trap::Unreachable,
        TrapReason::OutOfBoundsMemory => Trap::Memory,
        TrapReason::OutOfBoundsTable | TrapReason::UndefinedElement => Trap::Table,
        TrapReason::UninitializedElement => Trap::Uninitialized,
        TrapReason::IndirectCallTypeMismatch => Trap::Signature,
        TrapReason::IntegerDivideByZero => Trap::DivideByZero,
        TrapReason::IntegerOverflow => Trap::Overflow,
        TrapReason::InvalidConversionToInteger => Trap::Conversion,
        TrapReason::NullReference
        | TrapReason::NullFunctionReference
        | TrapReason::NullStructureReference
        | TrapReason::NullArrayReference
        | TrapReason::NullI31Reference
        | TrapReason::NullExceptionReference => Trap::Null,
        TrapReason::CastFailure => Trap::Cast,
        TrapReason::OutOfBoundsArray => Trap::Array,
        TrapReason::UnalignedAtomic => Trap::Unaligned,
        TrapReason::ExpectedSharedMemory => Trap::NotShared,
        TrapReason::StackOverflow => Trap::StackOverflow,
        TrapReason::AllocationFailed => return Outcome::Unknown,
        _ => Trap::Other,
    })
}
