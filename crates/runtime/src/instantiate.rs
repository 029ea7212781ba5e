//! Making an instance: imports are matched, the instance is laid out, its first contents are written, and
//! its start function runs.
//!
//! Not here: what can be worked out beforehand (see [`crate::plan`]) and names (see [`crate::linker`]).
//! Invariant: the order is the standard's: globals, tables, element segments, data segments, start; when one
//! of them traps, what came before stays. Read next: [`crate::plan`].

use crate::artifact::KeptBytes;
use crate::constant::{Held, Machine, is_reference};
use crate::context::{StoreContext, StoreContextMut, VmStore};
use crate::error::{Error, Result, printable};
use crate::externs::Extern;
use crate::func::enter;
use crate::func::host::HostFunc;
use crate::instance::Instance;
use crate::memory::Memory;
use crate::module::Module;
use crate::plan::{Items, Offset, Plan, rank};
use crate::shared::SharedMemory;
use crate::value::{low32, low64};
use holm_abi::SignatureAbi;
use holm_module::expr::{ConstInteger, ConstOp};
use holm_module::{ConstExpr, Import, ImportKind, Module as Meta};
use holm_spec::trap::TrapReason;
use holm_spec::types::{ExternType, FuncType, ValType};
use holm_vm::{
    CallFrame, FunctionId, GlobalId, InstanceId, InstanceRequest, MemoryId, Objects, TableId, TagId,
};

/// What is given for one import.
pub(crate) enum Given<'a, T: 'static> {
    /// A closure, not yet in the store.
    Host(&'a HostFunc<T>),
    /// Something of the store's.
    Extern(Extern),
    /// A memory that threads share, perhaps not in the store yet.
    Shared(&'a SharedMemory),
}

/// Imports that fit, by kind.
#[derive(Default)]
struct Imports {
    functions: Vec<FunctionId>,
    memories: Vec<MemoryId>,
    tables: Vec<TableId>,
    globals: Vec<GlobalId>,
    tags: Vec<TagId>,
}

/// Makes an instance with one extern per import.
pub(crate) fn with_externs<T: 'static>(
    store: &mut VmStore<T>,
    module: &Module,
    imports: &[Extern],
) -> Result<Instance> {
    let wanted = module.meta().imports.len();
    if wanted != imports.len() {
        let message = format!("module has {wanted} imports, {} were given", imports.len());
        return Err(Error::link(message));
    }
    instantiate(store, module, imports.iter().map(|import| Given::Extern(*import)))
}

/// Makes an instance; there are as many `given` as the module has imports.
pub(crate) fn instantiate<'a, T: 'static>(
    store: &mut VmStore<T>,
    module: &Module,
    given: impl Iterator<Item = Given<'a, T>>,
) -> Result<Instance> {
    if !module.engine().is_same(&store.data().engine) {
        return Err(Error::link("module and store belong to different engines"));
    }
    let imports = match_imports(store, module, given)?;
    let id = make(store, module, &imports)?;
    let owner = store.data().id;
    let (_, objects) = store.data_and_objects();
    let mark = objects.roots_mark();
    let headers = module.type_headers();
    let mut filler = Filler { objects, id, meta: module.meta(), headers };
    let filled = filler.fill(module.plan(), module.bytes());
    objects.roots_release(mark);
    filled?;
    if let Some(start) = module.meta().start {
        run_start(store, module, id, start)?;
    }
    Ok(Instance { store: owner, id })
}

fn match_imports<'a, T: 'static>(
    store: &mut VmStore<T>,
    module: &Module,
    given: impl Iterator<Item = Given<'a, T>>,
) -> Result<Imports> {
    let meta = module.meta();
    let mut imports = Imports::default();
    imports.functions.reserve_exact(meta.imported_functions as usize);
    for (import, given) in meta.imports.iter().zip(given) {
        match (import.kind, given) {
            (ImportKind::Func(ty), Given::Host(host)) => {
                let registry = module.engine().registry();
                if !registry.is_below(host.type_id(), module.type_id(ty.0)) {
                    let found = ExternType::Func(host.ty().clone());
                    return Err(mismatch(module, import, &found));
                }
                imports.functions.push(host.put_into(store)?.id);
            }
            (_, Given::Host(host)) => {
                return Err(mismatch(module, import, &ExternType::Func(host.ty().clone())));
            }
            (_, Given::Extern(found)) => imports.add(store, module, import, found)?,
            (_, Given::Shared(memory)) => {
                let memory = Memory::from_shared(StoreContextMut(store), memory)?;
                imports.add(store, module, import, Extern::Memory(memory))?;
            }
        }
    }
    Ok(imports)
}

impl Imports {
    /// Adds what was given for an import, if it fits.
    fn add<T: 'static>(
        &mut self,
        store: &VmStore<T>,
        module: &Module,
        import: &Import,
        found: Extern,
    ) -> Result<()> {
        if found.store() != store.data().id {
            let (module, name) = (printable(&import.module), printable(&import.name));
            let message =
                format!("import `{module}` `{name}`: what was given belongs to another store");
            return Err(Error::link(message));
        }
        let objects = store.objects();
        let registry = module.engine().registry();
        let mut id = |index: u32| module.type_id(index);
        let fits = match (import.kind, found) {
            (ImportKind::Func(ty), Extern::Func(func)) => {
                self.functions.push(func.id);
                let record = objects.function(func.id);
                record.is_some_and(|r| registry.is_below(r.signature, module.type_id(ty.0)))
            }
            (ImportKind::Table(wanted), Extern::Table(table)) => {
                self.tables.push(table.id);
                let wanted = wanted.map_concrete(&mut id);
                let ty = objects.table_type(table.id);
                registry.with_definitions(|types| types.table_matches(ty, wanted))
            }
            (ImportKind::Memory(wanted), Extern::Memory(memory)) => {
                self.memories.push(memory.id);
                let ty = objects.memory_type(memory.id);
                ty.is_64 == wanted.is_64
                    && ty.shared == wanted.shared
                    && ty.page_bytes_log2 == wanted.page_bytes_log2
                    && ty.limits.satisfies(&wanted.limits)
            }
            (ImportKind::Global(wanted), Extern::Global(global)) => {
                self.globals.push(global.id);
                let wanted = wanted.map_concrete(&mut id);
                let ty = objects.global_type(global.id);
                ty == wanted || registry.with_definitions(|types| types.global_matches(ty, wanted))
            }
            (ImportKind::Tag(ty), Extern::Tag(tag)) => {
                self.tags.push(tag.id);
                objects.tag_type(tag.id).type_id == module.type_id(ty.0)
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(mismatch(module, import, &found.ty(StoreContext(store)))) }
    }
}

/// An import and what was given for it do not fit.
#[cold]
pub(crate) fn mismatch(module: &Module, import: &Import, found: &ExternType) -> Error {
    let wanted = module.import_type(&import.kind);
    let (module, name) = (printable(&import.module), printable(&import.name));
    let (wanted, found) = (wanted.to_string(), found.to_string());
    if wanted == found {
        return Error::link(format!(
            "import `{module}` `{name}`: expected {wanted}, found another type that reads the same: their groups, \
             supertypes or finality differ"
        ));
    }
    Error::link(format!("import `{module}` `{name}`: expected {wanted}, found {found}"))
}

fn make<T: 'static>(
    store: &mut VmStore<T>,
    module: &Module,
    imports: &Imports,
) -> Result<InstanceId> {
    let plan = module.plan();
    let id = store.instance_new(InstanceRequest {
        code: module.code(),
        layout: &plan.layout,
        type_headers: module.type_headers(),
        object_types: module.object_types(),
        needs_heap: plan.needs_heap,
        functions: &imports.functions,
        function_types: &plan.function_types,
        memories: &imports.memories,
        tables: &imports.tables,
        globals: &imports.globals,
        tags: &imports.tags,
        defined_tags: &plan.tags,
        defined_memories: &plan.memories,
        defined_tables: &plan.tables,
        defined_globals: &plan.globals,
        escaped: module.escaped(),
        data: plan.passive_data.clone(),
    })?;
    let modules = &mut store.data_mut().modules;
    modules.push(module.clone());
    debug_assert_eq!(modules.len(), id.index() as usize + 1, "one module per instance");
    Ok(id)
}

