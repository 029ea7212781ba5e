//! The programs in `examples/`: each one runs and prints what the file in `examples/expected/` says.
//!
//! Not here: examples of the Rust API, which are examples of the crate `holm` and run as its tests.
//! Invariant: a program without an expected output fails, so that no example is only compiled.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use crate::program;

/// One test per program.
pub(crate) fn trials() -> Vec<Trial> {
    let folder = program::root().join("examples");
    let entries = std::fs::read_dir(&folder).expect("examples is a folder");
    let mut paths: Vec<_> =
        entries.map(|entry| entry.expect("examples can be read").path()).collect();
    paths.sort();
    let programs =
        paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "wat"));
    programs
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(format!("example::{name}"), move || check(&path))
        })
        .collect()
}

fn check(path: &Path) -> Result<(), Failed> {
    let name = path.file_stem().unwrap_or_default();
    let folder = path.parent().unwrap_or(path).join("expected");
    let expected = std::fs::read_to_string(folder.join(name).with_extension("txt"))?;
    // Every example gets the same input; one that reads none does not mind.
    let input = std::fs::File::open(program::root().join("LICENSE"))?;
    let output = program::command().arg("run").arg(path).stdin(input).output()?;
    let found = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && found == expected.as_str() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}\nexpected\n{expected}\nfound\n{found}\n{complaint}", output.status).into())
}
