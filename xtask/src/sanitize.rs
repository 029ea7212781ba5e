//! `cargo xtask sanitize`: the tests that run guests, under AddressSanitizer or ThreadSanitizer.
//!
//! `address` (the default) finds accesses of Rust code outside of what it was given, `thread` finds unordered
//! accesses of several threads. Both need a nightly toolchain: the flag is unstable. Guest code is not
//! instrumented, and need not be: host code always runs on the host's stack, so that the sanitizer never sees
//! a stack that it does not know. What is not the default here is so for a reason that stands beside it.
//! It takes minutes the first time, and is not part of the gate.
//! Invariant: what is built here shares no folder with other builds.

use std::path::PathBuf;

use crate::{Outcome, command, root, say};

/// The packages with unsafe code, and the one whose tests run guests through them.
const PACKAGES: [&str; 6] = ["-p", "holm-vm", "-p", "holm-runtime", "-p", "holm"];

/// A build with a sanitizer needs a target, so that build scripts are built without.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Tests that a sanitizer cannot bear: its frames are several times as large, so that the host's stack ends
/// earlier; and it reserves more addresses than one test leaves to the process.
const UNBEARABLE: [&str; 4] =
    ["--skip", "recursion_through_the_host", "--skip", "in_a_small_address_space"];

struct Sanitizer {
    name: &'static str,
    flags: &'static str,
    variable: &'static str,
    options: &'static [&'static str],
}

const SANITIZERS: &[Sanitizer] = &[
    Sanitizer {
        name: "address",
        flags: "-Zsanitizer=address",
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
        // The standard library that comes with the toolchain is not instrumented.
        flags: "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
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
    let mut words = vec!["+nightly", "test", "--target", TARGET, "--no-fail-fast"];
    words.extend(["--lib", "--tests", "--examples"]);
    words.extend(PACKAGES);
    words.push("--");
    words.extend(UNBEARABLE);
    words.extend(rest.iter().map(String::as_str));
    let variables = [
        ("CARGO_TARGET_DIR", folder),
        ("RUSTFLAGS", sanitizer.flags),
        (sanitizer.variable, &options),
        // The toolchain that runs this chore would be chosen otherwise.
        ("RUSTUP_TOOLCHAIN", "nightly"),
    ];
    command("cargo", &words, &variables)?;
    say(&format!("nothing found by the sanitizer of {}", sanitizer.name));
    Ok(())
}
