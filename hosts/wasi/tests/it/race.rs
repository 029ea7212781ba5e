//! Escapes that need luck: names change while a path is being walked.
//!
//! Each test runs for a while with a thread that swaps things as fast as it can. The kernel either follows a
//! path entirely inside or refuses; that is what is counted on and what is tested.

use crate::guest::{Guest, Scratch, call, errno, oflags, rights};
use holm_wasi::{Access, VirtualDir, VirtualDirOptions, WasiCtxBuilder};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_millis(1500);
/// Attempts that a release build makes at least, however long they take.
const ATTEMPTS_MIN: u32 = if cfg!(debug_assertions) { 0 } else { 1_000_000 };

/// Repeats `swap` on one thread and `attempt` on this one.
fn race(swap: impl Fn() + Sync, attempt: impl FnMut()) {
    race_for(0, swap, attempt);
}

fn race_for(attempts_min: u32, swap: impl Fn() + Sync, mut attempt: impl FnMut()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                swap();
            }
        });
        let begin = Instant::now();
        let mut attempts = 0;
        while begin.elapsed() < SPAN || attempts < attempts_min {
            attempt();
            attempts += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
}

fn world() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("inside/real")).unwrap();
    fs::create_dir(scratch.join("outside")).unwrap();
    fs::write(scratch.join("outside/secret"), "secret").unwrap();
    fs::write(scratch.join("inside/real/secret"), "public").unwrap();
    scratch
}

/// Puts a link out beside the directory, and swaps the two through a third name with each call.
fn storm(world: &Scratch) -> impl Fn() + Sync + use<> {
    symlink("../outside", world.join("inside/evil")).unwrap();
    let [real, evil, swap] = ["real", "evil", "swap"].map(|n| world.join("inside").join(n));
    move || {
        rename(&real, &swap);
        rename(&swap, &real);
        rename(&evil, &swap);
        rename(&swap, &evil);
    }
}

fn rename(from: &Path, to: &Path) {
    // The other order of the same swap may be under way: what is missing now is there next time.
    let _ = fs::rename(from, to);
}

#[test]
fn a_directory_swapped_for_a_link_is_never_followed_out() {
    let scratch = world();
    let storm = storm(&scratch);
    let mut guest = Guest::with_dir(&scratch.join("inside"), Access::ReadWrite);
    let (mut read, mut refused) = (0, 0);
    race_for(ATTEMPTS_MIN, storm, || {
        match guest.open_with((3, 1), "swap/secret", 0, rights::FD_READ) {
            Ok(fd) => {
                assert_eq!(guest.read(fd, 16).unwrap(), b"public");
                guest.close(fd);
                read += 1;
            }
            Err(answer) => {
                assert!(matches!(answer, errno::NOENT | errno::NOTCAPABLE | errno::AGAIN));
                refused += 1;
            }
        }
    });
    assert!(read + refused > 100, "{read} read, {refused} refused");
}

/// The same under an overlay, which looks names up once: what it found may have become something else since.
#[test]
fn an_overlay_does_not_follow_what_changes_beneath_it() {
    let world = world();
    let storm = storm(&world);
    let options = VirtualDirOptions::new(1 << 20);
    let (mut read, mut refused) = (0, 0);
    race(storm, || {
        let dir = VirtualDir::overlay(world.join("inside"), &options).unwrap();
        let mut builder = WasiCtxBuilder::new();
        builder.virtual_dir(&dir, "/", Access::ReadWrite);
        let mut guest = Guest::new(builder.build().unwrap());
        // Once to look the names up, and again with what they have become.
        let _ = guest.open_with((3, 1), "swap", 0, rights::FD_READ);
        match guest.open_with((3, 1), "swap/secret", 0, rights::READ_WRITE) {
            Ok(fd) => {
                assert_eq!(guest.read(fd, 16).unwrap(), b"public");
                guest.write(fd, b"changed").unwrap();
                read += 1;
            }
            Err(_) => refused += 1,
        }
    });
    assert!(read + refused > 100, "{read} read, {refused} refused");
    assert_eq!(fs::read(world.join("outside/secret")).unwrap(), b"secret");
}

#[test]
fn changes_never_land_outside() {
    let scratch = world();
    let storm = storm(&scratch);
    let mut guest = Guest::with_dir(&scratch.join("inside"), Access::ReadWrite);
    race(storm, || {
        let flags = oflags::CREAT | oflags::TRUNC;
        if let Ok(fd) = guest.open_with((3, 1), "swap/made", flags, rights::FD_WRITE) {
            guest.close(fd);
        }
        call!(guest, "path_create_directory", 3u32, "swap/made_dir");
        call!(guest, "path_rename", 3u32, "swap/made", 3u32, "swap/renamed");
        call!(guest, "path_unlink_file", 3u32, "swap/secret_not");
        call!(guest, "path_remove_directory", 3u32, "swap/made_dir");
        call!(guest, "path_symlink", "x", 3u32, "swap/made_link");
        call!(guest, "path_unlink_file", 3u32, "swap/made_link");
    });
    let outside: Vec<_> = fs::read_dir(scratch.join("outside")).unwrap().collect();
    assert_eq!(outside.len(), 1);
}

/// The kernel gives up on `..` while directories are renamed. What comes after giving up decides: asking again, and
/// in the end an error, but never a walk of our own.
#[test]
fn many_dots_under_a_rename_storm_do_not_wear_the_sandbox_out() {
    let scratch = world();
    fs::create_dir(scratch.join("inside/sub")).unwrap();
    symlink("../outside", scratch.join("inside/link")).unwrap();
    let [storm, storm_2] = ["storm", "storm_2"].map(|n| scratch.join("inside").join(n));
    fs::create_dir(&storm).unwrap();
    let escape = "sub/../".repeat(400) + "link/secret";
    let fine = "sub/../".repeat(100) + "real/secret";
    let mut guest = Guest::with_dir(&scratch.join("inside"), Access::ReadOnly);
    let mut answers = [0u32; 3];
    race(
        || {
            rename(&storm, &storm_2);
            rename(&storm_2, &storm);
        },
        || {
            match guest.open_with((3, 1), &escape, 0, rights::FD_READ) {
                Err(errno::NOTCAPABLE) => answers[0] += 1,
                Err(errno::AGAIN) => answers[1] += 1,
                other => panic!("escaped or worse: {other:?}"),
            }
            match guest.open_with((3, 1), &fine, 0, rights::FD_READ) {
                Ok(fd) => {
                    answers[2] += 1;
                    guest.close(fd);
                }
                other => assert_eq!(other, Err(errno::AGAIN)),
            }
        },
    );
    assert!(answers[0] + answers[1] > 10, "{answers:?}");
}
