//! Making an instance: a slot, its context filled in, its memories, tables and globals.
//!
//! Initial values are the caller's business: globals and tables start zeroed, memories start empty of data.

use crate::block::StoreBlock;
use crate::context::Anchor;
use crate::memory::{Memory, SharedMemory};
use crate::objects::{
    FunctionId, GlobalId, InstanceId, MemoryId, Objects, TableId, TagId, check, index_of,
};
use crate::slot::{Slot, SlotKind, context_class};
use crate::sys::arch;
use crate::table::Table;
use crate::{Pool, PublishedCode, TagType, VmError};
use holm_abi::layout::{self, Callee, ContextLayout, FunctionRecord};
use holm_abi::object::ObjectLayout;
use holm_abi::{MemoryStrategy, SharedBytes};
use holm_spec::types::{GlobalType, MemoryType, TableType};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

/// A function of a module that can be referred to from outside its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escaped {
    /// Its index in the module.
    pub function: u32,
    /// The engine-wide id of its type.
    pub type_id: u32,
}

/// What an instance is made of.
#[derive(Debug)]
pub struct InstanceRequest<'a> {
    /// Its code.
    pub code: &'a Arc<PublishedCode>,
    /// The layout that the code was compiled for.
    pub layout: &'a ContextLayout,
    /// For each type of the module its engine-wide id, for types of objects the header word; ≥ 1, below 2³¹.
    pub type_headers: &'a [u32],
    /// Imported functions, in order.
    pub functions: &'a [FunctionId],
    /// Their types, as indices into the module's types.
    pub function_types: &'a [u32],
    /// Imported memories, in order.
    pub memories: &'a [MemoryId],
    /// Imported tables, in order.
    pub tables: &'a [TableId],
    /// Imported globals, in order.
    pub globals: &'a [GlobalId],
    /// Imported exception tags, in order.
    pub tags: &'a [TagId],
    /// Exception tags that it defines.
    pub defined_tags: &'a [TagType],
    /// Types of the memories that it defines.
    pub defined_memories: &'a [MemoryType],
    /// Types of the tables that it defines.
    pub defined_tables: &'a [TableType],
    /// Types of the globals that it defines.
    pub defined_globals: &'a [GlobalType],
    /// Its escaping functions, in the order in which code numbers them.
    pub escaped: &'a [Escaped],
    /// How the objects of its types are laid out, with the types' ids; empty unless it can look into objects.
    pub object_types: &'a [(u32, Arc<ObjectLayout>)],
    /// Whether its code can look into objects, so that there has to be a heap.
    pub needs_heap: bool,
    /// Its data segments as far as `memory.init` may use them.
    pub data: Vec<Option<SharedBytes>>,
}

/// A live instance.
#[derive(Debug)]
pub struct Instance {
    slot: ManuallyDrop<Slot>,
    pool: Pool,
    code: Arc<PublishedCode>,
    memories: Vec<MemoryId>,
    tables: Vec<TableId>,
    globals: Vec<GlobalId>,
    tags: Vec<TagId>,
    functions_first: FunctionId,
    /// How many functions it imports.
    #[cfg(feature = "machine-code")]
    pub(crate) functions_imported: u32,
    pub(crate) data: Vec<Option<SharedBytes>>,
    pub(crate) elements: Vec<Option<Box<[u32]>>>,
    /// For each element segment whether its references are the collector's.
    pub(crate) elements_collected: Vec<bool>,
}

impl Instance {
    /// All its memories, imported ones first.
    #[must_use]
    pub fn memories(&self) -> &[MemoryId] {
        &self.memories
    }

    /// All its tables, imported ones first.
    #[must_use]
    pub fn tables(&self) -> &[TableId] {
        &self.tables
    }

    /// All its globals, imported ones first.
    #[must_use]
    pub fn globals(&self) -> &[GlobalId] {
        &self.globals
    }

    /// All its exception tags, imported ones first.
    #[must_use]
    pub fn tags(&self) -> &[TagId] {
        &self.tags
    }

