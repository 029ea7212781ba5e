//! Where things lie around the anchor, the address in the pinned register.
//!
//! While guest code runs, one register (r15 on x86-64, x21 on aarch64) holds the *anchor*: the address
//! of linear memory 0. An instance's context lies below it at fixed negative offsets:
//!
//! ```text
//!   lower addresses
//!     writable part: globals                      (its own pages)
//!     read-only part: per-module arrays, builtin table, header
//!     ---- CONTEXT_TOP = anchor - 8192
//!     poll page  (readable; the host protects it to interrupt the guest)
//!     guard page (never accessible)
//!     ---- anchor = linear memory 0
//!   higher addresses
//! ```
//!
//! Every offset here is in bytes and relative to the anchor unless a name says otherwise. "Read-only"
//! means that guest code never writes there; the host does.

/// Size of a host page on the supported machines, in bytes.
pub const HOST_PAGE_BYTES: u32 = 4096;

/// Bytes between the anchor and the top of the context: one guard page, one poll page.
pub const CONTEXT_GAP_BYTES: u32 = 2 * HOST_PAGE_BYTES;

/// The top of the context; every field lies below it.
pub const CONTEXT_TOP: i32 = -(CONTEXT_GAP_BYTES as i32);

/// What a poll loads from: a 4-byte word in the poll page.
pub const POLL: i32 = CONTEXT_TOP;

/// Pointer to the store's block (see the `STORE_*` offsets). Never changes during an instance's life.
pub const STORE: i32 = CONTEXT_TOP - 8;

/// `u32`: the funcref index of the module's first escaping function; the others follow in order.
pub const FUNCTIONS_FIRST: i32 = CONTEXT_TOP - 16;

/// `u32`: the index of this instance in its store.
pub const INSTANCE: i32 = CONTEXT_TOP - 12;

/// Pointer to the host function's data when the context belongs to a host function instead of an instance.
pub const HOST_FUNCTION: i32 = CONTEXT_TOP - 24;

/// Pointer to offset 0 of the store's heap; valid in modules that can look into objects, null in others.
pub const HEAP_BASE: i32 = CONTEXT_TOP - 32;

/// `u64`: the heap's reserved bytes, at most 2³². Code compiled for `Checked` compares references with it.
pub const HEAP_BYTES: i32 = CONTEXT_TOP - 40;

/// Pointer to row 0 of the engine's table of types (see [`crate::object::DISPLAY_ENTRIES`]); null in modules
/// that cannot need it.
pub const TYPE_TABLE: i32 = CONTEXT_TOP - 48;

/// `u32`, read and written atomically: not zero while the guest is to be interrupted. For the interpreter, which
/// looks here instead of loading from the poll page.
pub const INTERRUPTED: i32 = CONTEXT_TOP - 56;

/// Pointer to the definition of memory 0, wherever it is; to an empty one if there is none. For the interpreter.
pub const MEMORY_0: i32 = CONTEXT_TOP - 64;

/// Pointer to the interpreter's data about the module's defined functions, if they are interpreted.
pub const ENTRIES: i32 = CONTEXT_TOP - 72;

/// The [`crate::Executor::program`] of the module's functions, if they are interpreted.
pub const PROGRAM: i32 = CONTEXT_TOP - 80;

/// The table of builtin entry addresses: builtin `k` is at `BUILTIN_TABLE - 8 * (k + 1)`.
pub const BUILTIN_TABLE: i32 = CONTEXT_TOP - 96;

/// Offset of the address of builtin `k` from the anchor.
#[must_use]
pub const fn builtin_offset(builtin: crate::Builtin) -> i32 {
    BUILTIN_TABLE - 8 * (builtin as i32 + 1)
}

/// Where the per-module arrays start (they grow downwards from here).
pub const ARRAYS_TOP: i32 = builtin_offset(crate::Builtin::ALL[crate::builtin::COUNT - 1]);

/// In the store's block: `u64` address of the first [`FunctionRecord`]. Changes when records are added.
pub const STORE_FUNCTIONS: i32 = 0;

/// In the store's block: `i64` fuel left; negative means exhausted.
pub const STORE_FUEL: i32 = 8;

/// In the store's block: `u64` anchor of the instance that made the latest foreign call. A foreign-call
/// thunk writes it, so that a host function can tell who called it.
pub const STORE_CALLER: i32 = 16;

