//! The operators of function bodies, through the one door: who compiles a body reads it with these names.
//!
//! Not here: sections and modules, which are [`crate::Module`]'s. Invariant: nothing that decides about
//! validity is re-exported. Read next: [`crate::BodyReader`].

pub use wasmparser::{
    BinaryReader, BlockType, BrTable, Catch, Error, FrameKind, FrameStack, Handle, HeapType,
    Ieee32, Ieee64, MemArg, MemArgTarget, Operator, OperatorsReader, OperatorsReaderAllocations,
    Ordering, RefType, ResumeTable, TryTable, V128, ValType as WasmValType, VisitOperator,
    VisitSimdOperator, for_each_operator, for_each_visit_operator, for_each_visit_simd_operator,
};

use holm_spec::types::ValType;

/// The standard's type for what the operators carry, or nothing for the types of later proposals.
#[must_use]
pub fn val_type(ty: WasmValType) -> Option<ValType> {
    match ty {
        WasmValType::I32 => Some(ValType::I32),
        WasmValType::I64 => Some(ValType::I64),
        WasmValType::F32 => Some(ValType::F32),
        WasmValType::F64 => Some(ValType::F64),
        WasmValType::V128 => Some(ValType::V128),
        WasmValType::Ref(ty) => ref_type(ty),
    }
}

/// The reference type for what the operators carry, or nothing for the types of later proposals.
#[must_use]
pub fn ref_type(ty: RefType) -> Option<ValType> {
    if ty == RefType::FUNCREF {
        Some(ValType::FuncRef)
    } else if ty == RefType::EXTERNREF {
        Some(ValType::ExternRef)
    } else {
        None
    }
}

/// The type of null for the heap type of `ref.null`, or nothing for the types of later proposals.
#[must_use]
pub fn heap_type(ty: HeapType) -> Option<ValType> {
    RefType::new(true, ty).and_then(ref_type)
}
