//! Programs under the collector: Holm, each collector of wasmtime, node; and how long Holm's pauses were.
//!
//! The programs are in `bench/programs/gc`, as text with a common frame. Each warms up before it reads the clock.
//! Wasmtime counts with the best of its collectors, program by program. The setting that never collects stands beside
//! it, with a ratio of its own: it shows what code costs without a collector, and ends when the heap is full.
//! Invariant: as for other programs, engines alternate and a row whose outputs differ has no ratio.
//! Read next: `bench/programs/gc/frame.wat`, [`super::run`].

use std::collections::BTreeMap;
use std::path::Path;

use crate::bench::programs::Built;
use crate::bench::run::{self, Row};
use crate::bench::{BASE, Wish};
use crate::kit::engine::{Engine, Job, Kind};
use crate::kit::process;
use crate::{kit, say};

/// The frame of all programs; not a program.
const FRAME: &str = "frame.wat";
/// The collectors of the peer, and last the setting that never collects.
const COLLECTORS: &[&str] = &["copying", "drc", NEVER];
const NEVER: &str = "null";

/// One program on all engines.
pub(crate) struct Collected {
    pub(crate) row: Row,
    /// What Holm's collector did, as `holm run --stats` prints it; empty when there was nothing.
    pub(crate) pauses: String,
}

impl Collected {
    /// The time of the peer's best collector here, in nanoseconds.
    pub(crate) fn best(&self) -> Option<f64> {
        let collectors = COLLECTORS.iter().filter(|collector| **collector != NEVER);
        collectors.filter_map(|c| self.row.inner(&name(c))).min_by(f64::total_cmp)
    }

    /// The peer's time without collecting anything, in nanoseconds.
    pub(crate) fn never(&self) -> Option<f64> {
        self.row.inner(&name(NEVER))
    }

    /// Median nanoseconds of an engine, all collectors by their own names.
    pub(crate) fn times(&self) -> BTreeMap<&str, Option<f64>> {
        self.row.samples.keys().map(|name| (name.as_str(), self.row.inner(name))).collect()
    }
}

/// The name of the peer with a collector.
fn name(collector: &str) -> String {
    format!("{BASE} {collector}")
}

/// Builds the programs and measures them.
pub(crate) fn measure(wish: &Wish, engines: &[Engine]) -> Result<Vec<Collected>, String> {
    let engines = with_collectors(engines);
    let mut results = Vec::new();
    for program in build_all(wish)? {
        let row = run::one(&program, &engines, wish.rounds);
        let times: Vec<String> = engines
            .iter()
            .filter_map(|e| Some(format!("{} {:.0} ms", e.name, row.inner(&e.name)? / 1e6)))
            .collect();
        say(&format!("{}: {}", row.name, times.join(", ")));
        row.wrong.iter().for_each(|wrong| say(&format!("  WRONG: {wrong}")));
        let ours = engines.iter().find(|engine| engine.kind == Kind::Holm);
        let pauses = ours.map(|engine| pauses(engine, &program.wasm)).transpose()?;
        results.push(Collected { row, pauses: pauses.unwrap_or_default() });
    }
    Ok(results)
}

/// The engines that know objects, the peer once per collector.
fn with_collectors(engines: &[Engine]) -> Vec<Engine> {
    let mut all = Vec::new();
    for engine in engines {
        match engine.kind {
            Kind::Holm | Kind::Node => all.push(engine.clone()),
            Kind::Wasmtime => all.extend(COLLECTORS.iter().map(|collector| {
                let mut engine = engine.clone();
                engine.name = name(collector);
                engine
                    .flags
                    .extend(["-W".into(), "gc=y,function-references=y,exceptions=y".into()]);
                engine.flags.extend(["-C".into(), format!("collector={collector}")]);
                engine
            })),
            Kind::Wasmi | Kind::Wasm3 | Kind::Native => {}
        }
    }
    all
}

/// Puts the frame and each program into a module.
fn build_all(wish: &Wish) -> Result<Vec<Built>, String> {
    let folder = crate::root().join("bench/programs/gc");
    let frame = kit::read_text(&folder.join(FRAME))?;
    let out = kit::made_folder("bench/gc")?;
    let mut all = Vec::new();
    for path in kit::entries(&folder)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.ends_with(FRAME) || !(wish.only.is_empty() || wish.only.contains(&name)) {
            continue;
        }
        let text = format!("(module\n{frame}\n{})\n", kit::read_text(&path)?);
        let bytes = wat::parse_str(&text).map_err(|error| format!("{name}: {error}"))?;
        let wasm = out.join(&name).with_extension("wasm");
        kit::write(&wasm, &bytes)?;
        let (build, groups) = ("gc".into(), vec!["gc".into()]);
        all.push(Built { name, build, groups, wasm, native: None });
    }
    Ok(all)
}

/// One more run, to see what the collector did.
fn pauses(holm: &Engine, wasm: &Path) -> Result<String, String> {
    let mut engine = holm.clone();
    engine.flags.push("--stats".into());
    let job = Job { file: wasm.to_path_buf(), ..Job::default() };
    let limit = std::time::Duration::from_secs(600);
    let finished = process::finish(&mut engine.command(&job), b"", limit)?;
    let said = String::from_utf8_lossy(&finished.stderr).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("collect"));
    Ok(line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default())
}
