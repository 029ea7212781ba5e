//! Sizes and times as people write them: `512MiB`, `10s`.
//!
//! Not here: the options they belong to. Invariant: a number without a unit is a number of bytes, and
//! never a time, because nobody remembers which unit a bare time is in. Read next: `commands/run.rs`.

use std::time::Duration;

const SIZE_UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("K", 1 << 10),
    ("KB", 1000),
    ("KiB", 1 << 10),
    ("M", 1 << 20),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("G", 1 << 30),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("T", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

const TIME_UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a number of bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor = lookup(SIZE_UNITS, unit).ok_or_else(|| {
        format!("unknown unit \"{unit}\": write a size like 65536, 64KiB, 512MiB or 2GiB")
    })?;
    scale(number, factor).ok_or_else(|| "write a size like 65536, 64KiB, 512MiB or 2GiB".to_owned())
}

/// A time limit; `None` means there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline(pub(crate) Option<Duration>);

/// Reads a time, or `none`.
pub(crate) fn parse_deadline(text: &str) -> Result<Deadline, String> {
    const SAY: &str = "write a time like 500ms, 10s, 2m or none";
    if text == "none" {
        return Ok(Deadline(None));
    }
    let (number, unit) = split(text);
    if unit.is_empty() {
        return Err(format!("the unit is missing: {SAY}"));
    }
    let factor =
        lookup(TIME_UNITS, unit).ok_or_else(|| format!("unknown unit \"{unit}\": {SAY}"))?;
    let nanoseconds = scale(number, factor).ok_or_else(|| SAY.to_owned())?;
    if nanoseconds == 0 {
        return Err(format!("no time at all: {SAY}"));
    }
    Ok(Deadline(Some(Duration::from_nanos(nanoseconds))))
}

/// Writes a number of bytes in the largest unit that keeps it readable.
pub(crate) fn show_size(bytes: u64) -> String {
    let (unit, factor) = match bytes {
        0..1_024 => return format!("{bytes} B"),
        1_024..1_048_576 => ("KiB", 1_u64 << 10),
        1_048_576..1_073_741_824 => ("MiB", 1 << 20),
        _ => ("GiB", 1 << 30),
    };
    let (whole, rest) = (bytes / factor, bytes % factor);
    match rest * 10 / factor {
        0 => format!("{whole} {unit}"),
        tenth => format!("{whole}.{tenth} {unit}"),
    }
}

/// Writes a time in three digits or so.
pub(crate) fn show_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_micros() {
        0..1_000 => format!("{:.0} µs", seconds * 1e6),
        1_000..10_000 => format!("{:.2} ms", seconds * 1e3),
        10_000..1_000_000 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// Splits `1.5GiB` into `1.5` and `GiB`.
fn split(text: &str) -> (&str, &str) {
    let end =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

fn lookup(units: &[(&str, u64)], unit: &str) -> Option<u64> {
    units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor)
}

/// `number`, perhaps with a fraction, times `factor`, exactly, rounded down.
fn scale(number: &str, factor: u64) -> Option<u64> {
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let whole: u64 =
        if whole.is_empty() && !fraction.is_empty() { 0 } else { whole.parse().ok()? };
    let mut sum = u128::from(whole) * u128::from(factor);
    if !fraction.is_empty() {
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 18)?;
        sum += u128::from(fraction.parse::<u64>().ok()?) * u128::from(factor) / 10_u128.pow(digits);
    }
    u64::try_from(sum).ok()
}

#[cfg(test)]
mod tests;
