//! A list that grows while others read it.

use super::*;
use std::sync::atomic::AtomicBool;

#[test]
fn places_follow_each_other() {
    let mut expected = (0, 0);
    for index in 0..1000 {
        assert_eq!(place(index), expected, "element {index}");
        expected.1 += 1;
        if expected.1 == FIRST << expected.0 {
            expected = (expected.0 + 1, 0);
        }
    }
}

#[test]
fn a_full_list_gives_the_element_back() {
    let list = Appended::default();
    let most = FIRST * ((1 << PIECES) - 1);
    assert!((0..most).all(|n| list.push(n).is_ok()));
    assert_eq!(list.push(most), Err(most));
    assert_eq!((list.count(), list.get(most - 1)), (most, Some(&(most - 1))));
}

#[test]
fn the_last_at_or_below_is_found() {
    let list = Appended::default();
    assert_eq!(list.last_where(|_: &u32| true), None);
    (0..40).for_each(|n| list.push(10 * n).unwrap());
    for n in 1..400 {
        assert_eq!(list.last_where(|at| *at <= n), Some(&(n / 10 * 10)));
    }
    assert_eq!(list.last_where(|at| *at > 400), None);
}

#[test]
fn readers_see_whole_elements_in_order() {
    let list = Appended::<Box<usize>>::default();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut seen = 0;
                while !done.load(Ordering::Relaxed) {
                    let count = list.count();
                    assert!(count >= seen, "{count} elements after {seen}");
                    seen = count;
                    for index in [0, seen / 2, seen.saturating_sub(1)] {
                        if index < seen {
                            assert_eq!(list.get(index).map(|n| **n), Some(index));
                        }
                    }
                    let middle = seen / 2;
                    let found = list.last_where(|n| **n <= middle);
                    assert!(seen == 0 || found.map(|n| **n) == Some(middle));
                }
            });
        }
        for n in 0..20_000 {
            list.push(Box::new(n)).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}
