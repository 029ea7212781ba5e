//! Linux: memory mappings, signals, and which pages are resident.

pub(crate) mod map;
pub(crate) mod scan;
pub(crate) mod signals;
