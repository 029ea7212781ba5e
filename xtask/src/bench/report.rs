//! The results as markdown and JSON: per program, per group, and the limits the project set itself.
//!
//! Ratios are Holm over wasmtime: below 1.00 Holm is faster. A mean is over the rows whose outputs agreed.
//! Invariant: no number here was not measured in this run.
//! Read next: `xtask/src/bench/chart.rs`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::bench::calls::Call;
use crate::bench::compile::Compiled;
use crate::bench::gc::Collected;
use crate::bench::hello::Hello;
use crate::bench::run::Row;
use crate::bench::{BASE, stats};

/// The engine under test.
const OURS: &str = "holm";
/// Groups in the order they are reported; the first takes all rows.
const GROUPS: &[&str] =
    &["all", "scalar", "simd", "plain", "call-heavy", "indirect", "vectorizable", "real"];

/// Everything measured in one run.
pub(crate) struct Results {
    machine: Vec<String>,
    absent: Vec<String>,
    pub(crate) run: Vec<Row>,
    pub(crate) compile: Vec<Compiled>,
    pub(crate) hello: Vec<Hello>,
    pub(crate) calls: Vec<Call>,
    pub(crate) gc: Vec<Collected>,
}

impl Results {
    /// Nothing measured yet.
    pub(crate) fn new(machine: Vec<String>, absent: Vec<String>) -> Self {
        let (run, compile, hello, calls, gc) = Default::default();
        Self { machine, absent, run, compile, hello, calls, gc }
    }

    /// How many runs failed or answered something else.
    pub(crate) fn wrong(&self) -> usize {
        let run = self.run.iter().map(|row| row.wrong.len());
        let compile = self.compile.iter().map(|row| row.wrong.len());
        let gc = self.gc.iter().map(|row| row.row.wrong.len());
        run.chain(compile).chain(gc).sum()
    }

    /// All of it for a machine to read.
    pub(crate) fn json(&self) -> Value {
        let run: Vec<Value> = self.run.iter().map(row_json).collect();
        let compile: Vec<Value> = self.compile.iter().map(compile_json).collect();
        let hello = self.hello.iter().map(|hello| {
            json!({ "engine": hello.engine, "cached": hello.cached, "wall_ns": hello.wall_ns, "cpu_ns": hello.cpu_ns, "peak_kib": hello.peak_kib })
        });
        let calls =
            self.calls.iter().map(|call| json!({ "name": call.name, "ns": call.nanoseconds }));
        let gc = self.gc.iter().map(
            |row| json!({ "name": row.row.name, "inner_ns": row.times(), "pauses": row.pauses }),
        );
        json!({
            "machine": self.machine, "absent": self.absent, "run": run, "compile": compile,
            "hello": hello.collect::<Vec<_>>(), "calls": calls.collect::<Vec<_>>(),
            "gc": gc.collect::<Vec<_>>(),
        })
    }
}

fn row_json(row: &Row) -> Value {
    let engines: serde_json::Map<String, Value> = row
        .samples
        .iter()
        .map(|(engine, samples)| {
            let inner: Vec<_> = samples.iter().map(|sample| sample.inner_ns).collect();
            let whole: Vec<_> = samples.iter().map(|sample| sample.wall_ns).collect();
            let cpu: Vec<_> = samples.iter().map(|sample| sample.cpu_ns).collect();
            let peak: Vec<_> = samples.iter().map(|sample| sample.peak_kib).collect();
            let series =
                json!({ "inner_ns": inner, "whole_ns": whole, "cpu_ns": cpu, "peak_kib": peak });
            (engine.clone(), series)
        })
        .collect();
    json!({ "name": row.name, "build": row.build, "groups": row.groups, "engines": engines, "wrong": row.wrong })
}

fn compile_json(row: &Compiled) -> Value {
    let engines: serde_json::Map<String, Value> = row
        .samples
        .keys()
        .map(|engine| {
            (engine.clone(), json!({ "cpu_ns": row.cpu(engine), "wall_ns": row.wall(engine) }))
        })
        .collect();
    json!({ "name": row.name, "bytes": row.bytes, "operators": row.operators, "engines": engines, "wrong": row.wrong })
}

/// The ratio of one row, if both engines ran it and agreed.
pub(crate) fn ratio(row: &Row, engine: &str) -> Option<f64> {
    row.wrong.is_empty().then_some(())?;
    Some(row.inner(engine)? / row.inner(BASE)?)
}

/// Geometric means of a group's ratios.
pub(crate) struct Means {
    /// Of the guest's own time.
    pub(crate) inner: f64,
    /// Of the whole process, wall time.
    whole: f64,
    /// Of the whole process, CPU time of all threads.
    cpu: f64,
}

