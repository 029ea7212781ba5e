//! The call matrix and the instantiate–call–drop cycle: Holm's crate and wasmtime's, alternating in one run.
//!
//! Each side is a program that measures itself and prints `NAME NANOSECONDS` lines: Holm's is a binary of
//! `bench/`, wasmtime's the project `bench/peer-wasmtime`, which is not part of the workspace and is built only here.
//! Invariant: both programs share the modules and the timing loop of `bench/src/matrix.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::{Wish, stats};
use crate::kit::{engine, process};
use crate::say;

/// One line of the matrix.
pub(crate) struct Call {
    pub(crate) name: String,
    /// Median nanoseconds by engine.
    pub(crate) nanoseconds: BTreeMap<String, f64>,
}

/// Builds both programs and runs them in turn.
pub(crate) fn measure(wish: &Wish) -> Result<Vec<Call>, String> {
    let mut programs: Vec<(&str, PathBuf)> = Vec::new();
    if wish.engines.iter().any(|name| name == "holm") {
        programs.push(("holm", build("Cargo.toml", &["--package", "holm-bench"], None)?));
    }
    let peer = crate::root().join("target/peers/wasmtime-calls");
    match build("bench/peer-wasmtime/Cargo.toml", &[], Some(&peer)) {
        Ok(program) => programs.push(("wasmtime", program)),
        Err(why) => say(&format!("the wasmtime crate is left out: {why}")),
    }
    let mut order = Vec::new();
    let mut values: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for round in 0..wish.rounds {
        for turn in 0..programs.len() {
            let (engine, program) = &programs[(round + turn) % programs.len()];
            for line in process::output(&mut Command::new(program))?.lines() {
                let Some((name, number)) = line.rsplit_once(' ') else { continue };
                let Ok(number) = number.parse::<f64>() else { continue };
                if !order.iter().any(|known| known == name) {
                    order.push(name.to_string());
                }
                values.entry((name.into(), engine.to_string())).or_default().push(number);
            }
        }
    }
    let call = |name: String| {
        let of = |engine: &str| {
            let values = values.get(&(name.clone(), engine.into()))?;
            Some((engine.to_string(), stats::median(values)?))
        };
        let nanoseconds = programs.iter().filter_map(|(engine, _)| of(engine)).collect();
        Call { name, nanoseconds }
    };
    Ok(order.into_iter().map(call).collect())
}

/// Builds the `calls` binary of a manifest in release mode.
fn build(manifest: &str, words: &[&str], target: Option<&Path>) -> Result<PathBuf, String> {
    say(&format!("building calls of {manifest}"));
    let mut command = Command::new("cargo");
    command.args(["build", "--quiet", "--release", "--bin", "calls", "--manifest-path", manifest]);
    command.args(words).current_dir(crate::root());
    let folder = target.map_or_else(engine::cargo_target, Path::to_path_buf);
    command.env("CARGO_TARGET_DIR", &folder);
    process::output(&mut command)?;
    Ok(folder.join("release/calls"))
}
