//! `cargo xtask successors`: counts which instruction of the interpreter follows which, and writes down the likely ones.
//!
//! The benchmarks' programs and the large modules run in a build that counts; what is chosen goes into
//! `crates/interp/src/ops/successors.rs`. To be called when instructions were added or translation changed.
//! Not here: what handlers make of it. Invariant: a program counts as much as another, however long it runs; large
//! modules count more, because they run through much code a few times, which is what has to be foretold.
//! Read next: `crates/interp/src/executor/likely.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::bench::{self, large, programs};
use crate::kit::engine::{self, Engine, Job, Kind};
use crate::kit::process;
use crate::{Outcome, command, kit, root, say};

/// The file that is written.
const FILE: &str = "crates/interp/src/ops/successors.rs";

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(600);
/// How much the benchmarks' programs do: about a second, counting.
const SCALE: &str = "4";
/// The most successors of an instruction.
const SUCCESSORS_MAX: usize = 4;
/// Instructions that have any.
const ROWS_MAX: usize = 400;
/// The least share of what is left that a successor is to have.
const SHARE_MIN: f64 = 0.1;
/// How many programs a large module counts for: nearly as much as all of them together.
const LARGE_WEIGHT: f64 = 60.0;

/// How the file begins.
const HEAD: &str = "\
//! What is likely to come after an instruction, as `cargo xtask successors` counted it.
//!
//! Not here: what is made of it. Invariant: a number belongs to the name beside it; a test compares them.
//! Read next: `executor::likely`.

/// The most successors of an instruction.
pub(crate) const SUCCESSORS_MAX: usize = {max};

/// An instruction, by its name with its fields, and what follows it most often, most likely first.
#[rustfmt::skip]
pub(crate) const SUCCESSORS: &[(&str, &[(u16, &str)])] = &[
";

/// An instruction: its number, its name with its fields.
type Named = (u16, String);
/// How often instructions followed each other, as shares of all.
#[derive(Default)]
struct Shares {
    /// By the name of the first.
    after: BTreeMap<String, BTreeMap<Named, f64>>,
}

/// Counts, unless `--kept` says that what was counted last is still good, and writes the file.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let folder = kit::made_folder("successors")?;
    match arguments {
        [] => count(&folder)?,
        [flag] if flag == "--kept" => {}
        _ => return Err(format!("expected nothing or --kept, found {arguments:?}")),
    }
    let mut shares = Shares::default();
    for file in kit::entries(&folder)? {
        let is_large = file.to_string_lossy().ends_with(".large");
        shares.add(&kit::read_text(&file)?, if is_large { LARGE_WEIGHT } else { 1.0 })?;
    }
    kit::write(&root().join(FILE), shares.chosen().as_bytes())?;
    say(&format!("wrote {FILE}"));
    Ok(())
}

/// Runs all programs; what they count goes into a file each.
fn count(folder: &Path) -> Outcome {
    say("building holm with counts");
    let target = engine::cargo_target().join("counting");
    let variables = [("CARGO_TARGET_DIR", target.to_str().ok_or("the path is not text")?)];
    let words = "build --quiet --release --package holm-cli --features counting";
    command("cargo", &words.split(' ').collect::<Vec<_>>(), &variables)?;
    let mut engine = Engine::new("counting", Kind::Holm, target.join("release/holm"));
    engine.flags = ["--tier", "interp", "--no-cache", "--stats"].map(String::from).to_vec();
    kit::remove_folder(folder)?;
    kit::make_folder(folder)?;
    for program in programs::build_all(&bench::read(&["--fetch".to_owned()])?)? {
        let job = Job { file: program.wasm, args: vec![SCALE.to_owned()], ..Job::default() };
        one(&engine, &job, &folder.join(format!("{}.{}", program.name, program.build)))?;
    }
    for (name, job) in large::jobs()? {
        one(&engine, &job, &folder.join(format!("{name}.large")))?;
    }
    Ok(())
}

/// Runs one program and keeps the lines that are pairs.
fn one(engine: &Engine, job: &Job, file: &Path) -> Outcome {
    say(&format!("counting {}", file.display()));
    let finished = process::finish(&mut engine.command(job), b"", LIMIT)?;
    if finished.code != 0 {
        return Err(format!("{} ended with {}", file.display(), finished.complaint()));
    }
    let said = String::from_utf8_lossy(&finished.stderr);
    let pairs: Vec<&str> = said.lines().filter(|line| line.matches('\t').count() == 4).collect();
    kit::write(file, pairs.join("\n").as_bytes())
}

impl Shares {
    /// Adds what a program counted.
    fn add(&mut self, text: &str, weight: f64) -> Outcome {
        let mut rows = Vec::new();
        for line in text.lines() {
            let [count, _, first, number, second] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("expected five columns, found {line:?}"));
            };
            let count: f64 = count.parse().map_err(|_| format!("no count in {line:?}"))?;
            let number = number.parse().map_err(|_| format!("no number in {line:?}"))?;
            rows.push((count, first, (number, second.to_owned())));
        }
        let all: f64 = rows.iter().map(|row| row.0).sum();
        for (count, first, second) in rows {
            let after = self.after.entry(first.to_owned()).or_default();
            *after.entry(second).or_default() += weight * count / all;
        }
        Ok(())
    }

    /// The text of the file.
    fn chosen(&self) -> String {
        let mut firsts: Vec<(f64, &String)> =
            self.after.iter().map(|(first, after)| (after.values().sum(), first)).collect();
        firsts.sort_by(|a, b| b.0.total_cmp(&a.0));
        firsts.truncate(ROWS_MAX);
        let mut text = HEAD.replace("{max}", &SUCCESSORS_MAX.to_string());
        for (all, first) in firsts {
            let mut after: Vec<(&Named, f64)> =
                self.after[first].iter().map(|(second, share)| (second, *share)).collect();
            after.sort_by(|a, b| b.1.total_cmp(&a.1));
            let mut left = all;
            let mut row = String::new();
            for ((number, name), share) in after.into_iter().take(SUCCESSORS_MAX) {
                if share < SHARE_MIN * left {
                    break;
                }
                left -= share;
                let _ = write!(row, "({number}, \"{name}\"), ");
            }
            if !row.is_empty() {
                let _ = writeln!(text, "    (\"{first}\", &[{}]),", row.trim_end_matches(", "));
            }
        }
        text + "];\n"
    }
}
