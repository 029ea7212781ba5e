//! `cargo xtask bench`: Holm and its peers side by side, in one run, alternating, outputs compared.
//!
//! Sections: `--run` (programs), `--compile`, `--hello`, `--calls` (nanoseconds per call, both crates), `--gc` (programs under
//! the collector), `--files` (copying and listing), `--curve` (whole time over work, without caches),
//! `--large` (large modules, small scripts), `--long` (programs of seconds), `--all`; without one: run, compile and hello. `--rounds N`, `--engines A,B`, `--only NAME,…`, `--builds scalar,simd`, `--fetch`.
//! Results land in `target/bench` as JSON, markdown and an SVG chart.
//! Invariant: every ratio is between medians of rounds that alternated on the same machine in the same run.
//! Read next: `bench/programs.toml`, `xtask/src/bench/measure.rs`.

mod calls;
mod chart;
mod compile;
mod curve;
mod files;
mod gc;
mod hello;
mod large;
mod long;
mod machine;
mod measure;
mod programs;
mod report;
mod run;
mod stats;
pub(crate) mod successors;
mod table;

use crate::kit::engine::Engine;
use crate::{Outcome, kit, say};

/// The engine all ratios are against.
pub(crate) const BASE: &str = "wasmtime";

/// What was asked for.
#[derive(Clone)]
pub(crate) struct Wish {
    sections: Vec<&'static str>,
    rounds: usize,
    engines: Vec<String>,
    only: Vec<String>,
    builds: Vec<String>,
    fetch: bool,
}

/// Runs the sections and writes the report.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    match arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("measure", rest)) => return measure::launched(rest),
        Some(("files", rest)) => return files::native(rest),
        _ => {}
    }
    let wish = read(arguments)?;
    let (engines, absent) = engines(&wish)?;
    // These programs are about the code that is made in the end.
    let compiling: Vec<Engine> = engines.iter().map(Engine::compiling_first).collect();
    let mut results = report::Results::new(machine::describe(&engines), absent);
    if wish.has("run") {
        results.run = run::measure(&wish, &compiling)?;
    }
    if wish.has("compile") {
        results.compile = compile::measure(&wish, &engines)?;
    }
    if wish.has("hello") {
        results.hello = hello::measure(&engines)?;
    }
    if wish.has("calls") {
        results.calls = calls::measure(&wish)?;
    }
    if wish.has("gc") {
        results.gc = gc::measure(&wish, &compiling)?;
    }
    if wish.has("files") {
        files::measure(&engines, wish.rounds)?;
        if wish.sections.len() == 1 {
            return Ok(());
        }
    }
    if wish.has("curve") {
        curve::measure(&wish, &engines)?;
        if wish.sections.len() == 1 {
            return Ok(());
        }
    }
    if wish.has("large") {
        large::measure(&wish, &engines)?;
        if wish.sections.len() == 1 {
            return Ok(());
        }
    }
    if wish.has("long") {
        long::measure(&wish, &engines)?;
        if wish.sections.len() == 1 {
            return Ok(());
        }
    }
    let folder = kit::made_folder("bench")?;
    let text = report::markdown(&results);
    kit::write(&folder.join("report.md"), text.as_bytes())?;
    kit::write(&folder.join("results.json"), results.json().to_string().as_bytes())?;
    if !results.run.is_empty() {
        kit::write(&folder.join("chart.svg"), chart::svg(&results.run).as_bytes())?;
    }
    say(&text);
    say(&format!("written to {}", folder.display()));
    match results.wrong() {
        0 => Ok(()),
        count => Err(format!("{count} outputs differ or runs failed")),
    }
}

impl Wish {
    fn has(&self, section: &str) -> bool {
        self.sections.contains(&section)
    }
}

fn read(arguments: &[String]) -> Result<Wish, String> {
    let names = |text: &str| text.split(',').map(str::to_string).collect::<Vec<_>>();
    let mut wish = Wish {
        sections: Vec::new(),
        rounds: 7,
        engines: names("holm,wasmtime,wasmi,node,native"),
        only: Vec::new(),
        builds: names("scalar,simd"),
        fetch: false,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word}: expected a value"));
        match word.as_str() {
            "--run" => wish.sections.push("run"),
            "--compile" => wish.sections.push("compile"),
            "--hello" => wish.sections.push("hello"),
            "--calls" => wish.sections.push("calls"),
            "--gc" => wish.sections.push("gc"),
            "--files" => wish.sections.push("files"),
            "--curve" => wish.sections.push("curve"),
            "--large" => wish.sections.push("large"),
            "--long" => wish.sections.push("long"),
            "--all" => wish.sections.extend(["run", "compile", "hello", "calls", "gc"]),
            "--fetch" => wish.fetch = true,
            "--engines" => wish.engines = names(value()?),
            "--only" => wish.only = names(value()?),
            "--builds" => wish.builds = names(value()?),
            "--rounds" => {
                let text = value()?;
                wish.rounds = text
                    .parse()
                    .map_err(|_| format!("--rounds: expected a number, found {text}"))?;
            }
            other => return Err(format!("unknown flag {other}")),
        }
    }
    if wish.sections.is_empty() {
        wish.sections.extend(["run", "compile", "hello"]);
    }
    Ok(wish)
}

/// The engines that are here, and a sentence for each that is not.
fn engines(wish: &Wish) -> Result<(Vec<Engine>, Vec<String>), String> {
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for name in &wish.engines {
        if name == "native" {
            found.push(Engine::new("native", crate::kit::engine::Kind::Native, "native".into()));
            continue;
        }
        match Engine::named(name) {
            Ok(engine) => found.push(engine),
            Err(why) if name == "holm" => return Err(why),
            Err(why) => absent.push(format!("{why}: its rows are left out")),
        }
    }
    for sentence in &absent {
        say(sentence);
    }
    Ok((found, absent))
}
