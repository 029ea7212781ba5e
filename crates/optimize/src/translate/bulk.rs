//! Bulk operators on linear memory.
//!
//! A copy or fill of a small constant size happens in line: all loads come before all stores, and the
//! highest store comes first, so that one that leaves the memory traps before anything is written.
//! Everything else is the host's, which cuts long operations into interruptible pieces.
//! Read next: [`super::access`].

use super::access::Offset;
use super::{Handled, Translator};
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use holm_abi::Builtin;
use holm_abi::settings::Architecture;
use holm_module::wasm::Operator;

/// The longest copy or fill that is done in line, in bytes.
const INLINE_BYTES_MAX: u32 = 64;

impl Translator<'_, '_> {
    pub(super) fn bulk_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::MemoryCopy { dst_mem, src_mem } => self.memory_copy(*dst_mem, *src_mem),
            Operator::MemoryFill { mem } => self.memory_fill(*mem),
            Operator::MemoryInit { data_index, mem } => {
                let (to, from, count) = self.pop3();
                let to = self.index64(*mem, to);
                let from = self.b.ins().uextend(types::I64, from);
                let count = self.b.ins().uextend(types::I64, count);
                let names = u64::from(*mem) | u64::from(*data_index) << 32;
                self.memory_builtin(Builtin::MemoryInit, names, &[to, from, count]);
            }
            Operator::DataDrop { data_index } => {
                self.memory_builtin(Builtin::DataDrop, u64::from(*data_index), &[]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn memory_builtin(&mut self, builtin: Builtin, names: u64, args: &[Value]) {
        let mut all = vec![self.b.ins().iconst(types::I64, names.cast_signed())];
        all.extend(args);
        self.builtin(builtin, &all);
    }

    fn memory_copy(&mut self, destination: u32, source: u32) {
        let (to, from, count) = self.pop3();
        if let Some(pieces) = self.inline_pieces(count) {
            let load = |t: &mut Self, piece: &Piece| {
                let place = t.place(piece.at(source), from, piece.ty.bytes());
                t.b.ins().load(piece.ty, place.flags, place.address, place.offset)
            };
            let values: Vec<Value> = pieces.iter().map(|piece| load(self, piece)).collect();
            self.store_pieces(destination, to, &pieces, &values);
            return;
        }
        let memories = &self.env.module.memories;
        let is_64 = memories[destination as usize].is_64 && memories[source as usize].is_64;
        let to = self.index64(destination, to);
        let from = self.index64(source, from);
        let count = if is_64 { count } else { self.b.ins().uextend(types::I64, count) };
        let names = u64::from(destination) | u64::from(source) << 32;
        self.memory_builtin(Builtin::MemoryCopy, names, &[to, from, count]);
    }

    fn memory_fill(&mut self, memory: u32) {
        let (to, value, count) = self.pop3();
        if let Some(pieces) = self.inline_pieces(count) {
            let value = self.b.ins().uextend(types::I64, value);
            let byte = self.b.ins().band_imm_u(value, 0xff);
            let wide = self.b.ins().imul_imm_u(byte, 0x0101_0101_0101_0101);
            let part = |ty: ir::Type| match ty {
                types::I64 => wide,
                types::I64X2 => self.b.ins().splat(ty, wide),
                narrow => self.b.ins().ireduce(narrow, wide),
            };
            let values: Vec<Value> = pieces.iter().map(|piece| piece.ty).map(part).collect();
            self.store_pieces(memory, to, &pieces, &values);
            return;
        }
        let to = self.index64(memory, to);
        let count = self.index64(memory, count);
        let value = self.b.ins().uextend(types::I64, value);
        self.memory_builtin(Builtin::MemoryFill, u64::from(memory), &[to, value, count]);
    }

    /// The pieces of an operation in line, if its size is a small constant.
    fn inline_pieces(&self, count: Value) -> Option<Vec<Piece>> {
        // Elsewhere a store over the end of a page may write its part before it.
        if self.env.settings.architecture != Architecture::X86_64 {
            return None;
        }
        let definition = self.b.func.dfg.value_def(count).inst()?;
        let ir::InstructionData::UnaryImm { imm, .. } = self.b.func.dfg.insts[definition] else {
            return None;
        };
        let bytes = u32::try_from(imm.bits()).ok()?;
        (1..=INLINE_BYTES_MAX).contains(&bytes).then(|| pieces(bytes))
    }

    /// Stores the pieces, the highest first.
    fn store_pieces(&mut self, memory: u32, to: Value, pieces: &[Piece], values: &[Value]) {
        for (piece, value) in pieces.iter().zip(values).rev() {
            let place = self.place(piece.at(memory), to, piece.ty.bytes());
            self.b.ins().store(place.flags, *value, place.address, place.offset);
        }
    }
}

/// A part of a copy or fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    ty: ir::Type,
    offset: u32,
}

impl Piece {
    fn at(&self, memory: u32) -> Offset {
        Offset { memory, offset: u64::from(self.offset) }
    }
}

/// Splits so many bytes into pieces in ascending order; the last one reaches exactly to the end, and may
/// overlap the one before.
fn pieces(bytes: u32) -> Vec<Piece> {
    let ty = match bytes {
        16.. => types::I64X2,
        8.. => types::I64,
        4.. => types::I32,
        2.. => types::I16,
        _ => types::I8,
    };
    let width = ty.bytes();
    let whole = (0..bytes / width).map(|n| Piece { ty, offset: n * width });
    let rest = (!bytes.is_multiple_of(width)).then_some(Piece { ty, offset: bytes - width });
    whole.chain(rest).collect()
}
