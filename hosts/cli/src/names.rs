//! Names that are close to what someone typed.
//!
//! Not here: what the names mean. Invariant: a suggestion is made only when it is likely.

/// The one of `names` that is closest to `wanted`, if any is close.
pub(crate) fn closest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted_lower = wanted.to_ascii_lowercase();
    let score = |name: &str| strsim::jaro_winkler(&wanted_lower, &name.to_ascii_lowercase());
    let scored = names.into_iter().map(|name| (score(name), name));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}

/// `a, b, c` or `a, b, c and 12 more`.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