    /// The handle of its first escaping function; the others follow.
    #[must_use]
    pub fn functions_first(&self) -> FunctionId {
        self.functions_first
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &Arc<PublishedCode> {
        &self.code
    }

    pub(crate) fn slot_mut(&mut self) -> &mut Slot {
        &mut self.slot
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: taken once, here; nobody uses the slot after the instance.
        let slot = unsafe { ManuallyDrop::take(&mut self.slot) };
        self.pool.give_slot(slot);
    }
}

impl Objects {
    /// Makes an instance.
    pub(crate) fn instance_new(
        &mut self,
        request: InstanceRequest<'_>,
    ) -> Result<InstanceId, VmError> {
        let index = index_of(self.instances.len());
        check("instances", u64::from(index) + 1, u64::from(self.limits().instances_max))?;
        check_shape(&request);
        let first = request.defined_memories.first();
        let memory0 =
            request.memories.is_empty() && first.is_some_and(|ty| !ty.is_64 && !ty.shared);
        let reservation = memory0 && self.pool.strategy() == MemoryStrategy::Reserved;
        let context_bytes = context_class(request.layout.context_bytes());
        let minimum =
            request.defined_memories.first().map_or(0, |ty| ty.limits.min << ty.page_bytes_log2);
        let accessible =
            if reservation { usize::try_from(minimum).unwrap_or(usize::MAX) } else { 0 };
        let kind = SlotKind { context_bytes, reservation };
        if request.code.interpreted().is_some() {
            self.make_slots()?;
        }
        let mut slot = self.pool.take_slot(kind, accessible)?;
        slot.set_used(request.layout);
        let poll_page = slot.poll_page();
        let mut instance = Instance {
            slot: ManuallyDrop::new(slot),
            pool: self.pool.clone(),
            code: Arc::clone(request.code),
            memories: request.memories.to_vec(),
            tables: request.tables.to_vec(),
            globals: request.globals.to_vec(),
            tags: request.tags.to_vec(),
            functions_first: FunctionId(0),
            #[cfg(feature = "machine-code")]
            functions_imported: request.layout.shape().imported_functions,
            data: Vec::new(),
            elements: Vec::new(),
            elements_collected: Vec::new(),
        };
        let builder = Builder { anchor: instance.slot.anchor(), index, request: &request };
        builder.header(self.block);
        builder.heap(self)?;
        instance.functions_first = builder.functions(self);
        builder.define_memories(self, &mut instance, reservation)?;
        builder.define_tables(self, &mut instance)?;
        builder.define_globals(self, &mut instance);
        builder.define_tags(self, &mut instance)?;
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        block.codes.borrow_mut().add(request.code);
        instance.data = request.data;
        if self.instances.is_empty() {
            // Most stores have one; room for four is more than allocators have at hand.
            self.instances.reserve_exact(1);
        }
        self.instances.push(instance);
        self.interrupt.add(poll_page);
        Ok(InstanceId(index))
    }
}

/// The definition of memory 0 of instances that have none: no bytes at no address.
static EMPTY_MEMORY: [u64; 2] = [0; 2];

/// The lists must be what the layout was made for; a difference is the caller's bug, not a guest's.
fn check_shape(request: &InstanceRequest<'_>) {
    let shape = request.layout.shape();
    let lists = [
        (request.type_headers.len(), shape.types),
        (request.functions.len(), shape.imported_functions),
        (request.function_types.len(), shape.imported_functions),
        (request.memories.len(), shape.imported_memories),
        (request.tables.len(), shape.imported_tables),
        (request.globals.len(), shape.imported_globals),
        (request.defined_memories.len(), shape.defined_memories),
        (request.defined_tables.len(), shape.defined_tables),
        (request.defined_globals.len(), shape.defined_globals),
        (request.tags.len() + request.defined_tags.len(), shape.tags),
    ];
    assert!(
        lists.iter().all(|(have, want)| *have == *want as usize),
        "an instance's parts must match its layout: {lists:?}"
    );
}

/// Fills in the context of one instance.
struct Builder<'a, 'r> {
    anchor: Anchor,
    index: u32,
    request: &'a InstanceRequest<'r>,
}

impl Builder<'_, '_> {
    /// Writes a field of the context.
    fn write<T>(&self, offset: i32, value: T) {
        // SAFETY: offsets come from the request's layout, indices were checked against its shape, and the
        // slot has room for that layout; nothing else uses the slot yet.
        unsafe { self.anchor.write(offset, value) }
    }

    /// The address of a field of the context.
    fn at<T>(&self, offset: i32) -> NonNull<T> {
        NonNull::new(self.anchor.field(offset)).expect("contexts are not at null")
    }

    fn header(&self, block: *const StoreBlock) {
        self.write(layout::STORE, block);
        self.write(layout::INSTANCE, self.index);
        self.write(layout::MEMORY_0, EMPTY_MEMORY.as_ptr());
        if let Some(interpreted) = self.request.code.interpreted() {
            self.write(layout::ENTRIES, interpreted.entries());
            self.write(layout::PROGRAM, interpreted.executor().program);
        }
        for builtin in holm_abi::Builtin::ALL {
            let entry = crate::sys::arch::builtin_entry(builtin as usize);
            self.write(layout::builtin_offset(builtin), entry);
        }
        for (index, header) in (0..).zip(self.request.type_headers) {
            debug_assert!(*header != layout::NEVER && *header < layout::FOREIGN, "type {header}");
            self.write(self.request.layout.type_id(index), *header);
        }
    }

