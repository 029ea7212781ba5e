//! The tests of the API, one after the other, for platforms where the tests' own program does not run.
//!
//! `cargo xtask inside` builds this for WASI and has Holm run it. The tests are those of `tests/tests/it/embed.rs`; left out are the few that
//! take threads, or a panic that is caught, where there are none.
//! Invariant: the last line is `N passed, N failed`; before it there is one line for each failure.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use holm::{Config, Engine};

#[path = "../../../tests/tests/it/embed"]
mod embed {
    mod calls;
    mod failures;
    mod limits;
    mod nesting;
    mod tools;
    mod values;

    use tools::{Test, instance, refused, same};

    /// All tests but those of modules that arrive in pieces, which compile on threads.
    pub(super) const TESTS: [&[Test]; 5] =
        [calls::TESTS, failures::TESTS, limits::TESTS, nesting::TESTS, values::TESTS];
}

/// What these take is missing in WebAssembly.
const LEFT_OUT: &[&str] = &[
    "stores on many threads",
    "a thread with a small stack",
    "a panic in the host poisons the store",
    "an interruption ends a loop",
    "an interruption ends endless calls",
    "an interruption ends long bulk operations",
];

fn main() -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    let mut out = std::io::stdout();
    for (name, test) in embed::TESTS.into_iter().flatten() {
        if cfg!(target_family = "wasm") && LEFT_OUT.contains(name) {
            continue;
        }
        let engine = Engine::new(Config::new().tier(Some("interp")));
        match engine.map_err(Into::into).and_then(|engine| test(&engine)) {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                // Whoever reads has gone away: the exit code says it, too.
                let _ = writeln!(out, "{name}: {}", error.message().unwrap_or_default());
            }
        }
    }
    let _ = writeln!(out, "{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
