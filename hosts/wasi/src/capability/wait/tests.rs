//! Kernel times, and stopping before a wait begins.

use super::{Stopper, Waiting, timespec};
use crate::{Fault, Trap};

#[test]
fn times_do_not_wrap() {
    let time = timespec(u64::MAX);
    assert_eq!((time.tv_sec, time.tv_nsec), (18_446_744_073, 709_551_615));
    assert_eq!((timespec(999_999_999).tv_sec, timespec(1_000_000_000).tv_sec), (0, 1));
}

#[test]
fn a_stop_stays_until_it_is_reset() {
    let stopper = Stopper::new().unwrap();
    let waiting = Waiting { stopper: Some(&stopper), nonblocking: false, elsewhere: None };
    assert_eq!(waiting.check(), Ok(()));
    for _ in 0..3 {
        stopper.stop();
        assert_eq!(waiting.check(), Err(Fault::Trap(Trap::Stopped)));
    }
    stopper.reset();
    assert_eq!(waiting.check(), Ok(()));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(writer);
    let fd = rustix::fd::AsFd::as_fd(&reader);
    assert_eq!(waiting.wait_for(fd, rustix::event::PollFlags::IN), Ok(()));
    stopper.stop();
    let ended = waiting.wait_for(fd, rustix::event::PollFlags::IN);
    assert_eq!(ended, Err(Fault::Trap(Trap::Stopped)));
}
