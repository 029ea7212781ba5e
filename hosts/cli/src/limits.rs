//! What a program may use up, with its defaults: the one place for both.
//!
//! Not here: limits on modules (see `holm-module`) and on a store (see `holm`), which these set. Invariant:
//! each limit is in force unless the user lifts it, except for time and fuel, which a program that works
//! for hours may need. Read next: `commands/run.rs`.

use std::ffi::OsStr;
use std::ops::RangeInclusive;

use crate::failure::Failure;
use crate::grants::file::Limited;
use crate::options::rows::{Options, Row, number, text};
use crate::units::{Deadline, parse_deadline, parse_size};

/// Linear memory that all memories of a program may have together: all that 32-bit addresses reach.
const MEMORY_DEFAULT: &str = "4GiB";
/// Memory for objects under the collector.
const HEAP_DEFAULT: &str = "1GiB";
/// Stack for the program's own calls.
const STACK_DEFAULT: &str = "2MiB";
/// Less stack than this can not even hold the frames that Holm itself needs.
const STACK_BYTES_MIN: u64 = 64 << 10;
const STACK_BYTES_MAX: u64 = 1 << 30;

/// Files, names and bookkeeping of directories in memory.
const FILES_DEFAULT: &str = "256MiB";
/// Descriptors, the standard streams and grants included.
const HANDLES_DEFAULT: u32 = 1024;
/// Threads at once, the first one included.
const THREADS_DEFAULT: u32 = holm_wasi::THREADS_MAX_DEFAULT;
/// Entries of all tables together, 16 bytes each.
const TABLE_ENTRIES_DEFAULT: u64 = 4 << 20;

/// What the program may use up, as far as the user says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LimitOptions {
    max_memory: Option<u64>,
    max_heap: Option<u64>,
    max_stack: Option<u64>,
    max_files: Option<u64>,
    max_handles: Option<u32>,
    max_table_entries: Option<u64>,
    max_threads: Option<u32>,
    timeout: Option<Deadline>,
    fuel: Option<u64>,
}

impl Options for LimitOptions {
    const HEADING: Option<&'static str> = Some("Limits");
    const ROWS: &'static [Row<Self>] = &[
        Row::<Self>::value(
            "max-memory",
            "SIZE",
            "Memory the program may have; it is refused more [default: 4GiB]",
            |to, value| text(value, parse_size).map(|size| to.max_memory = Some(size)),
        ),
        Row::<Self>::value(
            "max-heap",
            "SIZE",
            "Memory its objects may have under the collector; using more is a trap [default: 1GiB]",
            |to, value| text(value, parse_size).map(|size| to.max_heap = Some(size)),
        ),
        Row::<Self>::value(
            "max-stack",
            "SIZE",
            "Stack for its calls; using more is a trap [default: 2MiB]",
            |to, value| text(value, parse_stack).map(|size| to.max_stack = Some(size)),
        ),
        Row::<Self>::value(
            "max-files",
            "SIZE",
            "Memory for what it writes to directories in memory; more is \"no space\" [default: 256MiB]",
            |to, value| text(value, parse_size).map(|size| to.max_files = Some(size)),
        ),
        Row::<Self>::value(
            "max-handles",
            "NUMBER",
            "Files, directories and sockets it may have open; it is refused more [default: 1024]",
            |to, value| count(value, 4..=1_000_000).map(|count| to.max_handles = Some(count)),
        ),
        Row::<Self>::value(
            "max-table-entries",
            "NUMBER",
            "Entries of all its tables; it is refused more [default: 4194304]",
            |to, value| number(value, 0..=u64::MAX).map(|it| to.max_table_entries = Some(it)),
        ),
        Row::<Self>::value(
            "max-threads",
            "NUMBER",
            "Threads it may run at once; it is refused more [default: 128]",
            |to, value| count(value, 1..=10_000).map(|count| to.max_threads = Some(count)),
        ),
        Row::<Self>::value(
            "timeout",
            "TIME",
            "Time it may run, e.g. 500ms, 10s; then it is stopped, with exit code 124 [default: none]",
            |to, value| text(value, parse_deadline).map(|time| to.timeout = Some(time)),
        ),
        Row::<Self>::value(
            "fuel",
            "NUMBER",
            "Operators it may execute; then it is stopped, with exit code 137. Code that counts is slower",
            |to, value| text(value, parse_fuel).map(|units| to.fuel = Some(units)),
        ),
    ];
}

