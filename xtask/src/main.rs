//! `cargo xtask …`: the chores of this repository, written in Rust so that they run wherever the code does.
//!
//! This file only dispatches; each chore is a module and `cargo xtask help` lists them. It is not part of
//! the product and nothing in `crates/` or `hosts/` may depend on it.
//! Invariant: a chore that fails ends with exit code 1 and says why on standard error.
//! Read next: `xtask/src/tidy.rs`.
#![forbid(unsafe_code)]

mod bench;
mod ci;
mod differential;
mod fuzz;
mod guests;
mod inside;
mod kit;
mod peers;
mod portable;
mod real;
mod sanitize;
mod suite;
mod tidy;

use std::io::Write as _;
use std::process::ExitCode;

/// What every chore answers: nothing, or one sentence that says what went wrong.
type Outcome = Result<(), String>;

/// One chore: its name, one line of help, and the function that does it.
struct Chore {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Outcome,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "tidy",
        help: "check the house rules: ranks, walls, unsafe islands, sizes, documents, text",
        run: tidy::run,
    },
    Chore { name: "ci", help: "run the gate exactly as the server does", run: ci::run },
    Chore {
        name: "fuzz",
        help: "run bombs, mutants or calls of WASI in a release build: [mutants|bombs|agree] [[FIRST] COUNT] | wasi [[FIRST] SECONDS] | evil",
        run: fuzz::run,
    },
    Chore {
        name: "differential",
        help: "compare generated modules with wasmtime: [[FIRST] COUNT]",
        run: differential::run,
    },
    Chore {
        name: "guests",
        help: "build the guest programs of tests/guests: [--fetch] [--light] [--run] [--engine NAME] [NAME…]",
        run: guests::run,
    },
    Chore {
        name: "real",
        help: "run third-party programs from the registries: [--list] [--engine NAME] [NAME…]",
        run: real::run,
    },
    Chore {
        name: "sanitize",
        help: "run the tests of unsafe code under a sanitizer: [address|thread] [TEST…]",
        run: sanitize::run,
    },
    Chore {
        name: "portable",
        help: "build the interpreter's core for machines without an operating system: [TARGET…]",
        run: portable::run,
    },
    Chore {
        name: "inside",
        help: "run the suites of the standard by Holm inside Holm: [WORD…]",
        run: inside::run,
    },
    Chore {
        name: "suite",
        help: "run the public suite of WASI preview 1: [--overlay|--tar] FOLDER",
        run: suite::run,
    },
    Chore {
        name: "bench",
        help: "measure beside peers: [--run] [--compile] [--hello] [--calls] [--files] [--all] [--rounds N] [--only NAME,…]",
        run: bench::run,
    },
    Chore {
        name: "successors",
        help: "count which instruction of the interpreter follows which, and write down the likely ones: [--kept]",
        run: bench::successors::run,
    },
    Chore {
        name: "peers",
        help: "install the peers of the benchmarks under target/peers: [wasmtime] [wasmi] [node]",
        run: peers::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        say(&usage());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        say(&usage());
        return ExitCode::SUCCESS;
    }
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        complain(&format!("no chore is called {name}\n{}", usage()));
        return ExitCode::from(2);
    };
    match (chore.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&format!("xtask {name}: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask CHORE [ARGS…]\n");
    for chore in CHORES {
        text.push_str(&format!("\n  {:<8} {}", chore.name, chore.help));
    }
    text
}

/// Prints a line on standard output; a closed pipe is no reason to panic.
fn say(line: &str) {
    // A reader that went away (`| head`) is not an error of the chore.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line on standard error.
fn complain(line: &str) {
    // Nothing is left to tell where standard error itself is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs a program from the repository root and turns a bad exit into a sentence.
fn command(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let status = std::process::Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .status()
        .map_err(|error| format!("{program} did not start: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{program} {} ended with {status}", arguments.join(" ")))
}

/// The folder that holds the workspace's manifest.
fn root() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
