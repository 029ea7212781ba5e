//! Addresses in linear memory.
//!
//! Three ways, by [`MemoryAt`]: anchor + index + offset, with no check; a base from the memory's definition
//! in place of the anchor; or an explicit comparison with the length. A static offset of 2³¹ or more
//! takes the explicit comparison in any case, because the reservation does not reach that far.
//! An access that fails the comparison goes to address 0, also when the processor speculates.
//! Read next: [`super::memory`].

use super::flags::Region;
use super::{Translator, trap};
use crate::environment::MemoryAt;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use holm_abi::layout;
use holm_module::wasm::{MemArg, MemArgTarget};
use holm_spec::trap::TrapReason;

/// Where an access goes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) address: Value,
    pub(super) offset: i32,
    pub(super) flags: MemFlagsData,
}

/// The immediates of an access: which memory, and what is added to the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offset {
    pub(super) memory: u32,
    pub(super) offset: u64,
}

impl From<&MemArg> for Offset {
    fn from(arg: &MemArg) -> Self {
        let memory = match arg.target {
            MemArgTarget::Memory(memory) => memory,
            _ => 0,
        };
        Self { memory, offset: arg.offset }
    }
}

/// A memory's definition: `address + offset`.
#[derive(Clone, Copy)]
struct Definition {
    address: Value,
    offset: i32,
}

impl Translator<'_, '_> {
    /// The place that `index` and the static offset name, for an access of `bytes` bytes.
    pub(super) fn place(&mut self, arg: Offset, index: Value, bytes: u32) -> Place {
        let flags = self.heap_flags(arg.memory);
        let at = self.env.memory_at(arg.memory);
        if at != MemoryAt::Checked
            && let Ok(offset) = i32::try_from(arg.offset)
        {
            let base = match at {
                MemoryAt::Anchor => self.anchor,
                _ => self.memory_base(arg.memory),
            };
            let index = self.index64(arg.memory, index);
            let address = self.b.ins().iadd(base, index);
            return Place { address, offset, flags };
        }
        let address = self.checked_address(arg, index, bytes);
        Place { address, offset: 0, flags }
    }

    /// An index as 64 bits.
    pub(super) fn index64(&mut self, memory: u32, index: Value) -> Value {
        if self.env.module.memories[memory as usize].is_64 {
            index
        } else {
            self.b.ins().uextend(types::I64, index)
        }
    }

    /// The address of an access, compared with the memory's length.
    fn checked_address(&mut self, arg: Offset, index: Value, bytes: u32) -> Value {
        let is_64 = self.env.module.memories[arg.memory as usize].is_64;
        let index = self.index64(arg.memory, index);
        let code = trap::code(TrapReason::OutOfBoundsMemory);
        // Offsets of 64-bit memories can wrap around; those of 32-bit memories are below 2³².
        let reach = arg.offset.saturating_add(u64::from(bytes));
        let reach = self.b.ins().iconst(types::I64, reach.cast_signed());
        let end = if is_64 {
            self.b.ins().uadd_overflow_trap(index, reach, code)
        } else {
            self.b.ins().iadd(index, reach)
        };
        let length = self.memory_length(arg.memory);
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        let base = self.memory_base(arg.memory);
        let address = self.b.ins().iadd(base, index);
        let offset = self.b.ins().iconst(types::I64, arg.offset.cast_signed());
        let address = self.b.ins().iadd(address, offset);
        let nowhere = self.b.ins().iconst(types::I64, 0);
        self.b.ins().select_spectre_guard(outside, nowhere, address)
    }

    /// The address of a memory's first byte.
    pub(super) fn memory_base(&mut self, memory: u32) -> Value {
        let definition = self.memory_definition(memory);
        let moves = self.env.memory_at(memory) == MemoryAt::Checked
            && !self.env.known.memory_never_grows(memory);
        let flags = if moves { self.flags(Region::Context) } else { Self::constant_flags() };
        let offset = definition.offset + layout::MEMORY_BASE;
        self.b.ins().load(types::I64, flags, definition.address, offset)
    }

    /// A memory's length in bytes, 64 bits wide.
    pub(super) fn memory_length(&mut self, memory: u32) -> Value {
        let ty = &self.env.module.memories[memory as usize];
        if self.env.known.memory_never_grows(memory)
            && let Ok(bytes) = i64::try_from(ty.limits.min.saturating_mul(ty.page_bytes()))
        {
            return self.b.ins().iconst(types::I64, bytes);
        }
        let definition = self.memory_definition(memory);
        let flags = self.flags(Region::Context);
        let offset = definition.offset + layout::MEMORY_LENGTH;
        self.b.ins().load(types::I64, flags, definition.address, offset)
    }

    fn memory_definition(&mut self, memory: u32) -> Definition {
        let layout = &self.env.layout;
        match memory.checked_sub(self.env.module.imported_memories) {
            Some(defined) => {
                let offset = layout.defined_memory(defined);
                Definition { address: self.anchor, offset }
            }
            None => {
                let offset = layout.imported_memory(memory);
                Definition { address: self.context_constant(types::I64, offset), offset: 0 }
            }
        }
    }
}
