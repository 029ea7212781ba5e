//! The operators on vectors as data.
pub(crate) const VECTORS: usize = 0;
