//! The queue: order, batches, cooling.

use super::*;

fn start(defined: u32) -> Part {
    Part { defined, entry: Entry::Start }
}

fn round(defined: u32) -> Part {
    Part { defined, entry: Entry::Loop { offset: 1, locals_at: 2 } }
}

fn notice(queue: &mut Queue, part: Part, times: usize) {
    (0..times).for_each(|_| assert_ne!(queue.notice(part, 1), Notice::Settled));
}

#[test]
fn the_hottest_comes_first_and_loops_before_functions() {
    let mut queue = Queue::default();
    notice(&mut queue, start(1), 1);
    notice(&mut queue, start(2), 5);
    notice(&mut queue, round(3), 1);
    let order: Vec<Part> = std::iter::from_fn(|| queue.take(|_| 1).0.first().copied()).collect();
    assert_eq!(order, [start(2), round(3), start(1)]);
    assert!(queue.is_empty());
}

#[test]
fn what_costs_little_comes_before_what_is_as_hot() {
    let cost = |defined| if defined == 1 { BATCH_COST_MAX } else { 100 };
    let mut queue = Queue::default();
    notice(&mut queue, start(1), 3);
    notice(&mut queue, start(2), 2);
    assert_eq!(queue.take(cost).0, [start(2)]);
    notice(&mut queue, start(1), 100);
    notice(&mut queue, start(3), 1);
    assert_eq!(queue.take(cost).0, [start(1)], "however much it costs, it is what is waited for");
    assert_eq!(queue.take(cost).0, [start(3)]);
}

#[test]
fn of_a_function_one_part_is_compiled_at_a_time() {
    let mut queue = Queue::default();
    notice(&mut queue, round(1), 2);
    notice(&mut queue, start(2), 4);
    // Its loops do not wait any more: whoever is in one will call it again.
    notice(&mut queue, start(1), 1);
    notice(&mut queue, round(1), 2);
    assert_eq!(queue.take(|_| 1).0, [start(1)], "it is as hot as its loops were");
    assert_eq!(queue.notice(round(1), 1), Notice::Settled, "it is in work");
    queue.done(&[start(1)]);
    assert_eq!(queue.notice(round(1), 1), Notice::First, "nobody has called it");
    let other = Part { defined: 1, entry: Entry::Loop { offset: 5, locals_at: 2 } };
    notice(&mut queue, other, 9);
    assert_eq!(queue.take(|_| 1).0, [other]);
    assert_eq!(queue.take(|_| 1).0, [start(2)], "the other loop is left behind by then");
}

#[test]
fn loops_of_long_functions_have_to_run_for_a_while() {
    let mut queue = Queue::default();
    assert_eq!(queue.notice(round(1), 3), Notice::Settled);
    assert_eq!(queue.notice(round(1), 3), Notice::Settled);
    assert!(queue.is_empty());
    assert_eq!(queue.notice(round(1), 3), Notice::First);
    assert_eq!(queue.notice(round(1), 3), Notice::Again);
    assert_eq!(queue.notice(start(2), 3), Notice::First, "calls count at once");
}

#[test]
fn what_is_expected_comes_when_nothing_else_waits() {
    let cost = |defined| if defined == 9 { EXPECTED_COST_MAX } else { 1 };
    let mut queue = Queue::default();
    queue.take_now(start(3), 1);
    queue.expect([1, 2, 3, 9, 4]);
    notice(&mut queue, start(4), 1);
    assert_eq!(queue.take(cost).0, [start(4)]);
    assert_eq!(queue.take(cost).0, [start(1), start(2)], "3 and 4 are settled, 9 costs too much");
    assert_eq!(queue.notice(start(1), 1), Notice::Settled);
    assert!(!queue.is_done(1) && queue.is_in_work(1));
    queue.done(&[start(1)]);
    assert!(queue.is_done(1));
    assert_eq!(queue.expected().collect::<Vec<_>>(), [9, 4]);
    assert_eq!(queue.take(cost).0, [start(9)]);
    assert_eq!(queue.take(cost).0, []);
    assert!(queue.is_empty());
}

#[test]
fn a_loop_is_known_by_its_place() {
    let mut queue = Queue::default();
    // Of a loop whose code was kept nobody knows where its locals were.
    let kept = Part { defined: 1, entry: Entry::Loop { offset: 1, locals_at: 0 } };
    assert_eq!(queue.take_now(kept, 1), Some(kept));
    assert_eq!(queue.notice(round(1), 1), Notice::Settled);
}

#[test]
fn what_was_taken_never_waits_again() {
    let mut queue = Queue::default();
    notice(&mut queue, start(1), 1);
    assert_eq!(queue.take(|_| 1).0, [start(1)]);
    assert_eq!(queue.notice(start(1), 1), Notice::Settled);
    assert!(queue.is_empty());
    assert_eq!(queue.take_now(start(1), 1), None);
    assert_eq!(queue.take_now(start(2), 1), Some(start(2)));
    assert_eq!(queue.settled_cost(), 2, "what is settled again costs nothing");
}

#[test]
fn batches_grow_with_the_queue_and_end_at_their_cost() {
    let mut queue = Queue::default();
    (0..400).for_each(|defined| notice(&mut queue, start(defined), 1));
    assert_eq!(queue.take(|_| 1).0.len(), BATCH_MAX);
    assert_eq!(queue.take(|_| BATCH_COST_MAX / 2).0.len(), 2);
    assert_eq!(queue.take(|_| u64::MAX).0.len(), 1);
}

#[test]
fn what_is_not_noticed_any_more_is_dropped() {
    let mut queue = Queue::default();
    notice(&mut queue, start(0), 1);
    let mut dropped = None;
    for round in 1..4 * u32::try_from(COOLING_BATCHES).unwrap() {
        // Others are hotter each time.
        notice(&mut queue, start(round), 2);
        let (_, cooled) = queue.take(|_| BATCH_COST_MAX);
        if !cooled.is_empty() {
            assert_eq!(cooled, [start(0)]);
            dropped = Some(round);
            break;
        }
    }
    assert!(dropped.is_some());
    assert_eq!(queue.notice(start(0), 1), Notice::First, "it may come back");
}
