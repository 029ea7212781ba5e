//! `cargo xtask guests`: builds the guest programs of `tests/guests/` into `target/guests`, and runs them.
//!
//! Flags: `--fetch` brings missing toolchains from the registries, `--light` builds only what the system's clang
//! builds in seconds, `--run` runs each guest afterwards and compares (and its
//! code, compiled as it arrives through a slow pipe, with that of the file), `--engine NAME` picks who runs it (holm),
//! `--bless` writes the expected outputs; any other word names a guest.
//! Invariant: a toolchain that is not here is named and skipped; a guest that does not build is an error.
//! Read next: `tests/guests/guests.toml`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::kit::engine::{Engine, Job, Kind};
use crate::kit::toolchain::{self, Build, Toolchain};
use crate::kit::{self, process};
use crate::{Outcome, say};

/// A guest that arrives slowly comes in so many pieces …
const SLOW_PIECES: usize = 20;
/// … with such pauses: together longer than holm waits before it begins to compile.
const SLOW_PAUSE: Duration = Duration::from_millis(20);

/// A guest may run this long.
const RUN_LIMIT: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Table {
    guest: Vec<Guest>,
}

/// One guest program, as the table describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Guest {
    name: String,
    toolchain: String,
    #[serde(default)]
    light: bool,
    sources: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    features: Option<String>,
    #[serde(default)]
    data: bool,
    stdin: Option<String>,
    expected: String,
    #[serde(default)]
    exit: i32,
}

#[derive(Default)]
struct Wish {
    fetch: bool,
    light: bool,
    run: bool,
    bless: bool,
    engine: Option<String>,
    names: Vec<String>,
}

/// Builds the guests, and runs them where that was asked for.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let wish = read(arguments)?;
    let table: Table = kit::table("tests/guests/guests.toml")?;
    let toolchains = toolchain::all()?;
    let engine = match (&wish.engine, wish.run) {
        (Some(name), _) => Some(Engine::named(name)?),
        (None, true) => Some(Engine::named("holm")?),
        (None, false) => None,
    };
    let chosen = table.guest.iter().filter(|guest| {
        (wish.names.is_empty() || wish.names.contains(&guest.name)) && (guest.light || !wish.light)
    });
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for guest in chosen {
        match one(guest, &toolchains, &wish, engine.as_ref()) {
            Ok(None) => passed += 1,
            Ok(Some(why)) => {
                skipped += 1;
                say(&format!("{:<14} skipped: {why}", guest.name));
            }
            Err(why) => {
                failed += 1;
                say(&format!("{:<14} failed: {why}", guest.name));
            }
        }
    }
    say(&format!("{passed} passed, {failed} failed, {skipped} skipped"));
    if failed == 0 { Ok(()) } else { Err(format!("{failed} guests failed")) }
}

fn read(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--fetch" => wish.fetch = true,
            "--light" => wish.light = true,
            "--run" => wish.run = true,
            "--bless" => wish.bless = true,
            "--engine" => {
                wish.engine = Some(words.next().ok_or("--engine: expected a name")?.clone());
            }
            flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            name => wish.names.push(name.into()),
        }
    }
    wish.run |= wish.engine.is_some();
    Ok(wish)
}

/// Builds one guest and runs it; a sentence says why it was skipped.
fn one(
    guest: &Guest,
    toolchains: &BTreeMap<String, Toolchain>,
    wish: &Wish,
    engine: Option<&Engine>,
) -> Result<Option<String>, String> {
    let toolchain = toolchains
        .get(&guest.toolchain)
        .ok_or_else(|| format!("no toolchain is called {}", guest.toolchain))?;
    if wish.fetch {
        toolchain.fetch()?;
    }
    if let Some(missing) = toolchain.missing() {
        return Ok(Some(format!("toolchain {}: {missing}", guest.toolchain)));
    }
    let out = kit::made_folder("guests")?.join(format!("{}.wasm", guest.name));
    let folder = crate::root().join("tests/guests");
    let (sources, flags) = (guest.sources.clone(), guest.flags.clone());
    let build = Build { sources, flags, folder: &folder, out: &out };
    let built = if toolchain.build(&build)? { "built" } else { "up to date" };
    let Some(engine) = engine else {
        say(&format!("{:<14} {built}: {}", guest.name, out.display()));
        return Ok(None);
    };
    let mut engine = engine.clone();
    if let Some(features) = guest.features.as_ref().filter(|_| engine.kind == Kind::Holm) {
        engine.flags.extend(["--features".to_owned(), features.clone()]);
    }
    let wall = check(guest, &engine, &out, &folder, wish.bless)?;
    if engine.kind == Kind::Holm {
        arrives_slowly(&engine, &out)?;
    }
    say(&format!("{:<14} {built}, ran on {} in {} ms", guest.name, engine.name, wall.as_millis()));
    Ok(None)
}

