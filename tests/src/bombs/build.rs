//! A module under construction, with the sections put in order at the end.
//!
//! Thinner than it looks: every part is wasm-encoder's, made public here, so that a bomb can do what no sane writer would.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    InstructionSink, MemArg, MemArgTarget, MemorySection, MemoryType, Module, RefType,
    StartSection, TableSection, TableType, TypeSection, ValType,
};

/// A module under construction.
#[derive(Default)]
pub(super) struct Build {
    pub(super) types: TypeSection,
    pub(super) imports: ImportSection,
    pub(super) functions: FunctionSection,
    pub(super) tables: TableSection,
    pub(super) memories: MemorySection,
    pub(super) globals: GlobalSection,
    pub(super) exports: ExportSection,
    pub(super) elements: ElementSection,
    pub(super) code: CodeSection,
    pub(super) data: DataSection,
    pub(super) imported_functions: u32,
    /// The function that instantiation calls.
    pub(super) start_section: Option<u32>,
}

impl Build {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a function type.
    pub(super) fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let index = self.types.len();
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        index
    }

    /// Adds a function of a type that was added before; its final `end` is written here.
    pub(super) fn function(
        &mut self,
        ty: u32,
        locals: &[(u32, ValType)],
        body: impl FnOnce(&mut InstructionSink<'_>),
    ) -> u32 {
        let index = self.imported_functions + self.functions.len();
        let mut function = Function::new(locals.iter().copied());
        let mut sink = function.instructions();
        body(&mut sink);
        sink.end();
        self.functions.function(ty);
        self.code.function(&function);
        index
    }

    /// Adds the function that `holm run` calls.
    pub(super) fn start(
        &mut self,
        locals: &[(u32, ValType)],
        body: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        let ty = self.ty(&[], &[]);
        let index = self.function(ty, locals, body);
        self.exports.export("_start", ExportKind::Func, index);
    }

    pub(super) fn memory(&mut self, minimum: u64) {
        self.memories.memory(memory_type(minimum));
    }

    pub(super) fn table(&mut self, minimum: u64) {
        self.tables.table(table_type(minimum));
    }

    pub(super) fn global(&mut self, value: ValType, init: &ConstExpr) {
        let ty = GlobalType { val_type: value, mutable: true, shared: false };
        self.globals.global(ty, init);
    }

    /// The module's bytes. Sections that stayed empty are left out.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut module = Module::new();
        macro_rules! add {
            ($($section:ident)*) => {
                $(if !self.$section.is_empty() { module.section(&self.$section); })*
            };
        }
        add!(types imports functions tables memories globals exports);
        if let Some(function_index) = self.start_section {
            module.section(&StartSection { function_index });
        }
        add!(elements);
        if !self.data.is_empty() {
            module.section(&DataCountSection { count: self.data.len() });
        }
        add!(code data);
        module.finish()
    }
}

/// A module that is one function.
pub(super) fn one(
    locals: &[(u32, ValType)],
    body: impl FnOnce(&mut InstructionSink<'_>),
) -> Vec<u8> {
    let mut build = Build::new();
    build.start(locals, body);
    build.finish()
}

pub(super) fn memory_type(minimum: u64) -> MemoryType {
    MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

pub(super) fn table_type(minimum: u64) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum,
        maximum: None,
        shared: false,
    }
}

/// An access to memory 0.
pub(super) fn at(offset: u64, align: u32) -> MemArg {
    MemArg { offset, align, target: MemArgTarget::Memory(0), ordering: None }
}

/// A block of a type given by index.
pub(super) fn block(ty: u32) -> BlockType {
    BlockType::FunctionType(ty)
}
