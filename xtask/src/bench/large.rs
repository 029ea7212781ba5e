//! Large modules that run small scripts: the time of whole processes, without caches and from warm ones.
//!
//! Every engine that has a cache appears twice. A cache is warm after some runs that are not counted.
//! Invariants: engines alternate; a program whose output differs from engine to engine is an error.
//! Read next: `bench/large/programs.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use crate::bench::{Wish, hello, measure, stats};
use crate::kit::engine::{Engine, Job, Kind};
use crate::kit::template::Holes;
use crate::{Outcome, kit, say};

/// Runs that fill a cache: Holm compiles what a run has called at the end of the next, at most half a second each time.
const WARMING: usize = 12;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    program: Vec<Program>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    name: String,
    file: String,
    #[serde(rename = "as")]
    alias: Option<String>,
    args: Vec<String>,
    #[serde(default)]
    dirs: Vec<(String, String)>,
}

/// Medians of whole processes in nanoseconds, by engine.
pub(super) type Times = BTreeMap<String, f64>;

/// A ratio that is watched: ours, theirs, and the most that is wanted.
pub(super) type Ratio = (&'static str, &'static str, f64);

const RATIOS: &[Ratio] =
    &[("holm", "wasmtime", 0.25), ("holm", "node", 1.2), ("holm warm", "wasmtime warm", 1.1)];

/// Measures all programs and writes the table.
pub(crate) fn measure(wish: &Wish, engines: &[Engine]) -> Outcome {
    let all = twice(engines);
    let table: Table = kit::table("bench/large/programs.toml")?;
    let mut rows = Vec::new();
    for program in &table.program {
        if wish.only.is_empty() || wish.only.contains(&program.name) {
            rows.push((
                program.name.clone(),
                times(&program.name, &program.job()?, &all, (WARMING, wish.rounds))?,
            ));
            say(&format!("{} done", program.name));
        }
    }
    let text = report(&all, &rows, RATIOS);
    kit::write(&kit::made_folder("bench")?.join("large.md"), text.as_bytes())?;
    say(&text);
    Ok(())
}

/// All jobs, by name.
pub(super) fn jobs() -> Result<Vec<(String, Job)>, String> {
    let table: Table = kit::table("bench/large/programs.toml")?;
    table.program.iter().map(|program| Ok((program.name.clone(), program.job()?))).collect()
}

impl Program {
    fn job(&self) -> Result<Job, String> {
        let mut holes = Holes::default();
        holes.set("scripts", &crate::root().join("bench/large"));
        let mut file = PathBuf::from(holes.fill(&self.file)?);
        if let Some(alias) = &self.alias {
            file = kit::renamed(&file, &kit::made_folder("bench/large")?.join(alias))?;
        }
        let mut dirs = Vec::new();
        for (host, guest) in &self.dirs {
            dirs.push((PathBuf::from(holes.fill(host)?), guest.clone()));
        }
        Ok(Job { file, args: self.args.clone(), dirs, ..Job::default() })
    }
}

/// The engines, each that has a cache without it and with it.
pub(super) fn twice(engines: &[Engine]) -> Vec<Engine> {
    let mut all = Vec::new();
    for engine in engines.iter().filter(|engine| engine.kind != Kind::Native) {
        match hello::without_cache(engine) {
            Some(cold) if !engine.interprets() => {
                all.push(cold);
                let name = format!("{} warm", engine.name);
                all.push(Engine { name, ..engine.clone() });
            }
            cold => all.push(cold.unwrap_or_else(|| engine.clone())),
        }
    }
    all
}

/// The medians of all engines for a job.
pub(super) fn times(
    name: &str,
    job: &Job,
    engines: &[Engine],
    (warming, rounds): (usize, usize),
) -> Result<Times, String> {
    let mut answer: Option<String> = None;
    let mut samples: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut run = |engine: &Engine| -> Result<f64, String> {
        let measured = measure::measure(&engine.command(job))?;
        if *answer.get_or_insert_with(|| measured.stdout.clone()) != measured.stdout {
            return Err(format!("{}: {} answers otherwise", name, engine.name));
        }
        Ok(measured.sample.wall_ns)
    };
    for engine in engines.iter().filter(|engine| engine.name.ends_with(" warm")) {
        for _ in 0..warming {
            run(engine)?;
        }
    }
    for round in 0..rounds {
        for turn in 0..engines.len() {
            let engine = &engines[(round + turn) % engines.len()];
            samples.entry(&engine.name).or_default().push(run(engine)?);
        }
    }
    let medians = samples.into_iter();
    Ok(medians
        .filter_map(|(name, times)| Some((name.to_owned(), stats::median(&times)?)))
        .collect())
}

/// The table.
pub(super) fn report(engines: &[Engine], rows: &[(String, Times)], ratios: &[Ratio]) -> String {
    let mut out = String::from("Milliseconds of the whole process\n\n| program |");
    engines.iter().for_each(|engine| out.push_str(&format!(" {} |", engine.name)));
    let known = |name: &str| engines.iter().any(|engine| engine.name == name);
    let ratios: Vec<_> =
        ratios.iter().filter(|(ours, theirs, _)| known(ours) && known(theirs)).collect();
    for (ours, theirs, most) in &ratios {
        let _ = write!(out, " {ours} / {theirs} (≤ {most}) |");
    }
    out.push_str("\n|---|");
    out.push_str(&"---:|".repeat(engines.len() + ratios.len()));
    out.push('\n');
    for (name, times) in rows {
        let _ = write!(out, "| {name} |");
        for engine in engines {
            let time = times.get(&engine.name);
            let _ = write!(out, " {} |", time.map_or("–".into(), |ns| format!("{:.0}", ns / 1e6)));
        }
        for (ours, theirs, most) in &ratios {
            let ratio = times.get(*ours).zip(times.get(*theirs)).map(|(a, b)| a / b);
            let mark = if ratio.is_some_and(|ratio| ratio > *most) { " !" } else { "" };
            let text = ratio.map_or("–".into(), |ratio| format!("{ratio:.2}{mark}"));
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
    out
}
