//! What the translation of every function of a module shares: the module, the layout of its instances,
//! its signatures in Cranelift's form.
//!
//! [`Shared`] is made once per compilation and read by all workers; an [`Environment`] is one worker's view of
//! it, together with what is known of the rest of the module. Not here: anything of a single function.
//! Read next: [`crate::known`], [`crate::translate`].

use crate::fixed::{FixedTables, Reachable};
use crate::known::Known;
use crate::named::Named;
use cranelift_codegen::ir::{self, AbiParam, Signature, types};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig, TargetIsa};
use holm_abi::object::StructLayout;
use holm_abi::settings::{Architecture, MemoryStrategy};
use holm_abi::signature::needs_result_buffer;
use holm_abi::{ContextLayout, ContextShape, NoProfile, Profile, RegisterFile, Settings, layout};
use holm_module::{Module, TypeIndex};
use holm_spec::types::{CompositeType, FuncType, MemoryType, SubType, ValType};
use std::collections::{BTreeMap, BTreeSet};

/// Namespace of Cranelift's external names: functions defined in the module, by defined index.
pub(crate) const NAMESPACE_FUNCTION: u32 = 0;
/// Namespace of Cranelift's external names: foreign-call thunks, by type index.
pub(crate) const NAMESPACE_THUNK: u32 = 1;

/// What is worked out once for all functions of a module.
pub(crate) struct Shared {
    layout: ContextLayout,
    registers: RegisterFile,
    frontend: TargetFrontendConfig,
    /// What indirect calls can reach.
    fixed: FixedTables,
    /// What references to functions can be to.
    named: Named,
    signatures: Vec<Signature>,
    /// How the structure types are laid out, by type index.
    structs: BTreeMap<u32, StructLayout>,
    /// Whether there is a type of arrays.
    has_arrays: bool,
}

/// What all functions of a module share.
pub(crate) struct Environment<'a> {
    /// The module without its bodies and facts, which are among what is [`Known`].
    pub(crate) module: &'a Module,
    pub(crate) known: Known<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) layout: &'a ContextLayout,
    pub(crate) registers: &'a RegisterFile,
    pub(crate) frontend: TargetFrontendConfig,
    pub(crate) calls: Calls<'a>,
    /// What was seen of the program while it ran.
    pub(crate) profile: &'a dyn Profile,
    shared: &'a Shared,
}

/// How code finds the functions of its module, and the way to imported ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Calls<'a> {
    /// All functions are in the same image, and instances know a way to each import.
    Image,
    /// These, by defined index, are in the same image. Others are called by way of their entries, and where there is no
    /// special way to an import, code has its own thunk.
    Entries(&'a BTreeSet<u32>),
}

/// How a linear memory is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryAt {
    /// It starts at the anchor, and its reservation makes every 32-bit index safe.
    Anchor,
    /// Its base address is loaded from its definition and never changes; its reservation is as above.
    Reservation,
    /// Base and length are loaded from its definition, and every access is compared with the length.
    Checked,
}

impl Shared {
    pub(crate) fn new(module: &Module, settings: &Settings, isa: &dyn TargetIsa) -> Self {
        let registers = match settings.architecture {
            Architecture::X86_64 => RegisterFile::X86_64,
            Architecture::Aarch64 => RegisterFile::AARCH64,
        };
        let signatures = module.types.iter().map(|ty| match ty.as_func() {
            Some(ty) => signature(ty, &registers),
            None => Signature::new(CallConv::Tail),
        });
        let signatures = signatures.collect();
        Self {
            layout: ContextLayout::new(shape(module)),
            registers,
            frontend: isa.frontend_config(),
            fixed: FixedTables::new(module),
            named: Named::new(module),
            signatures,
            structs: (0..).zip(&module.types).filter_map(struct_layout).collect(),
            has_arrays: module
                .types
                .iter()
                .any(|ty| matches!(ty.composite, CompositeType::Array(_))),
        }
    }
}

impl<'a> Environment<'a> {
    pub(crate) fn new(
        shared: &'a Shared,
        module: &'a Module,
        settings: &'a Settings,
        known: Known<'a>,
        calls: Calls<'a>,
    ) -> Self {
        let Shared { layout, registers, frontend, .. } = shared;
        let (frontend, profile) = (*frontend, &NoProfile);
        Self { module, known, settings, layout, registers, frontend, calls, profile, shared }
    }

    /// The same with what was seen of the program while it ran.
    pub(crate) fn with_profile(mut self, profile: &'a dyn Profile) -> Self {
        self.profile = profile;
        self
    }

