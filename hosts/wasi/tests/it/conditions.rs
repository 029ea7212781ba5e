//! The attempts to leave, where the kernel does not help: openat2 missing or forbidden, names that never rest, no
//! descriptors left.
//!
//! None of it may let anything out, and each call must end with a number that says what is the matter.
//!
//! Invariant: no attempt here succeeds, so that one world serves them all.

use crate::escape::{
    FOLLOWING, NOT_FOLLOWING, OUT_BEFORE_LAST, OUT_IN_LAST, is_refused, make_world, seen,
};
use crate::guest::{Guest, Scratch, errno};
use crate::refused::failing;
use crate::worlds::{BACKENDS, Backend, World};
use holm_wasi::Access;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

const OPENAT2: i64 = 437;
/// What a kernel does without when it has no descriptors left.
const OPENING: &[i64] = &[OPENAT2, libc_numbers::OPENAT, libc_numbers::DUP, libc_numbers::FCNTL];

/// Numbers of system calls on this machine.
mod libc_numbers {
    #[cfg(target_arch = "x86_64")]
    mod numbers {
        pub(crate) const OPENAT: i64 = 257;
        pub(crate) const DUP: i64 = 32;
        pub(crate) const FCNTL: i64 = 72;
    }
    #[cfg(target_arch = "aarch64")]
    mod numbers {
        pub(crate) const OPENAT: i64 = 56;
        pub(crate) const DUP: i64 = 23;
        pub(crate) const FCNTL: i64 = 25;
    }
    pub(super) use numbers::*;
}

/// What goes wrong: system calls that fail with a number, and what a guest is told then.
const CONDITIONS: &[(&str, &[i64], u32, u32)] = &[
    ("openat2 is not there", &[OPENAT2], 38, errno::NOSYS),
    ("openat2 is forbidden", &[OPENAT2], 1, errno::PERM),
    ("openat2 is forbidden otherwise", &[OPENAT2], 13, errno::ACCES),
    ("names never rest", &[OPENAT2], 11, errno::AGAIN),
    ("no descriptors are left", OPENING, 24, errno::NFILE),
    ("no descriptors are left at all", OPENING, 23, errno::NFILE),
];

/// Makes all attempts with one guest; `is_right` judges each answer.
fn attempts(guest: &mut Guest, is_right: impl Fn(&str, u32) -> bool) -> u32 {
    let mut count = 0;
    let mut judge = |name: &str, path: &str, answer: u32| {
        assert!(is_right(path, answer), "{name} {path:?} gave {answer}");
        count += 1;
    };
    for path in OUT_BEFORE_LAST {
        for (name, verb) in FOLLOWING.iter().chain(NOT_FOLLOWING) {
            judge(name, path, verb(guest, path));
        }
    }
    for path in OUT_IN_LAST {
        for (name, verb) in FOLLOWING {
            judge(name, path, verb(guest, path));
        }
    }
    count
}

#[test]
fn nothing_gets_out_where_the_kernel_refuses() {
    for (name, calls, kernel, told) in CONDITIONS {
        for backend in BACKENDS {
            let world = World::new(Scratch::new());
            make_world(&world.scratch);
            let mut guest = world.guest(backend, Access::ReadWrite);
            let before = [world.outside(), world.inside()].map(|tree| seen(&tree));
            // Only these two ask the kernel about paths.
            let asks = matches!(backend, Backend::Real | Backend::Overlay);
            let count = failing(calls, *kernel, || {
                attempts(&mut guest, |path, answer| {
                    is_refused(path, answer) || (asks && answer == *told)
                })
            });
            assert!(count >= 250, "{name}: {count} attempts");
            let after = [world.outside(), world.inside()].map(|tree| seen(&tree));
            assert_eq!(before, after, "{name} with {backend:?}");
        }
    }
}

#[test]
fn nothing_gets_out_in_a_storm_of_renames() {
    for backend in BACKENDS {
        let world = World::new(Scratch::new());
        make_world(&world.scratch);
        let [storm, storm_2] = ["storm", "storm_2"].map(|name| world.inside().join(name));
        fs::create_dir(&storm).unwrap();
        let mut guest = world.guest(backend, Access::ReadWrite);
        let before = seen(&world.outside());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    fs::rename(&storm, &storm_2).unwrap();
                    fs::rename(&storm_2, &storm).unwrap();
                }
            });
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                for _ in 0..3 {
                    attempts(&mut guest, |path, answer| {
                        is_refused(path, answer) || answer == errno::AGAIN
                    });
                }
            }));
            done.store(true, Ordering::Relaxed);
            result.unwrap();
        });
        assert_eq!(before, seen(&world.outside()), "{backend:?}");
    }
}
