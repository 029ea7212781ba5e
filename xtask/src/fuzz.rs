//! `cargo xtask fuzz`: the bad-input drivers of `tests/`, in a release build and in any number.
//!
//! The gate runs it with its default counts; a release build is held to the promised bounds. Calls of WASI go on for a time
//! and keep what they find in `target/wasi-findings`; what was mended belongs into `tests/wasi-cases`.
//! Not here: the bombs, the mutants, the comparison of tiers and the calls (`tests/src/bombs.rs`, `tests/src/mutants.rs`,
//! `tests/src/agreement.rs`, `tests/src/wasi_calls.rs`).
//! Invariant: mutant number n is the same on every machine, so that two numbers name a campaign.

use std::path::PathBuf;

use crate::{Outcome, command, root};

/// Mutants when no count is given.
const COUNT_DEFAULT: &str = "10000";

/// Seconds of calls of WASI when no number is given.
const WASI_SECONDS_DEFAULT: &str = "600";

/// How often every evil guest runs, and for how long, before its deadline.
const EVIL_ROUNDS: &str = "40";
const EVIL_MILLISECONDS: &str = "10";
/// Greedy guests.
const GREEDY_COUNT: &str = "1000";

/// What to run.
struct Wish {
    wasi: bool,
    evil: bool,
    bombs: bool,
    mutants: bool,
    agree: bool,
    first: String,
    count: String,
}

/// Builds the programs and runs the drivers that the arguments name, or both.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let wish = read(arguments)?;
    let packages = ["--package", "holm-cli", "--package", "holm-tests", "--bins"];
    command("cargo", &[&["build", "--release", "--quiet"][..], &packages].concat(), &[])?;
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let driver = folder.join("release/bad_input");
    let driver = driver.to_str().ok_or("the target folder's name is not text")?;
    if wish.evil {
        let driver = folder.join("release/evil_guests");
        let driver = driver.to_str().ok_or("the target folder's name is not text")?;
        command(driver, &["deadlines", EVIL_ROUNDS, EVIL_MILLISECONDS], &[])?;
        return command(driver, &["greedy", GREEDY_COUNT], &[]);
    }
    if wish.wasi {
        let kept = folder.join("wasi-findings");
        let kept = kept.to_str().ok_or("the target folder's name is not text")?;
        return command(driver, &["wasi", &wish.first, &wish.count, kept], &[]);
    }
    if wish.bombs {
        command(driver, &["bombs"], &[])?;
    }
    if wish.mutants {
        command(driver, &["mutants", &wish.first, &wish.count], &[])?;
    }
    if wish.agree {
        command(driver, &["agree", &wish.first, &wish.count], &[])?;
    }
    Ok(())
}

fn read(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish {
        wasi: false,
        evil: false,
        bombs: true,
        mutants: true,
        agree: true,
        first: "0".into(),
        count: COUNT_DEFAULT.into(),
    };
    let mut numbers = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "mutants" => (wish.bombs, wish.agree) = (false, false),
            "bombs" => (wish.mutants, wish.agree) = (false, false),
            "agree" => (wish.bombs, wish.mutants) = (false, false),
            "evil" => wish.evil = true,
            "wasi" => {
                wish.wasi = true;
                wish.count = WASI_SECONDS_DEFAULT.into();
            }
            number if number.parse::<u64>().is_ok() => numbers.push(number.to_string()),
            other => {
                return Err(format!(
                    "expected mutants, bombs, agree, wasi, evil or a number, found {other}"
                ));
            }
        }
    }
    match numbers.as_slice() {
        [] => {}
        [count] => wish.count.clone_from(count),
        [first, count] => {
            wish.first.clone_from(first);
            wish.count.clone_from(count);
        }
        _ => return Err(format!("expected [FIRST] COUNT, found {} numbers", numbers.len())),
    }
    Ok(wish)
}
