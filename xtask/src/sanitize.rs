//! `cargo xtask sanitize`: the tests that run guests, under AddressSanitizer or ThreadSanitizer.
//!
//! `address` (the default) finds accesses of Rust code outside of what it was given, `thread` finds unordered
//! accesses of several threads. Both need a nightly toolchain, because the flags are unstable, and `thread` its
//! component `rust-src`. Guest code is not
//! instrumented, and need not be: host code always runs on the host's stack, so that the sanitizer never sees
//! a stack that it does not know. What is not the default here is so for a reason that stands beside it.
//! It takes minutes the first time, and is not part of the gate.
//! Invariant: what is built here shares no folder with other builds.

use std::path::PathBuf;

use crate::{Outcome, command, root, say};

/// The packages with unsafe code, and the one whose tests run guests through them.
const UNIT: &[&str] = &["--lib", "--tests", "-p", "holm-vm", "-p", "holm-runtime", "-p", "holm"];

/// The suite of the standard.
const SUITE: &[&str] = &["-p", "holm-tests", "--test", "it"];

/// Which of its tests run: those of 2.0 on every tier, and everything that is interpreted. A development build dispatches
/// in a loop, so this is the loop's run under a sanitizer.
const SUITE_TESTS: &[&str] = &["suite::", "::interp"];

/// A build with a sanitizer needs a target, so that build scripts are built without.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Tests that a sanitizer cannot bear: its frames are several times as large, so that the host's stack ends
/// earlier; it reserves more addresses than one test leaves to the process, and takes more time and memory than others
/// allow; and programs of their own are not built here.
const UNBEARABLE: &[&str] = &[
    "--skip",
    "recursion_through_the_host",
    "--skip",
    "in_a_small_address_space",
    "--skip",
    "every_example_runs",
    "--skip",
    "guests and hosts recurse until the stack ends",
    "--skip",
    "a hundred levels return one by one",
    "--skip",
    "bad_input::",
];

struct Sanitizer {
    name: &'static str,
    flags: &'static str,
    builds_std: bool,
    variable: &'static str,
    options: &'static [&'static str],
}

const SANITIZERS: &[Sanitizer] = &[
    Sanitizer {
        name: "address",
        flags: "-Zsanitizer=address",
        builds_std: false,
        variable: "ASAN_OPTIONS",
        options: &[
            // Faults of guests are ours to handle.
            "handle_segv=0",
            "handle_sigbus=0",
            "handle_sigill=0",
            "handle_sigfpe=0",
            // So is the stack that the handler runs on.
            "use_sigaltstack=0",
            // A guest is left without unwinding, past frames whose copies nobody would give back.
            "detect_stack_use_after_return=0",
            // A leak is no unsoundness, and finding them needs the right to trace processes.
            "detect_leaks=0",
        ],
    },
    Sanitizer {
        name: "thread",
        // Mappings must come and go through functions that the sanitizer sees, or a new one at the place of an
        // old one looks like a race.
        flags: "-Zsanitizer=thread --cfg=rustix_use_libc",
        // Locks and channels of the standard library that the sanitizer does not see look like races.
        builds_std: true,
        variable: "TSAN_OPTIONS",
        options: &["handle_segv=0", "handle_sigbus=0", "handle_sigill=0", "handle_sigfpe=0"],
    },
];

/// Runs the tests under the sanitizer that the first argument names; the others choose tests.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let named = arguments.first().and_then(|name| SANITIZERS.iter().find(|s| s.name == *name));
    let rest = if named.is_some() { &arguments[1..] } else { arguments };
    let sanitizer = named.unwrap_or(&SANITIZERS[0]);
    let nightly = command("cargo", &["+nightly", "--version"], &[]);
    nightly.map_err(|_| "no nightly toolchain: rustup toolchain install nightly".to_owned())?;
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = folder.join("sanitize").join(sanitizer.name);
    let folder = folder.to_str().ok_or("the target folder's name is not text")?;
    let options = sanitizer.options.join(":");
    let variables = [
        ("CARGO_TARGET_DIR", folder),
        ("RUSTFLAGS", sanitizer.flags),
        (sanitizer.variable, &options),
        // The toolchain that runs this chore would be chosen otherwise.
        ("RUSTUP_TOOLCHAIN", "nightly"),
    ];
    let chosen: Vec<&str> = rest.iter().map(String::as_str).collect();
    let suite = if chosen.is_empty() { SUITE_TESTS } else { chosen.as_slice() };
    let mut runs = vec![(UNIT, [UNBEARABLE, &chosen].concat())];
    if !sanitizer.builds_std {
        // A crate of the generators cannot tell that there is a standard library when it is built along.
        runs.extend(suite.iter().map(|tests| (SUITE, [UNBEARABLE, &[*tests]].concat())));
    }
    for (packages, tests) in runs {
        let mut words = vec!["+nightly", "test", "--target", TARGET, "--no-fail-fast"];
        if sanitizer.builds_std {
            words.push("-Zbuild-std");
        }
        words.extend(packages);
        words.push("--");
        words.extend(tests);
        command("cargo", &words, &variables)?;
    }
    say(&format!("nothing found by the sanitizer of {}", sanitizer.name));
    Ok(())
}