/// In the store's block: `u64`, where the next object goes, as a distance from the heap's base.
pub const STORE_HEAP_NEXT: i32 = 24;

/// In the store's block: `u64`, where objects may not go any more; at most [`STORE_HEAP_NEXT`] while code has
/// to ask for every object.
pub const STORE_HEAP_LIMIT: i32 = 32;

/// In the store's block: pointer to the innermost [`crate::Activation`], or null.
pub const STORE_ACTIVATION: i32 = 64;

/// In the store's block: `u64` address at which the slots of interpreted functions end.
pub const STORE_SLOTS_END: i32 = 72;

/// Bytes of a memory definition: `u64` base address, then `u64` length in bytes.
pub const MEMORY_BYTES: u32 = 16;
/// In a memory definition: the base address.
pub const MEMORY_BASE: i32 = 0;
/// In a memory definition: the current length in bytes.
pub const MEMORY_LENGTH: i32 = 8;

/// Bytes of a table definition: `u64` address of entry 0, then `u64` number of entries.
pub const TABLE_BYTES: u32 = 16;
/// In a table definition: the address of entry 0.
pub const TABLE_BASE: i32 = 0;
/// In a table definition: the current number of entries.
pub const TABLE_LENGTH: i32 = 8;

/// Bytes of a [`Callee`]: code address, then anchor.
pub const CALLEE_BYTES: u32 = 16;
/// In a callee: the code address.
pub const CALLEE_CODE: i32 = 0;
/// In a callee: the anchor to run it with.
pub const CALLEE_ANCHOR: i32 = 8;

/// Bytes of an imported function: a [`Callee`], then the address of the code that calls it.
pub const IMPORT_BYTES: u32 = 24;
/// In an imported function: the code to call it with. It takes the address of the [`Callee`] in front of the
/// function's own arguments, and the caller's anchor in the pinned register, which it keeps: the
/// foreign-call thunk of the function's type, or a stub that goes straight to the host.
pub const IMPORT_VIA: i32 = 16;

/// In an exception's record: `u32` identity of its tag.
pub const EXCEPTION_TAG: i32 = 0;
/// In an exception's record: the `u32` that references to it are.
pub const EXCEPTION_REFERENCE: i32 = 4;
/// In an exception's record: `u32`, what code has done with it; see the constants below.
pub const EXCEPTION_STATE: i32 = 8;
/// In an exception's record: its values, 16 bytes each; a scalar lies in the low bytes.
pub const EXCEPTION_VALUES: i32 = 16;
/// Bit of an exception's state: a handler has it and did not ask for a reference.
pub const EXCEPTION_CAUGHT: u32 = 1;
/// Bit of an exception's state: there has been a reference to it besides the one in flight.
pub const EXCEPTION_ESCAPED: u32 = 2;

/// Bytes of a global's cell; a scalar lies in the low bytes, zero-extended to 8.
pub const GLOBAL_BYTES: u32 = 16;

/// Bytes of a table entry.
pub const ENTRY_BYTES: u32 = 16;
/// In a table entry: the code address.
pub const ENTRY_CODE: i32 = 0;
/// In a table entry: the signature id, perhaps with [`FOREIGN`].
pub const ENTRY_SIGNATURE: i32 = 8;
/// In a table entry: the reference itself, a funcref or other reference; 0 is null.
pub const ENTRY_REFERENCE: i32 = 12;

/// Bytes of a [`FunctionRecord`].
pub const RECORD_BYTES: u32 = 32;

/// In a function record: the engine-wide id of its type.
pub const RECORD_SIGNATURE: i32 = 16;

/// Bit of an entry's signature: the function does not belong to the instance that defines the table,
/// so that a plain call with this anchor would be wrong.
pub const FOREIGN: u32 = 1 << 31;

/// The signature of a null entry; no type ever gets this id. Zero, so that zeroed memory is a table of nulls.
pub const NEVER: u32 = 0;

/// The code to call and the anchor to call it with. The first 16 bytes of a [`FunctionRecord`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Callee {
    /// Address of the function's machine code.
    pub code: u64,
    /// The anchor that the code expects in the pinned register.
    pub anchor: u64,
}

