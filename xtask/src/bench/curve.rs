//! The time of whole processes over the amount of work, without caches: who starts fast, who runs fast, who does both.
//!
//! Each program gets a scale as its argument, from next to no work to seconds of it. Holm runs on each of
//! its tiers; what is compared with the best of the others is `--tier auto`, as a user gets it.
//! Invariant: engines alternate; a point whose outputs differ is an error. An engine whose next point would take longer
//! than [`PATIENCE`] is left out from there on.
//! Read next: `xtask/src/bench/measure.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::bench::programs::{self, Built};
use crate::bench::{Wish, hello, measure, stats};
use crate::kit::engine::{Engine, Job, Kind};
use crate::{Outcome, kit, say};

/// Programs and their scales; about doubling the work from point to point.
const PROGRAMS: &[(&str, &[u32])] = &[
    ("oneloop", &[0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]),
    ("fib", &[10, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46]),
    ("javascript", &[0, 1, 2, 4, 8, 16, 32, 64, 128]),
];
/// Longer runs are left out.
const PATIENCE: Duration = Duration::from_secs(15);
/// What the best of the others is multiplied with, at most.
const RATIO_MAX: f64 = 1.15;

/// What is compared with the others.
const OURS: &str = "holm auto";

/// All engines at one scale, in nanoseconds.
struct Point {
    scale: u32,
    times: BTreeMap<String, f64>,
}

impl Point {
    /// The best of the others.
    fn best(&self) -> Option<f64> {
        let others = self.times.iter().filter(|(name, _)| !name.starts_with("holm"));
        others.map(|(_, time)| *time).min_by(f64::total_cmp)
    }

    /// The time of [`OURS`] against that.
    fn ratio(&self) -> Option<f64> {
        Some(self.times.get(OURS)? / self.best()?)
    }
}

/// Measures and draws all curves.
pub(crate) fn measure(wish: &Wish, engines: &[Engine]) -> Outcome {
    let mut engines: Vec<Engine> = engines.iter().map(cold).collect();
    engines.retain(|engine| engine.kind != Kind::Native);
    let ours = engines.extract_if(.., |engine| engine.kind == Kind::Holm).next();
    for tier in ["auto", "optimize", "interp"] {
        engines.extend(ours.iter().map(|ours| {
            let mut engine = ours.clone();
            engine.name = format!("holm {tier}");
            engine.flags.extend(["--tier".into(), tier.into()]);
            engine
        }));
    }
    let folder = kit::made_folder("bench")?;
    let mut report = String::new();
    for (name, scales) in PROGRAMS {
        let Some(program) = programs::scalar(name, wish)? else { continue };
        let points = points(&program, scales, &engines, wish.rounds.min(5))?;
        report.push_str(&table(name, &points));
        let chart = folder.join(format!("curve-{name}.svg"));
        kit::write(&chart, svg(name, &points).as_bytes())?;
        say(&format!("drew {}", chart.display()));
    }
    kit::write(&folder.join("curve.md"), report.as_bytes())?;
    say(&report);
    Ok(())
}

/// The engine told to keep nothing.
fn cold(engine: &Engine) -> Engine {
    hello::without_cache(engine).unwrap_or_else(|| engine.clone())
}

fn points(
    program: &Built,
    scales: &[u32],
    engines: &[Engine],
    rounds: usize,
) -> Result<Vec<Point>, String> {
    let mut points: Vec<Point> = Vec::new();
    for scale in scales {
        let expected = |engine: &Engine| {
            let last = points.last()?.times.get(&engine.name)?;
            let earlier = points.iter().rev().nth(1).and_then(|p| p.times.get(&engine.name));
            Some(last * earlier.map_or(2.0, |earlier| (last / earlier).max(1.0)))
        };
        let is_patient = |time: f64| time < PATIENCE.as_secs_f64() * 1e9;
        let engines: Vec<&Engine> = engines
            .iter()
            .filter(|engine| points.is_empty() || expected(engine).is_some_and(is_patient))
            .collect();
        points.push(point(program, *scale, &engines, rounds)?);
    }
    Ok(points)
}

