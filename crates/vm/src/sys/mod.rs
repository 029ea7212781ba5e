//! The platform: one folder per operating system, one per architecture. The only place to edit for a new one.

pub(crate) mod linux;
pub(crate) mod x86_64;

pub(crate) use linux::{map, scan, signals};
pub(crate) use x86_64 as arch;
