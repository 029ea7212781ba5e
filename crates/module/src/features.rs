//! Which proposals a module may use: those of WebAssembly 3.0 by default, others by name.
//!
//! Not here: which operators a tier can compile; a feature that is on here can still be refused there.
//! Invariant: bit numbers are part of the artifact format and stay; names are what `--features` takes.
//! Read next: [`crate::decode`].

use crate::error::{Invalid, InvalidKind};
use crate::limits::Limits;
use crate::module::Module;
use alloc::format;
use alloc::string::String;
use core::fmt;
use wasmparser::WasmFeatures;

/// A set of proposals.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Features(u32);

macro_rules! features {
    ($($constant:ident = $bit:literal, $name:literal, $wasmparser:ident, $doc:literal;)*) => {
        impl Features {
            $(#[doc = $doc] pub const $constant: Self = Self(1 << $bit);)*

            /// Every proposal with its name, what `wasmparser` calls it, and what it is.
            const TABLE: &'static [(Self, &'static str, WasmFeatures, &'static str)] =
                &[$((Self::$constant, $name, WasmFeatures::$wasmparser, $doc)),*];
        }
    };
}

features! {
    MUTABLE_GLOBAL = 0, "mutable-global", MUTABLE_GLOBAL, "Globals that can be set may be imported and exported";
    SATURATING_FLOAT_TO_INT = 1, "saturating-float-to-int", SATURATING_FLOAT_TO_INT, "Conversions from float to integer that never trap";
    SIGN_EXTENSION = 2, "sign-extension", SIGN_EXTENSION, "Operators that extend the sign within an integer";
    MULTI_VALUE = 3, "multi-value", MULTI_VALUE, "Several results of functions and blocks, parameters of blocks";
    REFERENCE_TYPES = 4, "reference-types", REFERENCE_TYPES, "externref, funcref, operators on tables, several tables";
    BULK_MEMORY = 5, "bulk-memory", BULK_MEMORY, "Copying and filling memories and tables, passive segments";
    SIMD = 6, "simd", SIMD, "128-bit vectors";
    RELAXED_SIMD = 7, "relaxed-simd", RELAXED_SIMD, "Vector operators whose results may differ between machines";
    THREADS = 8, "threads", THREADS, "Shared memories and atomic operators";
    TAIL_CALL = 9, "tail-call", TAIL_CALL, "Calls that replace their caller";
    MULTI_MEMORY = 10, "multi-memory", MULTI_MEMORY, "Several memories";
    EXCEPTIONS = 11, "exceptions", EXCEPTIONS, "Exceptions, with exnref";
    LEGACY_EXCEPTIONS = 12, "legacy-exceptions", LEGACY_EXCEPTIONS, "The earlier form of exceptions";
    MEMORY64 = 13, "memory64", MEMORY64, "Memories and tables with 64-bit addresses";
    EXTENDED_CONST = 14, "extended-const", EXTENDED_CONST, "Arithmetic in constant expressions";
    FUNCTION_REFERENCES = 15, "function-references", FUNCTION_REFERENCES, "References to functions of a known type";
    GC = 16, "gc", GC, "Structures and arrays under a collector";
    CUSTOM_PAGE_SIZES = 17, "custom-page-sizes", CUSTOM_PAGE_SIZES, "Memories whose pages have another size";
    WIDE_ARITHMETIC = 18, "wide-arithmetic", WIDE_ARITHMETIC, "128-bit integer arithmetic on pairs";
    COMPACT_IMPORTS = 19, "compact-imports", COMPACT_IMPORTS, "A shorter encoding of imports";
    STACK_SWITCHING = 20, "stack-switching", STACK_SWITCHING, "Continuations";
}

impl Features {
    /// Nothing but the first version of WebAssembly.
    pub const NONE: Self = Self(0);

    /// WebAssembly 2.0 with SIMD.
    pub const WASM2: Self = Self(0b111_1111);

    /// WebAssembly 3.0.
    pub const WASM3: Self = Self::WASM2
        .with(Self::RELAXED_SIMD)
        .with(Self::TAIL_CALL)
        .with(Self::MULTI_MEMORY)
        .with(Self::MEMORY64)
        .with(Self::EXTENDED_CONST)
        .with(Self::FUNCTION_REFERENCES)
        .with(Self::GC)
        .with(Self::EXCEPTIONS);

    /// Every proposal that has a name here.
    pub const ALL: Self = Self((1 << Self::TABLE.len()) - 1);

    /// How messages of `wasmparser` end for a missing feature that it does not mark as such.
    const UNMARKED: &'static [(&'static str, Self)] = &[
        ("multiple memories", Self::MULTI_MEMORY),
        ("multiple tables", Self::REFERENCE_TYPES),
        ("data count section requires the bulk-memory proposal", Self::BULK_MEMORY),
        ("gc proposal must be enabled to use subtypes", Self::GC),
        ("because the GC proposal is disabled", Self::GC),
    ];

    /// The proposal of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// What the proposals in the set are, in a few words each, by name.
    pub fn descriptions(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        Self::TABLE.iter().filter(move |row| self.contains(row.0)).map(|row| (row.1, row.3))
    }

    /// The fewest proposals with which a file is a valid module.
    ///
    /// # Errors
    /// Why it is no module that this version reads, whatever is switched on.
    pub fn needed_by(wasm: &[u8], limits: &Limits) -> Result<Self, Invalid> {
        let mut needed = Self::NONE;
        while let Err(invalid) = Module::new(wasm, limits, needed) {
            match invalid.kind() {
                InvalidKind::Feature(missing) if !needed.contains(missing) => {
                    needed = needed.with(missing);
                }
                _ => return Self::fewest_of_all(wasm, limits),
            }
        }
        Ok(needed)
    }

    /// The same for a file whose errors do not tell what is missing.
    fn fewest_of_all(wasm: &[u8], limits: &Limits) -> Result<Self, Invalid> {
        Module::new(wasm, limits, Self::ALL)?;
        let without_one = |needed: Self, row: &(Self, _, _, _)| {
            let fewer = needed.without(row.0);
            if Module::new(wasm, limits, fewer).is_ok() { fewer } else { needed }
        };
        Ok(Self::TABLE.iter().fold(Self::ALL, without_one))
    }

    /// The names of every proposal, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::TABLE.iter().map(|row| row.1)
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set as a number that stays the same between versions: part of a cache key.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The words with which an error sends its reader to the switch.
    pub(crate) fn how_to_enable(self) -> String {
        format!("needs feature `{self}`, which is off: enable with --features {self}")
    }

    /// What the parser and the validator are told.
    pub(crate) fn to_wasmparser(self) -> WasmFeatures {
        Self::TABLE
            .iter()
            .filter(|row| self.contains(row.0))
            .fold(WasmFeatures::MVP, |all, row| all.union(row.2))
    }

    /// The feature whose absence made `wasmparser` refuse the bytes, if it says so and we can name it.
    pub(crate) fn missing_in(error: &wasmparser::Error) -> Option<Self> {
        let Some(missing) = error.missing_wasm_feature() else {
            return Self::UNMARKED
                .iter()
                .find(|row| error.message().ends_with(row.0))
                .map(|row| row.1);
        };
        Self::TABLE.iter().find(|row| row.2.contains(missing)).map(|row| row.0)
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::WASM3
    }
}

/// Writes the names, separated by commas: what `--features` takes.
impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for row in Self::TABLE.iter().filter(|row| self.contains(row.0)) {
            write!(f, "{separator}{}", row.1)?;
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({self})")
    }
}

#[cfg(test)]
mod tests;
