//! `holm-wast FEATURES FILE…`: runs scripts of the specification wherever Rust's standard library reads files.
//!
//! For platforms without the program `holm`, WebAssembly among them: `cargo xtask inside` builds this for WASI, with the
//! interpreter only, and has Holm run it. FEATURES is what modules may use: `wasm2`, `wasm3` and names of proposals,
//! separated by commas; one behind a `-` is taken out again. Not here: options; `holm wast` has them.
//! Invariant: the last line is `N passed, N failed`; before it there is one line for each failure, `FILE:LINE:COLUMN: …`.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use holm::{Config, Engine, Features};

/// What is missing from a command line.
const USAGE: &str = "usage: holm-wast FEATURES FILE…";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut lines = String::new();
    let outcome = match arguments.split_first() {
        Some((features, files)) if !files.is_empty() => run(features, files, &mut lines),
        _ => Err(USAGE.to_owned()),
    };
    let outcome = outcome.and_then(|held| {
        let written = std::io::stdout().write_all(lines.as_bytes());
        written.map(|()| held).map_err(|error| error.to_string())
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            // Nothing is left to tell where standard error itself is closed.
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(2)
        }
    }
}

/// Runs the scripts, each in a store of its own; whether everything held.
fn run(features: &str, files: &[String], lines: &mut String) -> Result<bool, String> {
    let mut config = Config::new();
    config.features(named(features)?).module_limits(holm_wast::limits());
    let engine = Engine::new(&config).map_err(|error| error.to_string())?;
    let (mut passed, mut failed) = (0, 0);
    for file in files {
        let source = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let report = holm_wast::run(&engine, &source);
        for failure in &report.failures {
            let place = format!("{file}:{failure}").replace('\n', "; ");
            let _ = writeln!(lines, "{place}");
        }
        passed += report.passed;
        failed += report.failures.len();
    }
    let _ = writeln!(lines, "{passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// All the features that are named, one after the other.
fn named(words: &str) -> Result<Features, String> {
    words.split(',').try_fold(Features::NONE, |features, word| {
        let name = word.trim_start_matches('-');
        let change = match name {
            "wasm2" => Features::WASM2,
            "wasm3" => Features::WASM3,
            _ => Features::from_name(name)
                .ok_or_else(|| format!("no proposal is called {name}; {USAGE}"))?,
        };
        Ok(if name == word { features.with(change) } else { features.without(change) })
    })
}
