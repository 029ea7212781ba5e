//! What compiled code may call outside itself: a numbered list of builtins.
//!
//! Code calls `[anchor + builtin_offset(k)]` with the platform's C convention: at most five integer
//! arguments, one integer result. The stub behind it adds the caller's anchor as first argument of the
//! host's function, runs it on the host's stack, and leaves the guest when it reports a trap, so that
//! code never sees a failure.

/// A builtin. The number is its place in every context's table and part of the artifact format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Builtin {
    /// `(memory, delta pages) → old size in pages or -1`
    MemoryGrow,
    /// `(destination memory | source memory << 32, destination, source, bytes)`
    MemoryCopy,
    /// `(memory, destination, value, bytes)`
    MemoryFill,
    /// `(memory | data segment << 32, destination, source, bytes)`
    MemoryInit,
    /// `(data segment)`
    DataDrop,
    /// `(table, index, reference)`
    TableSet,
    /// `(table, initial reference, delta entries) → old size or -1`
    TableGrow,
    /// `(table, index, reference, entries)`
    TableFill,
    /// `(destination table | source table << 32, destination, source, entries)`
    TableCopy,
    /// `(table | element segment << 32, destination, source, entries)`
    TableInit,
    /// `(element segment)`
    ElementDrop,
    /// `(type id, type id) → 1 if the first is the second or below it, else 0`
    TypeIsBelow,
    /// `(memory, address, expected, nanoseconds or negative for ever) → 0 woken, 1 not equal, 2 timed out`
    AtomicWait32,
    /// As `AtomicWait32`, for 64 bits.
    AtomicWait64,
    /// `(memory, address, count) → how many were woken`
    AtomicNotify,
    /// `(header word, bytes) → reference`: room for a small object, its contents unspecified
    ObjectNew,
    /// `(header word, length) → reference`: an array of zeros and nulls
    ArrayNew,
    /// `(header word, data segment, offset in bytes, length) → reference`
    ArrayNewData,
    /// `(header word, element segment, offset, length) → reference`
    ArrayNewElement,
    /// `(array, index | length << 32, low half of the value, high half)`
    ArrayFill,
    /// `(destination array | source array << 32, destination, source, length)`
    ArrayCopy,
    /// `(array | data segment << 32, destination, offset in bytes, length)`
    ArrayInitData,
    /// `(array | element segment << 32, destination, offset, length)`
    ArrayInitElement,
    /// `(tag, address of the values) → address of the exception's record`
    ExceptionNew,
    /// `(reference) → address of the exception's record`
    ExceptionRecord,
    /// `(tag, address of the values)`; never returns
    Throw,
    /// `(reference)`; never returns
    ThrowRef,
}

/// How many builtins there are.
pub const COUNT: usize = Builtin::ALL.len();

impl Builtin {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 27] = [
        Self::MemoryGrow,
        Self::MemoryCopy,
        Self::MemoryFill,
        Self::MemoryInit,
        Self::DataDrop,
        Self::TableSet,
        Self::TableGrow,
        Self::TableFill,
        Self::TableCopy,
        Self::TableInit,
        Self::ElementDrop,
        Self::TypeIsBelow,
        Self::AtomicWait32,
        Self::AtomicWait64,
        Self::AtomicNotify,
        Self::ObjectNew,
        Self::ArrayNew,
        Self::ArrayNewData,
        Self::ArrayNewElement,
        Self::ArrayFill,
        Self::ArrayCopy,
        Self::ArrayInitData,
        Self::ArrayInitElement,
        Self::ExceptionNew,
        Self::ExceptionRecord,
        Self::Throw,
        Self::ThrowRef,
    ];

    /// Number of 64-bit integer arguments.
    #[must_use]
    pub const fn arguments(self) -> u8 {
        match self {
            Self::DataDrop | Self::ElementDrop | Self::ExceptionRecord | Self::ThrowRef => 1,
            Self::MemoryGrow
            | Self::TypeIsBelow
            | Self::ObjectNew
            | Self::ArrayNew
            | Self::ExceptionNew
            | Self::Throw => 2,
            Self::TableSet | Self::TableGrow | Self::AtomicNotify => 3,
            Self::MemoryCopy
            | Self::MemoryFill
            | Self::MemoryInit
            | Self::TableFill
            | Self::TableCopy
            | Self::TableInit
            | Self::AtomicWait32
            | Self::AtomicWait64
            | Self::ArrayNewData
            | Self::ArrayNewElement
            | Self::ArrayFill
            | Self::ArrayCopy
            | Self::ArrayInitData
            | Self::ArrayInitElement => 4,
        }
    }

    /// Whether the 64-bit integer result has a meaning.
    #[must_use]
    pub const fn has_result(self) -> bool {
        matches!(
            self,
            Self::MemoryGrow
                | Self::TableGrow
                | Self::TypeIsBelow
                | Self::AtomicWait32
                | Self::AtomicWait64
                | Self::AtomicNotify
                | Self::ObjectNew
                | Self::ArrayNew
                | Self::ArrayNewData
                | Self::ArrayNewElement
                | Self::ExceptionNew
                | Self::ExceptionRecord
        )
    }
}
