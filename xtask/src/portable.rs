//! `cargo xtask portable`: the core of the interpreter for machines without an operating system, 32-bit ones included.
//!
//! Builds `crates/interp`, and with it `spec`, `module` and `abi`, for targets that have no standard library. Their `core`
//! and `alloc` are compiled along, which wants the source of the standard library and a compiler that takes unstable
//! options: a nightly toolchain with the component `rust-src`, else Debian's packages `rustc-web`, `cargo-web` and
//! `rust-web-src`. Not here: running anything; what is alive (`crates/vm`) wants Rust's standard library, see `cargo xtask inside`.
//! Invariant: what is built here shares no folder with other builds.

use std::path::PathBuf;

use crate::{Outcome, command, root, say};

/// Two without an operating system, one of them without atomic numbers of 64 bits, and WebAssembly itself.
const TARGETS: &[&str] =
    &["riscv32imac-unknown-none-elf", "thumbv7em-none-eabihf", "wasm32-unknown-unknown"];

/// Where distributions keep their compiler, whatever else is installed.
const SYSTEM_CARGO: &str = "/usr/bin/cargo";
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";

/// Builds for the targets that are named, else for all of them.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let named: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let targets = if named.is_empty() { TARGETS } else { named.as_slice() };
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = folder.join("portable");
    let folder = folder.to_str().ok_or("the target folder's name is not text")?;
    let has_nightly = command("cargo", &["+nightly", "--version"], &[]).is_ok();
    let (cargo, compiler) = if has_nightly {
        // The toolchain that runs this chore would be chosen otherwise.
        ("cargo", [("RUSTUP_TOOLCHAIN", "nightly"), ("RUSTC_BOOTSTRAP", "0")])
    } else {
        (SYSTEM_CARGO, [("RUSTC", SYSTEM_RUSTC), ("RUSTC_BOOTSTRAP", "1")])
    };
    let variables = [&[("CARGO_TARGET_DIR", folder)][..], &compiler].concat();
    for target in targets {
        let words = ["build", "--quiet", "-Zbuild-std=core,alloc", "-p", "holm-interp", "--target"];
        command(cargo, &[&words[..], &[target]].concat(), &variables)?;
        say(&format!("built without an operating system: {target}"));
    }
    Ok(())
}
