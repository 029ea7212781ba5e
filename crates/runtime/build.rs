//! Gives the build an identity: the version, and a hash of the sources that decide what compiled code means.
//!
//! Compiled code is only good for the build that made it. A version number alone would let two builds of
//! the same version exchange code while they are being worked on.
#![expect(clippy::disallowed_methods, reason = "a build script reads the sources it is about")]

use std::path::{Path, PathBuf};

/// The crates next to this one whose code is part of the contract between code and engine.
const CRATES: [&str; 7] = ["spec", "module", "abi", "interp", "optimize", "vm", "runtime"];

fn main() {
    let crates = Path::new("..");
    let mut files = Vec::new();
    for name in CRATES {
        let sources = crates.join(name).join("src");
        if sources.is_dir() {
            println!("cargo:rerun-if-changed={}", sources.display());
            collect(&sources, &mut files);
        }
    }
    let lock = crates.join("../Cargo.lock");
    if lock.is_file() {
        println!("cargo:rerun-if-changed={}", lock.display());
        files.push(lock);
    }
    println!("cargo:rerun-if-changed=build.rs");
    files.sort();
    let hash = files.iter().fold(0xcbf2_9ce4_8422_2325, |hash, file| {
        let name = file.to_string_lossy();
        let content = std::fs::read(file).unwrap_or_default();
        name.bytes()
            .chain(content)
            .fold(hash, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    });
    println!("cargo:rustc-env=HOLM_BUILD_ID=holm {} ({hash:016x})", env!("CARGO_PKG_VERSION"));
}

/// All files below a folder, tests left out.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "s")
            && path.file_stem().is_none_or(|stem| stem != "tests")
        {
            files.push(path);
        }
    }
}
