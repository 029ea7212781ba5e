//! Scalar loads and stores, `memory.size`, `memory.grow`.
//!
//! Not here: how an address is made, see [`super::access`]; bulk operators, see [`super::bulk`].

use super::access::Place;
use super::{Handled, Translator};
use cranelift_codegen::ir::{self, InstBuilder, types};
use holm_abi::Builtin;
use holm_module::wasm::{MemArg, Operator};
use types::{F32, F64, I32, I64};

impl Translator<'_, '_> {
    pub(super) fn memory_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::I32Load { memarg } => self.load(memarg, I32),
            Operator::I64Load { memarg } => self.load(memarg, I64),
            Operator::F32Load { memarg } => self.load(memarg, F32),
            Operator::F64Load { memarg } => self.load(memarg, F64),
            Operator::I32Store { memarg }
            | Operator::I64Store { memarg }
            | Operator::F32Store { memarg }
            | Operator::F64Store { memarg } => self.store(memarg),
            Operator::MemorySize { mem } => self.memory_size(*mem),
            Operator::MemoryGrow { mem } => self.memory_grow(*mem),
            _ => return Ok(self.narrow_load(operator) || self.narrow_store(operator)),
        }
        Ok(true)
    }

    /// Loads of fewer bits than the result has.
    fn narrow_load(&mut self, operator: &Operator<'_>) -> bool {
        type Op = ir::Opcode;
        let (memarg, opcode, ty, bytes) = match operator {
            Operator::I32Load8S { memarg } => (memarg, Op::Sload8, I32, 1),
            Operator::I32Load8U { memarg } => (memarg, Op::Uload8, I32, 1),
            Operator::I32Load16S { memarg } => (memarg, Op::Sload16, I32, 2),
            Operator::I32Load16U { memarg } => (memarg, Op::Uload16, I32, 2),
            Operator::I64Load8S { memarg } => (memarg, Op::Sload8, I64, 1),
            Operator::I64Load8U { memarg } => (memarg, Op::Uload8, I64, 1),
            Operator::I64Load16S { memarg } => (memarg, Op::Sload16, I64, 2),
            Operator::I64Load16U { memarg } => (memarg, Op::Uload16, I64, 2),
            Operator::I64Load32S { memarg } => (memarg, Op::Sload32, I64, 4),
            Operator::I64Load32U { memarg } => (memarg, Op::Uload32, I64, 4),
            _ => return false,
        };
        let Place { address, offset, flags } = self.popped_place(memarg, bytes);
        let ins = self.b.ins();
        let value = match opcode {
            Op::Sload8 => ins.sload8(ty, flags, address, offset),
            Op::Uload8 => ins.uload8(ty, flags, address, offset),
            Op::Sload16 => ins.sload16(ty, flags, address, offset),
            Op::Uload16 => ins.uload16(ty, flags, address, offset),
            Op::Sload32 => ins.sload32(flags, address, offset),
            _ => ins.uload32(flags, address, offset),
        };
        self.push(value);
        true
    }

    /// Stores of fewer bits than the operand has.
    fn narrow_store(&mut self, operator: &Operator<'_>) -> bool {
        let (memarg, bytes) = match operator {
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => (memarg, 1),
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => (memarg, 2),
            Operator::I64Store32 { memarg } => (memarg, 4),
            _ => return false,
        };
        let value = self.pop();
        let Place { address, offset, flags } = self.popped_place(memarg, bytes);
        match bytes {
            1 => self.b.ins().istore8(flags, value, address, offset),
            2 => self.b.ins().istore16(flags, value, address, offset),
            _ => self.b.ins().istore32(flags, value, address, offset),
        };
        true
    }

    /// The place named by the index on top of the stack.
    pub(super) fn popped_place(&mut self, memarg: &MemArg, bytes: u32) -> Place {
        let index = self.pop();
        self.place(memarg.into(), index, bytes)
    }

    pub(super) fn load(&mut self, memarg: &MemArg, ty: ir::Type) {
        let Place { address, offset, flags } = self.popped_place(memarg, ty.bytes());
        let value = self.b.ins().load(ty, flags, address, offset);
        self.push(value);
    }

    pub(super) fn store(&mut self, memarg: &MemArg) {
        let value = self.pop();
        let value = self.canonical(value);
        let bytes = self.b.func.dfg.value_type(value).bytes();
        let Place { address, offset, flags } = self.popped_place(memarg, bytes);
        self.b.ins().store(flags, value, address, offset);
    }

    fn memory_size(&mut self, memory: u32) {
        let ty = &self.env.module.memories[memory as usize];
        let (is_64, log2) = (ty.is_64, i64::from(ty.page_bytes_log2));
        let length = self.memory_length(memory);
        let pages = self.b.ins().ushr_imm_u(length, log2);
        let pages = if is_64 { pages } else { self.b.ins().ireduce(I32, pages) };
        self.push(pages);
    }

    fn memory_grow(&mut self, memory: u32) {
        let is_64 = self.env.module.memories[memory as usize].is_64;
        let pages = self.pop();
        let pages = self.index64(memory, pages);
        let memory = self.b.ins().iconst(I64, i64::from(memory));
        let old = self.builtin(Builtin::MemoryGrow, &[memory, pages]);
        let old = if is_64 { old } else { self.b.ins().ireduce(I32, old) };
        self.push(old);
    }
}
