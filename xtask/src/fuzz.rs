//! `cargo xtask fuzz`: the bad-input drivers of `tests/`, in a release build and in any number.
//!
//! The gate runs it with its default counts; a release build is held to the promised bounds.
//! Not here: the bombs, the mutants, and the comparison of tiers (`tests/src/bombs.rs`, `tests/src/mutants.rs`,
//! `tests/src/agreement.rs`).
//! Invariant: mutant number n is the same on every machine, so that two numbers name a campaign.

use std::path::PathBuf;

use crate::{Outcome, command, root};

/// Mutants when no count is given.
const COUNT_DEFAULT: &str = "10000";

/// What to run.
struct Wish {
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
    let first = "0".into();
    let count = COUNT_DEFAULT.into();
    let mut wish = Wish { bombs: true, mutants: true, agree: true, first, count };
    let mut numbers = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "mutants" => (wish.bombs, wish.agree) = (false, false),
            "bombs" => (wish.mutants, wish.agree) = (false, false),
            "agree" => (wish.bombs, wish.mutants) = (false, false),
            number if number.parse::<u64>().is_ok() => numbers.push(number.to_string()),
            other => {
                return Err(format!("expected mutants, bombs, agree or a number, found {other}"));
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