/// Writes the first contents of an instance.
struct Filler<'a> {
    objects: &'a mut Objects,
    id: InstanceId,
    meta: &'a Meta,
    headers: &'a [u32],
}

impl Filler<'_> {
    fn fill(&mut self, plan: &Plan, bytes: &KeptBytes) -> Result<()> {
        for (global, bits) in &plan.numbers {
            self.objects.global_set(self.global(*global), *bits);
        }
        for (global, expr) in &plan.late_globals {
            let bits = self.value(expr)?;
            self.objects.global_set(self.global(*global), bits);
        }
        for (table, expr) in &plan.filled_tables {
            let reference = low32(self.value(expr)?);
            let table = self.table(*table);
            let size = self.objects.table_size(table);
            let filled = self.objects.table_fill(table, 0, reference, size);
            filled.ok_or_else(|| Error::bug("a table cannot be filled"))?;
        }
        if !plan.passive_elements.is_empty() {
            let items = plan.passive_elements.iter();
            let held = items.map(|items| items.as_ref().map(|items| self.held(items)));
            let held: Result<Vec<Option<Vec<Held>>>> = held.map(Option::transpose).collect();
            let elements = held?.into_iter().map(|list| list.map(|list| self.settle(&list)));
            let elements: Result<Vec<_>> = elements.map(Option::transpose).collect();
            let collected = self.meta.elements.iter().map(|e| is_reference(e.ty.into())).collect();
            self.objects.set_elements(self.id, elements?, collected);
        }
        for segment in &plan.active_elements {
            let offset = self.offset(&segment.offset)?;
            let held = self.held(&segment.items)?;
            let references = self.settle(&held)?;
            let table = self.table(segment.table);
            let written = self.objects.table_write(table, offset, &references);
            written.ok_or_else(|| Error::trap(TrapReason::OutOfBoundsTable))?;
        }
        for segment in &plan.active_data {
            let offset = self.offset(&segment.offset)?;
            let from = bytes.get(&segment.bytes).unwrap_or_default();
            let memory = self.objects.instance(self.id).memories()[segment.memory as usize];
            let written = usize::try_from(offset).ok();
            let written = written.and_then(|at| self.objects.memory_write(memory, at, from));
            written.ok_or_else(|| Error::trap(TrapReason::OutOfBoundsMemory))?;
        }
        Ok(())
    }

    fn global(&self, index: u32) -> GlobalId {
        self.objects.instance(self.id).globals()[index as usize]
    }

    fn table(&self, index: u32) -> TableId {
        self.objects.instance(self.id).tables()[index as usize]
    }

    fn first(&self) -> u32 {
        self.objects.instance(self.id).functions_first().funcref()
    }

    /// The value of an expression, as bits; a reference is good until the next object is made.
    fn value(&mut self, expr: &ConstExpr) -> Result<u128> {
        Ok(match expr {
            ConstExpr::I32(value) => u128::from(value.cast_unsigned()),
            ConstExpr::I64(value) => u128::from(value.cast_unsigned()),
            ConstExpr::F32(bits) => u128::from(*bits),
            ConstExpr::F64(bits) => u128::from(*bits),
            ConstExpr::V128(bits) => *bits,
            ConstExpr::RefNull(_) => 0,
            ConstExpr::GlobalGet(global) => self.objects.global_get(self.global(*global)),
            ConstExpr::RefFunc(function) => self.function(*function)?,
            ConstExpr::Extended(operators) => self.evaluate(operators)?,
        })
    }

    fn function(&self, function: u32) -> Result<u128> {
        Ok(u128::from(self.first() + rank(self.meta, function)? - 1))
    }

    fn evaluate(&mut self, operators: &[ConstOp]) -> Result<u128> {
        let mark = self.objects.roots_mark();
        let mut stack = Vec::new();
        for operator in operators {
            let plain = match operator {
                ConstOp::GlobalGet(global) => {
                    let ty = self.meta.globals.get(*global as usize).map(|global| global.ty.value);
                    let collected = ty.is_some_and(is_reference);
                    Some((self.objects.global_get(self.global(*global)), collected))
                }
                ConstOp::RefFunc(function) => Some((self.function(*function)?, false)),
                _ => None,
            };
            let (meta, headers) = (self.meta, self.headers);
            let mut machine = Machine { objects: &mut *self.objects, meta, headers, stack };
            match plain {
                Some((bits, collected)) => machine.push(bits, collected),
                None => machine.step(*operator)?,
            }
            stack = machine.stack;
        }
        let value = stack.pop().ok_or_else(|| Error::bug("a constant expression has no value"))?;
        let bits = value.bits(self.objects);
        self.objects.roots_release(mark);
        bits
    }

    fn integer(&self, expr: &ConstExpr) -> Result<ConstInteger> {
        let global = |index: u32| {
            let bits = self.objects.global_get(self.global(index));
            match self.meta.globals.get(index as usize)?.ty.value {
                ValType::I32 => Some(ConstInteger::I32(low32(bits).cast_signed())),
                ValType::I64 => Some(ConstInteger::I64(low64(bits).cast_signed())),
                _ => None,
            }
        };
        expr.integer(global).ok_or_else(|| Error::bug("a constant expression has no value"))
    }

    fn offset(&self, offset: &Offset) -> Result<u64> {
        match offset {
            Offset::Number(offset) => Ok(*offset),
            Offset::Late(expr) => Ok(self.integer(expr)?.as_offset()),
        }
    }

    /// The values of a segment's elements, held until the end of the scope.
    fn held(&mut self, items: &Items) -> Result<Vec<Held>> {
        match items {
            Items::Ranks(ranks) => {
                let first = self.first();
                let reference = |rank: &u32| if *rank == 0 { 0 } else { first + *rank - 1 };
                Ok(ranks.iter().map(|rank| Held::Bits(reference(rank).into())).collect())
            }
            Items::Late { exprs, collected } => {
                let hold = |expr: &ConstExpr| {
                    let bits = self.value(expr)?;
                    let root = *collected && bits != 0;
                    Ok(if root {
                        Held::Root(self.objects.root(low32(bits)))
                    } else {
                        Held::Bits(bits)
                    })
                };
                exprs.iter().map(hold).collect()
            }
        }
    }

    /// What the values are now.
    fn settle(&self, held: &[Held]) -> Result<Box<[u32]>> {
        held.iter().map(|held| Ok(low32(held.bits(self.objects)?))).collect()
    }
}

fn run_start<T: 'static>(
    store: &mut VmStore<T>,
    module: &Module,
    id: InstanceId,
    start: u32,
) -> Result<()> {
    let first = store.objects().instance(id).functions_first();
    let function = first.offset(rank(module.meta(), start)? - 1);
    let abi = SignatureAbi::new(&FuncType::default(), &crate::registry::REGISTERS);
    enter(StoreContextMut(store), function, &mut CallFrame::new(&abi))
}
