//! Function bodies: what is known of each after validation, and the way to read its operators.
//!
//! Not here: how a body is validated (see `check.rs`). Invariant: a [`FunctionBody`] only describes;
//! its operators stay in the file, and a [`BodyReader`] gives them with the offsets that traps report.
//! Read next: [`crate::wasm`] for the operators.

use crate::error::Invalid;
use crate::module::Module;
use alloc::format;
use alloc::vec::Vec;
use core::ops::{BitOr, BitOrAssign, Range};
use holm_spec::types::ValType;
use serde::{Deserialize, Serialize};
use wasmparser::{BinaryReader, OperatorsReader};

/// What is known of the body of one defined function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionBody {
    /// Where it lies in the file, from the declarations of locals to the last `end`.
    pub range: Range<u64>,
    /// What it is expected to cost its compiler, in units of a plain operator; see [`crate::cost`].
    pub cost: u64,
    /// How many operators it has.
    pub operators: u32,
    /// How many locals it has, parameters included.
    pub locals: u32,
    /// How many operators begin a block: `block`, `loop`, `if` and their later relatives.
    pub blocks: u32,
    /// How many of these are loops.
    pub loops: u32,
    /// How many operators call, directly or indirectly.
    pub calls: u32,
    /// How many block parameters its locals need in SSA form, at most.
    pub block_parameters: u32,
    /// How deep blocks lie in each other.
    pub nesting: u32,
    /// What kinds of operators it has.
    pub flags: BodyFlags,
}

/// What kinds of operators a body has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodyFlags(u32);

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl BodyFlags {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*
        }
    };
}

flags! {
    /// Direct calls.
    DIRECT_CALLS = 0;
    /// Calls through a table or a reference.
    INDIRECT_CALLS = 1;
    /// Calls of functions that are imported.
    IMPORT_CALLS = 2;
    /// Calls that replace their caller.
    TAIL_CALLS = 3;
    /// Loops.
    LOOPS = 4;
    /// Loads from memory.
    LOADS = 5;
    /// Stores to memory.
    STORES = 6;
    /// Operators that can change the size of a memory.
    MEMORY_GROW = 7;
    /// Operators on a range of memory or of a table: copy, fill, init.
    BULK = 8;
    /// Operators on tables, other than calls.
    TABLES = 9;
    /// `global.set`.
    GLOBAL_SETS = 10;
    /// Vector operators.
    SIMD = 11;
    /// `br_table`.
    BRANCH_TABLES = 12;
    /// Blocks with parameters or with more than one result.
    MULTI_VALUE = 13;
    /// Atomic operators.
    ATOMICS = 14;
    /// Exceptions.
    EXCEPTIONS = 15;
    /// Operators on structures, arrays and small integers, and casts.
    OBJECTS = 16;
}

impl BodyFlags {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether all of `other` is among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is among these.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for BodyFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for BodyFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl FunctionBody {
    /// Whether it neither calls nor loops, so that it ends soon by itself.
    #[must_use]
    pub const fn is_leaf(&self) -> bool {
        !self.flags.intersects(BodyFlags(
            BodyFlags::DIRECT_CALLS.0 | BodyFlags::INDIRECT_CALLS.0 | BodyFlags::LOOPS.0,
        ))
    }
}

/// The locals and operators of one body.
pub struct BodyReader<'a> {
    /// The declared locals in order, each with how often it is repeated; parameters come before them.
    pub locals: Vec<(u32, ValType)>,
    /// The operators, with their offsets in the file.
    pub operators: OperatorsReader<'a>,
}

impl Module {
    /// Reads the body of a defined function from the file that the module was read from.
    ///
    /// # Errors
    /// There is no such body, or `wasm` is not that file.
    pub fn body<'a>(&self, wasm: &'a [u8], defined: u32) -> Result<BodyReader<'a>, Invalid> {
        let Some(body) = self.bodies.get(defined as usize) else {
            return Err(Invalid::broken_rule(format!("there is no function body {defined}"), 0));
        };
        let bytes = self.bytes(wasm, &body.range).ok_or_else(|| {
            Invalid::broken_rule("the file ends before its functions do", body.range.start)
        })?;
        self.read_body(body, bytes)
    }

    /// The bytes of a range of the file that the module was read from, if the file has them.
    #[must_use]
    pub fn bytes<'a>(&self, wasm: &'a [u8], range: &Range<u64>) -> Option<&'a [u8]> {
        wasm.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
    }

    /// Reads a body of this module, whose content is `bytes`.
    ///
    /// # Errors
    /// `bytes` are not those that were validated.
    pub fn read_body<'a>(
        &self,
        body: &FunctionBody,
        bytes: &'a [u8],
    ) -> Result<BodyReader<'a>, Invalid> {
        let start = body.range.start;
        let reader = BinaryReader::new_features(bytes, start, self.features.to_wasmparser());
        let mut declarations = wasmparser::FunctionBody::new(reader)
            .get_locals_reader()
            .map_err(|error| Invalid::from_reader(&error))?;
        let mut locals = Vec::new();
        for _ in 0..declarations.get_count() {
            let (count, ty) = declarations.read().map_err(|error| Invalid::from_reader(&error))?;
            let ty = self.val_type(ty).ok_or_else(|| {
                let at = declarations.original_position();
                Invalid::unsupported("local has a type that is not supported by this version", at)
            })?;
            locals.push((count, ty));
        }
        let operators = OperatorsReader::new(declarations.get_binary_reader());
        Ok(BodyReader { locals, operators })
    }
}

#[cfg(test)]
mod tests;
