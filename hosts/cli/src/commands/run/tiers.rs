//! `--trace-tiers FILE`: a time line of a run and of the functions that moved from tier to tier, in the format of Chrome's traces; and
//! `--profile-out FILE`: what was seen of a program while it ran.
//!
//! Not here: what moves when, and what a profile is (see the engine). Invariant: the time line is one JSON array, whatever
//! functions are called. Read next: `no_tiers.rs`, which stands here if nothing is compiled.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use holm::{Module, TierCompilation, TierEventKind, TierReason};

use super::RunOptions;
use super::stats::Stats;
use crate::failure::Failure;
use crate::input;
use crate::units::show_time;

/// Lines of `--stats` about what moved.
const MOVES_MAX: usize = 16;

/// The rows of the time line.
const GUEST_ROW: u32 = 1;
const COMPILER_ROW: u32 = 2;

/// Whether it is to be known when what happened.
pub(super) const fn are_timed(options: &RunOptions) -> bool {
    options.trace_tiers.is_some()
}

/// Refuses what makes no sense for a module.
pub(super) fn check(options: &RunOptions, module: &Module) -> Result<(), Failure> {
    if options.profile_out.is_some() && module.tier_stats().is_none() {
        let text = "--profile-out has nothing to write: functions do not move up";
        return Err(Failure::usage(text).help("run the module itself with --tier auto"));
    }
    Ok(())
}

/// Writes the files that are asked for.
pub(super) fn write(options: &RunOptions, module: &Module, stats: &Stats) -> Result<(), Failure> {
    let traced = options.trace_tiers.as_deref();
    let traced = traced.map(|path| put("--trace-tiers", path, &text(options, module, stats)));
    let seen = options.profile_out.as_deref();
    let seen = seen.map(|path| put("--profile-out", path, &profile(module)));
    seen.unwrap_or(Ok(())).and(traced.unwrap_or(Ok(())))
}

/// Writes what an option asks for to the file that it names.
fn put(option: &str, path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| {
        let text = format!("can not write {}: {}", path.display(), input::reason(&error));
        Failure::new(1, text).help(format!("name a place you can write to with {option}"))
    })
}

/// What was seen of a module.
fn profile(module: &Module) -> String {
    module.profile().map(|profile| profile.to_text()).unwrap_or_default()
}

/// One entry of the file.
struct Line<'a> {
    phase: &'a str,
    title: &'a str,
    row: u32,
    at_ns: u64,
    /// Further members.
    rest: &'a str,
}

impl Line<'_> {
    fn write(&self, out: &mut String) {
        let Self { phase, row, rest, .. } = self;
        let (title, at) = (quoted(self.title), microseconds(self.at_ns));
        let _ = writeln!(
            out,
            "{{\"name\":{title},\"ph\":\"{phase}\",\"pid\":1,\"tid\":{row},\"ts\":{at}{rest}}},"
        );
    }
}

fn text(options: &RunOptions, module: &Module, stats: &Stats) -> String {
    let (events, compilations) = module.tier_events();
    let mut out = String::from("[\n");
    for (row, name) in [(GUEST_ROW, "guest"), (COMPILER_ROW, "compiler")] {
        let rest = &format!(",\"args\":{{\"name\":\"{name}\"}}");
        Line { phase: "M", title: "thread_name", row, at_ns: 0, rest }.write(&mut out);
    }
    let called = format!("call {}", options.invoke.as_deref().unwrap_or("_start"));
    for (title, began, time) in stats.steps() {
        let title = if title == "run" { &called } else { title };
        let rest = &format!(",\"dur\":{}", microseconds(in_nanoseconds(time)));
        let at_ns = in_nanoseconds(began);
        Line { phase: "X", title, row: GUEST_ROW, at_ns, rest }.write(&mut out);
    }
    for event in events {
        let function = name(module, event.function);
        let (what, why) = match event.kind {
            TierEventKind::Noticed => ("noticed", String::new()),
            TierEventKind::Cooled => ("cooled", String::new()),
            TierEventKind::Promoted(reason) => ("promoted", told(reason)),
            TierEventKind::Refused(why) => ("refused", why),
            _ => continue,
        };
        let part = event.loop_offset.map_or(String::new(), |at| format!(" loop at {at:#x}"));
        let title = &format!("{what} {function}{part}");
        let rest = &format!(",\"s\":\"t\",\"args\":{{\"why\":{}}}", quoted(&why));
        let at_ns = event.at_ns.unwrap_or_default();
        Line { phase: "i", title, row: GUEST_ROW, at_ns, rest }.write(&mut out);
    }
    for TierCompilation { span_ns, parts, code_bytes, .. } in compilations {
        let (at_ns, ended) = span_ns.unwrap_or_default();
        let title = &format!("{parts} parts, {code_bytes} bytes");
        let rest = &format!(",\"dur\":{}", microseconds(ended.saturating_sub(at_ns)));
        Line { phase: "X", title, row: COMPILER_ROW, at_ns, rest }.write(&mut out);
    }
    out.truncate(out.trim_end_matches([',', '\n']).len());
    out.push_str("\n]\n");
    out
}

/// What moved up in the order in which it did, a line each, if there was a clock.
pub(super) fn moves(module: &Module) -> Vec<String> {
    let (mut kept, mut lines) = (0, Vec::new());
    for event in module.tier_events().0 {
        let (TierEventKind::Promoted(reason), Some(at_ns)) = (event.kind, event.at_ns) else {
            continue;
        };
        if reason == TierReason::Kept {
            kept += 1;
            continue;
        }
        let at = show_time(Duration::from_nanos(at_ns));
        let part = event.loop_offset.map_or(String::new(), |at| format!(", loop at {at:#x}"));
        let function = name(module, event.function);
        lines.push(format!("  at {at:>9}  {function}{part}: {}", told(reason)));
    }
    if lines.len() > MOVES_MAX {
        let left = lines.len() - MOVES_MAX;
        lines.truncate(MOVES_MAX);
        lines.push(format!("  and {left} more, which --trace-tiers FILE has"));
    }
    if kept > 0 {
        lines.push(format!("  {kept} compiled by earlier runs"));
    }
    lines
}

/// A reason in words.
fn told(reason: TierReason) -> String {
    match reason {
        TierReason::Ran { rounds, per_call } => {
            format!("ran about {rounds} rounds, of which a call counts as {per_call}")
        }
        TierReason::CalledBefore => "an earlier run called it".to_owned(),
        TierReason::Kept => "an earlier run compiled it".to_owned(),
        TierReason::Deep => "called so deep down that the stack was about to end".to_owned(),
        _ => String::new(),
    }
}

fn in_nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What to call a function.
fn name(module: &Module, function: u32) -> String {
    module.function_name(function).map_or_else(|| format!("function {function}"), str::to_owned)
}

/// The format's unit, without a float's rounding.
fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
