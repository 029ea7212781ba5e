//! Known medians, means and spreads; nothing from nothing.

use super::{geomean, median, spread};

#[test]
fn median_of_odd_and_even_counts() {
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_eq!(median(&[]), None);
}

#[test]
fn geomean_of_reciprocals_is_one() {
    assert!(geomean(&[2.0, 0.5]).is_some_and(|mean| (mean - 1.0).abs() < 1e-12));
    assert_eq!(geomean(&[]), None);
}

#[test]
fn spread_of_equal_values_is_zero() {
    assert_eq!(spread(&[5.0, 5.0, 5.0]), Some(0.0));
    assert_eq!(spread(&[]), None);
}
