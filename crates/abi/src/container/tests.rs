//! Containers written and read back, whole and damaged.

use super::*;
use std::string::ToString as _;
use std::vec;
use std::vec::Vec;

fn sample() -> Vec<u8> {
    let mut writer = ContainerWriter::new();
    writer.section(7, 16, b"seven".to_vec());
    writer.section(9, 4096, vec![0xc3; 100]);
    writer.finish()
}

#[test]
fn sections_come_back() {
    let bytes = sample();
    let container = Container::read(bytes.into()).unwrap();
    assert_eq!(&*container.section(7).unwrap(), b"seven");
    assert_eq!(&*container.section(9).unwrap(), &[0xc3; 100]);
    assert_eq!(container.section(8).unwrap_err().to_string(), "artifact has no section of kind 8");
}

#[test]
fn every_truncation_and_flip_is_an_error_or_the_same_shape() {
    let bytes = sample();
    for end in 0..bytes.len() {
        assert!(Container::read(bytes[..end].to_vec().into()).is_err(), "cut at {end}");
    }
    for bit in 0..64 * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(container) = Container::read(damaged.into()) {
            for kind in 0..16 {
                let _ = container.section(kind);
            }
        }
    }
}
