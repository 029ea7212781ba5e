//! The bytes of a memory that threads share, read by the reference itself.
//!
//! Its interface gives them as cells that only unsafe code may read, so a guest of one load looks for us. Not
//! here: memories of one store. Invariant: bytes beyond the last whole word are left out, on both engines.
//! Read next: `on_wasmtime.rs`.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemArg, MemArgTarget, MemoryType, Module, TypeSection, ValType,
};
use wasmtime::{AsContextMut, Instance, Result, SharedMemory};

/// Bytes that are compared together.
pub(crate) const WORD_BYTES: usize = 8;

/// The memory's bytes, up to the last whole word.
pub(crate) fn bytes(mut store: impl AsContextMut, memory: &SharedMemory) -> Result<Vec<u8>> {
    let ty = memory.ty();
    let page_bytes = u32::try_from(ty.page_size()).ok();
    let module = reader(MemoryType {
        minimum: 0,
        maximum: ty.maximum(),
        memory64: ty.is_64(),
        shared: true,
        page_size_log2: page_bytes.filter(|bytes| *bytes != 0x1_0000).map(u32::ilog2),
    });
    let module = wasmtime::Module::new(store.as_context().engine(), module)?;
    let instance = Instance::new(&mut store, &module, &[memory.clone().into()])?;
    let load = instance.get_typed_func::<u64, u64>(&mut store, "load")?;
    let words = memory.data_size() / WORD_BYTES;
    let mut bytes = Vec::with_capacity(words * WORD_BYTES);
    for word in 0..words {
        bytes.extend(load.call(&mut store, (word * WORD_BYTES) as u64)?.to_le_bytes());
    }
    Ok(bytes)
}

/// A module with one function, which loads a word of the memory that it imports.
fn reader(memory: MemoryType) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I64], [ValType::I64]);
    let mut imports = ImportSection::new();
    imports.import("", "", EntityType::Memory(memory));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("load", ExportKind::Func, 0);
    let mut function = Function::new([]);
    let mut body = function.instructions();
    body.local_get(0);
    if !memory.memory64 {
        body.i32_wrap_i64();
    }
    body.i64_load(MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(0), ordering: None })
        .end();
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}
