//! Atomic operators: loads, stores, read-modify-write, compare-and-exchange, fences, waiting.
//!
//! All of them are sequentially consistent. An address must be a multiple of the access's size; the memory's
//! start is, so that the whole address is looked at. Read next: [`super::memory`].

use super::access::{Offset, Place};
use super::{Handled, Translator, trap};
use cranelift_codegen::ir::{self, AtomicRmwOp, InstBuilder, MemFlagsData, Value, types};
use holm_abi::Builtin;
use holm_module::wasm::{MemArg, Operator};
use holm_spec::trap::TrapReason;
use types::{I8, I16, I32, I64};

/// An operator that reads and writes: what it does, the type of its operands, that of the access.
type ReadModifyWrite<'a> = (&'a MemArg, AtomicRmwOp, ir::Type, ir::Type);

macro_rules! read_modify_write {
    ($($op:ident $ty:ident $($operator:ident:$access:ident)*;)*) => {
        fn read_modify_write<'a>(operator: &'a Operator<'_>) -> Option<ReadModifyWrite<'a>> {
            Some(match operator {
                $($(Operator::$operator { memarg } => (memarg, AtomicRmwOp::$op, $ty, $access),)*)*
                _ => return None,
            })
        }
    };
}

read_modify_write! {
    Add I32 I32AtomicRmwAdd:I32 I32AtomicRmw8AddU:I8 I32AtomicRmw16AddU:I16;
    Add I64 I64AtomicRmwAdd:I64 I64AtomicRmw8AddU:I8 I64AtomicRmw16AddU:I16 I64AtomicRmw32AddU:I32;
    Sub I32 I32AtomicRmwSub:I32 I32AtomicRmw8SubU:I8 I32AtomicRmw16SubU:I16;
    Sub I64 I64AtomicRmwSub:I64 I64AtomicRmw8SubU:I8 I64AtomicRmw16SubU:I16 I64AtomicRmw32SubU:I32;
    And I32 I32AtomicRmwAnd:I32 I32AtomicRmw8AndU:I8 I32AtomicRmw16AndU:I16;
    And I64 I64AtomicRmwAnd:I64 I64AtomicRmw8AndU:I8 I64AtomicRmw16AndU:I16 I64AtomicRmw32AndU:I32;
    Or I32 I32AtomicRmwOr:I32 I32AtomicRmw8OrU:I8 I32AtomicRmw16OrU:I16;
    Or I64 I64AtomicRmwOr:I64 I64AtomicRmw8OrU:I8 I64AtomicRmw16OrU:I16 I64AtomicRmw32OrU:I32;
    Xor I32 I32AtomicRmwXor:I32 I32AtomicRmw8XorU:I8 I32AtomicRmw16XorU:I16;
    Xor I64 I64AtomicRmwXor:I64 I64AtomicRmw8XorU:I8 I64AtomicRmw16XorU:I16 I64AtomicRmw32XorU:I32;
    Xchg I32 I32AtomicRmwXchg:I32 I32AtomicRmw8XchgU:I8 I32AtomicRmw16XchgU:I16;
    Xchg I64 I64AtomicRmwXchg:I64 I64AtomicRmw8XchgU:I8 I64AtomicRmw16XchgU:I16 I64AtomicRmw32XchgU:I32;
}

