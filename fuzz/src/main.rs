//! `differential FIRST COUNT`: generated modules run on Holm and on wasmtime, and must do the same.
//!
//! A number names a module, the same on every machine. Not here: what is compared (see `outcome.rs`).
//! Invariant: a mismatch is printed with the module's number and kept in the folder `found` here, and the exit code
//! says so. The last line is `N modules, M calls, K mismatches`. Read next: `generate.rs`.
#![forbid(unsafe_code)]

mod adjust;
mod generate;
mod on_holm;
mod on_wasmtime;
mod outcome;
mod provide;
mod shared;

use std::collections::BTreeMap;
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
    let (next, tally) = (AtomicU64::new(first), Mutex::new(Tally::default()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            // The reference runs guests on the thread's stack.
            let builder = std::thread::Builder::new().stack_size(16 * outcome::STACK_BYTES);
            let work = || {
                let (holm, wasmtime) = (on_holm::Engines::new(), on_wasmtime::engine());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        return;
                    }
                    let (own, difference) = compare(number, &holm, &wasmtime);
                    let mut tally = tally.lock().expect("nobody panics here");
                    tally.add(&own);
                    if let Some(difference) = difference {
                        tally.mismatches += 1;
                        say(&format!("module {number}: {difference}"));
                    }
                }
            };
            builder.spawn_scoped(scope, work).expect("this machine has threads");
        }
    });
    let tally = tally.into_inner().expect("nobody panics here");
    let Tally { calls, traps, exceptions, refused, unsure, mismatches } = tally;
    for (what, count) in traps.iter().chain(&refused) {
        say(&format!("{count:>9} {what}"));
    }
    let refused: u64 = refused.values().sum();
    let traps: u64 = traps.values().sum();
    say(&format!(
        "{calls} calls returned, {traps} trapped, {exceptions} threw; {refused} modules were refused, \
         {unsure} met a limit"
    ));
    say(&format!("{count} modules, {} calls, {mismatches} mismatches", calls + traps + exceptions));
    if mismatches == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came of all modules.
#[derive(Default)]
struct Tally {
    calls: u64,
    /// By reason.
    traps: BTreeMap<String, u64>,
    exceptions: u64,
    /// Modules, by what was said.
    refused: BTreeMap<String, u64>,
    unsure: u64,
    mismatches: u64,
}

impl Tally {
    fn add(&mut self, outcomes: &[Outcome]) {
        let count =
            |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count() as u64;
        self.calls += count(|outcome| matches!(outcome, Outcome::Returned(_)));
        for outcome in outcomes {
            if let Outcome::Trapped(trap) = outcome {
                *self.traps.entry(format!("{trap:?}")).or_default() += 1;
            }
        }
        self.exceptions += count(|outcome| matches!(outcome, Outcome::Threw(_)));
        for outcome in outcomes {
            if let Outcome::Refused(why) = outcome {
                let why = why.split(" (at offset").next().unwrap_or_default().to_owned();
                *self.refused.entry(why).or_default() += 1;
            }
        }
        self.unsure += count(outcome::is_unsure).min(1);
    }
}

/// Runs one module on both: what it did on Holm, and what differs.
fn compare(
    number: u64,
    holm: &on_holm::Engines,
    wasmtime: &wasmtime::Engine,
) -> (Vec<Outcome>, Option<String>) {
    let Some(module) = generate::module(number) else { return (Vec::new(), None) };
    let theirs = on_wasmtime::run(wasmtime, &module);
    let ours = holm.run(number, &module);
    let difference = outcome::difference(&ours, &theirs);
    let difference = difference.map(|text| text + &keep(number, &module.wasm));
    (ours, difference)
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
