//! The smallest command: what starting the engine costs, in time and memory, from a warm cache and without any.
//!
//! Invariant: every engine has run the module once before the first counted run.

use std::collections::BTreeMap;

use crate::bench::measure::{self, Sample};
use crate::bench::stats;
use crate::kit::engine::{Engine, Job, Kind};
use crate::kit::toolchain::{self, Build};
use crate::{kit, say};

/// Rounds: these runs are short.
const ROUNDS: usize = 41;

/// The medians of one engine.
pub(crate) struct Hello {
    pub(crate) engine: String,
    /// Whether compiled code may come from a cache.
    pub(crate) cached: bool,
    pub(crate) wall_ns: f64,
    pub(crate) cpu_ns: f64,
    pub(crate) peak_kib: f64,
}

/// Measures `hello` on all engines, then without a cache on those that have one.
pub(crate) fn measure(engines: &[Engine]) -> Result<Vec<Hello>, String> {
    let mut rows = series(engines, true)?;
    let without: Vec<Engine> = engines.iter().filter_map(without_cache).collect();
    rows.extend(series(&without, false)?);
    say("hello: done");
    Ok(rows)
}

/// The same engine told to compile every time.
pub(crate) fn without_cache(engine: &Engine) -> Option<Engine> {
    let mut engine = engine.clone();
    match engine.kind {
        Kind::Holm => engine.flags.push("--no-cache".into()),
        Kind::Wasmtime => engine.flags.extend(["-C".into(), "cache=n".into()]),
        _ => return None,
    }
    Some(engine)
}

/// `hello` as a module and as a native program.
fn build() -> Result<(std::path::PathBuf, std::path::PathBuf), String> {
    let folder = crate::root().join("bench/programs");
    let wasm = kit::made_folder("bench/programs")?.join("hello.wasm");
    let native = wasm.with_extension("native");
    let toolchains = toolchain::all()?;
    for (name, out) in [("clang", &wasm), ("native", &native)] {
        let toolchain = toolchains.get(name).ok_or("no such toolchain")?;
        let (sources, flags) = (vec!["hello.c".into()], vec!["-Os".into()]);
        toolchain.build(&Build { sources, flags, folder: &folder, out })?;
    }
    Ok((wasm, native))
}

fn series(engines: &[Engine], cached: bool) -> Result<Vec<Hello>, String> {
    let (wasm, native) = build()?;
    let mut samples: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    for round in 0..=ROUNDS {
        for turn in 0..engines.len() {
            let engine = &engines[(round + turn) % engines.len()];
            let file = if engine.kind == Kind::Native { native.clone() } else { wasm.clone() };
            let job = Job { file, ..Job::default() };
            let measured = measure::measure(&engine.command(&job))?;
            if measured.stdout != "hello\n" {
                return Err(format!("{} answered {:?}", engine.name, measured.stdout));
            }
            if round > 0 {
                samples.entry(&engine.name).or_default().push(measured.sample);
            }
        }
    }
    let middle = |samples: &[Sample], of: fn(&Sample) -> f64| {
        stats::median(&samples.iter().map(of).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    Ok(engines
        .iter()
        .filter_map(|engine| {
            let samples = samples.get(engine.name.as_str())?;
            Some(Hello {
                engine: engine.name.clone(),
                cached,
                wall_ns: middle(samples, |sample| sample.wall_ns),
                cpu_ns: middle(samples, |sample| sample.cpu_ns),
                peak_kib: middle(samples, |sample| sample.peak_kib),
            })
        })
        .collect())
}
