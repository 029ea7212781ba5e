//! Small integers, comparisons of references, casts.
//!
//! Whether an object is of a type is a comparison of its header with the type's; an object of a type below
//! it has another header, and then its row in the engine's table of types says what stands above. References
//! of the host's and internal ones look the same, so that converting between them is nothing.
//! Read next: [`super::heap`].

use super::flags::Region;
use super::frames::block_args;
use super::{Handled, Translator, trap};
use crate::error::Failure;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use holm_abi::object::{
    self, DISPLAY_BYTES_LOG2, DISPLAY_DEPTH, ID_MASK, KIND_ARRAY, KIND_HOST, KIND_MASK, KIND_STRUCT,
};
use holm_abi::{Builtin, layout};
use holm_module::wasm::{HeapType as WasmHeapType, Operator, RefType as WasmRefType};
use holm_spec::trap::TrapReason;
use holm_spec::types::{HeapType, Hierarchy, RefType};

/// A type that a reference may have, and what is known of it before.
#[derive(Clone, Copy)]
struct Question {
    wanted: RefType,
    /// What it is known to be below.
    known: RefType,
}

/// Where the answers lead; both have no parameters and are not sealed.
#[derive(Clone, Copy)]
struct Answers {
    yes: Block,
    no: Block,
}

impl Translator<'_, '_> {
    pub(super) fn cast_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::RefEq => {
                let (a, b) = self.pop2();
                let same = self.b.ins().icmp(IntCC::Equal, a, b);
                self.push_condition(same);
            }
            Operator::RefI31 => {
                let value = self.pop();
                let shifted = self.b.ins().ishl_imm_u(value, 1);
                let reference = self.b.ins().bor_imm_u(shifted, 1);
                self.push(reference);
            }
            Operator::I31GetS => {
                let reference = self.i31_operand();
                let value = self.b.ins().sshr_imm_u(reference, 1);
                self.push(value);
            }
            Operator::I31GetU => {
                let reference = self.i31_operand();
                let value = self.b.ins().ushr_imm_u(reference, 1);
                self.push(value);
            }
            Operator::AnyConvertExtern | Operator::ExternConvertAny => {}
            Operator::RefTestNonNull { hty } => self.reference_test(*hty, false)?,
            Operator::RefTestNullable { hty } => self.reference_test(*hty, true)?,
            Operator::RefCastNonNull { hty } => self.cast(*hty, false)?,
            Operator::RefCastNullable { hty } => self.cast(*hty, true)?,
            Operator::BrOnCast { relative_depth, from_ref_type, to_ref_type } => {
                let question = self.question(*from_ref_type, *to_ref_type)?;
                self.branch_on_cast(*relative_depth, question, true);
            }
            Operator::BrOnCastFail { relative_depth, from_ref_type, to_ref_type } => {
                let question = self.question(*from_ref_type, *to_ref_type)?;
                self.branch_on_cast(*relative_depth, question, false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn i31_operand(&mut self) -> Value {
        let reference = self.pop();
        self.b.ins().trapz(reference, trap::code(TrapReason::NullI31Reference));
        reference
    }

    fn question(&self, from: WasmRefType, to: WasmRefType) -> Result<Question, Failure> {
        let bug = || Failure::Bug(format!("cast from {from} to {to} has no translation"));
        let known = self.env.module.ref_type(from).ok_or_else(bug)?;
        let wanted = self.env.module.ref_type(to).ok_or_else(bug)?;
        Ok(Question { wanted, known })
    }

    /// The question for an operator that does not say what its operand is known to be.
    fn open_question(&self, heap: WasmHeapType, nullable: bool) -> Result<Question, Failure> {
        let heap = self.heap_type(heap)?;
        let wanted = RefType { nullable, heap };
        Ok(Question { wanted, known: RefType::nullable(heap.hierarchy().top()) })
    }

    fn answers(&mut self) -> Answers {
        Answers { yes: self.b.create_block(), no: self.b.create_block() }
    }

    fn reference_test(&mut self, heap: WasmHeapType, nullable: bool) -> Result<(), Failure> {
        let reference = self.pop();
        let question = self.open_question(heap, nullable)?;
        let answers = self.answers();
        self.ask(reference, question, answers);
        let joined = self.b.create_block();
        let result = self.b.append_block_param(joined, types::I32);
        for (block, answer) in [(answers.yes, 1), (answers.no, 0)] {
            self.switch_to_only(block);
            let answer = self.b.ins().iconst(types::I32, answer);
            self.jump(joined, &[answer]);
        }
        self.switch_to_only(joined);
        self.push(result);
        Ok(())
    }

    fn cast(&mut self, heap: WasmHeapType, nullable: bool) -> Result<(), Failure> {
        let reference = self.pop();
        let question = self.open_question(heap, nullable)?;
        let answers = self.answers();
        self.b.set_cold_block(answers.no);
        self.ask(reference, question, answers);
        self.switch_to_only(answers.no);
        self.b.ins().trap(trap::code(TrapReason::CastFailure));
        self.switch_to_only(answers.yes);
        self.push(reference);
        Ok(())
    }

    /// Branches if the answer is `taken`, and goes on with the reference on the stack either way.
    fn branch_on_cast(&mut self, depth: u32, question: Question, taken: bool) {
        self.end_segment();
        let frame = self.target(depth);
        let values = self.peek_canonical(self.target_arity(frame));
        let block = self.target_block(frame);
        let reference = self.stack[self.stack.len() - 1];
        let answers = self.answers();
        self.ask(reference, question, answers);
        let (leave, stay) =
            if taken { (answers.yes, answers.no) } else { (answers.no, answers.yes) };
        self.switch_to_only(leave);
        let args = block_args(&values);
        self.b.ins().jump(block, &args);
        self.switch_to_only(stay);
        self.begin_segment();
    }

    /// Adds what is known of a reference to what the operator says.
    fn sharpened(&self, reference: Value, Question { wanted, mut known }: Question) -> Question {
        if let Some(birth) = self.birth_type(reference) {
            known.nullable &= birth.nullable;
            // An external reference may be anything once it is converted.
            if matches!(known.heap, HeapType::Any | HeapType::Eq)
                && birth.heap.hierarchy() == Hierarchy::Any
            {
                known.heap = birth.heap;
            }
        }
        Question { wanted, known }
    }

    /// Ends the block with a way to each answer.
    fn ask(&mut self, reference: Value, question: Question, answers: Answers) {
        let Question { wanted, known } = self.sharpened(reference, question);
        let for_null = if wanted.nullable { answers.yes } else { answers.no };
        if wanted.heap == wanted.heap.hierarchy().bottom() {
            // Nothing but null can be of such a type.
            self.b.ins().brif(reference, answers.no, &[], for_null, &[]);
            return;
        }
        if known.nullable {
            let next = self.b.create_block();
            self.b.ins().brif(reference, next, &[], for_null, &[]);
            self.switch_to_only(next);
        }
        match wanted.heap {
            HeapType::ConcreteFunc(ty) => {
                let record = self.record_at(reference);
                let flags = self.flags(Region::Tables);
                let found = self.b.ins().load(types::I32, flags, record, layout::RECORD_SIGNATURE);
                self.ask_id(found, ty, answers);
            }
            heap if heap == heap.hierarchy().top() || heap.hierarchy() != Hierarchy::Any => {
                self.b.ins().jump(answers.yes, &[]);
            }
            HeapType::I31 => {
                let small = self.b.ins().band_imm_u(reference, 1);
                self.b.ins().brif(small, answers.yes, &[], answers.no, &[]);
            }
            heap => self.ask_object(reference, heap, known.heap, answers),
        }
    }

    /// The question for types whose objects have headers; `reference` is not null.
    fn ask_object(
        &mut self,
        reference: Value,
        wanted: HeapType,
        known: HeapType,
        answers: Answers,
    ) {
        let may_be_small = matches!(known, HeapType::Any | HeapType::Eq);
        if may_be_small {
            let small = self.b.ins().band_imm_u(reference, 1);
            let next = self.b.create_block();
            let for_small = if wanted == HeapType::Eq { answers.yes } else { answers.no };
            self.b.ins().brif(small, for_small, &[], next, &[]);
            self.switch_to_only(next);
        }
        let address = self.heap_address(reference);
        let flags = self.flags(Region::Headers);
        let header = self.b.ins().load(types::I32, flags, address, object::HEADER);
        let (kind, expected) = match wanted {
            HeapType::ConcreteStruct(ty) | HeapType::ConcreteArray(ty) => {
                return self.ask_id(header, ty, answers);
            }
            HeapType::Struct => (KIND_STRUCT, IntCC::Equal),
            HeapType::Array => (KIND_ARRAY, IntCC::Equal),
            _ => (KIND_HOST, IntCC::NotEqual),
        };
        let found = self.b.ins().band_imm_u(header, i64::from(KIND_MASK));
        let fits = self.b.ins().icmp_imm_u(expected, found, i64::from(kind));
        self.b.ins().brif(fits, answers.yes, &[], answers.no, &[]);
    }

    /// Whether a header, or the id of a function's type, is that of a type of the module or of one below it.
    fn ask_id(&mut self, found: Value, ty: u32, answers: Answers) {
        let wanted = self.header_of(ty);
        let same = self.b.ins().icmp(IntCC::Equal, found, wanted);
        if self.env.is_final(ty) {
            self.b.ins().brif(same, answers.yes, &[], answers.no, &[]);
            return;
        }
        let other = self.b.create_block();
        self.b.ins().brif(same, answers.yes, &[], other, &[]);
        self.switch_to_only(other);
        let id = self.b.ins().band_imm_u(found, i64::from(ID_MASK));
        let id = self.wide(id);
        let wanted = self.b.ins().band_imm_u(wanted, i64::from(ID_MASK));
        let depth = self.env.type_depth(ty);
        let below = if depth < DISPLAY_DEPTH {
            let table = self.context_constant(types::I64, layout::TYPE_TABLE);
            let row = self.b.ins().ishl_imm_u(id, i64::from(DISPLAY_BYTES_LOG2));
            let row = self.b.ins().iadd(table, row);
            let flags = self.flags(Region::Types);
            let above = self.b.ins().load(types::I32, flags, row, 4 * depth.cast_signed());
            self.b.ins().icmp(IntCC::Equal, above, wanted)
        } else {
            let wanted = self.wide(wanted);
            self.builtin(Builtin::TypeIsBelow, &[id, wanted])
        };
        self.b.ins().brif(below, answers.yes, &[], answers.no, &[]);
    }
}