    /// What calls of type `ty` through `table` can reach, if that is known.
    pub(crate) fn reachable(&self, table: u32, ty: u32) -> Option<&'a Reachable> {
        let reachable = self.shared.fixed.reachable(table, ty)?;
        self.known.table_is_fixed(table).then_some(reachable)
    }

    /// The functions of the module that a reference of type `ty` may be to; none if there are many.
    pub(crate) fn named(&self, ty: u32) -> &'a [u32] {
        self.shared.named.of_type(ty)
    }

    /// The function type of the type section with this index.
    pub(crate) fn ty(&self, index: u32) -> &'a FuncType {
        self.module.ty(TypeIndex(index)).expect("validation saw a function type here")
    }

    /// Whether no type can be below this one.
    pub(crate) fn is_final(&self, ty: u32) -> bool {
        self.module.types[ty as usize].is_final
    }

    /// How many types stand above this one.
    pub(crate) fn type_depth(&self, ty: u32) -> u32 {
        let above = |ty: &u32| self.module.types.get(*ty as usize)?.supertype;
        let depth = std::iter::successors(Some(ty), above).skip(1).count();
        u32::try_from(depth).unwrap_or(u32::MAX)
    }

    /// How a structure type is laid out.
    pub(crate) fn struct_layout(&self, ty: u32) -> &'a StructLayout {
        self.shared.structs.get(&ty).expect("validation saw a structure type here")
    }

    /// Whether the module has a type of arrays.
    pub(crate) fn has_arrays(&self) -> bool {
        self.shared.has_arrays
    }

    /// The type index of a function.
    pub(crate) fn function_type_index(&self, function: u32) -> u32 {
        let TypeIndex(index) = self.module.functions[function as usize];
        index
    }

    /// The Cranelift signature of a type.
    pub(crate) fn signature(&self, ty: u32) -> &Signature {
        &self.shared.signatures[ty as usize]
    }

    /// Whether the results of a type go through memory.
    pub(crate) fn has_result_buffer(&self, ty: u32) -> bool {
        needs_result_buffer(self.ty(ty).results(), self.registers)
    }

    /// Whether a defined function from its start on is in the same image.
    pub(crate) fn is_in_image(&self, defined: u32) -> bool {
        match self.calls {
            Calls::Image => true,
            Calls::Entries(members) => members.contains(&defined),
        }
    }

    /// How a memory is addressed.
    pub(crate) fn memory_at(&self, memory: u32) -> MemoryAt {
        let ty = &self.module.memories[memory as usize];
        match self.settings.memory {
            MemoryStrategy::Checked => MemoryAt::Checked,
            MemoryStrategy::Reserved if !is_reserved(ty) => MemoryAt::Checked,
            MemoryStrategy::Reserved
                if memory == 0 && self.module.imported_memories == 0 && !ty.shared =>
            {
                MemoryAt::Anchor
            }
            MemoryStrategy::Reserved => MemoryAt::Reservation,
        }
    }
}

/// Whether a memory's reservation makes every index safe: its addresses are 32 bits wide, and its end is that
/// of a page of the machine's.
fn is_reserved(ty: &MemoryType) -> bool {
    !ty.is_64 && ty.page_bytes() >= u64::from(layout::HOST_PAGE_BYTES)
}

/// The layout of a type, if it is a structure type.
fn struct_layout((index, ty): (u32, &SubType)) -> Option<(u32, StructLayout)> {
    match &ty.composite {
        CompositeType::Struct(fields) => Some((index, StructLayout::new(fields))),
        _ => None,
    }
}

/// How many of each thing the module has, for the layout of its context.
pub(crate) fn shape(module: &Module) -> ContextShape {
    let count = |all: usize| u32::try_from(all).unwrap_or(u32::MAX);
    ContextShape {
        types: count(module.types.len()),
        imported_functions: module.imported_functions,
        imported_memories: module.imported_memories,
        defined_memories: count(module.memories.len()) - module.imported_memories,
        imported_tables: module.imported_tables,
        defined_tables: count(module.tables.len()) - module.imported_tables,
        imported_globals: module.imported_globals,
        defined_globals: count(module.globals.len()) - module.imported_globals,
        tags: count(module.tags.len()),
    }
}

/// The Cranelift type that holds a value between operators, and in calls.
pub(crate) const fn clif_type(ty: ValType) -> ir::Type {
    match ty {
        ValType::I32 | ValType::Ref(_) => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
    }
}

/// The Cranelift signature of a function type.
fn signature(ty: &FuncType, registers: &RegisterFile) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    let buffer = needs_result_buffer(ty.results(), registers);
    if buffer {
        signature.params.push(AbiParam::new(types::I64));
    } else {
        signature.returns.extend(ty.results().iter().map(|ty| AbiParam::new(clif_type(*ty))));
    }
    signature.params.extend(ty.params().iter().map(|ty| AbiParam::new(clif_type(*ty))));
    signature
}
