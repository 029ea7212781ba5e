//! The numeric operators as pure functions: one per operator, named after it.