/// Runs a built guest and compares its answer.
fn check(
    guest: &Guest,
    engine: &Engine,
    file: &Path,
    folder: &Path,
    bless: bool,
) -> Result<Duration, String> {
    let mut job = Job { file: file.into(), args: guest.args.clone(), ..Job::default() };
    job.env = guest.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if guest.data {
        job.dirs.push((fresh_data(guest, folder)?, "/data".into()));
    }
    let stdin = match &guest.stdin {
        Some(name) => kit::read_text(&folder.join(name))?.into_bytes(),
        None => Vec::new(),
    };
    let finished = process::finish(&mut engine.command(&job), &stdin, RUN_LIMIT)?;
    let expected = folder.join(&guest.expected);
    if bless {
        kit::write(&expected, &finished.stdout)?;
    }
    if finished.code != guest.exit {
        let (code, said) = (finished.code, finished.complaint());
        return Err(format!("exit code: expected {}, found {code}\n{said}", guest.exit));
    }
    let wanted = kit::read_text(&expected)?;
    match first_difference(&wanted, &finished.text()) {
        None => Ok(finished.wall),
        Some(difference) => Err(difference),
    }
}

/// Compiles a guest that comes through a slow pipe: the artifact must be that of the file.
fn arrives_slowly(engine: &Engine, file: &Path) -> Result<(), String> {
    let (whole, slow) = (file.with_extension("whole.holm"), file.with_extension("slow.holm"));
    let compile = |from: &Path, to: &Path| {
        let mut command = Command::new(&engine.program);
        command.arg("compile").args(&engine.flags).arg(from).arg("-o").arg(to);
        command
    };
    process::output(&mut compile(file, &whole))?;
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let mut child = compile(Path::new("-"), &slow);
    let child = child.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = child.spawn().map_err(|error| format!("holm did not start: {error}"))?;
    let mut pipe = child.stdin.take().ok_or("holm has no standard input")?;
    let wasm = read(file)?;
    for piece in wasm.chunks(wasm.len() / SLOW_PIECES + 1) {
        // A child that has failed reads no more; its exit code says so.
        let _ = pipe.write_all(piece);
        std::thread::sleep(SLOW_PAUSE);
    }
    drop(pipe);
    let status = child.wait().map_err(|error| format!("holm: {error}"))?;
    if !status.success() || read(&whole)? != read(&slow)? {
        return Err("its code is another one when it arrives slowly".into());
    }
    for file in [whole, slow] {
        std::fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// A copy of `data/` that the guest may change.
fn fresh_data(guest: &Guest, folder: &Path) -> Result<PathBuf, String> {
    let copy = kit::made_folder("guests/data")?.join(&guest.name);
    kit::remove_folder(&copy)?;
    kit::copy_folder(&folder.join("data"), &copy)?;
    Ok(copy)
}

/// The first line in which two texts differ, in words.
pub(crate) fn first_difference(wanted: &str, found: &str) -> Option<String> {
    if wanted == found {
        return None;
    }
    let (mut left, mut right) = (wanted.lines(), found.lines());
    let mut number = 1;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Some("output: line ends differ".into()),
            (a, b) if a == b => number += 1,
            (a, b) => {
                let (a, b) = (a.unwrap_or("(the end)"), b.unwrap_or("(the end)"));
                return Some(format!("output line {number}: expected {a:?}, found {b:?}"));
            }
        }
    }
}

#[cfg(test)]
mod tests;
