//! Every job runs once; a job that fails is heard of.

use super::*;
use holm::Workers as _;

#[test]
fn every_job_runs_once() {
    for count in [0, 1, 2, 1000] {
        let ran: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
        AllCores::default().run(count, &|index| {
            ran[index].fetch_add(1, Ordering::Relaxed);
        });
        assert!(ran.iter().all(|ran| ran.load(Ordering::Relaxed) == 1), "{count}");
    }
}

#[test]
fn a_panic_in_a_job_comes_out() {
    let run = || AllCores::default().run(8, &|index| assert_ne!(index, 5, "job five"));
    assert!(std::panic::catch_unwind(run).is_err());
}
