//! Sizes and times: what is read, what is refused, what is written.

use super::*;

#[test]
fn sizes_are_read() {
    for (text, bytes) in [
        ("0", 0),
        ("65536", 65_536),
        ("64KiB", 65_536),
        ("64k", 65_536),
        ("1.5GiB", 3 << 29),
        ("10MB", 10_000_000),
        ("2 GiB", 2 << 30),
        ("1_000", 1000),
    ] {
        assert_eq!(parse_size(text), Ok(bytes), "{text}");
    }
}

#[test]
fn what_is_no_size_is_refused() {
    for text in ["", "x", "1.2.3", "12parsecs", "-1", "99999999999TiB", "KiB", "."] {
        let message = parse_size(text).unwrap_err();
        assert!(message.contains("512MiB"), "{text}: {message}");
    }
}

#[test]
fn times_are_read() {
    let time = |text| parse_deadline(text).unwrap().0;
    assert_eq!(time("none"), None);
    assert_eq!(time("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(time("1.5s"), Some(Duration::from_millis(1500)));
    assert_eq!(time("2m"), Some(Duration::from_secs(120)));
    assert_eq!(time("1h"), Some(Duration::from_secs(3600)));
}

#[test]
fn a_time_needs_a_unit_and_must_not_be_zero() {
    assert!(parse_deadline("10").unwrap_err().contains("unit is missing"));
    assert!(parse_deadline("0s").is_err());
    assert!(parse_deadline("soon").is_err());
    assert!(parse_deadline("").is_err());
}

#[test]
fn sizes_and_times_are_written() {
    assert_eq!(show_size(12), "12 B");
    assert_eq!(show_size(1536), "1.5 KiB");
    assert_eq!(show_size(4 << 30), "4 GiB");
    assert_eq!(show_time(Duration::from_micros(5)), "5 µs");
    assert_eq!(show_time(Duration::from_millis(2)), "2.00 ms");
    assert_eq!(show_time(Duration::from_millis(1250)), "1.25 s");
}
