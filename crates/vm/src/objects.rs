//! What a store owns: instances, memories, tables, globals, function records, host objects.
//!
//! Handles are plain indices; nothing is removed before the store is dropped, so that they need no
//! generation. Every object is counted against the store's limits before it is made (`objects/charge.rs`).

mod charge;

use crate::block::{Pinned, StoreBlock};
use crate::budget::{Budget, Item};
use crate::exceptions::{Exceptions, TagType};
use crate::heap::Heap;
use crate::heap::roots::Roots;
use crate::host::Closure;
use crate::instance::Instance;
use crate::memory::{Memory, MemoryDefinition, SharedMemory, SlotOf};
use crate::slot::Slot;
use crate::stack::GuestStack;
use crate::table::{Table, TableDefinition, pack};
use crate::{InterruptHandle, Pool, StoreLimits, VmError};
use holm_abi::layout::{FOREIGN, FunctionRecord, NO_INSTANCE, TableEntry};
use holm_abi::object::is_collected;
use holm_spec::types::{GlobalType, MemoryType, StorageType, TableType};
use std::ptr::NonNull;
use std::sync::Arc;

macro_rules! handle {
    ($name:ident, $what:literal) => {
        #[doc = concat!("A handle to ", $what, " of a store.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// Its place among the store's objects of this kind.
            #[must_use]
            pub const fn index(self) -> u32 {
                self.0
            }
        }
    };
}

handle!(InstanceId, "an instance");
handle!(MemoryId, "a linear memory");
handle!(TableId, "a table");
handle!(GlobalId, "a global");
handle!(TagId, "an exception tag");

/// A handle to a function of a store: the value of a funcref.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub(crate) u32);

impl FunctionId {
    /// As a funcref; never 0.
    #[must_use]
    pub const fn funcref(self) -> u32 {
        self.0
    }

    /// From a funcref; nothing if it is null.
    #[must_use]
    pub const fn from_funcref(funcref: u32) -> Option<Self> {
        if funcref == 0 { None } else { Some(Self(funcref)) }
    }

    /// The function so many places after this one.
    #[must_use]
    pub const fn offset(self, by: u32) -> Self {
        Self(self.0 + by)
    }
}

/// A global's cell, in its instance's context or on its own.
#[derive(Debug)]
pub(crate) struct Global {
    ty: GlobalType,
    pub(crate) cell: NonNull<u128>,
}

impl Global {
    /// Shows the reference in the cell to the collector, to be changed.
    pub(crate) fn visit(&self, visit: impl FnOnce(u32) -> u32) {
        let Some(ty) = self.ty.value.as_reference() else { return };
        if is_collected(StorageType::Val(ty.into())) {
            // SAFETY: cells live as long as the store (rule 3); guests do not run now (rule 2).
            let reference = crate::frame::low(unsafe { self.cell.read() });
            let reference = visit(u32::try_from(reference).unwrap_or(0));
            // SAFETY: as above.
            unsafe { self.cell.write(u128::from(reference)) };
        }
    }
}

/// A host function of this store: its context and what that points at.
pub(crate) type HostFunctionInStore = (Pinned<HostContext>, Arc<dyn Closure>);

/// A host function's context; see [`crate::context`].
pub(crate) type HostContext = [u64; crate::context::HOST_CONTEXT_BYTES / 8];

