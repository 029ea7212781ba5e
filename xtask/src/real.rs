//! `cargo xtask real`: third-party programs from the registries do real work, and their answers are compared.
//!
//! The programs are data in `tests/real/programs.toml`. Packages are fetched by name once, into `target/fetched`;
//! nothing of them is ever committed. Flags: `--engine NAME` (holm), `--bless` writes the expected outputs, `--list`;
//! any other word names a program.
//! Invariant: a program marked with what it `needs` must fail until Holm has that; an unexpected pass is an error.
//! Read next: `tests/real/programs.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::guests::first_difference;
use crate::kit::engine::{Engine, Job};
use crate::kit::template::Holes;
use crate::kit::toolchain::{self, Build};
use crate::kit::{self, process};
use crate::{Outcome, say};

/// One step may take this long, compilation of tens of megabytes included.
const STEP_LIMIT: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    program: Vec<Program>,
}

/// One program of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    name: String,
    file: Option<String>,
    toolchain: Option<String>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    prepare: Vec<Vec<String>>,
    #[serde(default)]
    dirs: Vec<(String, String)>,
    features: Option<String>,
    needs: Option<String>,
    step: Vec<Step>,
}

/// One run of a program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default)]
    args: Vec<String>,
    stdin: Option<String>,
    invoke: Option<String>,
    file: Option<String>,
    #[serde(rename = "as")]
    alias: Option<String>,
    expected: Option<String>,
    #[serde(default)]
    exit: i32,
}

/// The folders of one program's run.
struct Place {
    /// `tests/real`.
    folder: PathBuf,
    /// Where its module and what was prepared lie.
    made: PathBuf,
    /// A fresh copy of `tests/real/input`.
    work: PathBuf,
    holes: Holes,
}

/// Runs the programs.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let table: Table = kit::table("tests/real/programs.toml")?;
    let mut engine = "holm".to_string();
    let (mut bless, mut names) = (false, Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bless" => bless = true,
            "--engine" => engine.clone_from(words.next().ok_or("--engine: expected a name")?),
            "--list" => {
                table.program.iter().for_each(|program| say(&program.name));
                return Ok(());
            }
            flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            name => names.push(name),
        }
    }
    let engine = Engine::named(&engine)?;
    let (mut passed, mut failed) = (0, 0);
    for program in &table.program {
        if !names.is_empty() && !names.contains(&program.name.as_str()) {
            continue;
        }
        let began = Instant::now();
        let answer = program.judge(&engine, bless);
        let time = format!("{:.1} s", began.elapsed().as_secs_f64());
        match answer {
            Ok(note) => {
                passed += 1;
                say(&format!("{:<14} {note}, {time}", program.name));
            }
            Err(why) => {
                failed += 1;
                say(&format!("{:<14} FAILED after {time}: {why}", program.name));
            }
        }
    }
    say(&format!("{passed} passed, {failed} failed"));
    if failed == 0 { Ok(()) } else { Err(format!("{failed} programs failed")) }
}

impl Program {
    /// Runs all steps; the answer is a word for the report.
    fn judge(&self, engine: &Engine, bless: bool) -> Result<String, String> {
        let place = self.place()?;
        let module = self.module(&place)?;
        let mut engine = engine.clone();
        if let Some(features) = self.features.as_ref().filter(|_| engine.name == "holm") {
            engine.flags.extend(["--features".to_owned(), features.clone()]);
        }
        let outcome = self.step.iter().try_for_each(|step| {
            step.run(&engine, &module, &self.dirs, &place)
                .and_then(|finished| step.compare(&finished, &place, bless))
        });
        match (outcome, &self.needs) {
            (Ok(()), None) => Ok("passed".into()),
            (Err(why), None) => Err(why),
            (Ok(()), Some(needs)) if engine.name == "holm" => {
                Err(format!("passes although it needs {needs}: take `needs` out of the table"))
            }
            (Ok(()), Some(_)) => Ok("passed".into()),
            (Err(_), Some(needs)) => Ok(format!("refused as expected: needs {needs}")),
        }
    }

    fn place(&self) -> Result<Place, String> {
        let folder = crate::root().join("tests/real");
        let made = kit::made_folder("real")?.join(&self.name);
        let work = made.join("work");
        kit::remove_folder(&work)?;
        kit::copy_folder(&folder.join("input"), &work)?;
        let mut holes = Holes::default();
        holes.set("folder", &folder).set("made", &made).set("work", &work);
        holes.set("out", &made.join("module.wasm"));
        Ok(Place { folder, made, work, holes })
    }

    /// Fetches, prepares or builds the module.
    fn module(&self, place: &Place) -> Result<PathBuf, String> {
        let prepared = place.made.join("prepared");
        if !prepared.is_file() {
            for words in &self.prepare {
                let words = place.holes.fill_all(words)?;
                let (program, words) = words.split_first().ok_or("an empty command")?;
                process::output(Command::new(program).args(words))?;
            }
            kit::write(&prepared, b"")?;
        }
        let out = place.made.join("module.wasm");
        if let Some(name) = &self.toolchain {
            let toolchains = toolchain::all()?;
            let toolchain = toolchains.get(name).ok_or("no such toolchain")?;
            if let Some(missing) = toolchain.missing() {
                return Err(missing);
            }
            let (sources, flags) = (self.sources.clone(), self.flags.clone());
            toolchain.build(&Build { sources, flags, folder: &place.folder, out: &out })?;
        }
        match &self.file {
            Some(file) => Ok(place.holes.fill(file)?.into()),
            None => Ok(out),
        }
    }
}

impl Step {
    fn run(
        &self,
        engine: &Engine,
        module: &Path,
        dirs: &[(String, String)],
        place: &Place,
    ) -> Result<process::Finished, String> {
        let mut job = Job { file: module.into(), args: self.args.clone(), ..Job::default() };
        if let Some(file) = &self.file {
            job.file = place.holes.fill(file)?.into();
        }
        if let Some(alias) = &self.alias {
            job.file = kit::renamed(&job.file, &place.made.join(alias))?;
        }
        for (host, guest) in dirs {
            job.dirs.push((place.holes.fill(host)?.into(), guest.clone()));
        }
        let stdin = match &self.stdin {
            Some(name) => kit::read_text(&place.work.join(name))?.into_bytes(),
            None => Vec::new(),
        };
        let mut engine = engine.clone();
        if let Some(function) = &self.invoke {
            engine.flags.extend(["--invoke".to_owned(), function.clone()]);
        }
        process::finish(&mut engine.command(&job), &stdin, STEP_LIMIT)
    }

    fn compare(&self, finished: &process::Finished, place: &Place, bless: bool) -> Outcome {
        if finished.code != self.exit {
            let said = finished.complaint();
            return Err(format!(
                "exit code: expected {}, found {}\n{said}",
                self.exit, finished.code
            ));
        }
        let Some(name) = &self.expected else {
            return Ok(());
        };
        let path = place.folder.join("expected").join(name);
        if bless {
            kit::write(&path, &finished.stdout)?;
        }
        match first_difference(&kit::read_text(&path)?, &finished.text()) {
            None => Ok(()),
            Some(difference) => Err(format!("{name}: {difference}")),
        }
    }
}
