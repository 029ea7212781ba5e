//! Why a guest was stopped, in the standard's words.
//!
//! Not here: how a trap is raised or caught (see `holm-vm`) and what it looks like to a user (see
//! `holm-runtime`). Invariant: the numbers are part of the artifact format: a reason keeps its number for
//! ever, new ones are added at the end. Read next: [`crate::numeric`], which returns some of these.

use core::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// The reason for a trap.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum TrapReason {
            $($(#[$doc])* $name = $number,)*
        }

        impl TrapReason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The reason with this number, if there is one.
            #[must_use]
            pub const fn from_u8(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The standard's words for it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    /// An `unreachable` operator was reached.
    Unreachable = 1, "unreachable";
    /// A load, store or bulk operation left its memory (or a data segment).
    OutOfBoundsMemory = 2, "out of bounds memory access";
    /// A table operation left its table (or an element segment).
    OutOfBoundsTable = 3, "out of bounds table access";
    /// An indirect call used an index beyond the end of the table.
    UndefinedElement = 4, "undefined element";
    /// An indirect call found null.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call found a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// An integer was divided by zero.
    IntegerDivideByZero = 7, "integer divide by zero";
    /// A division or conversion has a result that does not fit.
    IntegerOverflow = 8, "integer overflow";
    /// A NaN was converted to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The guest used up its stack.
    StackOverflow = 10, "call stack exhausted";
    /// The host stopped the guest, by deadline or by hand.
    Interrupted = 11, "interrupted";
    /// The guest used up its fuel.
    OutOfFuel = 12, "all fuel consumed";
    /// A null reference was used.
    NullReference = 13, "null reference";
    /// A host function returned an error.
    HostError = 14, "host error";
    /// An atomic operation used an address that is not a multiple of its size.
    UnalignedAtomic = 15, "unaligned atomic";
    /// An atomic wait was tried on a memory that nobody shares.
    ExpectedSharedMemory = 16, "expected shared memory";
    /// A reference was cast to a type that it does not have.
    CastFailure = 17, "cast failure";
    /// An array operation left its array.
    OutOfBoundsArray = 18, "out of bounds array access";
    /// An exception left the outermost function.
    UncaughtException = 19, "uncaught exception";
    /// A suspension found no handler.
    UnhandledTag = 20, "unhandled tag";
    /// A continuation was resumed a second time.
    ContinuationConsumed = 21, "continuation already consumed";
    /// Memory for a guest's object could not be had.
    AllocationFailed = 22, "allocation size too large";
    /// An engine met a state that cannot be: our defect, not the guest's.
    Bug = 23, "internal error";
    /// A null reference was called.
    NullFunctionReference = 24, "null function reference";
    /// A field of a null reference was used.
    NullStructureReference = 25, "null structure reference";
    /// An element of a null reference was used.
    NullArrayReference = 26, "null array reference";
    /// A null reference was used as a small integer.
    NullI31Reference = 27, "null i31 reference";
    /// A null reference was thrown.
    NullExceptionReference = 28, "null exception reference";
}

impl fmt::Display for TrapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests;
