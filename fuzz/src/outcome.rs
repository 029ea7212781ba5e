//! What a module did, in a form that two engines share.
//!
//! Not here: the engines. Invariant: numbers are bits; a reference to an object says what lies in it, to a depth;
//! any other reference says only whether it is null. Once a limit of one engine ends a call, nothing after it
//! can be compared. Read next: `on_holm.rs`.

use std::fmt;

use crate::shared::WORD_BYTES;

/// Bytes that all memories of a module may have, on either engine: growing fails alike.
pub(crate) const MEMORY_BYTES_MAX: u64 = 64 << 20;
/// Entries that all its tables may have.
pub(crate) const TABLE_ENTRIES_MAX: u64 = 1 << 20;
/// Bytes of a stack: as much as the reference allows without more of its features.
pub(crate) const STACK_BYTES: usize = 2 << 20;
/// How deep objects within objects are looked at.
pub(crate) const DEPTH_MAX: u32 = 4;
/// How many elements of an array are looked at.
pub(crate) const ELEMENTS_MAX: u32 = 8;

/// What one step of a module's life came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The engine does not take the module.
    Refused(String),
    /// It trapped, for this reason.
    Trapped(Trap),
    /// A call returned these values.
    Returned(Vec<Value>),
    /// An exception with these values left a call.
    Threw(Vec<Value>),
    /// A global, or a hash of a memory or table, afterwards.
    Left(Value),
    /// There is nothing of a type that a step needs.
    Missing,
    /// A limit of the engine ended it: nothing can be said.
    Unknown,
}

/// A value that was returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    Null,
    Reference,
    Small(i32),
    Struct(Vec<Value>),
    Array { length: u32, first: Vec<Value> },
    Hash { bytes: u64, hash: u64 },
}

/// The standard's reasons, as far as both engines tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Unreachable,
    Memory,
    /// A table operation or an indirect call beyond the end.
    Table,
    Uninitialized,
    Signature,
    DivideByZero,
    Overflow,
    Conversion,
    Null,
    Cast,
    Array,
    Unaligned,
    NotShared,
    StackOverflow,
    Other,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The first difference.
pub(crate) fn difference(ours: &[Outcome], theirs: &[Outcome]) -> Option<String> {
    for (step, (own, other)) in ours.iter().zip(theirs).enumerate() {
        if is_unsure(own) || is_unsure(other) {
            return None;
        }
        let same = match (own, other) {
            (Outcome::Refused(_), Outcome::Refused(_)) => true,
            // An address can be wrong in two ways at once.
            (
                Outcome::Trapped(Trap::Memory | Trap::Unaligned),
                Outcome::Trapped(Trap::Memory | Trap::Unaligned),
            ) => true,
            (own, other) => own == other,
        };
        if !same {
            return Some(format!("step {step}: holm {own}, wasmtime {other}"));
        }
    }
    (ours.len() != theirs.len())
        .then(|| format!("holm made {} steps, wasmtime {}", ours.len(), theirs.len()))
}

/// Whether a limit of an engine made this outcome.
pub(crate) fn is_unsure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown | Outcome::Trapped(Trap::StackOverflow))
}

/// What of a memory is compared: see `shared.rs`.
pub(crate) fn whole_words(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - bytes.len() % WORD_BYTES]
}

/// FNV-1a over a memory's bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
