//! Numbers and reasons are two ways of saying the same.

use super::*;

#[test]
fn numbers_round_trip() {
    for reason in TrapReason::ALL {
        assert_eq!(TrapReason::from_u8(*reason as u8), Some(*reason));
    }
    let known = (0..=u8::MAX).filter(|number| TrapReason::from_u8(*number).is_some()).count();
    assert_eq!(known, TrapReason::ALL.len());
}