fn point(program: &Built, scale: u32, engines: &[&Engine], rounds: usize) -> Result<Point, String> {
    let mut samples: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut answer: Option<String> = None;
    for round in 0..rounds {
        for turn in 0..engines.len() {
            let engine = engines[(round + turn) % engines.len()];
            let args = vec![scale.to_string()];
            let job = Job { file: program.wasm.clone(), args, ..Job::default() };
            let measured = measure::measure(&engine.command(&job))?;
            if *answer.get_or_insert_with(|| measured.stdout.clone()) != measured.stdout {
                return Err(format!("{} {scale}: {} answers otherwise", program.name, engine.name));
            }
            samples.entry(engine.name.clone()).or_default().push(measured.sample.wall_ns);
        }
    }
    let medians =
        samples.into_iter().filter_map(|(name, times)| Some((name, stats::median(&times)?)));
    let point = Point { scale, times: medians.collect() };
    let ratio = point.ratio().map_or(String::new(), |ratio| format!(", {ratio:.2} of the best"));
    say(&format!("{} {scale}{ratio}", program.name));
    Ok(point)
}

fn table(name: &str, points: &[Point]) -> String {
    let engines: Vec<&String> = points.first().map_or(Vec::new(), |p| p.times.keys().collect());
    let mut out =
        format!("\n{name}: milliseconds of the whole process, without caches\n\n| scale |");
    engines.iter().for_each(|engine| out.push_str(&format!(" {engine} |")));
    out.push_str(&format!(" {OURS} / best of the others |\n|---:|"));
    engines.iter().for_each(|_| out.push_str("---:|"));
    out.push_str("---:|\n");
    for point in points {
        let _ = write!(out, "| {} |", point.scale);
        for engine in &engines {
            let time = point.times.get(*engine);
            let _ = write!(out, " {} |", time.map_or("–".into(), |ns| format!("{:.1}", ns / 1e6)));
        }
        let ratio = point.ratio();
        let mark = if ratio.is_some_and(|ratio| ratio > RATIO_MAX) { " !" } else { "" };
        let _ = writeln!(out, " {}{mark} |", ratio.map_or("–".into(), |r| format!("{r:.2}")));
    }
    out
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 60.0;
const COLOURS: &[&str] =
    &["#c53030", "#dd8888", "#e0a0c0", "#2b6cb0", "#2c7a7b", "#b7791f", "#718096"];

/// Both axes are logarithmic: the best time at a point, and each engine's.
fn svg(name: &str, points: &[Point]) -> String {
    let all = || points.iter().flat_map(|point| point.times.values().copied());
    let low = all().min_by(f64::total_cmp).unwrap_or(1.0).ln();
    let high = all().max_by(f64::total_cmp).unwrap_or(2.0).ln();
    let steps = (points.len().max(2) - 1) as f64;
    let x = |at: usize| MARGIN + at as f64 / steps * (WIDTH - 2.0 * MARGIN - 80.0);
    let y = |ns: f64| HEIGHT - MARGIN - (ns.ln() - low) / (high - low) * (HEIGHT - 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"16\">{name}: whole time over work, no caches</text>\n"
    );
    for power in 5..11 {
        let ns = 10f64.powi(power);
        if ns.ln() < low || ns.ln() > high {
            continue;
        }
        let (y, label) = (y(ns), ns / 1e6);
        let end = WIDTH - MARGIN - 80.0;
        let _ = writeln!(
            out,
            "<line x1=\"{MARGIN}\" y1=\"{y:.1}\" x2=\"{end}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>"
        );
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{label} ms</text>",
            MARGIN - 6.0
        );
    }
    for (at, point) in points.iter().enumerate() {
        let (x, y, scale) = (x(at), HEIGHT - MARGIN + 20.0, point.scale);
        let _ =
            writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{scale}</text>");
    }
    let engines = points.first().map_or(Vec::new(), |point| point.times.keys().collect::<Vec<_>>());
    for (engine, colour) in engines.iter().zip(COLOURS.iter().cycle()) {
        let line: Vec<(f64, f64)> = points
            .iter()
            .enumerate()
            .filter_map(|(at, point)| Some((x(at), y(*point.times.get(*engine)?))))
            .collect();
        let path: Vec<String> = line.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let width = if *engine == OURS { 3 } else { 1 };
        let path = path.join(" ");
        let _ = writeln!(
            out,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
        );
        if let Some((x, y)) = line.last() {
            let x = x + 6.0;
            let _ =
                writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{engine}</text>");
        }
    }
    out.push_str("</svg>\n");
    out
}
