//! `cargo xtask differential [FIRST] COUNT`: generated modules on Holm and on wasmtime, with equal results.
//!
//! Not here: what is generated and compared (`fuzz/src/main.rs`). Invariant: module number n is the same on
//! every machine, so that two numbers name a campaign. The first run builds wasmtime, which takes minutes.

use crate::{Outcome, command, root};

/// Modules when no count is given.
const COUNT_DEFAULT: &str = "100000";

/// Builds the program outside the workspace and runs it.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (first, count) = match arguments {
        [] => ("0", COUNT_DEFAULT),
        [count] => ("0", count.as_str()),
        [first, count] => (first.as_str(), count.as_str()),
        _ => return Err(format!("expected [FIRST] COUNT, found {} arguments", arguments.len())),
    };
    for number in [first, count] {
        number.parse::<u64>().map_err(|_| format!("expected a number, found {number}"))?;
    }
    let manifest = root().join("fuzz/Cargo.toml");
    let manifest = manifest.to_str().ok_or("the path of this checkout is not text")?;
    let target = root().join("target/fuzz");
    let target = target.to_str().ok_or("the path of this checkout is not text")?;
    let build = ["run", "--release", "--quiet", "--locked", "--manifest-path", manifest];
    command("cargo", &[&build[..], &["--target-dir", target, "--", first, count]].concat(), &[])
}
