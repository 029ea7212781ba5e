//! Mount points beneath a granted directory, in a mount namespace of the test's own.
//!
//! What is mounted beneath a directory belongs to it, as for every program; `..` at its root leads to where it is mounted and
//! no link in it leads out. Nothing is moved or linked from one file system to another.
//!
//! Needs a kernel that lets this process make namespaces (`unshare` of util-linux); where it does not, the test says so and
//! is passed over.

use crate::guest::{Guest, Scratch, call, errno, oflags, rights};
use holm_wasi::Access;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// Set, to the folder to use, in the process that is in the namespace.
const VARIABLE: &str = "HOLM_WASI_TEST_MOUNTS";

/// Runs this program's test `name` in namespaces of its own; nothing if that cannot be had.
fn in_namespace(name: &str, folder: &Scratch) -> Option<std::process::Output> {
    let tests = std::env::current_exe().unwrap();
    let unshare = |user: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(user).args(["--mount", "--"]);
        command
    };
    for user in [&[][..], &["--user", "--map-root-user"]] {
        let can = unshare(user).arg("true").output();
        if can.is_ok_and(|output| output.status.success()) {
            let mut command = unshare(user);
            command.arg(&tests).args(["--exact", name, "--nocapture"]);
            return Some(command.env(VARIABLE, folder.path()).output().unwrap());
        }
    }
    None
}

fn mount(arguments: &[&str], at: &std::path::Path) {
    let status = Command::new("mount").args(arguments).arg(at).status().unwrap();
    assert!(status.success(), "mount {arguments:?}");
}

#[test]
fn what_is_mounted_beneath_a_grant_does_not_lead_out() {
    if let Some(folder) = std::env::var_os(VARIABLE) {
        return inside(&Scratch::borrowed(folder.into()));
    }
    let folder = Scratch::new();
    match in_namespace("mounts::what_is_mounted_beneath_a_grant_does_not_lead_out", &folder) {
        Some(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{text}{errors}");
            assert!(text.contains("1 passed"), "{text}");
        }
        #[expect(clippy::print_stderr, reason = "who runs the tests is to know what was left out")]
        None => eprintln!("passed over: this process may not make mount namespaces"),
    }
}

fn inside(folder: &Scratch) {
    for name in ["inside", "inside/disk", "inside/bound", "elsewhere", "elsewhere/deep"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    fs::write(folder.join("secret"), "secret").unwrap();
    fs::write(folder.join("elsewhere/secret"), "secret").unwrap();
    fs::write(folder.join("elsewhere/deep/file"), "bound").unwrap();
    fs::write(folder.join("inside/own"), "own").unwrap();
    mount(&["-t", "tmpfs", "none"], &folder.join("inside/disk"));
    let deep = folder.join("elsewhere/deep");
    mount(&["--bind", deep.to_str().unwrap()], &folder.join("inside/bound"));
    fs::write(folder.join("inside/disk/file"), "disk").unwrap();
    symlink("../../secret", folder.join("inside/disk/up")).unwrap();
    symlink(folder.join("secret"), folder.join("inside/disk/absolute")).unwrap();
    symlink("../secret", folder.join("inside/bound/up")).unwrap();
    symlink("../own", folder.join("inside/disk/back")).unwrap();
    let mut guest = Guest::with_dir(&folder.join("inside"), Access::ReadWrite);
    for (path, expected) in [
        ("disk/file", &b"disk"[..]),
        ("bound/file", b"bound"),
        // From the root of what is mounted, up means to where it is mounted.
        ("disk/../own", b"own"),
        ("bound/../own", b"own"),
        ("disk/back", b"own"),
        ("bound/../disk/../bound/file", b"bound"),
    ] {
        let fd = guest.open_with((3, 1), path, 0, rights::FD_READ).unwrap();
        assert_eq!(guest.read(fd, 16).unwrap(), expected, "{path}");
        guest.close(fd);
    }
    for path in [
        "disk/../../secret",
        "bound/../../secret",
        "bound/../../elsewhere/secret",
        "disk/up",
        "disk/absolute",
        "disk/../disk/up",
    ] {
        let answer = guest.open_with((3, 1), path, 0, rights::FD_READ);
        assert_eq!(answer, Err(errno::NOTCAPABLE), "{path}");
        let made = guest.open_with((3, 1), path, oflags::CREAT | oflags::TRUNC, rights::FD_WRITE);
        assert_eq!(made, Err(errno::NOTCAPABLE), "{path}");
    }
    // Beside the source of the bind mount lies a secret; its link names what is here, which is nothing.
    assert_eq!(guest.open_with((3, 1), "bound/up", 0, rights::FD_READ), Err(errno::NOENT));
    // A descriptor of what is mounted goes no further up than the grant itself.
    let disk = guest.open("disk", oflags::DIRECTORY, rights::READING).unwrap();
    assert_eq!(guest.open_with((disk, 1), "../own", 0, rights::FD_READ), Err(errno::NOTCAPABLE));
    assert_eq!(call!(guest, "path_rename", 3u32, "own", 3u32, "disk/own"), errno::XDEV);
    assert_eq!(call!(guest, "path_link", 3u32, 0u32, "own", 3u32, "disk/own"), errno::XDEV);
    assert_eq!(call!(guest, "path_remove_directory", 3u32, "disk"), errno::BUSY);
    assert_eq!(call!(guest, "path_rename", 3u32, "disk", 3u32, "moved"), errno::BUSY);
    assert_eq!(fs::read(folder.join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read(folder.join("elsewhere/secret")).unwrap(), b"secret");
}