/// What the program may use up.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) max_memory: u64,
    pub(crate) max_heap: u64,
    pub(crate) max_stack: u64,
    pub(crate) max_files: u64,
    pub(crate) max_handles: u32,
    pub(crate) max_table_entries: u64,
    pub(crate) max_threads: u32,
    pub(crate) timeout: Deadline,
    pub(crate) fuel: Option<u64>,
}

impl LimitOptions {
    /// What the user says, else what a file says, else the default.
    ///
    /// # Errors
    /// When the file says something that is no such limit.
    pub(crate) fn resolve(&self, file: Option<&Limited>) -> Result<Limits, Failure> {
        let none = Limited::default();
        let file = file.unwrap_or(&none);
        Ok(Limits {
            max_memory: pick(
                self.max_memory,
                ("max-memory", &file.max_memory, MEMORY_DEFAULT),
                parse_size,
            )?,
            max_heap: pick(self.max_heap, ("max-heap", &file.max_heap, HEAP_DEFAULT), parse_size)?,
            max_stack: pick(
                self.max_stack,
                ("max-stack", &file.max_stack, STACK_DEFAULT),
                parse_stack,
            )?,
            max_files: pick(
                self.max_files,
                ("max-files", &file.max_files, FILES_DEFAULT),
                parse_size,
            )?,
            max_handles: self.max_handles.or(file.max_handles).unwrap_or(HANDLES_DEFAULT),
            max_table_entries: self
                .max_table_entries
                .or(file.max_table_entries)
                .unwrap_or(TABLE_ENTRIES_DEFAULT),
            max_threads: self.max_threads.or(file.max_threads).unwrap_or(THREADS_DEFAULT),
            timeout: pick(self.timeout, ("timeout", &file.timeout, "none"), parse_deadline)?,
            fuel: match self.fuel.or(file.fuel) {
                Some(fuel) => {
                    Some(parse_fuel(&fuel.to_string()).map_err(|why| wrong("fuel", &why))?)
                }
                None => None,
            },
        })
    }
}

#[cfg(test)]
impl Default for Limits {
    fn default() -> Self {
        LimitOptions::default().resolve(None).expect("the defaults are limits")
    }
}

/// One limit: given, or read from the file's text, or from the default's.
fn pick<T>(
    given: Option<T>,
    (name, file, default): (&str, &Option<String>, &str),
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    match given {
        Some(value) => Ok(value),
        None => parse(file.as_deref().unwrap_or(default)).map_err(|why| wrong(name, &why)),
    }
}

fn wrong(name: &str, why: &str) -> Failure {
    Failure::start(format!("the limit {name} in the file of grants: {why}"))
        .help("write it like the option of that name: see holm run --help")
}

/// Reads a number of things.
fn count(value: &OsStr, range: RangeInclusive<u64>) -> Result<u32, String> {
    number(value, range).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

fn parse_stack(text: &str) -> Result<u64, String> {
    let bytes = parse_size(text)?;
    if (STACK_BYTES_MIN..=STACK_BYTES_MAX).contains(&bytes) {
        Ok(bytes)
    } else {
        Err("expected a size from 64KiB to 1GiB".to_owned())
    }
}

fn parse_fuel(text: &str) -> Result<u64, String> {
    let number = text.replace('_', "").parse().ok();
    number
        .filter(|units| *units <= i64::MAX.cast_unsigned())
        .ok_or_else(|| format!("expected a whole number from 0 to {}", i64::MAX))
}

#[cfg(test)]
pub(crate) mod tests;
