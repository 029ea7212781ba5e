//! The operators of function bodies, through the one door: who compiles a body reads it with these names.
//!
//! Not here: sections and modules, which are [`crate::Module`]'s. Invariant: nothing that decides about
//! validity is re-exported. Read next: [`crate::BodyReader`].

pub use wasmparser::{
    AbstractHeapType, BinaryReader, BlockType, BrTable, Catch, Error, FrameKind, FrameStack,
    Handle, HeapType, Ieee32, Ieee64, MemArg, MemArgTarget, Operator, OperatorsReader,
    OperatorsReaderAllocations, Ordering, RefType, ResumeTable, TryTable, V128,
    ValType as WasmValType, VisitOperator, VisitSimdOperator, for_each_operator,
    for_each_visit_operator, for_each_visit_simd_operator,
};

use crate::module::Module;
use holm_spec::types::{self, ValType};

/// The strict operator whose results a relaxed one has in the standard's deterministic profile; nothing for those
/// that have no strict twin.
#[must_use]
pub const fn strict_operator(operator: &Operator<'_>) -> Option<Operator<'static>> {
    Some(match operator {
        Operator::I8x16RelaxedSwizzle => Operator::I8x16Swizzle,
        Operator::I32x4RelaxedTruncF32x4S => Operator::I32x4TruncSatF32x4S,
        Operator::I32x4RelaxedTruncF32x4U => Operator::I32x4TruncSatF32x4U,
        Operator::I32x4RelaxedTruncF64x2SZero => Operator::I32x4TruncSatF64x2SZero,
        Operator::I32x4RelaxedTruncF64x2UZero => Operator::I32x4TruncSatF64x2UZero,
        Operator::I8x16RelaxedLaneselect
        | Operator::I16x8RelaxedLaneselect
        | Operator::I32x4RelaxedLaneselect
        | Operator::I64x2RelaxedLaneselect => Operator::V128Bitselect,
        Operator::F32x4RelaxedMin => Operator::F32x4Min,
        Operator::F32x4RelaxedMax => Operator::F32x4Max,
        Operator::F64x2RelaxedMin => Operator::F64x2Min,
        Operator::F64x2RelaxedMax => Operator::F64x2Max,
        Operator::I16x8RelaxedQ15mulrS => Operator::I16x8Q15MulrSatS,
        _ => return None,
    })
}

/// Turns the types that operators and sections carry into the standard's. Nothing for those of later
/// proposals.
#[derive(Clone, Copy)]
pub(crate) struct Types<'a>(pub(crate) &'a dyn Fn(u32) -> Option<types::HeapType>);

impl Types<'_> {
    pub(crate) fn value(self, ty: WasmValType) -> Option<ValType> {
        Some(match ty {
            WasmValType::I32 => ValType::I32,
            WasmValType::I64 => ValType::I64,
            WasmValType::F32 => ValType::F32,
            WasmValType::F64 => ValType::F64,
            WasmValType::V128 => ValType::V128,
            WasmValType::Ref(ty) => ValType::Ref(self.reference(ty)?),
        })
    }

    pub(crate) fn reference(self, ty: RefType) -> Option<types::RefType> {
        Some(types::RefType { nullable: ty.is_nullable(), heap: self.heap(ty.heap_type())? })
    }

    pub(crate) fn heap(self, ty: HeapType) -> Option<types::HeapType> {
        match ty {
            HeapType::Abstract { shared: false, ty } => abstract_type(ty),
            HeapType::Abstract { shared: true, .. } | HeapType::Exact(_) => None,
            HeapType::Concrete(index) => (self.0)(index.as_module_index()?),
        }
    }
}

fn abstract_type(ty: AbstractHeapType) -> Option<types::HeapType> {
    use types::HeapType as Heap;
    Some(match ty {
        AbstractHeapType::Func => Heap::Func,
        AbstractHeapType::NoFunc => Heap::NoFunc,
        AbstractHeapType::Extern => Heap::Extern,
        AbstractHeapType::NoExtern => Heap::NoExtern,
        AbstractHeapType::Any => Heap::Any,
        AbstractHeapType::Eq => Heap::Eq,
        AbstractHeapType::I31 => Heap::I31,
        AbstractHeapType::Struct => Heap::Struct,
        AbstractHeapType::Array => Heap::Array,
        AbstractHeapType::None => Heap::None,
        AbstractHeapType::Exn => Heap::Exn,
        AbstractHeapType::NoExn => Heap::NoExn,
        AbstractHeapType::Cont | AbstractHeapType::NoCont => return None,
    })
}

/// Concrete types in what these give are numbered as in the module's type section.
impl Module {
    fn concrete(&self, index: u32) -> Option<types::HeapType> {
        Some(self.types.get(index as usize)?.composite.heap_type(index))
    }

    /// The standard's type for what an operator carries; nothing for types of later proposals.
    #[must_use]
    pub fn val_type(&self, ty: WasmValType) -> Option<ValType> {
        Types(&|index| self.concrete(index)).value(ty)
    }

    /// The reference type for what an operator carries; nothing for types of later proposals.
    #[must_use]
    pub fn ref_type(&self, ty: RefType) -> Option<types::RefType> {
        Types(&|index| self.concrete(index)).reference(ty)
    }

    /// The heap type for what an operator carries; nothing for types of later proposals.
    #[must_use]
    pub fn heap_type(&self, ty: HeapType) -> Option<types::HeapType> {
        Types(&|index| self.concrete(index)).heap(ty)
    }
}

/// The heap type of a definition that has not been read as a whole yet.
pub(crate) fn kind(ty: &wasmparser::CompositeInnerType, index: u32) -> Option<types::HeapType> {
    Some(match ty {
        wasmparser::CompositeInnerType::Func(_) => types::HeapType::ConcreteFunc(index),
        wasmparser::CompositeInnerType::Struct(_) => types::HeapType::ConcreteStruct(index),
        wasmparser::CompositeInnerType::Array(_) => types::HeapType::ConcreteArray(index),
        wasmparser::CompositeInnerType::Cont(_) => return None,
    })
}
