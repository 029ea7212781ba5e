//! The operators of the register machine: their numbers, their fields, their names.
//!
//! An instruction is a list of 16-bit units: the operator's number, then its fields. Operators come in families
//! (one operator of WebAssembly, or one of ours) and forms (where operands come from and where the result goes);
//! a number is its family's first number plus its form. The table itself is in `executor::table`, because a row's
//! last column is its handler; translation, printing and checks use only what this file says.
//! Invariant: where there is a form with a result in the accumulator alone, the next number is the same with the
//! result in a slot, and its last field is that slot. Read next: [`scalar`], then [`vector`].

pub(crate) mod joined;
pub(crate) mod misc;
pub(crate) mod raw;
pub(crate) mod relaxed;
pub(crate) mod scalar;
#[cfg(any(test, holm_tail_dispatch))]
pub(crate) mod successors;
pub(crate) mod vector;

use holm_abi::layout::{FUNCTION_ENTRY_BYTES, STUBS_MAX};

/// What a field of an instruction means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Nothing.
    None,
    /// A slot that is read.
    Slot,
    /// A slot that is written.
    To,
    /// A slot that is read, by a 32-bit number.
    FarSlot,
    /// A slot that is written, by a 32-bit number.
    FarTo,
    /// A 32-bit constant.
    I32,
    /// A 64-bit constant in 32 bits with a sign.
    S32,
    /// A 64-bit constant.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// An offset into memory, or an address.
    Offset,
    /// Where a branch goes, in units from the start of the instruction.
    Branch,
    /// How many branches follow the one after this.
    Branches,
    /// An offset into the context.
    Context,
    /// A defined function: how far its entry is from the first one, in bytes.
    Function,
    /// A number of something.
    Count,
    /// A small number of something.
    Small,
}

impl Field {
    /// What it is called where instructions are named with their fields.
    #[cfg(any(test, holm_tail_dispatch, feature = "counting"))]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Slot => "slot",
            Self::To => "to",
            Self::FarSlot => "far-slot",
            Self::FarTo => "far-to",
            Self::I32 => "i32",
            Self::S32 => "s32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Offset => "offset",
            Self::Branch => "branch",
            Self::Branches => "branches",
            Self::Context => "context",
            Self::Function => "function",
            Self::Count => "count",
            Self::Small => "small",
        }
    }

    /// How many units it takes.
    pub(crate) const fn units(self) -> usize {
        match self {
            Self::None => 0,
            Self::Slot | Self::To | Self::Small => 1,
            Self::I64 | Self::F64 => 4,
            _ => 2,
        }
    }
}

/// The field for a defined function.
pub(crate) const fn function_field(defined: u32) -> u32 {
    defined * FUNCTION_ENTRY_BYTES
}

/// The defined function that such a field means.
pub(crate) const fn function_of_field(field: u32) -> u32 {
    field / FUNCTION_ENTRY_BYTES
}

// Such fields have 32 bits.
const _: () = assert!(STUBS_MAX as u64 * FUNCTION_ENTRY_BYTES as u64 <= u32::MAX as u64);

/// How many units an instruction with these fields takes.
pub(crate) const fn units(fields: &[Field]) -> usize {
    let (mut units, mut index) = (0, 0);
    while index < fields.len() {
        units += fields[index].units();
        index += 1;
    }
    units
}

/// Forms of an operator with two operands, without the result's.
pub(crate) const PAIRS: u16 = 7;
/// Forms of a comparison that is fused with a branch, without its sense.
pub(crate) const FUSED_PAIRS: u16 = 5;

/// Forms of addresses: a slot, the accumulator, a constant, four kinds of sums.
pub(crate) const ADDRESSES: u16 = 7;

/// The form of an address that is the sum of two operands.
pub(crate) const fn sum(a: From, b: From) -> Option<u16> {
    match (a, b) {
        (From::Slot(_), From::Slot(_)) => Some(3),
        (From::Slot(_), From::Constant(_)) => Some(4),
        (From::Accumulator, From::Constant(_)) => Some(5),
        (From::Accumulator, From::Slot(_)) => Some(6),
        _ => None,
    }
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Slot(u32),
    Accumulator,
    Constant(u64),
}

/// The form of two operands.
pub(crate) const fn pair(a: From, b: From) -> Option<u16> {
    Some(match (a, b) {
        (From::Slot(_), From::Slot(_)) => 0,
        (From::Slot(_), From::Constant(_)) => 1,
        (From::Accumulator, From::Slot(_)) => 2,
        (From::Accumulator, From::Constant(_)) => 3,
        (From::Slot(_), From::Accumulator) => 4,
        (From::Constant(_), From::Slot(_)) => 5,
        (From::Constant(_), From::Accumulator) => 6,
        (From::Accumulator, From::Accumulator) | (From::Constant(_), From::Constant(_)) => {
            return None;
        }
    })
}

/// The form of an operand among slot, accumulator, constant.
pub(crate) const fn single(a: From) -> u16 {
    match a {
        From::Slot(_) => 0,
        From::Accumulator => 1,
        From::Constant(_) => 2,
    }
}

// First numbers of the families, in the order of the table.
pub(crate) const BINARY: u16 = 0;
pub(crate) const UNARY: u16 = BINARY + count(scalar::BINARIES) * PAIRS * 2;
pub(crate) const FUSED: u16 = UNARY + count(scalar::UNARIES) * 4;
pub(crate) const LOAD: u16 = FUSED + scalar::FUSED * FUSED_PAIRS * 2;
pub(crate) const STORE: u16 = LOAD + count(misc::LOADS) * ADDRESSES * 2;
pub(crate) const MISC: u16 = STORE + count(misc::STORES) * ADDRESSES * 3;
pub(crate) const VECTOR: u16 = MISC + count(misc::MISCS);
pub(crate) const ALL: u16 = joined::END;

const fn count(number: usize) -> u16 {
    assert!(number < 10_000, "so many operators would not fit into 16 bits");
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let number = number as u16;
    number
}

/// An operator with two operands.
pub(crate) const fn binary(number: u16, pair: u16, to_slot: bool) -> u16 {
    BINARY + (number * PAIRS + pair) * 2 + to_slot as u16
}

/// An operator with one operand, from a slot or the accumulator.
pub(crate) const fn unary(number: u16, source: u16, to_slot: bool) -> u16 {
    UNARY + (number * 2 + source) * 2 + to_slot as u16
}

/// A comparison with a branch, taken when it is true or when it is false.
pub(crate) const fn fused(number: u16, pair: u16, when: bool) -> u16 {
    FUSED + (number * FUSED_PAIRS + pair) * 2 + !when as u16
}

/// A load, by the form of its address.
pub(crate) const fn load(number: u16, address: u16, to_slot: bool) -> u16 {
    LOAD + (number * ADDRESSES + address) * 2 + to_slot as u16
}

/// A store.
pub(crate) const fn store(number: u16, address: u16, value: u16) -> u16 {
    STORE + (number * ADDRESSES + address) * 3 + value
}