/// See the module's documentation.
pub struct Objects {
    pub(crate) block: *const StoreBlock,
    pub(crate) pool: Pool,
    pub(crate) interrupt: InterruptHandle,
    limits: StoreLimits,
    /// What other stores hold under the same limits.
    budget: Option<Budget>,
    /// Bytes of the memories that are this store's alone.
    memory_bytes: u64,
    table_entries: u64,
    /// What the heap may hold, where that was taken from a budget.
    heap_bytes: u64,
    pub(crate) memories: Vec<Memory>,
    /// How many of the memories other stores may hold too.
    shared_memories: u32,
    pub(crate) tables: Vec<Table>,
    pub(crate) globals: Vec<Global>,
    pub(crate) tags: Vec<TagType>,
    pub(crate) exceptions: Exceptions,
    functions: Vec<FunctionRecord>,
    pub(crate) instances: Vec<Instance>,
    /// Where the frames of interpreted functions are, once there are such functions.
    slots: Option<GuestStack>,
    /// Made when the first type or reference needs it.
    pub(crate) heap: Option<Box<Heap>>,
    /// A heap that was given up in the middle of a collection. No guest may run again.
    pub(crate) lost: Option<Box<Heap>>,
    /// A guest, and not the host, asks for what is being made.
    pub(crate) guest_asks: bool,
    pub(crate) roots: Roots,
    pub(crate) host_functions: Vec<HostFunctionInStore>,
    memory_definitions: Vec<Pinned<MemoryDefinition>>,
    table_definitions: Vec<Pinned<TableDefinition>>,
    cells: Vec<Pinned<u128>>,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("instances", &self.instances.len()).finish_non_exhaustive()
    }
}

impl Objects {
    pub(crate) fn new(block: *const StoreBlock, pool: &Pool, limits: StoreLimits) -> Self {
        // Room for the few of a small module.
        let mut functions = Vec::with_capacity(4);
        functions.push(FunctionRecord::default());
        Self {
            block,
            pool: pool.clone(),
            interrupt: InterruptHandle::default(),
            limits,
            budget: None,
            memory_bytes: 0,
            table_entries: 0,
            heap_bytes: 0,
            memories: Vec::new(),
            shared_memories: 0,
            tables: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            exceptions: Exceptions::default(),
            functions,
            instances: Vec::new(),
            slots: None,
            heap: None,
            lost: None,
            guest_asks: false,
            roots: Roots::default(),
            host_functions: Vec::new(),
            memory_definitions: Vec::new(),
            table_definitions: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> &StoreLimits {
        &self.limits
    }

    /// Changes the limits for what is made from now on.
    pub fn set_limits(&mut self, limits: StoreLimits) {
        self.limits = limits;
        if let Some(heap) = &mut self.heap {
            heap.set_bytes_max(limits.heap_bytes_max);
        }
    }

    /// Entries of all tables together.
    #[must_use]
    pub fn table_entries_in_use(&self) -> u64 {
        self.table_entries
    }

    /// An instance.
    ///
    /// # Panics
    /// When the handle is another store's.
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id.0 as usize]
    }

    /// Keeps an instance's passive element segments, as references; `None` is a dropped one. `collected` says
    /// for each whether its references are the collector's.
    ///
    /// # Panics
    /// When the handle is another store's.
    pub fn set_elements(
        &mut self,
        id: InstanceId,
        elements: Vec<Option<Box<[u32]>>>,
        collected: Vec<bool>,
    ) {
        let instance = &mut self.instances[id.0 as usize];
        instance.elements = elements;
        instance.elements_collected = collected;
    }

    /// Makes room for the frames of interpreted functions, if there is none yet.
    pub(crate) fn make_slots(&mut self) -> Result<(), VmError> {
        if self.slots.is_none() {
            let slots = self.pool.take_stack()?;
            // SAFETY: the block lives as long as the store, which owns these objects.
            let block = unsafe { &*self.block };
            block.slots_top.set(slots.usable().start);
            block.slots_end.set(slots.usable().end);
            self.slots = Some(slots);
        }
        Ok(())
    }

    /// Where the frames of interpreted functions are, if there are such functions.
    pub(crate) fn slots(&self) -> Option<std::ops::Range<u64>> {
        self.slots.as_ref().map(GuestStack::usable)
    }

    // ---- memories

    pub(crate) fn add_memory(&mut self, memory: Memory) -> MemoryId {
        self.memories.push(memory);
        MemoryId(index_of(self.memories.len() - 1))
    }