/// The means of one group's ratios to the base.
pub(crate) fn group_means(rows: &[Row], group: &str, engine: &str) -> Option<Means> {
    let member =
        |row: &&Row| group == "all" || row.build == group || row.groups.iter().any(|g| g == group);
    let (mut inner, mut whole, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.iter().filter(member) {
        if let Some(value) = ratio(row, engine) {
            inner.push(value);
            whole.extend(row.whole(engine).zip(row.whole(BASE)).map(|(a, b)| a / b));
            cpu.extend(row.cpu(engine).zip(row.cpu(BASE)).map(|(a, b)| a / b));
        }
    }
    let mean = stats::geomean;
    Some(Means { inner: mean(&inner)?, whole: mean(&whole)?, cpu: mean(&cpu)? })
}

/// The groups that have rows.
pub(crate) fn groups() -> &'static [&'static str] {
    GROUPS
}

/// The report as markdown.
pub(crate) fn markdown(results: &Results) -> String {
    let mut out = String::from("# Benchmark\n\n");
    for line in results.machine.iter().chain(&results.absent) {
        line_of(&mut out, &format!("* {line}"));
    }
    if !results.run.is_empty() {
        means(&mut out, &results.run);
        rows(&mut out, &results.run);
    }
    if !results.compile.is_empty() {
        compile(&mut out, &results.compile);
    }
    if !results.hello.is_empty() {
        hello(&mut out, &results.hello, true);
        hello(&mut out, &results.hello, false);
    }
    if !results.calls.is_empty() {
        calls(&mut out, &results.calls);
    }
    if !results.gc.is_empty() {
        collected(&mut out, &results.gc);
    }
    out
}

fn line_of(out: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{line}");
}

fn engines_of(rows: &[Row]) -> Vec<&str> {
    let order = ["holm", "wasmtime", "node", "interp", "wasmi", "wasm3", "native"];
    order
        .into_iter()
        .filter(|name| rows.iter().any(|row| row.samples.contains_key(*name)))
        .collect()
}

fn means(out: &mut String, rows: &[Row]) {
    let engines: Vec<&str> = engines_of(rows).into_iter().filter(|name| *name != BASE).collect();
    line_of(out, &format!("\n## Time as a ratio to {BASE}, geometric means (lower is better)\n"));
    line_of(out, "Guest's own time / whole process, wall / whole process, CPU of all threads.\n");
    line_of(out, &format!("| group | {} |", engines.join(" | ")));
    line_of(out, &format!("|---|{}", "---:|".repeat(engines.len())));
    for group in GROUPS {
        let cells: Vec<String> = engines
            .iter()
            .map(|engine| match group_means(rows, group, engine) {
                Some(Means { inner, whole, cpu }) => format!("{inner:.3} / {whole:.3} / {cpu:.3}"),
                None => "–".into(),
            })
            .collect();
        line_of(out, &format!("| {group} | {} |", cells.join(" | ")));
    }
}

fn rows(out: &mut String, rows: &[Row]) {
    let engines = engines_of(rows);
    line_of(out, "\n## Programs: median milliseconds of the guest's own time (ratio)\n");
    line_of(out, &format!("| program | build | group | {} | noise |", engines.join(" | ")));
    line_of(out, &format!("|---|---|---|{}---:|", "---:|".repeat(engines.len())));
    for row in rows {
        let cell = |engine: &&str| match (row.inner(engine), ratio(row, engine)) {
            (Some(time), Some(ratio)) if *engine != BASE => {
                format!("{:.1} ({ratio:.2})", time / 1e6)
            }
            (Some(time), _) => format!("{:.1}", time / 1e6),
            (None, _) => "–".into(),
        };
        let cells: Vec<String> = engines.iter().map(cell).collect();
        let noise = engines.iter().filter_map(|engine| row.spread(engine)).fold(0.0, f64::max);
        let group = row.groups.join(", ");
        let (name, build, cells) = (&row.name, &row.build, cells.join(" | "));
        let noise = noise * 100.0;
        line_of(out, &format!("| {name} | {build} | {group} | {cells} | {noise:.0} % |"));
        for wrong in &row.wrong {
            line_of(out, &format!("| **wrong** | | | {} |", wrong.replace('\n', " ")));
        }
    }
}

