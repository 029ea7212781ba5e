//! Atomic operators: a window, the operator, and the way back.
//!
//! Read next: [`super::data`].

use super::data::memory_of;
use super::emit::LastKind;
use super::{Done, Failure, Translator};
use crate::executor::atomic::Update;
use crate::ops::misc::Misc;
use crate::ops::scalar::Class;
use holm_abi::Builtin;
use holm_module::wasm::{MemArg, Operator};
use holm_spec::types::ValType::{self, I32, I64};

/// An operator that reads and writes: what it does, the type of its operands, the bytes of the access.
type Modify = (MemArg, Update, ValType, u16);

macro_rules! modifying {
    ($($name:ident $update:ident $ty:ident $bits:literal;)*) => {
        const fn modify(operator: &Operator<'_>) -> Option<Modify> {
            Some(match operator {
                $(Operator::$name { memarg } => (*memarg, Update::$update, $ty, $bits / 8),)*
                _ => return None,
            })
        }
    };
}
modifying! {
    I32AtomicRmwAdd Add I32 32;
    I32AtomicRmw8AddU Add I32 8;
    I32AtomicRmw16AddU Add I32 16;
    I64AtomicRmwAdd Add I64 64;
    I64AtomicRmw8AddU Add I64 8;
    I64AtomicRmw16AddU Add I64 16;
    I64AtomicRmw32AddU Add I64 32;
    I32AtomicRmwSub Sub I32 32;
    I32AtomicRmw8SubU Sub I32 8;
    I32AtomicRmw16SubU Sub I32 16;
    I64AtomicRmwSub Sub I64 64;
    I64AtomicRmw8SubU Sub I64 8;
    I64AtomicRmw16SubU Sub I64 16;
    I64AtomicRmw32SubU Sub I64 32;
    I32AtomicRmwAnd And I32 32;
    I32AtomicRmw8AndU And I32 8;
    I32AtomicRmw16AndU And I32 16;
    I64AtomicRmwAnd And I64 64;
    I64AtomicRmw8AndU And I64 8;
    I64AtomicRmw16AndU And I64 16;
    I64AtomicRmw32AndU And I64 32;
    I32AtomicRmwOr Or I32 32;
    I32AtomicRmw8OrU Or I32 8;
    I32AtomicRmw16OrU Or I32 16;
    I64AtomicRmwOr Or I64 64;
    I64AtomicRmw8OrU Or I64 8;
    I64AtomicRmw16OrU Or I64 16;
    I64AtomicRmw32OrU Or I64 32;
    I32AtomicRmwXor Xor I32 32;
    I32AtomicRmw8XorU Xor I32 8;
    I32AtomicRmw16XorU Xor I32 16;
    I64AtomicRmwXor Xor I64 64;
    I64AtomicRmw8XorU Xor I64 8;
    I64AtomicRmw16XorU Xor I64 16;
    I64AtomicRmw32XorU Xor I64 32;
    I32AtomicRmwXchg Swap I32 32;
    I32AtomicRmw8XchgU Swap I32 8;
    I32AtomicRmw16XchgU Swap I32 16;
    I64AtomicRmwXchg Swap I64 64;
    I64AtomicRmw8XchgU Swap I64 8;
    I64AtomicRmw16XchgU Swap I64 16;
    I64AtomicRmw32XchgU Swap I64 32;
}

/// A load: the type of its value, the bytes of the access.
const fn load(operator: &Operator<'_>) -> Option<(MemArg, ValType, u16)> {
    Some(match operator {
        Operator::I32AtomicLoad { memarg } => (*memarg, I32, 4),
        Operator::I32AtomicLoad8U { memarg } => (*memarg, I32, 1),
        Operator::I32AtomicLoad16U { memarg } => (*memarg, I32, 2),
        Operator::I64AtomicLoad { memarg } => (*memarg, I64, 8),
        Operator::I64AtomicLoad8U { memarg } => (*memarg, I64, 1),
        Operator::I64AtomicLoad16U { memarg } => (*memarg, I64, 2),
        Operator::I64AtomicLoad32U { memarg } => (*memarg, I64, 4),
        _ => return None,
    })
}

/// A store: the bytes of the access.
const fn store(operator: &Operator<'_>) -> Option<(MemArg, u16)> {
    Some(match operator {
        Operator::I32AtomicStore { memarg } | Operator::I64AtomicStore32 { memarg } => (*memarg, 4),
        Operator::I32AtomicStore8 { memarg } | Operator::I64AtomicStore8 { memarg } => (*memarg, 1),
        Operator::I32AtomicStore16 { memarg } | Operator::I64AtomicStore16 { memarg } => {
            (*memarg, 2)
        }
        Operator::I64AtomicStore { memarg } => (*memarg, 8),
        _ => return None,
    })
}

