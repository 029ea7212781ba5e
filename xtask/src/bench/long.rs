//! Programs that run for two seconds and more: what beginning at once costs in the end.
//!
//! Invariants: as for large modules, whose table this shares. Read next: `xtask/src/bench/large.rs`.

use crate::bench::large::{Ratio, report, times, twice};
use crate::bench::{Wish, programs};
use crate::kit::engine::{Engine, Job};
use crate::{Outcome, kit, say};

/// Programs of `bench/programs.toml`, and arguments that take wasmtime two seconds or more.
const PROGRAMS: &[(&str, u32)] = &[
    ("fib", 46),
    ("oneloop", 2048),
    ("javascript", 72),
    ("sqlite", 40),
    ("zstd", 24),
    ("json", 350),
    ("markdown", 80),
    ("regex", 90),
];

/// Runs that fill a cache.
const WARMING: usize = 3;
/// Nothing is kept by ours, everything by theirs.
const RATIOS: &[Ratio] = &[("holm", "wasmtime warm", 1.05), ("holm warm", "wasmtime warm", 1.05)];

/// Measures all programs and writes the table.
pub(crate) fn measure(wish: &Wish, engines: &[Engine]) -> Outcome {
    let all = twice(engines);
    let mut rows = Vec::new();
    for (name, scale) in PROGRAMS {
        let Some(program) = programs::scalar(name, wish)? else { continue };
        let args = vec![scale.to_string()];
        let job = Job { file: program.wasm.clone(), args, ..Job::default() };
        rows.push((format!("{name} {scale}"), times(name, &job, &all, (WARMING, wish.rounds))?));
        say(&format!("{name} done"));
    }
    let text = report(&all, &rows, RATIOS);
    kit::write(&kit::made_folder("bench")?.join("long.md"), text.as_bytes())?;
    say(&text);
    Ok(())
}