fn compile(out: &mut String, rows: &[Compiled]) {
    line_of(out, "\n## Compilation: CPU milliseconds (all threads), modules over 500 kB\n");
    line_of(
        out,
        "| module | kB | operators | holm | wasmtime | ratio | holm ns/op | wasmtime ns/op | holm wall | wasmtime wall |",
    );
    line_of(out, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut ratios = Vec::new();
    for row in rows {
        let (ours, base) = (row.cpu(OURS), row.cpu(BASE));
        let ratio = ours.zip(base).map(|(a, b)| a / b);
        ratios.extend(ratio);
        // Far below 2^52, so exact as a float.
        let operators = row.operators.and_then(|n| n.to_string().parse::<f64>().ok());
        let each = |time: Option<f64>| time.zip(operators).map(|(time, count)| time / count);
        let cells = [
            number(ours.map(|ns| ns / 1e6), 0),
            number(base.map(|ns| ns / 1e6), 0),
            number(ratio, 3),
            number(each(ours), 0),
            number(each(base), 0),
            number(row.wall(OURS).map(|ns| ns / 1e6), 0),
            number(row.wall(BASE).map(|ns| ns / 1e6), 0),
        ];
        let (name, kilobytes, count) = (&row.name, row.bytes / 1000, number(operators, 0));
        line_of(out, &format!("| {name} | {kilobytes} | {count} | {} |", cells.join(" | ")));
        for wrong in &row.wrong {
            line_of(out, &format!("| **wrong** | {} |", wrong.replace('\n', " ")));
        }
    }
    line_of(
        out,
        &format!("\nGeometric mean of the ratios: {}", number(stats::geomean(&ratios), 3)),
    );
}

fn hello(out: &mut String, rows: &[Hello], cached: bool) {
    let rows: Vec<&Hello> = rows.iter().filter(|row| row.cached == cached).collect();
    let how = if cached { "from a warm cache" } else { "without a cache" };
    line_of(out, &format!("\n## hello {how}, whole process\n"));
    line_of(out, "| engine | wall ms | ratio | CPU ms | peak MiB | ratio |");
    line_of(out, "|---|---:|---:|---:|---:|---:|");
    let base = rows.iter().find(|row| row.engine == BASE);
    for row in &rows {
        let wall = base.map(|base| row.wall_ns / base.wall_ns);
        let peak = base.map(|base| row.peak_kib / base.peak_kib);
        let cells = [
            number(Some(row.wall_ns / 1e6), 2),
            number(wall, 3),
            number(Some(row.cpu_ns / 1e6), 2),
            number(Some(row.peak_kib / 1024.0), 1),
            number(peak, 3),
        ];
        line_of(out, &format!("| {} | {} |", row.engine, cells.join(" | ")));
    }
}

fn calls(out: &mut String, rows: &[Call]) {
    line_of(out, "\n## Calls and instances: nanoseconds\n");
    line_of(out, "| what | holm | wasmtime | ratio |");
    line_of(out, "|---|---:|---:|---:|");
    for row in rows {
        let (ours, base) = (row.nanoseconds.get(OURS), row.nanoseconds.get(BASE));
        let ratio = ours.zip(base).map(|(a, b)| a / b);
        let (ours, base) = (number(ours.copied(), 1), number(base.copied(), 1));
        line_of(out, &format!("| {} | {ours} | {base} | {} |", row.name, number(ratio, 3)));
    }
}

fn collected(out: &mut String, rows: &[Collected]) {
    let engines = ["holm", "wasmtime copying", "wasmtime drc", "wasmtime null", "node"];
    line_of(
        out,
        "\n## Under the collector: median milliseconds of the guest's own time, after warming up\n",
    );
    line_of(
        out,
        &format!(
            "| program | {} | best collector / holm | null / holm | holm / node |",
            engines.join(" | ")
        ),
    );
    line_of(out, &format!("|---|{}", "---:|".repeat(engines.len() + 3)));
    for result in rows {
        let row = &result.row;
        let sound = row.wrong.is_empty();
        let ours = row.inner(OURS).filter(|_| sound);
        let over = |peer: Option<f64>| number(peer.zip(ours).map(|(peer, ours)| peer / ours), 2);
        let (best, never) = (over(result.best()), over(result.never()));
        let node = ours.zip(row.inner("node")).map(|(ours, node)| ours / node);
        let cells = engines.map(|engine| number(row.inner(engine).map(|ns| ns / 1e6), 1));
        let (cells, node) = (cells.join(" | "), number(node, 2));
        line_of(out, &format!("| {} | {cells} | {best} | {never} | {node} |", row.name));
        for wrong in &row.wrong {
            line_of(out, &format!("| **wrong** | {} |", wrong.replace('\n', " ")));
        }
    }
    line_of(out, "\nHolm's collections, warming up included:\n");
    for Collected { row, pauses } in rows {
        line_of(out, &format!("* {}: {pauses}", row.name));
    }
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.digits$}"))
}
