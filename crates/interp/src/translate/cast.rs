//! Small integers, comparisons of references, casts.
//!
//! Read next: [`super::vector`].

use super::emit::{LastKind, index};
use super::stack::Place;
use super::{Done, Failure, Translator};
use crate::executor::object::Question;
use crate::ops::From;
use crate::ops::misc::Misc;
use crate::ops::scalar::{self, Class};
use holm_module::wasm::{HeapType as WasmHeapType, Operator, RefType as WasmRefType};
use holm_spec::types::{HeapType, Hierarchy, RefType, ValType};

impl Translator<'_> {
    pub(super) fn cast_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::RefEq => {
                let row = scalar::binary(&Operator::I32Eq);
                let row = row.ok_or_else(|| super::bug("no comparison of references".into()))?;
                self.binary(row)?;
            }
            Operator::RefI31 => {
                let ty = RefType::non_null(HeapType::I31).into();
                self.small(Misc::RefSmall, ty)?;
            }
            Operator::I31GetS => self.small(Misc::SmallGetS, ValType::I32)?,
            Operator::I31GetU => self.small(Misc::SmallGetU, ValType::I32)?,
            Operator::AnyConvertExtern => self.retype(ValType::ANYREF),
            Operator::ExternConvertAny => self.retype(ValType::EXTERNREF),
            Operator::RefTestNonNull { hty } => self.reference_test(*hty, false)?,
            Operator::RefTestNullable { hty } => self.reference_test(*hty, true)?,
            Operator::RefCastNonNull { hty } => self.cast(*hty, false)?,
            Operator::RefCastNullable { hty } => self.cast(*hty, true)?,
            Operator::BrOnCast { relative_depth, to_ref_type, .. } => {
                self.branch_on_cast(*relative_depth, *to_ref_type, true)?;
            }
            Operator::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                self.branch_on_cast(*relative_depth, *to_ref_type, false)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn small(&mut self, misc: Misc, ty: ValType) -> Done {
        let operand = self.pop_near();
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(misc);
        self.units.push(operand);
        self.result(start, ty, LastKind::Other, before)
    }

    /// The operand on top of the stack has another type now.
    fn retype(&mut self, ty: ValType) {
        if let Some(top) = self.stack.last_mut() {
            top.ty = ty;
        }
    }

    /// The fields that ask for a type, after the reference.
    fn question(&self, heap: WasmHeapType, nullable: bool) -> Result<[u16; 5], Failure> {
        let heap = self.module.heap_type(heap);
        let heap = heap.ok_or_else(|| super::bug("a cast to an unknown type".into()))?;
        let (question, ty) = match heap {
            heap if heap == heap.hierarchy().bottom() => (Question::Nothing, 0),
            HeapType::ConcreteFunc(ty) => (Question::Function, ty),
            heap if heap == heap.hierarchy().top() || heap.hierarchy() != Hierarchy::Any => {
                (Question::Anything, 0)
            }
            HeapType::I31 => (Question::Small, 0),
            HeapType::Eq => (Question::Eq, 0),
            HeapType::Struct => (Question::Struct, 0),
            HeapType::ConcreteStruct(ty) | HeapType::ConcreteArray(ty) => (Question::Object, ty),
            _ => (Question::Array, 0),
        };
        let above = |ty: &u32| self.module.types.get(*ty as usize)?.supertype;
        let depth = core::iter::successors(Some(ty), above).skip(1).count();
        let depth = u16::try_from(depth).unwrap_or(u16::MAX);
        let [low, high] = super::emit::halves(self.program.layout.type_id(ty).cast_unsigned());
        Ok([question as u16, nullable.into(), depth, low, high])
    }

    fn reference_test(&mut self, heap: WasmHeapType, nullable: bool) -> Done {
        let question = self.question(heap, nullable)?;
        let reference = self.pop_near();
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(Misc::RefTest);
        self.units.push(reference);
        self.units.extend(question);
        self.result(start, ValType::I32, LastKind::Other, before)
    }

    /// The slot of the operand on top of the stack, which stays there.
    pub(super) fn top_slot(&mut self) -> u32 {
        let top = self.stack.len() - 1;
        if !matches!(self.stack[top].place, Place::Local(_)) {
            self.materialize(top);
        }
        match self.stack[top].place {
            Place::Local(local) => self.locals[local as usize].slot,
            _ => self.stack[top].slot,
        }
    }

    fn cast(&mut self, heap: WasmHeapType, nullable: bool) -> Done {
        let question = self.question(heap, nullable)?;
        let slot = self.top_slot();
        let reference = self.near(slot);
        self.misc(Misc::RefCast);
        self.units.push(reference);
        self.units.extend(question);
        Ok(())
    }

    /// Branches if the answer is `taken`; the reference is there either way.
    fn branch_on_cast(&mut self, depth: u32, ty: WasmRefType, taken: bool) -> Done {
        self.end_segment();
        let question = self.question(ty.heap_type(), ty.is_nullable())?;
        let frame = self.target(depth);
        let values = self.frames[frame].label().len();
        let first = self.stack.len() - values;
        (first..self.stack.len()).for_each(|at| self.materialize(at));
        let slot = self.stack[self.stack.len() - 1].slot;
        self.spill(Class::Int);
        let in_place = self.is_in_place(frame);
        self.branch_when(frame, in_place, |this, when| {
            let reference = this.near(slot);
            this.misc(Misc::RefTest);
            this.units.push(reference);
            this.units.extend(question);
            this.cached[index(Class::Int)] = None;
            Ok(this.simple(From::Accumulator, when == taken))
        })
    }
}
