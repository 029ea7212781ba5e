//! Medians and geometric means.
//!
//! Invariant: an empty list has no median and no mean; it is never zero.

/// The middle of the values; the mean of the two middle ones for an even count.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted.get(middle.checked_sub(1)?)?;
    Some((lower + upper) / 2.0)
}

/// The geometric mean of ratios.
pub(crate) fn geomean(values: &[f64]) -> Option<f64> {
    let mut sum = 0.0;
    let mut count = 0.0;
    for value in values {
        sum += value.ln();
        count += 1.0;
    }
    (count > 0.0).then(|| (sum / count).exp())
}

/// Half the distance between the quartiles, relative to the median: how noisy a series was.
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let low = sorted.get(sorted.len() / 4)?;
    let high = sorted.get((sorted.len() * 3 / 4).min(sorted.len() - 1))?;
    Some((high - low) / 2.0 / median(values)?)
}

#[cfg(test)]
mod tests;
