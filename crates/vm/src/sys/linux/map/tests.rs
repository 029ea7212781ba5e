//! Reservations: where they are, and that they stay.

use super::*;

/// Nothing changes where nothing was taken. (A hole cannot be tried here: other threads might fill it.)
#[test]
fn what_is_there_is_not_reclaimed() {
    let mapping = Mapping::zeroed(4 * PAGE).unwrap();
    // SAFETY: inside the mapping, which nobody else uses.
    unsafe { mapping.at(PAGE).write(7) };
    reclaim(mapping.base(), 4 * PAGE);
    // SAFETY: as above.
    assert_eq!(unsafe { mapping.at(PAGE).read() }, 7);
}

#[cfg(feature = "machine-code")]
#[test]
fn aligned_reservations_are_aligned_and_exact() {
    for align in [PAGE, 1 << 20, 32 << 20] {
        let mapping = Mapping::reserve_aligned(3 * PAGE, align).unwrap();
        assert!(mapping.base().addr().get().is_multiple_of(align));
        assert_eq!(mapping.bytes(), 3 * PAGE);
        mapping.protect(0, 3 * PAGE, Access::ReadWrite).unwrap();
    }
}
