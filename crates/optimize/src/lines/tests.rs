//! Which steps of a line functions begin at.

use super::*;

fn head(head: u32, depth: u32) -> Head {
    Head { poll: head + BEFORE_POLL_BYTES, depth }
}

/// The places in the first line where a function with these heads may begin.
fn places(heads: &[Head]) -> Vec<usize> {
    let begins = Begins::best(heads);
    (0..LINE_BYTES as usize).filter(|at| begins.next(*at) == *at).collect()
}

#[test]
fn a_function_without_loops_begins_where_functions_do() {
    assert_eq!(places(&[]), [0, 32]);
    assert_eq!(Begins::best(&[]), Begins::default());
}

#[test]
fn a_head_is_kept_from_the_end_of_a_line() {
    assert_eq!(places(&[head(48, 0)]), [0, 32]);
    assert_eq!(places(&[head(49, 0)]), [32]);
    assert_eq!(places(&[head(63, 0)]), [32]);
    assert_eq!(places(&[head(64 + 31, 0)]), [0]);
    assert_eq!(places(&[head(32, 0)]), [0, 32]);
}

#[test]
fn inner_loops_come_first() {
    assert_eq!(places(&[head(60, 0), head(28, 0)]), [0, 32]);
    assert_eq!(places(&[head(60, 0), head(60, 0), head(28, 0)]), [32]);
    assert_eq!(places(&[head(60, 0), head(60, 0), head(28, 1)]), [0]);
    assert_eq!(places(&[head(60, DEPTH_MAX + 9), head(28, u32::MAX)]), [0, 32]);
    assert_eq!(places(&[head(60, 3), head(28, u32::MAX)]), [0]);
}

#[test]
fn the_next_place_is_never_before() {
    let begins = Begins::best(&[head(49, 0)]);
    let next: Vec<usize> = [0, 1, 32, 33, 64, 97].map(|at| begins.next(at)).into();
    assert_eq!(next, [32, 32, 32, 96, 96, 160]);
}
