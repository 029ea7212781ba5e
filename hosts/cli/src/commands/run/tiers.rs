//! `--trace-tiers FILE`: a time line of functions that moved from tier to tier, in the format of Chrome's traces.
//!
//! Not here: what moves when (see the engine). Invariant: the file is one JSON array, whatever functions are called.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use holm::{Module, TierCompilation, TierEventKind};

use crate::failure::Failure;
use crate::input;

/// The rows of the time line.
const GUEST_ROW: u32 = 1;
const COMPILER_ROW: u32 = 2;

/// Writes the file.
pub(super) fn trace(module: &Module, path: &Path) -> Result<(), Failure> {
    fs::write(path, text(module)).map_err(|error| {
        let text = format!("can not write {}: {}", path.display(), input::reason(&error));
        Failure::new(1, text).help("name a place you can write to with --trace-tiers")
    })
}

fn text(module: &Module) -> String {
    let (events, compilations) = module.tier_events();
    let mut out = String::from("[\n");
    for (row, name) in [(GUEST_ROW, "guest"), (COMPILER_ROW, "compiler")] {
        let args = format!("{{\"name\":\"{name}\"}}");
        entry(&mut out, "M", "thread_name", row, 0, &format!(",\"args\":{args}"));
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
        let title = quoted(&format!("{what} {function}{part}"));
        let rest = format!(",\"s\":\"t\",\"args\":{{\"why\":{}}}", quoted(&why));
        entry_quoted(&mut out, "i", &title, GUEST_ROW, event.at_ns.unwrap_or_default(), &rest);
    }
    for TierCompilation { span_ns, parts, code_bytes, .. } in compilations {
        let (began, ended) = span_ns.unwrap_or_default();
        let title = format!("{parts} parts, {code_bytes} bytes");
        let rest = format!(",\"dur\":{}", microseconds(ended.saturating_sub(began)));
        entry(&mut out, "X", &title, COMPILER_ROW, began, &rest);
    }
    out.truncate(out.trim_end_matches([',', '\n']).len());
    out.push_str("\n]\n");
    out
}

/// What to call a function.
fn name(module: &Module, function: u32) -> String {
    module.function_name(function).map_or_else(|| format!("function {function}"), str::to_owned)
}

fn entry(out: &mut String, phase: &str, title: &str, row: u32, at_ns: u64, rest: &str) {
    entry_quoted(out, phase, &quoted(title), row, at_ns, rest);
}

fn entry_quoted(out: &mut String, phase: &str, title: &str, row: u32, at_ns: u64, rest: &str) {
    let at = microseconds(at_ns);
    let _ = writeln!(
        out,
        "{{\"name\":{title},\"ph\":\"{phase}\",\"pid\":1,\"tid\":{row},\"ts\":{at}{rest}}},"
    );
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
