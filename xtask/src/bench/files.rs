//! Files: copying 1 GiB through buffers of three sizes, and listing 100,000 files, beside the base and beside the same system
//! calls made by this program: nobody can be faster than those.
//!
//! The programs are in `bench/files`. What is written goes to the folder of this build; the page cache holds it all, so
//! that engines are measured and not a disk.
//! Invariant: engines alternate, and each result is checked.

use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Entries are asked for through a small buffer: an engine that reads the directory from its start each time takes minutes.
const LISTING: &str = "list 100,000 files";
/// Seconds after which that is not waited for any longer.
const LISTING_SECONDS: &str = "30";
/// What `timeout` ends with then.
const TIMED_OUT: &str = "exit status: 124";

/// What takes a row: an engine, or this program, which makes the same system calls and does nothing else.
enum Runner<'a> {
    Engine(&'a Engine),
    Native,
}

/// Measures and prints; these rows are in no report.
pub(crate) fn measure(engines: &[Engine], rounds: usize) -> Outcome {
    let asked = engines.iter().filter(|e| matches!(e.kind, Kind::Holm | Kind::Wasmtime));
    let runners: Vec<Runner<'_>> = asked.map(Runner::Engine).chain([Runner::Native]).collect();
    let folder = make()?;
    for row in ROWS {
        let mut samples: Vec<Option<Vec<Sample>>> = runners.iter().map(|_| Some(vec![])).collect();
        for round in 0..=rounds {
            for turn in 0..runners.len() {
                let index = (round + turn) % runners.len();
                let Some(own) = &mut samples[index] else { continue };
                match runners[index].take(row, &folder)? {
                    Some(_) if round == 0 => {}
                    Some(sample) => own.push(sample),
                    None => samples[index] = None,
                }
            }
        }
        for (runner, samples) in runners.iter().zip(&samples) {
            say(&format!("{:24} {:10} {}", row.0, runner.name(), shown(samples.as_deref())));
        }
    }
    Ok(())
}

/// The middle and the best: writing back what others wrote disturbs some rounds by more than they take.
fn shown(samples: Option<&[Sample]>) -> String {
    let Some(samples) = samples else { return format!("not ended after {LISTING_SECONDS} s") };
    let all = |of: fn(&Sample) -> f64| samples.iter().map(of).collect::<Vec<f64>>();
    let best = all(|s| s.wall_ns).into_iter().fold(f64::INFINITY, f64::min) / 1e6;
    let middle = |of| stats::median(&all(of)).unwrap_or(f64::NAN) / 1e6;
    let (wall, cpu) = (middle(|s| s.wall_ns), middle(|s| s.cpu_ns));
    format!("{wall:8.1} ms in the middle, {best:8.1} at best, {cpu:8.1} of processor time")
}

impl Runner<'_> {
    fn name(&self) -> &str {
        match self {
            Runner::Engine(engine) => &engine.name,
            Runner::Native => "native",
        }
    }

    /// One run; nothing if it was not waited for.
    fn take(
        &self,
        (name, program, args, expected): &(&str, &str, &[&str], &str),
        folder: &Path,
    ) -> Result<Option<Sample>, String> {
        let place = folder.join(if *program == "list.wat" { "many" } else { "large" });
        // A new file each time: writing over pages that are there is another thing.
        let _ = std::fs::remove_file(place.join("out"));
        let mut command = match self {
            Runner::Engine(engine) => engine.command(&Job {
                file: crate::root().join("bench/files").join(program),
                args: args.iter().map(ToString::to_string).collect(),
                dirs: vec![(place.clone(), "/".into())],
                ..Job::default()
            }),
            Runner::Native => {
                // By its name: what limits the time is another program, whose own `/proc/self/exe` is.
                let this = std::env::current_exe().map_err(|error| error.to_string())?;
                let mut command = Command::new(this);
                command.args(["bench", "files"]).arg(&place).args(*args);
                command
            }
        };
        if *name == LISTING {
            let mut limited = Command::new("timeout");
            limited.arg(LISTING_SECONDS).arg(command.get_program()).args(command.get_args());
            command = limited;
        }
        let measured = match measure::measure(&command) {
            Err(error) if *name == LISTING && error.contains(TIMED_OUT) => return Ok(None),
            other => other?,
        };
        if measured.stdout != *expected {
            return Err(format!("{} answered {:?}", self.name(), measured.stdout));
        }
        let copied = std::fs::metadata(place.join("out")).map(|data| data.len());
        if expected.is_empty() && copied.ok() != Some(COPIED_BYTES) {
            return Err(format!("{} did not copy all", self.name()));
        }
        Ok(Some(measured.sample))
    }
}

/// What the guests do, without an engine: `FOLDER [x [x]]`, as `bench/files` is told.
pub(crate) fn native(arguments: &[String]) -> Outcome {
    let [folder, sizes @ ..] = arguments else { return Err("files: expected FOLDER".into()) };
    let failed = |error: std::io::Error| format!("{folder}: {error}");
    let folder_path = Path::new(folder);
    if !folder_path.join("in").is_file() {
        let count = std::fs::read_dir(folder_path).map_err(failed)?.count();
        // The two that every directory has are not shown.
        say(&(count + 2).to_string());
        return Ok(());
    }
    let mut buffer = vec![0; 4096 << (4 * sizes.len())];
    let mut from = std::fs::File::open(folder_path.join("in")).map_err(failed)?;
    let mut to = std::fs::File::create(folder_path.join("out")).map_err(failed)?;
    loop {
        let count = std::io::Read::read(&mut from, &mut buffer).map_err(failed)?;
        if count == 0 {
            return Ok(());
        }
        std::io::Write::write_all(&mut to, &buffer[..count]).map_err(failed)?;
    }
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
