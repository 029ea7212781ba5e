//! Files: copying 1 GiB through buffers of three sizes, and listing 100,000 files, beside the base.
//!
//! The programs are in `bench/files`. What is written goes to the folder of this build; the page cache holds it all, so
//! that engines are measured and not a disk.
//! Invariant: engines alternate, and each result is checked.

use std::path::PathBuf;

use crate::bench::measure::{self, Sample};
use crate::bench::stats;
use crate::kit::engine::{Engine, Job, Kind};
use crate::{Outcome, kit, say};

/// Bytes that are copied.
const COPIED_BYTES: u64 = 1 << 30;
/// Files that are listed.
const LISTED: u32 = 100_000;

/// What one row does: its name, the program, its arguments, and its output.
const ROWS: &[(&str, &str, &[&str], &str)] = &[
    ("copy 1 GiB by 4 KiB", "copy.wat", &[], ""),
    ("copy 1 GiB by 64 KiB", "copy.wat", &["x"], ""),
    ("copy 1 GiB by 1 MiB", "copy.wat", &["x", "x"], ""),
    (LISTING, "list.wat", &[], "100002\n"),
];

/// Runs only once: the base takes minutes for it, because it begins anew for every buffer.
const LISTING: &str = "list 100,000 files";

/// Measures and prints; these rows are in no report.
pub(crate) fn measure(engines: &[Engine], rounds: usize) -> Outcome {
    let engines: Vec<&Engine> =
        engines.iter().filter(|e| matches!(e.kind, Kind::Holm | Kind::Wasmtime)).collect();
    let folder = make()?;
    for (name, program, args, expected) in ROWS {
        let place = folder.join(if *program == "list.wat" { "many" } else { "large" });
        let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); engines.len()];
        let (first, last) = if *name == LISTING { (1, 1) } else { (0, rounds) };
        for round in first..=last {
            for turn in 0..engines.len() {
                let index = (round + turn) % engines.len();
                // A new file each time: writing over pages that are there is another thing.
                let _ = std::fs::remove_file(place.join("out"));
                let job = Job {
                    file: crate::root().join("bench/files").join(program),
                    args: args.iter().map(ToString::to_string).collect(),
                    dirs: vec![(place.clone(), "/".into())],
                    ..Job::default()
                };
                let measured = measure::measure(&engines[index].command(&job))?;
                if measured.stdout != *expected {
                    return Err(format!("{} answered {:?}", engines[index].name, measured.stdout));
                }
                let copied = std::fs::metadata(place.join("out")).map(|data| data.len());
                if expected.is_empty() && copied.ok() != Some(COPIED_BYTES) {
                    return Err(format!("{} did not copy all", engines[index].name));
                }
                if round > 0 {
                    samples[index].push(measured.sample);
                }
            }
        }
        let middle = |samples: &[Sample], of: fn(&Sample) -> f64| {
            let all: Vec<f64> = samples.iter().map(of).collect();
            stats::median(&all).unwrap_or(f64::NAN) / 1e6
        };
        for (engine, samples) in engines.iter().zip(&samples) {
            let (wall, cpu) = (middle(samples, |s| s.wall_ns), middle(samples, |s| s.cpu_ns));
            say(&format!(
                "{name:24} {:10} {wall:8.1} ms, {cpu:8.1} ms of processor time",
                engine.name
            ));
        }
    }
    Ok(())
}

/// The files, made once.
fn make() -> Result<PathBuf, String> {
    let folder = kit::made_folder("bench/files")?;
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let (many, large) = (folder.join("many"), folder.join("large"));
    kit::make_folder(&large)?;
    let file = large.join("in");
    if std::fs::metadata(&file).map(|data| data.len()).ok() != Some(COPIED_BYTES) {
        let block: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[0]).collect();
        let mut out = std::fs::File::create(&file).map_err(failed)?;
        for _ in 0..COPIED_BYTES >> 20 {
            std::io::Write::write_all(&mut out, &block).map_err(failed)?;
        }
    }
    if !many.is_dir() {
        kit::make_folder(&many)?;
        for n in 0..LISTED {
            let path = many.join(format!("a file with the number {n}"));
            std::fs::File::create(path).map_err(failed)?;
        }
    }
    Ok(folder)
}
