//! What a reader must know of the machine to trust a row: processor, kernel, mitigations, load, versions.
//!
//! Rows from different machines must never be compared.

use std::process::Command;

use crate::kit::engine::{Engine, Kind};
use crate::kit::process;

/// Lines of text.
pub(crate) fn describe(engines: &[Engine]) -> Vec<String> {
    let mut lines = Vec::new();
    let processors = text("/proc/cpuinfo");
    let name = processors.lines().find_map(|line| line.strip_prefix("model name"));
    let name = name.unwrap_or("unknown").trim_start_matches([' ', '\t', ':']);
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    lines.push(format!("{count} × {name}"));
    lines.push(format!("kernel {}", text("/proc/sys/kernel/osrelease")));
    lines.push(format!("load {}", text("/proc/loadavg")));
    let pages = text("/sys/kernel/mm/transparent_hugepage/enabled");
    lines.push(format!("transparent huge pages {pages}"));
    let meltdown = text("/sys/devices/system/cpu/vulnerabilities/meltdown");
    let spectre = text("/sys/devices/system/cpu/vulnerabilities/spectre_v2");
    lines.push(format!("meltdown: {meltdown}; spectre v2: {spectre}"));
    lines.extend(engines.iter().map(version));
    lines
}

fn version(engine: &Engine) -> String {
    let mut command = match engine.kind {
        Kind::Native => Command::new("clang-19"),
        _ => Command::new(&engine.program),
    };
    let said = process::output(command.arg("--version")).unwrap_or_default();
    format!("{}: {}", engine.name, said.lines().next().unwrap_or("version unknown"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_string()
}