/// Bytes of a *function entry*: what a module whose functions are interpreted, or begin so, keeps of each defined
/// function. Its instances share one array of them, at the address in [`ENTRIES`].
pub const FUNCTION_ENTRY_BYTES: u32 = 48;
/// In a function entry: `u64`, read and written atomically: where machine code calls the function. Until the
/// function is promoted that is its interpreting stub.
pub const FUNCTION_ENTRY_MACHINE: i32 = 8;

/// Bytes between the code numbers of neighbouring functions, and of the two stubs of one function.
pub const STUB_BYTES: u32 = 32;
/// From the start of a function's stubs to the one that has it interpreted; the other one, which goes wherever the
/// function's entry says, is at its code number.
pub const INTERPRETING_STUB: u32 = 16;
/// How many functions a module with function entries can define.
pub const STUBS_MAX: u32 = 1 << 20;

/// What stands for the code address of the defined function `defined` of a module with function entries. `base` is
/// 0 where nothing is ever compiled, else the address of the stubs, a multiple of [`STUB_BYTES`] × [`STUBS_MAX`]: then
/// machine code can jump there.
#[must_use]
pub const fn code_number(base: u64, defined: u32) -> u64 {
    base + defined as u64 * STUB_BYTES as u64 + crate::interpreter::INTERPRETED
}

/// The defined function with a code number.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the mask leaves 20 bits")]
pub const fn function_of_code_number(code: u64) -> u32 {
    ((code / STUB_BYTES as u64) & (STUBS_MAX as u64 - 1)) as u32
}

/// One function that can be referred to by a funcref, in its store's array of records.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct FunctionRecord {
    /// What to call.
    pub callee: Callee,
    /// Engine-wide id of the function's type, never with [`FOREIGN`].
    pub signature: u32,
    /// The instance it belongs to, or [`NO_INSTANCE`] for a host function.
    pub instance: u32,
    /// Index in the instance's module, or of the host function.
    pub function: u32,
    /// Unused.
    pub reserved: u32,
}

/// [`FunctionRecord::instance`] of a host function.
pub const NO_INSTANCE: u32 = u32::MAX;

/// One entry of a table. For tables of other references only `reference` has a meaning.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableEntry {
    /// Address of the function's code; 0 when null.
    pub code: u64,
    /// Signature id with or without [`FOREIGN`]; [`NEVER`] when null.
    pub signature: u32,
    /// The funcref or other reference; 0 is null.
    pub reference: u32,
}

impl TableEntry {
    /// The null reference, of functions or of host objects.
    pub const NULL: Self = Self { code: 0, signature: NEVER, reference: 0 };
}

const _: () = assert!(size_of::<FunctionRecord>() == RECORD_BYTES as usize);
const _: () = assert!(size_of::<TableEntry>() == ENTRY_BYTES as usize);
const _: () = assert!(size_of::<Callee>() == CALLEE_BYTES as usize);

/// How many of each thing a module has; all that a context's layout depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextShape {
    /// Types of the type section; one `u32` each: the engine-wide id, for types of objects the header word.
    pub types: u32,
    /// Imported functions; one [`Callee`] and the way to it each.
    pub imported_functions: u32,
    /// Imported memories; one pointer to a definition each.
    pub imported_memories: u32,
    /// Memories defined here; one definition each.
    pub defined_memories: u32,
    /// Imported tables; one pointer to a definition each.
    pub imported_tables: u32,
    /// Tables defined here; one definition each.
    pub defined_tables: u32,
    /// Imported globals; one pointer to a cell each.
    pub imported_globals: u32,
    /// Globals defined here; one cell each.
    pub defined_globals: u32,
    /// Exception tags, imported ones first; one `u32` identity each.
    pub tags: u32,
}

/// Offsets of a module's arrays from the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextLayout {
    shape: ContextShape,
    types: i32,
    imports: i32,
    imported_memories: i32,
    memories: i32,
    imported_tables: i32,
    tables: i32,
    imported_globals: i32,
    globals: i32,
    tags: i32,
    /// Lowest address that belongs to the context (page aligned).
    bottom: i32,
}

