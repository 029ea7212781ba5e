//! `--trace-tiers FILE`: a time line of functions that moved from tier to tier, in the format of Chrome's traces; and
//! `--profile-out FILE`: what was seen of a program while it ran.
//!
//! Not here: what moves when, and what a profile is (see the engine). Invariant: the time line is one JSON array, whatever
//! functions are called. Read next: `no_tiers.rs`, which stands here if nothing is compiled.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use holm::{Module, TierCompilation, TierEventKind};

use super::RunOptions;
use crate::failure::Failure;
use crate::input;

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
pub(super) fn write(options: &RunOptions, module: &Module) -> Result<(), Failure> {
    let traced = options.trace_tiers.as_deref().map(|path| trace(module, path));
    let seen = options.profile_out.as_deref().map(|path| write_profile(module, path));
    seen.unwrap_or(Ok(())).and(traced.unwrap_or(Ok(())))
}

/// Writes what was seen of a module.
fn write_profile(module: &Module, path: &Path) -> Result<(), Failure> {
    let text = module.profile().map(|profile| profile.to_text()).unwrap_or_default();
    fs::write(path, text).map_err(|error| {
        let text = format!("can not write {}: {}", path.display(), input::reason(&error));
        Failure::new(1, text).help("name a place you can write to with --profile-out")
    })
}

/// Writes the time line.
fn trace(module: &Module, path: &Path) -> Result<(), Failure> {
    fs::write(path, text(module)).map_err(|error| {
        let text = format!("can not write {}: {}", path.display(), input::reason(&error));
        Failure::new(1, text).help("name a place you can write to with --trace-tiers")
    })
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

fn text(module: &Module) -> String {
    let (events, compilations) = module.tier_events();
    let mut out = String::from("[\n");
    for (row, name) in [(GUEST_ROW, "guest"), (COMPILER_ROW, "compiler")] {
        let rest = &format!(",\"args\":{{\"name\":\"{name}\"}}");
        Line { phase: "M", title: "thread_name", row, at_ns: 0, rest }.write(&mut out);
    }
    for event in events {
        let function = name(module, event.function);
        let (what, why) = match event.kind {
            TierEventKind::Noticed => ("noticed", String::new()),
            TierEventKind::Cooled => ("cooled", String::new()),
            TierEventKind::Promoted => ("promoted", String::new()),
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
