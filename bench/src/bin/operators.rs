//! Counts the operators in the function bodies of modules: one number per file on standard output.
//!
//! For the benchmark's "nanoseconds per operator"; `cargo xtask bench --compile` runs it.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;

use holm_module::{Features, Limits, Module};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let module = Module::new(&bytes, &Limits::default(), Features::default())
            .map_err(|error| format!("{path}: {error}"))?;
        writeln!(std::io::stdout(), "{}", module.operators())?;
    }
    Ok(())
}
