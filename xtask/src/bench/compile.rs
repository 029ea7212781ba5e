//! Compilation: CPU time of `compile` on modules over 500 kB, and nanoseconds per operator.
//!
//! The modules are the built programs of that size and the `[[compile]]` entries of the table. Only engines
//! with a `compile` command take part. CPU time counts all threads, so it does not reward parallelism.
//! Invariant: no cache takes part: `compile` always compiles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::measure::{self, Sample};
use crate::bench::{Wish, programs, stats};
use crate::kit::engine::{Engine, Kind};
use crate::kit::template::Holes;
use crate::{kit, say};

/// Smaller modules say more about starting a process than about compiling.
const BYTES_MIN: u64 = 500_000;
/// Compiling is slow and steady: few rounds.
const ROUNDS: usize = 3;

/// One module on the engines that compile.
pub(crate) struct Compiled {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Operators in all function bodies, where they could be counted.
    pub(crate) operators: Option<u64>,
    pub(crate) samples: BTreeMap<String, Vec<Sample>>,
    pub(crate) wrong: Vec<String>,
}

impl Compiled {
    /// Median CPU time in nanoseconds.
    pub(crate) fn cpu(&self, engine: &str) -> Option<f64> {
        let values: Vec<f64> = self.samples.get(engine)?.iter().map(|s| s.cpu_ns).collect();
        stats::median(&values)
    }

    /// Median wall time in nanoseconds.
    pub(crate) fn wall(&self, engine: &str) -> Option<f64> {
        let values: Vec<f64> = self.samples.get(engine)?.iter().map(|s| s.wall_ns).collect();
        stats::median(&values)
    }
}

/// Measures all modules.
pub(crate) fn measure(wish: &Wish, engines: &[Engine]) -> Result<Vec<Compiled>, String> {
    let modules = modules(wish)?;
    let counts = count_operators(&modules);
    let compilers: Vec<&Engine> = engines
        .iter()
        .filter(|engine| matches!(engine.kind, Kind::Holm | Kind::Wasmtime))
        .collect();
    let mut rows = Vec::new();
    for (name, path) in &modules {
        let bytes = size(path);
        let operators = counts.get(path).copied();
        let (samples, wrong) = (BTreeMap::new(), Vec::new());
        let mut row = Compiled { name: name.clone(), bytes, operators, samples, wrong };
        for round in 0..ROUNDS {
            for turn in 0..compilers.len() {
                let engine = compilers[(round + turn) % compilers.len()];
                let out = kit::made_folder("bench")?.join(format!("compiled.{}", engine.name));
                let mut command = Command::new(&engine.program);
                command.arg("compile").arg(path).arg("-o").arg(&out);
                match measure::measure(&command) {
                    Ok(measured) => {
                        row.samples.entry(engine.name.clone()).or_default().push(measured.sample);
                    }
                    Err(why) => row.wrong.push(format!("{}: {why}", engine.name)),
                }
            }
        }
        say(&format!("compiled {name}, {bytes} bytes"));
        rows.push(row);
    }
    Ok(rows)
}

/// The modules, smallest first.
fn modules(wish: &Wish) -> Result<Vec<(String, PathBuf)>, String> {
    let mut found = Vec::new();
    for built in programs::build_all(wish)? {
        if size(&built.wasm) >= BYTES_MIN {
            found.push((format!("{} {}", built.name, built.build), built.wasm));
        }
    }
    for module in programs::table()?.compile {
        if !wish.only.is_empty() && !wish.only.contains(&module.name) {
            continue;
        }
        match Holes::default().fill(&module.file) {
            Ok(path) => found.push((module.name, path.into())),
            Err(why) => say(&format!("{} left out: {why}", module.name)),
        }
    }
    found.sort_by_key(|(_, path)| size(path));
    Ok(found)
}

/// Operators per module, counted by the benchmark crate; none where that does not build.
fn count_operators(modules: &[(String, PathBuf)]) -> BTreeMap<PathBuf, u64> {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--release", "--package", "holm-bench", "--bin", "operators"]);
    command.arg("--").args(modules.iter().map(|(_, path)| path)).current_dir(crate::root());
    match crate::kit::process::output(&mut command) {
        Ok(text) => modules
            .iter()
            .zip(text.lines())
            .filter_map(|((_, path), line)| Some((path.clone(), line.trim().parse().ok()?)))
            .collect(),
        Err(why) => {
            say(&format!("operators are not counted: {why}"));
            BTreeMap::new()
        }
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |about| about.len())
}
