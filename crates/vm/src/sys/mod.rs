//! The platform: one folder per operating system, one per architecture. The only place to edit for a new one.

pub(crate) mod linux;
pub(crate) mod x86_64;

pub(crate) use linux::{map, scan, signals};
pub(crate) use x86_64 as arch;
#[cfg(feature = "machine-code")]
pub(crate) use x86_64::stubs::base_of;
#[cfg(feature = "machine-code")]
pub use x86_64::stubs::{StubArea, stubs};
