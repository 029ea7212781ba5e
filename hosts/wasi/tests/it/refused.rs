//! Where the kernel, or a filter of system calls, does not offer openat2: a clear error before the guest starts, and
//! never another way to walk a path.

use crate::escape::{FOLLOWING, NOT_FOLLOWING, OUT_BEFORE_LAST, OUT_IN_LAST, make_world, seen};
use crate::guest::{Guest, Scratch, errno, rights};
use holm_wasi::{Access, GrantError, VirtualDir, VirtualDirOptions, WasiCtxBuilder};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;

/// The number of openat2 on every machine.
const OPENAT2: i64 = 437;
const EPERM: u32 = 1;
const EAGAIN: u32 = 11;
const ENOSYS: u32 = 38;

/// Runs `act` on a thread on which these system calls fail with this error number.
pub(crate) fn failing<T: Send>(calls: &[i64], errno: u32, act: impl FnOnce() -> T + Send) -> T {
    let filter: BpfProgram = SeccompFilter::new(
        calls.iter().map(|call| (*call, Vec::new())).collect::<BTreeMap<_, _>>(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        std::env::consts::ARCH.try_into().unwrap(),
    )
    .unwrap()
    .try_into()
    .unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            seccompiler::apply_filter(&filter).unwrap();
            act()
        });
        thread.join().unwrap()
    })
}

fn without_openat2<T: Send>(errno: u32, act: impl FnOnce() -> T + Send) -> T {
    failing(&[OPENAT2], errno, act)
}

#[test]
fn a_grant_is_refused_with_what_to_do() {
    let scratch = Scratch::new();
    for errno in [ENOSYS, EPERM] {
        let error = without_openat2(errno, || {
            let mut builder = WasiCtxBuilder::new();
            builder.preopened_dir(scratch.path(), "/", Access::ReadWrite).unwrap_err()
        });
        assert!(matches!(error, GrantError::NotConfined { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(scratch.path().to_str().unwrap()), "{text}");
        assert!(text.contains("openat2") && text.contains("or run without"), "{text}");
        assert!(text.contains("in memory or an archive instead"), "{text}");
        let error = without_openat2(errno, || {
            VirtualDir::overlay(scratch.path(), &VirtualDirOptions::new(1000)).unwrap_err()
        });
        assert!(matches!(error, GrantError::NotConfined { .. }), "{error:?}");
    }
}

/// A filter that comes later finds the guest without files, not with unconfined ones.
#[test]
fn there_is_no_second_way() {
    let scratch = Scratch::new();
    make_world(&scratch);
    let mut guest = Guest::with_dir(&scratch.join("inside"), Access::ReadWrite);
    let before = seen(&scratch.join("outside"));
    for (kernel, expected) in [(ENOSYS, errno::NOSYS), (EPERM, errno::PERM), (EAGAIN, errno::AGAIN)]
    {
        without_openat2(kernel, || {
            for path in OUT_BEFORE_LAST.iter().chain(OUT_IN_LAST) {
                for (name, verb) in FOLLOWING {
                    let answer = verb(&mut guest, path);
                    assert!(
                        answer == expected || matches!(answer, errno::NOTCAPABLE | errno::ISDIR),
                        "{name} {path:?} gave {answer}"
                    );
                }
            }
            for path in OUT_BEFORE_LAST {
                for (name, verb) in NOT_FOLLOWING {
                    let answer = verb(&mut guest, path);
                    assert_ne!(answer, errno::OK, "{name} {path:?}");
                }
            }
            assert_eq!(guest.open("file", 0, rights::FD_READ), Err(expected));
        });
    }
    assert_eq!(before, seen(&scratch.join("outside")));
}

#[test]
fn a_missing_directory_is_told() {
    let mut builder = WasiCtxBuilder::new();
    let error = builder.preopened_dir("/no/such/place", "/", Access::ReadWrite).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("directory /no/such/place cannot be opened: No such file"), "{text}");
    let error = builder.preopened_dir("/etc/passwd", "/", Access::ReadWrite).unwrap_err();
    assert!(error.to_string().contains("Not a directory"), "{error}");
}