    /// Makes a memory that belongs to no instance.
    ///
    /// # Errors
    /// When a limit or the operating system forbids it.
    pub fn memory_new(&mut self, ty: &MemoryType) -> Result<MemoryId, VmError> {
        self.charge_memory(ty)?;
        let empty = MemoryDefinition { base: std::ptr::null_mut(), length: 0 };
        let definition = Pinned::new(empty);
        let at = definition.as_non_null();
        let memory = Memory::standalone(ty, self.pool.strategy(), at)?;
        self.memory_definitions.push(definition);
        Ok(self.add_memory(memory))
    }

    /// Puts a memory that threads share into this store.
    ///
    /// # Errors
    /// When a limit forbids it.
    pub fn memory_share(&mut self, memory: &SharedMemory) -> Result<MemoryId, VmError> {
        self.charge_shared(memory)?;
        let empty = MemoryDefinition { base: std::ptr::null_mut(), length: 0 };
        let definition = Pinned::new(empty);
        let shared = Memory::shared(memory.clone(), definition.as_non_null());
        self.memory_definitions.push(definition);
        self.interrupt.add_memory(memory);
        Ok(self.add_memory(shared))
    }

    /// The memory that threads share, if it is one.
    #[must_use]
    pub fn memory_shared(&self, id: MemoryId) -> Option<&SharedMemory> {
        self.memories[id.0 as usize].as_shared()
    }

    /// Copies bytes out of a memory; nothing when they lie outside.
    #[must_use]
    pub fn memory_read(&self, id: MemoryId, at: usize, bytes: &mut [u8]) -> Option<()> {
        self.memories[id.0 as usize].view().try_read(at, bytes)
    }

    /// Copies bytes into a memory; nothing when they lie outside.
    #[must_use]
    pub fn memory_write(&mut self, id: MemoryId, at: usize, bytes: &[u8]) -> Option<()> {
        self.memories[id.0 as usize].view().try_write(at, bytes)
    }

    /// A memory's bytes.
    ///
    /// # Panics
    /// When the handle is another store's; so for all that follow. Here also when threads share the memory.
    #[must_use]
    pub fn memory_bytes(&self, id: MemoryId) -> &[u8] {
        self.memories[id.0 as usize].bytes()
    }

    /// A memory's bytes, to change.
    ///
    /// # Panics
    /// When threads share the memory.
    pub fn memory_bytes_mut(&mut self, id: MemoryId) -> &mut [u8] {
        self.memories[id.0 as usize].bytes_mut()
    }

    /// A memory's size in bytes.
    #[must_use]
    pub fn memory_length(&self, id: MemoryId) -> usize {
        self.memories[id.0 as usize].length()
    }

    /// A memory's size in pages.
    #[must_use]
    pub fn memory_pages(&self, id: MemoryId) -> u64 {
        self.memories[id.0 as usize].pages()
    }

    /// A memory's type, with its current size as minimum.
    #[must_use]
    pub fn memory_type(&self, id: MemoryId) -> MemoryType {
        self.memories[id.0 as usize].ty()
    }

    /// Grows a memory; the old size in pages, or nothing when its type or a limit forbids it.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the handle is another store's.
    pub fn memory_grow(&mut self, id: MemoryId, delta: u64) -> Result<Option<u64>, VmError> {
        let memory = &self.memories[id.0 as usize];
        if let Some(shared) = memory.as_shared() {
            let others = self.shared_memory_bytes().saturating_sub(shared.length() as u64);
            return shared.grow(delta, self.shared_bytes_max().saturating_sub(others));
        }
        let old = memory.pages();
        let Some(bytes) = memory.grown_bytes(delta) else { return Ok(None) };
        if delta == 0 {
            return Ok(Some(old));
        }
        let more = (bytes - memory.length()) as u64;
        if self.take_memory(more).is_err() {
            return Ok(None);
        }
        let grown = self.memories[id.0 as usize].grow(bytes, &mut Slots(&mut self.instances));
        if grown.is_err() {
            self.memory_bytes -= more;
            self.budget.iter().for_each(|budget| budget.give(Item::MemoryBytes, more));
        }
        grown.map(|()| Some(old))
    }