impl ContextLayout {
    /// Lays out a context.
    ///
    /// # Panics
    /// When the context would not fit below 1 GiB; the limits on modules keep far from it.
    #[must_use]
    pub fn new(shape: ContextShape) -> Self {
        let mut top = i64::from(ARRAYS_TOP);
        let mut take = |count: u32, bytes: u32| {
            top -= i64::from(count) * i64::from(bytes);
            top &= !15;
            i32::try_from(top).expect("context fits below the anchor")
        };
        let memories = take(shape.defined_memories, MEMORY_BYTES);
        let tables = take(shape.defined_tables, TABLE_BYTES);
        let imported_memories = take(shape.imported_memories, 8);
        let imported_tables = take(shape.imported_tables, 8);
        let types = take(shape.types, 4);
        let tags = take(shape.tags, 4);
        let imports = take(shape.imported_functions, IMPORT_BYTES);
        let imported_globals = take(shape.imported_globals, 8);
        let page_mask = !(i64::from(HOST_PAGE_BYTES) - 1);
        let globals = i64::from(imported_globals) & page_mask;
        let globals = globals - i64::from(shape.defined_globals) * i64::from(GLOBAL_BYTES);
        let bottom = globals & page_mask;
        assert!(bottom > -(1 << 30), "context of {} bytes is too large", -bottom);
        let globals = i32::try_from(globals).expect("checked above");
        let bottom = i32::try_from(bottom).expect("checked above");
        Self {
            shape,
            types,
            imports,
            imported_memories,
            memories,
            imported_tables,
            tables,
            imported_globals,
            globals,
            tags,
            bottom,
        }
    }

    /// What it was made from.
    #[must_use]
    pub const fn shape(&self) -> &ContextShape {
        &self.shape
    }

    /// Size of the context without the poll and guard pages, in bytes; a multiple of the page size.
    #[must_use]
    pub const fn context_bytes(&self) -> u32 {
        (CONTEXT_TOP - self.bottom).cast_unsigned()
    }

    /// Lowest byte in use by the read-only part, as an offset from the anchor.
    #[must_use]
    pub const fn read_only_bottom(&self) -> i32 {
        self.imported_globals
    }

    /// Lowest byte in use by the writable part (the globals), as an offset from the anchor.
    #[must_use]
    pub const fn writable_bottom(&self) -> i32 {
        self.globals
    }

    /// The `u32` for type `index`: its engine-wide id, or for types of objects the header word.
    #[must_use]
    pub fn type_id(&self, index: u32) -> i32 {
        at(self.types, index, 4)
    }

    /// The `u32` identity of exception tag `index`.
    #[must_use]
    pub fn tag(&self, index: u32) -> i32 {
        at(self.tags, index, 4)
    }

    /// The [`Callee`] of imported function `index`, with [`IMPORT_VIA`] behind it.
    #[must_use]
    pub fn imported_function(&self, index: u32) -> i32 {
        at(self.imports, index, IMPORT_BYTES)
    }

    /// The pointer to the definition of imported memory `index`.
    #[must_use]
    pub fn imported_memory(&self, index: u32) -> i32 {
        at(self.imported_memories, index, 8)
    }

    /// The definition of the memory with index `defined` among those defined here.
    #[must_use]
    pub fn defined_memory(&self, defined: u32) -> i32 {
        at(self.memories, defined, MEMORY_BYTES)
    }

    /// The pointer to the definition of imported table `index`.
    #[must_use]
    pub fn imported_table(&self, index: u32) -> i32 {
        at(self.imported_tables, index, 8)
    }

    /// The definition of the table with index `defined` among those defined here.
    #[must_use]
    pub fn defined_table(&self, defined: u32) -> i32 {
        at(self.tables, defined, TABLE_BYTES)
    }

    /// The pointer to the cell of imported global `index`.
    #[must_use]
    pub fn imported_global(&self, index: u32) -> i32 {
        at(self.imported_globals, index, 8)
    }

    /// The cell of the global with index `defined` among those defined here.
    #[must_use]
    pub fn defined_global(&self, defined: u32) -> i32 {
        at(self.globals, defined, GLOBAL_BYTES)
    }
}

/// Element `index` of an array that starts `start` from the anchor; the layout's bound keeps it in range.
fn at(start: i32, index: u32, bytes: u32) -> i32 {
    start.wrapping_add_unsigned(index.wrapping_mul(bytes))
}
