//! Compares a text with an expected one that has holes: `[..]` in a line, `...` for lines.
//!
//! Invariant: without holes this is equality, except for line ends at the end.

/// Whether `found` is what `expected` describes.
#[must_use]
pub fn matches(expected: &str, found: &str) -> bool {
    let expected: Vec<&str> = expected.trim_end_matches('\n').split('\n').collect();
    let found: Vec<&str> = found.trim_end_matches('\n').split('\n').collect();
    lines_match(&expected, &found)
}

fn lines_match(expected: &[&str], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skip| lines_match(rest, &found[skip..])),
        Some((line, rest)) => found
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && lines_match(rest, others)),
    }
}

fn line_matches(expected: &str, found: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == found,
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests;
