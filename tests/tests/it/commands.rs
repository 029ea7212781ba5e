//! The `holm` program from the outside: command, standard input, and what must come out.
//!
//! Cases are data, in `tests/commands/`: one file per sub-command, each with files that all its cases see.
//! Every case runs in a fresh folder with no environment but what it names. In an expected text `[..]`
//! stands for any characters of a line and a line `...` for any lines.
//! Not here: what the commands do (`hosts/cli/src/commands.rs`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use holm_tests::pattern;
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

use crate::program;

/// A file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// Files that every case finds in its folder.
    #[serde(default)]
    files: BTreeMap<String, String>,
    case: Vec<Case>,
}

/// One command and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Further files of this case.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Folders to make.
    #[serde(default)]
    folders: Vec<String>,
    /// Commands that run first and must succeed.
    #[serde(default)]
    before: Vec<Vec<String>>,
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    status: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    /// Files that must be there afterwards, with their text; a `[..]` alone means any.
    #[serde(default)]
    after: BTreeMap<String, String>,
}

/// Every case of every file.
pub(crate) fn trials() -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("commands");
    let entries = std::fs::read_dir(&folder).expect("tests/commands is a folder");
    let mut paths: Vec<_> =
        entries.map(|entry| entry.expect("tests/commands can be read").path()).collect();
    paths.sort();
    let mut trials = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        let group = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("a file of cases is text");
        let cases: Cases =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in cases.case {
            let name = format!("command::{group}::{}", case.name);
            let files = cases.files.clone();
            trials.push(Trial::test(name, move || check(&files, &case)));
        }
    }
    trials
}

fn check(files: &BTreeMap<String, String>, case: &Case) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let place = folder.path().join("case");
    std::fs::create_dir(&place)?;
    for name in &case.folders {
        std::fs::create_dir_all(place.join(name))?;
    }
    for (name, text) in files.iter().chain(&case.files) {
        std::fs::write(place.join(name), text)?;
    }
    for arguments in &case.before {
        let output = run(&place, case, arguments, "")?;
        if !output.status.success() {
            return Err(format!("{arguments:?} failed first:\n{}", show(&output)).into());
        }
    }
    let output = run(&place, case, &case.args, &case.stdin)?;
    let complaint = compare(&place, case, &output);
    if complaint.is_empty() { Ok(()) } else { Err(complaint.into()) }
}

fn run(place: &Path, case: &Case, arguments: &[String], stdin: &str) -> Result<Output, Failed> {
    let mut child = program::command()
        .args(arguments)
        .current_dir(place)
        .env_clear()
        .env("HOME", place.with_file_name("home"))
        .env("HOLM_CACHE_DIR", place.with_file_name("cache"))
        .envs(&case.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read its input may be gone already.
        let _ = input.write_all(stdin.as_bytes());
    }
    Ok(child.wait_with_output()?)
}

/// Everything that differs, in words; nothing when all is as expected.
fn compare(place: &Path, case: &Case, output: &Output) -> String {
    let mut complaint = String::new();
    if output.status.code() != Some(case.status) {
        let _ = writeln!(complaint, "expected status {}, found {}", case.status, output.status);
    }
    let place_text = place.to_string_lossy();
    let mut text = |what: &str, expected: &str, found: &[u8]| {
        let found = String::from_utf8_lossy(found).replace(&*place_text, "[FOLDER]");
        if !pattern::matches(expected, &found) {
            let _ = writeln!(complaint, "{what}: expected\n{expected}\n{what}: found\n{found}");
        }
    };
    text("standard output", &case.stdout, &output.stdout);
    text("standard error", &case.stderr, &output.stderr);
    for (name, expected) in &case.after {
        match std::fs::read(place.join(name)) {
            Ok(_) if expected == "[..]" => {}
            Ok(found) => text(name, expected, &found),
            Err(error) => text(name, expected, format!("cannot be read: {error}").as_bytes()),
        }
    }
    complaint
}

fn show(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
