//! The public API, used as embedders use it. One file per subject; every test that runs guest code runs it in
//! both memory strategies, optimized and not, with and without fuel.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]
#![expect(clippy::disallowed_methods, reason = "this is the embedder, who has threads and clocks")]

mod artifacts;
mod calls;
mod collected;
mod errors;
mod examples;
mod exceptions;
mod hosts;
mod interruption;
mod kept;
mod lines;
mod linking;
mod modules;
mod objects;
mod profiles;
mod references;
mod shared;
mod small;
mod stores;
mod support;
mod traps;
