//! Limits that are out of range are refused with the range.

use super::*;

#[test]
fn the_defaults_are_within_their_own_range() {
    assert_eq!(parse_size(MEMORY_DEFAULT), Ok(4 << 30));
    assert_eq!(parse_stack(STACK_DEFAULT), Ok(2 << 20));
}

#[test]
fn what_is_out_of_range_is_refused() {
    assert!(parse_stack("1KiB").unwrap_err().contains("64KiB"));
    assert!(parse_stack("2GiB").is_err());
    assert_eq!(parse_fuel("1_000"), Ok(1000));
    assert!(parse_fuel("-1").is_err());
    assert!(parse_fuel("99999999999999999999").unwrap_err().contains("9223372036854775807"));
}
