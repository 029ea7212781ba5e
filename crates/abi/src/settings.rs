//! What code was compiled for. Code runs only under the same settings; they are part of every cache key.

use alloc::string::String;
use core::fmt;

/// A machine that code can be compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64; the pinned register is r15.
    X86_64,
    /// aarch64; the pinned register is x21.
    Aarch64,
}

/// How linear memories are kept inside their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryStrategy {
    /// 4 GiB reservations with guard pages behind them; the processor finds accesses out of bounds.
    Reserved,
    /// Every access compares with the memory's length first. For machines without the address space.
    Checked,
}

/// What code was compiled for, and with which choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The machine.
    pub architecture: Architecture,
    /// The processor features that the code uses, in a fixed order, e.g. `sse4.1,avx2`.
    pub cpu_features: String,
    /// How memories are bounded.
    pub memory: MemoryStrategy,
    /// Whether code counts fuel.
    pub fuel: bool,
    /// Whether code polls for interruption.
    pub polls: bool,
    /// Whether every NaN that an operator makes is the canonical one.
    pub canonical_nans: bool,
    /// Whether the optimizer runs; off compiles faster and is for tests.
    pub optimize: bool,
}

impl fmt::Display for Settings {
    /// One line of text that differs whenever the settings differ.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let architecture = match self.architecture {
            Architecture::X86_64 => "x86_64",
            Architecture::Aarch64 => "aarch64",
        };
        let memory = match self.memory {
            MemoryStrategy::Reserved => "reserved",
            MemoryStrategy::Checked => "checked",
        };
        write!(
            f,
            "{architecture} [{}] memory={memory} fuel={} polls={} canonical-nans={} optimize={}",
            self.cpu_features, self.fuel, self.polls, self.canonical_nans, self.optimize
        )
    }
}
