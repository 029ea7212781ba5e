//! It stops in time, and not at all when it was dropped.

use super::*;

#[test]
fn it_stops_when_the_time_is_up() {
    let (sender, receiver) = mpsc::channel();
    let dog = Watchdog::start(Duration::from_millis(5), move || sender.send(()).unwrap()).unwrap();
    receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(dog.has_barked());
}

#[test]
fn it_does_nothing_once_dropped() {
    let (sender, receiver) = mpsc::channel::<()>();
    let dog = Watchdog::start(Duration::from_secs(3600), move || sender.send(()).unwrap()).unwrap();
    assert!(!dog.has_barked());
    drop(dog);
    assert!(receiver.recv().is_err());
}
