//! `differential FIRST COUNT`: generated modules run on Holm and on wasmtime, and must do the same.
//!
//! A number names a module, the same on every machine. Not here: what is compared (see `outcome.rs`).
//! Invariant: a mismatch is printed with the module's number and kept in the folder `found` here, and the exit code
//! says so. The last line is `N modules, M calls, K mismatches`. Read next: `generate.rs`.
#![forbid(unsafe_code)]

mod generate;
mod on_holm;
mod on_wasmtime;
mod outcome;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use outcome::Outcome;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(first)), Some(Ok(count)), None) = (numbers.next(), numbers.next(), numbers.next())
    else {
        say("usage: differential FIRST COUNT");
        return ExitCode::from(2);
    };
    let (next, calls, mismatches) = (AtomicU64::new(first), AtomicU64::new(0), Mutex::new(0_u64));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let (holm, wasmtime) = (on_holm::Engines::new(), on_wasmtime::engine());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        return;
                    }
                    match compare(number, &holm, &wasmtime) {
                        Ok(done) => drop(calls.fetch_add(done, Ordering::Relaxed)),
                        Err(difference) => {
                            let mut mismatches = mismatches.lock().expect("nobody panics here");
                            *mismatches += 1;
                            say(&format!("module {number}: {difference}"));
                        }
                    }
                }
            });
        }
    });
    let mismatches = mismatches.into_inner().expect("nobody panics here");
    let calls = calls.into_inner();
    say(&format!("{count} modules, {calls} calls, {mismatches} mismatches"));
    if mismatches == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one module on both; the number of calls, or what differs.
fn compare(
    number: u64,
    holm: &on_holm::Engines,
    wasmtime: &wasmtime::Engine,
) -> Result<u64, String> {
    let Some(module) = generate::module(number) else { return Ok(0) };
    let theirs = on_wasmtime::run(wasmtime, &module);
    let ours = holm.run(number, &module);
    let calls = ours.iter().filter(|outcome| matches!(outcome, Outcome::Returned(..))).count();
    let difference = outcome::difference(&ours, &theirs);
    match difference {
        None => Ok(calls as u64),
        Some(difference) => {
            let kept = keep(number, &module);
            Err(format!("{difference}{kept}"))
        }
    }
}

/// Writes a module down; says where.
fn keep(number: u64, module: &[u8]) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
    let file = path.join(format!("{number}.wasm"));
    let written = std::fs::create_dir_all(&path).and_then(|()| std::fs::write(&file, module));
    match written {
        Ok(()) => format!(", kept as {}", file.display()),
        Err(error) => format!(", not kept: {error}"),
    }
}

fn say(text: &str) {
    // Nobody is left to tell when the output is gone.
    let _ = writeln!(std::io::stdout(), "{text}");
}