/// A compare-and-exchange: the type of its operands, the bytes of the access.
const fn exchange(operator: &Operator<'_>) -> Option<(MemArg, ValType, u16)> {
    Some(match operator {
        Operator::I32AtomicRmwCmpxchg { memarg } => (*memarg, I32, 4),
        Operator::I32AtomicRmw8CmpxchgU { memarg } => (*memarg, I32, 1),
        Operator::I32AtomicRmw16CmpxchgU { memarg } => (*memarg, I32, 2),
        Operator::I64AtomicRmwCmpxchg { memarg } => (*memarg, I64, 8),
        Operator::I64AtomicRmw8CmpxchgU { memarg } => (*memarg, I64, 1),
        Operator::I64AtomicRmw16CmpxchgU { memarg } => (*memarg, I64, 2),
        Operator::I64AtomicRmw32CmpxchgU { memarg } => (*memarg, I64, 4),
        _ => return None,
    })
}

/// The form of an operator for accesses of so many bytes.
const fn sized(forms: [Misc; 4], bytes: u16) -> Misc {
    match bytes {
        1 => forms[0],
        2 => forms[1],
        4 => forms[2],
        _ => forms[3],
    }
}

const LOADS: [Misc; 4] =
    [Misc::AtomicLoad8, Misc::AtomicLoad16, Misc::AtomicLoad32, Misc::AtomicLoad64];
const STORES: [Misc; 4] =
    [Misc::AtomicStore8, Misc::AtomicStore16, Misc::AtomicStore32, Misc::AtomicStore64];
const MODIFIES: [Misc; 4] =
    [Misc::AtomicModify8, Misc::AtomicModify16, Misc::AtomicModify32, Misc::AtomicModify64];
const EXCHANGES: [Misc; 4] =
    [Misc::AtomicExchange8, Misc::AtomicExchange16, Misc::AtomicExchange32, Misc::AtomicExchange64];

impl Translator<'_> {
    pub(super) fn atomic_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        if let Some((memarg, update, ty, bytes)) = modify(operator) {
            let value = self.pop_near();
            let fields = [update as u16, value];
            self.atomic((&memarg, bytes), sized(MODIFIES, bytes), &fields, Some(ty))?;
        } else if let Some((memarg, ty, bytes)) = load(operator) {
            self.atomic((&memarg, bytes), sized(LOADS, bytes), &[], Some(ty))?;
        } else if let Some((memarg, bytes)) = store(operator) {
            let value = self.pop_near();
            self.atomic((&memarg, bytes), sized(STORES, bytes), &[value], None)?;
        } else if let Some((memarg, ty, bytes)) = exchange(operator) {
            let new = self.pop_near();
            let expected = self.pop_near();
            self.atomic((&memarg, bytes), sized(EXCHANGES, bytes), &[expected, new], Some(ty))?;
        } else {
            return self.waiting_operator(operator);
        }
        Ok(true)
    }

    fn waiting_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::AtomicFence { .. } => {
                self.misc(Misc::Fence);
            }
            Operator::MemoryAtomicNotify { memarg } => {
                let count = self.pop_near();
                self.wait(Builtin::AtomicNotify, memarg, [count, count])?;
            }
            Operator::MemoryAtomicWait32 { memarg } => {
                let timeout = self.pop_near();
                let expected = self.pop_near();
                self.wait(Builtin::AtomicWait32, memarg, [expected, timeout])?;
            }
            Operator::MemoryAtomicWait64 { memarg } => {
                let timeout = self.pop_near();
                let expected = self.pop_near();
                self.wait(Builtin::AtomicWait64, memarg, [expected, timeout])?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The near slot of an operand that is popped.
    pub(super) fn pop_near(&mut self) -> u16 {
        let slot = self.pop_to_slot();
        self.near(slot)
    }

    /// An operator on so many bytes at the address on top of the stack.
    fn atomic(
        &mut self,
        (memarg, bytes): (&MemArg, u16),
        misc: Misc,
        fields: &[u16],
        ty: Option<ValType>,
    ) -> Done {
        self.spill(Class::Int);
        self.open_window(memarg, bytes);
        let before = self.cached;
        let start = self.misc(misc);
        self.units.extend_from_slice(fields);
        if let Some(ty) = ty {
            self.result(start, ty, LastKind::Other, before)?;
        }
        self.close_window();
        Ok(())
    }

    /// Waiting and waking, at the address on top of the stack.
    fn wait(&mut self, builtin: Builtin, memarg: &MemArg, fields: [u16; 2]) -> Done {
        let address = self.pop_near();
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(Misc::Effective);
        self.units.push(address);
        self.long(memarg.offset);
        self.result(start, I64, LastKind::Other, before)?;
        let address = self.pop_near();
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(Misc::Ask);
        self.units.push(builtin as u16);
        self.long(u64::from(memory_of(memarg)));
        self.units.extend([address, fields[0], fields[1], 32]);
        self.result(start, I32, LastKind::Other, before)
    }
}
