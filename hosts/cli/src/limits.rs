//! What a program may use up, with its defaults: the one place for both.
//!
//! Not here: limits on modules (see `holm-module`) and on a store (see `holm`), which these set. Invariant:
//! each limit is in force unless the user lifts it, except for time and fuel, which a program that works
//! for hours may need. Read next: `commands/run.rs`.

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

/// What the program may use up.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// Memory the program may have; it is refused more
    #[arg(long, value_name = "SIZE", default_value = MEMORY_DEFAULT, value_parser = parse_size)]
    pub(crate) max_memory: u64,
    /// Memory its objects may have under the collector; using more is a trap
    #[arg(long, value_name = "SIZE", default_value = HEAP_DEFAULT, value_parser = parse_size)]
    pub(crate) max_heap: u64,
    /// Stack for its calls; using more is a trap
    #[arg(long, value_name = "SIZE", default_value = STACK_DEFAULT, value_parser = parse_stack)]
    pub(crate) max_stack: u64,
    /// Time it may run, e.g. 500ms, 10s; then it is stopped, with exit code 124
    #[arg(long, value_name = "TIME", default_value = "none", value_parser = parse_deadline)]
    pub(crate) timeout: Deadline,
    /// Operators it may execute; then it is stopped, with exit code 137. Code that counts is slower
    #[arg(long, value_name = "NUMBER", value_parser = parse_fuel)]
    pub(crate) fuel: Option<u64>,
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
