//! The programs on every engine: warm caches, alternating rounds, outputs compared.
//!
//! The first run of each engine fills its cache and gives the output; it is not counted. In every later round the
//! engines run one after the other, each round starting with another engine. The interpreter, an order of
//! magnitude slower and without a cache, runs once, and that run counts.
//! Invariant: a row whose outputs differ is marked wrong and enters no mean.
//! Read next: `xtask/src/bench/report.rs`.

use std::collections::BTreeMap;

use crate::bench::measure::{self, Sample};
use crate::bench::programs::{self, Built};
use crate::bench::{Wish, stats};
use crate::kit::engine::{Engine, Job, Kind};
use crate::say;

/// One program in one build, on all engines.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) build: String,
    pub(crate) groups: Vec<String>,
    pub(crate) samples: BTreeMap<String, Vec<Sample>>,
    /// What went wrong, engine by engine.
    pub(crate) wrong: Vec<String>,
}

impl Row {
    /// The median of the guest's own time, in nanoseconds; of the whole process where it prints none.
    pub(crate) fn inner(&self, engine: &str) -> Option<f64> {
        self.median(engine, |sample| sample.inner_ns.unwrap_or(sample.wall_ns))
    }

    /// The median wall time of the whole process, in nanoseconds.
    pub(crate) fn whole(&self, engine: &str) -> Option<f64> {
        self.median(engine, |sample| sample.wall_ns)
    }

    /// The median CPU time of the whole process, all threads, in nanoseconds.
    pub(crate) fn cpu(&self, engine: &str) -> Option<f64> {
        self.median(engine, |sample| sample.cpu_ns)
    }

    /// How noisy an engine's series was.
    pub(crate) fn spread(&self, engine: &str) -> Option<f64> {
        let values: Vec<f64> =
            self.samples.get(engine)?.iter().filter_map(|s| s.inner_ns).collect();
        stats::spread(&values)
    }

    fn median(&self, engine: &str, of: fn(&Sample) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.samples.get(engine)?.iter().map(of).collect();
        stats::median(&values)
    }
}

/// Measures all programs.
pub(crate) fn measure(wish: &Wish, engines: &[Engine]) -> Result<Vec<Row>, String> {
    let built = programs::build_all(wish)?;
    let mut rows = Vec::new();
    for (at, program) in built.iter().enumerate() {
        let row = one(program, engines, wish.rounds);
        let times: Vec<String> = engines
            .iter()
            .filter_map(|engine| {
                Some(format!("{} {:.0} ms", engine.name, row.inner(&engine.name)? / 1e6))
            })
            .collect();
        let (done, all) = (at + 1, built.len());
        say(&format!("{done}/{all} {} {}: {}", row.name, row.build, times.join(", ")));
        for wrong in &row.wrong {
            say(&format!("  WRONG: {wrong}"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Measures one program.
pub(crate) fn one(program: &Built, engines: &[Engine], rounds: usize) -> Row {
    let mut row = Row {
        name: program.name.clone(),
        build: program.build.clone(),
        groups: program.groups.clone(),
        samples: BTreeMap::new(),
        wrong: Vec::new(),
    };
    let mut sound = Vec::new();
    let mut answer: Option<String> = None;
    for engine in engines {
        let Some(job) = job(program, engine) else { continue };
        match measure::measure(&engine.command(&job)) {
            Err(why) => row.wrong.push(format!("{}: {why}", engine.name)),
            Ok(measured) => {
                let wanted = answer.get_or_insert_with(|| measured.stdout.clone());
                if *wanted == measured.stdout {
                    if engine.interprets() {
                        row.samples.insert(engine.name.clone(), vec![measured.sample]);
                    } else {
                        sound.push((engine, job));
                    }
                } else {
                    let (wanted, found) = (wanted.trim(), measured.stdout.trim());
                    row.wrong.push(format!("{}: expected {wanted}, found {found}", engine.name));
                }
            }
        }
    }
    for round in 0..rounds {
        for turn in 0..sound.len() {
            let (engine, job) = &sound[(round + turn) % sound.len()];
            match measure::measure(&engine.command(job)) {
                Ok(measured) => {
                    row.samples.entry(engine.name.clone()).or_default().push(measured.sample);
                }
                Err(why) => row.wrong.push(format!("{}: {why}", engine.name)),
            }
        }
    }
    row
}

fn job(program: &Built, engine: &Engine) -> Option<Job> {
    let file = match engine.kind {
        Kind::Native => program.native.clone()?,
        _ => program.wasm.clone(),
    };
    Some(Job { file, ..Job::default() })
}