    // ---- tables

    pub(crate) fn add_table(&mut self, table: Table) -> TableId {
        self.tables.push(table);
        TableId(index_of(self.tables.len() - 1))
    }

    /// Makes a table that belongs to no instance, with every entry set to `init`.
    ///
    /// # Errors
    /// When a limit forbids it.
    pub fn table_new(&mut self, ty: &TableType, init: u32) -> Result<TableId, VmError> {
        let entries = self.charge_table(ty)?;
        let empty = TableDefinition { base: std::ptr::null_mut(), length: 0 };
        let definition = Pinned::new(empty);
        let at = definition.as_non_null();
        let table = Table::new(ty, NO_INSTANCE, entries, at);
        self.table_definitions.push(definition);
        let id = self.add_table(table);
        let filled = self.table_fill(id, 0, init, ty.limits.min);
        debug_assert!(filled.is_some(), "a new table has its minimum size");
        Ok(id)
    }

    /// A table's size.
    #[must_use]
    pub fn table_size(&self, id: TableId) -> u64 {
        self.tables[id.0 as usize].size()
    }

    /// A table's type, with its current size as minimum.
    #[must_use]
    pub fn table_type(&self, id: TableId) -> TableType {
        let table = &self.tables[id.0 as usize];
        let mut ty = table.ty;
        ty.limits.min = table.size();
        ty
    }

    /// The reference at `index`, if there is such an entry.
    #[must_use]
    pub fn table_get(&self, id: TableId, index: u64) -> Option<u32> {
        self.tables[id.0 as usize].get(index)
    }

    /// Sets the entry at `index`, if there is one.
    pub fn table_set(&mut self, id: TableId, index: u64, reference: u32) -> Option<()> {
        self.table_write(id, index, &[reference])
    }

    /// Sets `count` entries from `index` on to `reference`, or none if they are not all there.
    pub fn table_fill(
        &mut self,
        id: TableId,
        index: u64,
        reference: u32,
        count: u64,
    ) -> Option<()> {
        let entry = self.entry_for(id, reference);
        self.tables[id.0 as usize].range_mut(index, count)?.fill(entry);
        Some(())
    }

    /// Writes references from `offset` on, or none if the entries are not all there.
    pub fn table_write(&mut self, id: TableId, offset: u64, references: &[u32]) -> Option<()> {
        let Self { tables, functions, .. } = self;
        let table = &mut tables[id.0 as usize];
        let (element, owner) = (table.ty.element, table.owner);
        let entries = table.range_mut(offset, references.len() as u64)?;
        for (entry, reference) in entries.iter_mut().zip(references) {
            *entry = make_entry(functions, element, owner, *reference);
        }
        Some(())
    }

    /// Grows a table; the old size, or nothing when its type or a limit forbids it.
    pub fn table_grow(&mut self, id: TableId, init: u32, delta: u64) -> Option<u64> {
        let entry = self.entry_for(id, init);
        let table = &self.tables[id.0 as usize];
        let old = table.size();
        let size = table.grown(delta)?;
        let max = self.limits.table_entries_max;
        let held = self.budget.as_ref().map_or(self.table_entries, Budget::table_entries);
        let most = table.largest().min(old.saturating_add(max.saturating_sub(held)));
        self.take(Item::TableEntries, self.table_entries, delta, max).ok()?;
        if !self.tables[id.0 as usize].grow(size, entry, most) {
            self.budget.iter().for_each(|budget| budget.give(Item::TableEntries, delta));
            return None;
        }
        self.table_entries += delta;
        Some(old)
    }

