//! Bad input through the drivers of this package: bombs one by one, mutants as one campaign.
//!
//! Not here: the bombs and the mutants themselves (`tests/src/bombs.rs`, `tests/src/mutants.rs`).
//! Invariant: the bounds are those of this build; a release build is held to the promise.

use std::path::PathBuf;

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
    bombs.chain([mutants]).collect()
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

/// The program that makes bombs and runs mutants, built with this binary.
fn maker() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_bad_input"))
}
