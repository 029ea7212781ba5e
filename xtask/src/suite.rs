//! `cargo xtask suite FOLDER`: the public test suite of WASI preview 1 and of wasi-threads, which is not part of this
//! repository.
//!
//! FOLDER is a checkout of the branch `prod/testsuite-all` of WebAssembly/wasi-testsuite, where the tests are built already.
//! Each test runs in a fresh copy of its files, with them granted as a directory of the host; `--overlay` and `--tar`
//! grant them under an overlay and as an archive that is written to in memory. The program is the one that `HOLM_BIN` names, or a
//! release build made now.
//! Not here: tests of other versions of WASI. Invariant: the last line is "N passed, N failed".

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::{Outcome, command, root, say};

/// Where the tests of preview 1 are.
const FOLDERS: &[&str] = &[
    "tests/c/testsuite/wasm32-wasip1",
    "tests/rust/testsuite/wasm32-wasip1",
    "tests/assemblyscript/testsuite/wasm32-wasip1",
];

/// Where those of threads are.
const THREADS: &str = "tests/proposals/wasi-threads";

/// What stands beside a test.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    dirs: Vec<String>,
    #[serde(default)]
    exit_code: i32,
    stdout: Option<String>,
}

/// How a test gets its files.
#[derive(Clone, Copy)]
enum Grant {
    Directory,
    Overlay,
    Tar,
}

/// Runs all tests.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut grant = Grant::Directory;
    let mut folder = None;
    for argument in arguments {
        match argument.as_str() {
            "--overlay" => grant = Grant::Overlay,
            "--tar" => grant = Grant::Tar,
            other => folder = Some(PathBuf::from(other)),
        }
    }
    let folder = folder.ok_or("expected the folder of a checkout of wasi-testsuite")?;
    let holm = holm()?;
    let scratch = std::env::temp_dir().join(format!("holm-suite-{}", std::process::id()));
    let (mut passed, mut failed) = (0, 0);
    for place in FOLDERS.iter().chain([&THREADS]) {
        for test in tests(&folder.join(place))? {
            let name = test.display().to_string();
            let features = if *place == THREADS { Some("threads") } else { None };
            match run_one(&holm, &test, (grant, features), &scratch) {
                Ok(()) => passed += 1,
                Err(why) => {
                    failed += 1;
                    say(&format!("{name}: {why}"));
                }
            }
        }
    }
    // What is left in a temporary folder harms nobody.
    let _ = fs::remove_dir_all(&scratch);
    say(&format!("{passed} passed, {failed} failed"));
    if failed == 0 && passed > 0 { Ok(()) } else { Err(format!("{failed} tests failed")) }
}

/// The program under test.
fn holm() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("HOLM_BIN") {
        return Ok(named.into());
    }
    command("cargo", &["build", "--release", "--quiet", "--package", "holm-cli"], &[])?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/holm"))
}

/// The modules in a folder, in order.
fn tests(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|end| end == "wasm") {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn run_one(
    holm: &Path,
    test: &Path,
    (grant, features): (Grant, Option<&str>),
    scratch: &Path,
) -> Result<(), String> {
    let wanted: Wanted = match fs::read_to_string(test.with_extension("json")) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| error.to_string())?,
        Err(_) => Wanted::default(),
    };
    // Left from the test before.
    let _ = fs::remove_dir_all(scratch);
    let failed = |error: std::io::Error| error.to_string();
    let mut program = Command::new(holm);
    program.arg("run").stdin(Stdio::null());
    // Threads that wait for input are to be ended while they do: theirs stays open, and silent.
    let silence = std::io::pipe().map_err(failed)?;
    if let Some(features) = features {
        program.args(["--features", features]).stdin(silence.0);
    }
    for (name, value) in &wanted.env {
        program.arg("--env").arg(format!("{name}={value}"));
    }
    for dir in &wanted.dirs {
        let copy = scratch.join(dir);
        copy_tree(&test.with_file_name(dir), &copy).map_err(failed)?;
        let mut host = copy.display().to_string();
        if let Grant::Tar = grant {
            host += ".tar";
            command("tar", &["-C", &copy.display().to_string(), "-cf", &host, "."], &[])?;
        }
        let flag = if let Grant::Directory = grant { "--dir" } else { "--overlay" };
        program.arg(flag).arg(format!("{host}::{dir}"));
    }
    let output = program.arg(test).args(&wanted.args).output().map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.code() != Some(wanted.exit_code) {
        return Err(format!("{}\n{}", output.status, text(&output.stderr)));
    }
    match &wanted.stdout {
        Some(expected) if *expected != text(&output.stdout) => {
            Err(format!("expected {expected:?}, found {:?}", text(&output.stdout)))
        }
        _ => Ok(()),
    }
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &to)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}
