//! Bad input through the drivers of this package: bombs one by one, mutants and calls of WASI as one campaign each.
//!
//! Not here: the bombs and the mutants themselves (`tests/src/bombs.rs`, `tests/src/mutants.rs`).
//! Invariant: the bounds are those of this build; a release build is held to the promise.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use holm_tests::bombs::driver::{Bounds, Driver};
use holm_tests::bombs::{self, Bomb};
use holm_tests::mutants;
use libtest_mimic::{Failed, Trial};

use crate::program;

/// How many mutants a run of the tests makes; `HOLM_BAD_INPUT_COUNT` asks for another number.
const MUTANTS: u64 = 1_000;

/// What takes minutes in a build with debug assertions and a second in a release build, where the gate runs
/// every bomb. It is not our checks: with debug assertions Cranelift has the register allocator validate its
/// input, which walks from block to dominator for every use of a value.
const RELEASE_ONLY: [&str; 1] = ["br_if_500k"];

/// One test per bomb, and one for the mutants.
pub(crate) fn trials() -> Vec<Trial> {
    let here = |bomb: &Bomb| !cfg!(debug_assertions) || !RELEASE_ONLY.contains(&bomb.name);
    let bombs = bombs::all().into_iter().filter(here).map(|bomb| {
        Trial::test(format!("bad_input::bombs::{}", bomb.name), move || run_bomb(&bomb))
    });
    let mutants = Trial::test("bad_input::mutants", run_mutants);
    let wasi = Trial::test("bad_input::wasi", run_wasi);
    let kept = Trial::test("bad_input::wasi_kept", run_wasi_kept);
    let late = Trial::test("bad_input::deadlines", || run_evil(&["deadlines", "1", "5"]));
    let greedy = Trial::test("bad_input::greedy", || run_evil(&["greedy", "35"]));
    bombs.chain([mutants, wasi, kept, late, greedy]).collect()
}

fn run_bomb(bomb: &Bomb) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let driver = Driver { holm: program::holm(), maker: maker(), dir: folder.path().to_owned() };
    let outcome = driver.run(bomb)?;
    match outcome.fault(bomb, Bounds::of_this_build()) {
        None => Ok(()),
        Some(fault) => Err(format!("{fault}\n{outcome}").into()),
    }
}

fn run_mutants() -> Result<(), Failed> {
    let count = match std::env::var("HOLM_BAD_INPUT_COUNT") {
        Ok(count) => count.parse()?,
        Err(_) => MUTANTS,
    };
    let report = mutants::driver::run(&maker(), 0, count)?;
    if report.findings.is_empty() { Ok(()) } else { Err(report.to_string().into()) }
}

/// Calls of WASI from fixed numbers on, in a process of their own: they count its descriptors.
fn run_wasi() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(maker()).args(["wasi", "0", "5"]).arg(folder.path()).output()?;
    told(&output)
}

/// Calls that once found something.
fn run_wasi_kept() -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasi-cases");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    told(&Command::new(maker()).arg("wasi-case").args(files).output()?)
}

/// Evil guests: that each ends, and leaves nothing behind.
fn run_evil(arguments: &[&str]) -> Result<(), Failed> {
    told(&Command::new(env!("CARGO_BIN_EXE_evil_guests")).args(arguments).output()?)
}

fn told(output: &Output) -> Result<(), Failed> {
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr)).into())
}

/// The program that makes bombs and runs mutants, built with this binary.
fn maker() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_bad_input"))
}