impl Translator<'_, '_> {
    pub(super) fn atomic_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some((memarg, op, ty, access)) = read_modify_write(operator) {
            let value = self.pop();
            let value = self.narrowed(value, access);
            let (flags, address) = self.atomic_place(memarg, access);
            let old = self.b.ins().atomic_rmw(access, flags, op, address, value);
            self.push_widened(old, ty);
            return Ok(true);
        }
        if let Some((memarg, ty, access)) = load(operator) {
            let (flags, address) = self.atomic_place(memarg, access);
            let value = self.b.ins().atomic_load(access, flags, address);
            self.push_widened(value, ty);
        } else if let Some((memarg, access)) = store(operator) {
            let value = self.pop();
            let value = self.narrowed(value, access);
            let (flags, address) = self.atomic_place(memarg, access);
            self.b.ins().atomic_store(flags, value, address);
        } else if let Some((memarg, ty, access)) = compare_exchange(operator) {
            let (expected, new) = self.pop2();
            let (narrow, new) = (self.narrowed(expected, access), self.narrowed(new, access));
            let (flags, address) = self.atomic_place(memarg, access);
            let old = self.b.ins().atomic_cas(flags, address, narrow, new);
            self.push_widened(old, ty);
        } else {
            return self.waiting_operator(operator);
        }
        Ok(true)
    }

    fn waiting_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::AtomicFence { .. } => drop(self.b.ins().fence()),
            Operator::MemoryAtomicNotify { memarg } => {
                let (address, count) = self.pop2();
                let count = self.b.ins().uextend(I64, count);
                self.wait_builtin(Builtin::AtomicNotify, memarg, address, &[count]);
            }
            Operator::MemoryAtomicWait32 { memarg } => {
                let (address, expected, timeout) = self.pop3();
                let expected = self.b.ins().uextend(I64, expected);
                self.wait_builtin(Builtin::AtomicWait32, memarg, address, &[expected, timeout]);
            }
            Operator::MemoryAtomicWait64 { memarg } => {
                let (address, expected, timeout) = self.pop3();
                self.wait_builtin(Builtin::AtomicWait64, memarg, address, &[expected, timeout]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn wait_builtin(&mut self, builtin: Builtin, memarg: &MemArg, index: Value, args: &[Value]) {
        let Offset { memory, offset } = memarg.into();
        let index = self.index64(memory, index);
        let offset = self.b.ins().iconst(I64, offset.cast_signed());
        let code = trap::code(TrapReason::OutOfBoundsMemory);
        let address = self.b.ins().uadd_overflow_trap(index, offset, code);
        let memory = self.b.ins().iconst(I64, i64::from(memory));
        let result = self.builtin(builtin, &[&[memory, address], args].concat());
        let result = self.b.ins().ireduce(I32, result);
        self.push(result);
    }

    /// The address that the index on top of the stack names, which must be aligned.
    fn atomic_place(&mut self, memarg: &MemArg, access: ir::Type) -> (MemFlagsData, Value) {
        let Place { address, offset, flags } = self.popped_place(memarg, access.bytes());
        let address = match offset {
            0 => address,
            _ => self.b.ins().iadd_imm_s(address, i64::from(offset)),
        };
        if access.bytes() > 1 {
            let low = self.b.ins().band_imm_u(address, i64::from(access.bytes() - 1));
            self.b.ins().trapnz(low, trap::code(TrapReason::UnalignedAtomic));
        }
        (flags, address)
    }

    fn push_widened(&mut self, value: Value, ty: ir::Type) {
        let same = self.b.func.dfg.value_type(value) == ty;
        let value = if same { value } else { self.b.ins().uextend(ty, value) };
        self.push(value);
    }
}

/// A load: the type of its result, that of the access.
fn load<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, ir::Type, ir::Type)> {
    Some(match operator {
        Operator::I32AtomicLoad { memarg } => (memarg, I32, I32),
        Operator::I32AtomicLoad8U { memarg } => (memarg, I32, I8),
        Operator::I32AtomicLoad16U { memarg } => (memarg, I32, I16),
        Operator::I64AtomicLoad { memarg } => (memarg, I64, I64),
        Operator::I64AtomicLoad8U { memarg } => (memarg, I64, I8),
        Operator::I64AtomicLoad16U { memarg } => (memarg, I64, I16),
        Operator::I64AtomicLoad32U { memarg } => (memarg, I64, I32),
        _ => return None,
    })
}

/// A store: the type of the access.
fn store<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, ir::Type)> {
    Some(match operator {
        Operator::I32AtomicStore { memarg } | Operator::I64AtomicStore32 { memarg } => {
            (memarg, I32)
        }
        Operator::I32AtomicStore8 { memarg } | Operator::I64AtomicStore8 { memarg } => (memarg, I8),
        Operator::I32AtomicStore16 { memarg } | Operator::I64AtomicStore16 { memarg } => {
            (memarg, I16)
        }
        Operator::I64AtomicStore { memarg } => (memarg, I64),
        _ => return None,
    })
}

/// A compare-and-exchange: the type of its operands, that of the access.
fn compare_exchange<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, ir::Type, ir::Type)> {
    Some(match operator {
        Operator::I32AtomicRmwCmpxchg { memarg } => (memarg, I32, I32),
        Operator::I32AtomicRmw8CmpxchgU { memarg } => (memarg, I32, I8),
        Operator::I32AtomicRmw16CmpxchgU { memarg } => (memarg, I32, I16),
        Operator::I64AtomicRmwCmpxchg { memarg } => (memarg, I64, I64),
        Operator::I64AtomicRmw8CmpxchgU { memarg } => (memarg, I64, I8),
        Operator::I64AtomicRmw16CmpxchgU { memarg } => (memarg, I64, I16),
        Operator::I64AtomicRmw32CmpxchgU { memarg } => (memarg, I64, I32),
        _ => return None,
    })
}
