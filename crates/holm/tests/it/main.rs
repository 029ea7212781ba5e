//! The public API, used as embedders use it.

mod calls;
mod support;