    /// The entry that holds `reference` in table `id`.
    pub(crate) fn entry_for(&self, id: TableId, reference: u32) -> u128 {
        let table = &self.tables[id.0 as usize];
        make_entry(&self.functions, table.ty.element, table.owner, reference)
    }

    // ---- globals

    pub(crate) fn add_global(&mut self, ty: GlobalType, cell: NonNull<u128>) -> GlobalId {
        self.globals.push(Global { ty, cell });
        GlobalId(index_of(self.globals.len() - 1))
    }

    /// Makes a global that belongs to no instance. Scalars use the low bits of the value.
    pub fn global_new(&mut self, ty: GlobalType, value: u128) -> GlobalId {
        let cell = Pinned::new(value);
        let at = cell.as_non_null();
        self.cells.push(cell);
        self.add_global(ty, at)
    }

    /// A global's value; scalars are in the low bits.
    #[must_use]
    pub fn global_get(&self, id: GlobalId) -> u128 {
        let cell = self.globals[id.0 as usize].cell;
        // SAFETY: cells live as long as the store (rule 3); guests do not run now (rule 2).
        unsafe { cell.read() }
    }

    /// Sets a global's value, mutable or not.
    pub fn global_set(&mut self, id: GlobalId, value: u128) {
        let cell = self.globals[id.0 as usize].cell;
        // SAFETY: as in `global_get`.
        unsafe { cell.write(value) }
    }

    /// A global's type.
    #[must_use]
    pub fn global_type(&self, id: GlobalId) -> GlobalType {
        self.globals[id.0 as usize].ty
    }

    /// Every global and its type.
    pub(crate) fn all_globals(&self) -> impl Iterator<Item = (GlobalId, GlobalType)> {
        (0..).map(GlobalId).zip(self.globals.iter().map(|global| global.ty))
    }

    // ---- functions and host objects

    /// The record of a function, if the handle is good.
    #[must_use]
    #[inline]
    pub fn function(&self, id: FunctionId) -> Option<&FunctionRecord> {
        self.functions.get(id.0 as usize).filter(|_| id.0 != 0)
    }

    /// Adds records, one after the other; the handle of the first.
    pub(crate) fn add_functions(
        &mut self,
        records: impl ExactSizeIterator<Item = FunctionRecord>,
    ) -> FunctionId {
        let first = FunctionId(index_of(self.functions.len()));
        self.functions.extend(records);
        // SAFETY: the block lives as long as the store, which owns these objects.
        let block = unsafe { &*self.block };
        block.functions.set(self.functions.as_ptr());
        first
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            self.pool.give_stack(slots);
        }
    }
}

/// The entry for `reference` in a table of `owner`'s with elements of type `element`.
fn make_entry(
    functions: &[FunctionRecord],
    element: holm_spec::types::RefType,
    owner: u32,
    reference: u32,
) -> u128 {
    if reference == 0 {
        return 0;
    }
    if element.heap.hierarchy() != holm_spec::types::Hierarchy::Func {
        return pack(TableEntry { code: 0, signature: 0, reference });
    }
    let record = functions[reference as usize];
    let foreign = if record.instance == owner && owner != NO_INSTANCE { 0 } else { FOREIGN };
    let signature = record.signature | foreign;
    pack(TableEntry { code: record.callee.code, signature, reference })
}

/// The slots of instances, for memories that live in them.
pub(crate) struct Slots<'a>(pub(crate) &'a mut Vec<Instance>);

impl SlotOf for Slots<'_> {
    fn slot(&mut self, instance: u32) -> &mut Slot {
        self.0[instance as usize].slot_mut()
    }
}

pub(crate) fn check(limit: &'static str, value: u64, max: u64) -> Result<(), VmError> {
    if value > max { Err(VmError::Exhausted { limit, value, max }) } else { Ok(()) }
}

/// Limits keep every list of objects far below 2³².
#[inline]
pub(crate) fn index_of(index: usize) -> u32 {
    u32::try_from(index).expect("limits keep lists of objects below 2^32")
}