    /// What code needs to look into objects.
    fn heap(&self, objects: &mut Objects) -> Result<(), VmError> {
        let table = objects.pool.types().table_address();
        self.write(layout::TYPE_TABLE, table);
        for (id, layout) in self.request.object_types {
            objects.need_type(*id, layout)?;
        }
        if self.request.needs_heap {
            let heap = objects.need_heap()?;
            self.write(layout::HEAP_BASE, heap.base());
            self.write(layout::HEAP_BYTES, heap.reserved_bytes());
        }
        Ok(())
    }

    /// Imported functions go into the context, escaping ones into the store's records.
    fn functions(&self, objects: &mut Objects) -> FunctionId {
        let record = |id: FunctionId| *objects.function(id).expect("imported functions exist");
        for (index, id) in (0..).zip(self.request.functions) {
            let at = self.request.layout.imported_function(index);
            let callee = record(*id).callee;
            self.write(at, callee);
            self.write(at + layout::IMPORT_VIA, self.way(index, callee));
        }
        let imported = self.request.functions.len();
        let records: Vec<FunctionRecord> = self
            .request
            .escaped
            .iter()
            .map(|escaped| {
                if let Some(id) = self.request.functions.get(escaped.function as usize) {
                    return record(*id);
                }
                let defined = escaped.function - index_of(imported);
                let code =
                    self.request.code.function(defined).expect("code has every defined function");
                FunctionRecord {
                    callee: Callee { code, anchor: self.anchor.address() },
                    signature: escaped.type_id,
                    instance: self.index,
                    function: escaped.function,
                    reserved: 0,
                }
            })
            .collect();
        let first = objects.add_functions(records.into_iter());
        self.write(layout::FUNCTIONS_FIRST, first.0);
        first
    }

    /// The code that calls import `index`, which is this callee.
    fn way(&self, index: u32, callee: Callee) -> u64 {
        if callee.code == arch::host_call_registers() {
            return arch::host_import();
        }
        if self.request.code.interpreted().is_some() {
            return 0;
        }
        let ty = self.request.function_types[index as usize];
        self.request.code.thunk(ty).expect("code has a thunk for the type of every import")
    }

    fn define_memories(
        &self,
        objects: &mut Objects,
        instance: &mut Instance,
        reservation: bool,
    ) -> Result<(), VmError> {
        let layout = self.request.layout;
        for (index, id) in (0..).zip(self.request.memories) {
            let definition = objects.memories[id.0 as usize].definition();
            self.write(layout.imported_memory(index), definition);
            if index == 0 {
                self.write(layout::MEMORY_0, definition);
            }
        }
        for (defined, ty) in (0..).zip(self.request.defined_memories) {
            let definition = self.at(layout.defined_memory(defined));
            if defined == 0 && self.request.memories.is_empty() {
                self.write(layout::MEMORY_0, definition);
            }
            if !ty.shared {
                objects.charge_memory(ty)?;
            }
            let memory = if ty.shared {
                let memory = SharedMemory::new(ty, objects.pool.strategy())?;
                objects.charge_shared(&memory)?;
                objects.interrupt.add_memory(&memory);
                Memory::shared(memory, definition)
            } else if reservation && defined == 0 {
                Memory::in_slot(ty, self.index, &mut instance.slot, definition)?
            } else {
                Memory::standalone(ty, objects.pool.strategy(), definition)?
            };
            instance.memories.push(objects.add_memory(memory));
        }
        Ok(())
    }

    fn define_tables(&self, objects: &mut Objects, instance: &mut Instance) -> Result<(), VmError> {
        let layout = self.request.layout;
        for (index, id) in (0..).zip(self.request.tables) {
            let definition = objects.tables[id.0 as usize].definition();
            self.write(layout.imported_table(index), definition);
        }
        for (defined, ty) in (0..).zip(self.request.defined_tables) {
            let entries = objects.charge_table(ty)?;
            let definition = self.at(layout.defined_table(defined));
            let table = Table::new(ty, self.index, entries, definition);
            instance.tables.push(objects.add_table(table));
        }
        Ok(())
    }

    fn define_globals(&self, objects: &mut Objects, instance: &mut Instance) {
        let layout = self.request.layout;
        for (index, id) in (0..).zip(self.request.globals) {
            self.write(layout.imported_global(index), objects.globals[id.0 as usize].cell);
        }
        for (defined, ty) in (0..).zip(self.request.defined_globals) {
            let cell = self.at(layout.defined_global(defined));
            instance.globals.push(objects.add_global(*ty, cell));
        }
    }

    fn define_tags(&self, objects: &mut Objects, instance: &mut Instance) -> Result<(), VmError> {
        for ty in self.request.defined_tags {
            instance.tags.push(objects.tag_new(ty)?);
        }
        for (index, tag) in (0..).zip(&instance.tags) {
            self.write(self.request.layout.tag(index), tag.index());
        }
        Ok(())
    }
}
