//! Attempts to leave a granted directory: every path that leads out, with every verb that takes a path, on every kind of
//! directory.
//!
//! Outside lies a tree that must be the same after each attempt, whatever the attempt answered. Which answer is the
//! right one depends on where the path leads out: before its last component (nothing may follow it), or in its last
//! component, a link (verbs that act on the link itself may).

use crate::guest::{Guest, OUT, Scratch, call, errno, oflags, rights};
use crate::worlds::{BACKENDS, Backend, World};
use holm_wasi::Access;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

/// Lead out before their last component.
pub(crate) const OUT_BEFORE_LAST: &[&str] = &[
    "../outside/secret",
    "../inside/file",
    "../../etc/passwd",
    "./../outside/secret",
    "dir/../../outside/secret",
    "dir/sub/../../../outside/secret",
    "dir//..//..//outside//secret",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/cwd/file",
    "link_up/outside/secret",
    "link_up_twice/inside/file",
    "link_abs_dir/secret",
    "link_rel_dir/secret",
    "link_rel_dir/../inside/file",
    "link_root/etc/passwd",
    "link_root/proc/self/root/etc/passwd",
    "link_proc/root/etc/passwd",
    "link_proc_fd/3/secret",
    "link_chain/secret",
    "link_dir/../../outside/secret",
    "dir/link_deep/secret",
    "dir/sub/../link_deep/secret",
    "dir/link_back/../../outside/secret",
    "../outside/",
    "link_rel_dir/",
    "link_rel_dir//",
    "link_abs_dir/.",
    "link_abs_dir/..",
    "..",
    "../",
    "dir/../..",
    "link_dir/../..",
];

/// Have a link that leads out as their last component.
pub(crate) const OUT_IN_LAST: &[&str] = &[
    "link_abs_file",
    "link_rel_file",
    "link_abs_dir",
    "link_rel_dir",
    "link_up",
    "link_root",
    "link_proc",
    "link_proc_fd",
    "link_chain",
    "link_etc",
    "dir/link_deep",
    "dir/../link_rel_file",
    "dir/./link_deep",
    "link_dir/link_deep",
    "link_new",
];

/// Makes the same world anew: `outside`, and `inside` with links that lead out of it.
pub(crate) fn make_world(scratch: &Scratch) {
    for tree in ["inside", "outside"] {
        // Nothing is there the first time.
        let _ = fs::remove_dir_all(scratch.join(tree));
        fs::create_dir_all(scratch.join(tree)).unwrap();
    }
    let outside = scratch.join("outside");
    let outside = outside.to_str().unwrap();
    fs::write(scratch.join("outside/secret"), "secret").unwrap();
    fs::create_dir(scratch.join("outside/dir")).unwrap();
    fs::write(scratch.join("inside/file"), "file").unwrap();
    fs::create_dir_all(scratch.join("inside/dir/sub")).unwrap();
    let links = [
        ("link_abs_file", format!("{outside}/secret")),
        ("link_rel_file", "../outside/secret".to_owned()),
        ("link_abs_dir", outside.to_owned()),
        ("link_rel_dir", "../outside".to_owned()),
        ("link_up", "..".to_owned()),
        ("link_up_twice", "dir/../..".to_owned()),
        ("link_root", "/".to_owned()),
        ("link_etc", "/etc".to_owned()),
        ("link_proc", "/proc/self".to_owned()),
        ("link_proc_fd", "/proc/self/fd".to_owned()),
        ("link_chain", "link_chain_2".to_owned()),
        ("link_chain_2", "link_rel_dir".to_owned()),
        ("link_new", "../outside/new".to_owned()),
        ("link_dir", "dir".to_owned()),
        ("dir/link_deep", "../../outside".to_owned()),
        ("dir/link_back", "../dir".to_owned()),
    ];
    for (name, target) in links {
        symlink(target, scratch.join("inside").join(name)).unwrap();
    }
}

/// Everything that can be seen of a tree, in order.
pub(crate) fn seen(tree: &Path) -> Vec<String> {
    let mut entries: Vec<_> = fs::read_dir(tree).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut all = Vec::new();
    for entry in entries {
        let data = entry.metadata().unwrap();
        let content = if data.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
        let (time, nanos) = (data.mtime(), data.mtime_nsec());
        let links = if data.is_dir() { 0 } else { data.nlink() };
        all.push(format!("{:?} {links} {time}.{nanos} {content:?}", entry.path()));
        if data.is_dir() {
            all.extend(seen(&entry.path()));
        }
    }
    all
}

/// A verb that takes a path, as a call that gives an error number.
pub(crate) type Verb = (&'static str, fn(&mut Guest, &str) -> u32);

fn opened(guest: &mut Guest, lookup: u64, path: &str, oflags: u64, rights: u64) -> u32 {
    guest.open_with((3, lookup), path, oflags, rights).err().unwrap_or(errno::OK)
}

/// Verbs that follow a link in the last component.
pub(crate) const FOLLOWING: &[Verb] = &[
    ("open to read", |g, p| opened(g, 1, p, 0, rights::FD_READ)),
    ("open to write", |g, p| opened(g, 1, p, 0, rights::FD_WRITE)),
    ("open or create", |g, p| opened(g, 1, p, oflags::CREAT, rights::READ_WRITE)),
    ("open truncated", |g, p| opened(g, 1, p, oflags::TRUNC, rights::FD_WRITE)),
    ("open directory", |g, p| opened(g, 1, p, oflags::DIRECTORY, rights::FD_READ)),
    ("stat", |g, p| call!(g, "path_filestat_get", 3u32, 1u64, p, OUT)),
    ("set times", |g, p| call!(g, "path_filestat_set_times", 3u32, 1u64, p, 0u64, 0u64, 5u64)),
    ("link from", |g, p| call!(g, "path_link", 3u32, 1u64, p, 3u32, "dir/got")),
];

/// Verbs that act on a link in the last component itself.
pub(crate) const NOT_FOLLOWING: &[Verb] = &[
    ("open to read, no link", |g, p| opened(g, 0, p, 0, rights::FD_READ)),
    ("open to write, no link", |g, p| opened(g, 0, p, 0, rights::FD_WRITE)),
    ("open truncated, no link", |g, p| opened(g, 0, p, oflags::TRUNC, rights::FD_WRITE)),
    ("create", |g, p| opened(g, 0, p, oflags::CREAT | oflags::EXCL, rights::FD_WRITE)),
    ("open directory, no link", |g, p| opened(g, 0, p, oflags::DIRECTORY, rights::FD_READ)),
    ("stat, no link", |g, p| call!(g, "path_filestat_get", 3u32, 0u64, p, OUT)),
    ("set times, no link", |g, p| {
        call!(g, "path_filestat_set_times", 3u32, 0u64, p, 0u64, 0u64, 5u64)
    }),
    ("make directory", |g, p| call!(g, "path_create_directory", 3u32, p)),
    ("remove directory", |g, p| call!(g, "path_remove_directory", 3u32, p)),
    ("unlink", |g, p| call!(g, "path_unlink_file", 3u32, p)),
    ("read link", |g, p| call!(g, "path_readlink", 3u32, p, OUT, 64u64, 8u64)),
    ("rename from", |g, p| call!(g, "path_rename", 3u32, p, 3u32, "dir/got")),
    ("rename to", |g, p| call!(g, "path_rename", 3u32, "file", 3u32, p)),
    ("link from, no link", |g, p| call!(g, "path_link", 3u32, 0u64, p, 3u32, "dir/got")),
    ("link to", |g, p| call!(g, "path_link", 3u32, 0u64, "file", 3u32, p)),
    ("make link at", |g, p| call!(g, "path_symlink", "file", 3u32, p)),
];

/// Whether an answer is right for a path that leads out before its last component.
pub(crate) fn is_refused(path: &str, answer: u32) -> bool {
    // A slash at the end is wrong for some verbs, whatever stands before it: these act on the name with the slash taken
    // off.
    let slash = path.ends_with('/')
        && matches!(
            answer,
            errno::ISDIR | errno::NOTDIR | errno::EXIST | errno::NOTEMPTY | errno::INVAL
        );
    answer == errno::NOTCAPABLE || slash
}

/// Tries one verb with one path in a new world, and checks that outside nothing happened.
fn attempt(backend: Backend, verb: &Verb, path: &str) -> u32 {
    let world = World::new(Scratch::new());
    make_world(&world.scratch);
    let before = seen(&world.outside());
    let mut guest = world.guest(backend, Access::ReadWrite);
    let answer = verb.1(&mut guest, path);
    assert_eq!(before, seen(&world.outside()), "{} {path:?} reached outside", verb.0);
    answer
}

#[test]
fn paths_that_lead_out_are_not_followed_by_any_verb() {
    for backend in BACKENDS {
        let world = World::new(Scratch::new());
        make_world(&world.scratch);
        let before = seen(world.scratch.path());
        let mut guest = world.guest(backend, Access::ReadWrite);
        for path in OUT_BEFORE_LAST {
            for verb in FOLLOWING.iter().chain(NOT_FOLLOWING) {
                let answer = verb.1(&mut guest, path);
                assert!(is_refused(path, answer), "{backend:?}: {} {path:?}: {answer}", verb.0);
            }
        }
        let archives = ["inside.tar", "inside.zip"].map(|name| world.scratch.join(name));
        for archive in archives {
            // Only where there is one.
            let _ = fs::remove_file(archive);
        }
        assert_eq!(before, seen(world.scratch.path()), "{backend:?}: something changed");
    }
}

#[test]
fn links_that_lead_out_are_not_followed() {
    for path in OUT_IN_LAST {
        for verb in FOLLOWING {
            for backend in BACKENDS {
                let answer = attempt(backend, verb, path);
                assert_eq!(answer, errno::NOTCAPABLE, "{backend:?}: {} {path:?}", verb.0);
            }
        }
        for verb in NOT_FOLLOWING {
            // Some succeed, on the link; what matters is what `attempt` checks, and that all are alike.
            let answers = BACKENDS.map(|backend| attempt(backend, verb, path));
            assert_eq!(answers, [answers[0]; BACKENDS.len()], "{} {path:?}", verb.0);
        }
    }
}

/// `/proc` is full of links that are none: no path resolution in the kernel confines them.
#[test]
fn magic_links_are_not_followed() {
    let scratch = Scratch::new();
    fs::write(scratch.join("held"), "held").unwrap();
    let held = fs::File::open(scratch.join("held")).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&held);
    let mut guest = Guest::with_dir(Path::new("/proc"), Access::ReadOnly);
    let process = std::process::id();
    for path in [
        format!("{process}/fd/{fd}"),
        format!("{process}/root/etc/passwd"),
        format!("{process}/cwd/Cargo.toml"),
        format!("{process}/exe"),
        format!("{process}/ns/mnt"),
        format!("{process}/task/{process}/root/etc/passwd"),
    ] {
        let answer = guest.open_with((3, 1), &path, 0, rights::FD_READ);
        assert_eq!(answer, Err(errno::LOOP), "{path}");
    }
    // An ordinary link beside them is followed.
    assert!(guest.open_with((3, 1), "self/status", 0, rights::FD_READ).is_ok());
}

#[test]
fn devices_pipes_and_sockets_are_not_opened() {
    let scratch = Scratch::new();
    let mkfifo = std::process::Command::new("mkfifo").arg(scratch.join("fifo")).status();
    assert!(mkfifo.unwrap().success());
    let _listener = std::os::unix::net::UnixListener::bind(scratch.join("socket")).unwrap();
    let mut guest = Guest::with_dir(scratch.path(), Access::ReadWrite);
    // Neither waits for the other end.
    assert_eq!(guest.open("fifo", 0, rights::FD_READ), Err(errno::NOTCAPABLE));
    assert_eq!(guest.open("fifo", 0, rights::FD_WRITE), Err(errno::NXIO));
    assert_eq!(guest.open("fifo", 0, rights::READ_WRITE), Err(errno::NOTCAPABLE));
    assert_eq!(guest.open("socket", 0, rights::FD_READ), Err(errno::NXIO));
    let mut guest = Guest::with_dir(Path::new("/dev"), Access::ReadOnly);
    for device in ["null", "zero", "urandom", "tty"] {
        let answer = guest.open(device, 0, rights::FD_READ);
        assert!(matches!(answer, Err(errno::NOTCAPABLE | errno::NXIO)), "{device}: {answer:?}");
    }
}

#[test]
fn loops_and_long_names_end() {
    for backend in BACKENDS {
        let world = World::new(Scratch::new());
        let at = |name: &str| world.inside().join(name);
        symlink("loop_b", at("loop_a")).unwrap();
        symlink("loop_a", at("loop_b")).unwrap();
        symlink("self/self", at("self")).unwrap();
        for n in 0..60 {
            symlink(format!("chain_{}", n + 1), at(&format!("chain_{n}"))).unwrap();
        }
        fs::write(at("chain_60"), "end").unwrap();
        let mut guest = world.guest(backend, Access::ReadWrite);
        let read = rights::FD_READ;
        for path in ["loop_a", "loop_a/x", "self", "self/self/x", "chain_0", "chain_19"] {
            let answer = guest.open_with((3, 1), path, 0, read);
            assert_eq!(answer, Err(errno::LOOP), "{backend:?}: {path}");
        }
        assert!(guest.open_with((3, 1), "chain_20", 0, read).is_ok(), "{backend:?}");
        let fits = "n".repeat(255);
        let too_long = "n".repeat(256);
        let deep = "d/".repeat(2047) + "f";
        let too_deep = "d/".repeat(2048) + "f";
        let there_and_back = "./".repeat(2000) + "chain_60";
        assert_eq!(guest.open(&fits, 0, read), Err(errno::NOENT), "{backend:?}");
        assert!(guest.open(&fits, oflags::CREAT, read).is_ok(), "{backend:?}");
        assert_eq!(guest.open(&too_long, 0, read), Err(errno::NAMETOOLONG), "{backend:?}");
        assert_eq!(guest.open(&deep, 0, read), Err(errno::NOENT), "{backend:?}");
        assert_eq!(guest.open(&too_deep, 0, read), Err(errno::NAMETOOLONG), "{backend:?}");
        assert!(guest.open(&there_and_back, 0, read).is_ok(), "{backend:?}");
        let answer = call!(guest, "path_create_directory", 3u32, &*too_long);
        assert_eq!(answer, errno::NAMETOOLONG, "{backend:?}");
    }
}

#[test]
fn ill_formed_paths_are_told_apart() {
    for backend in BACKENDS {
        let world = World::new(Scratch::new());
        fs::write(world.inside().join("File"), "").unwrap();
        let mut guest = world.guest(backend, Access::ReadWrite);
        for (path, expected) in [
            (&b""[..], errno::NOENT),
            (b"File\0", errno::INVAL),
            (b"\0", errno::INVAL),
            (b"\xff\xfe", errno::ILSEQ),
            (b"File/\xc0\xaf..", errno::ILSEQ),
            (b"\xed\xa0\x80", errno::ILSEQ),
            (b"file", errno::NOENT),
            (b"FILE", errno::NOENT),
            (b"File ", errno::NOENT),
            (b"File.", errno::NOENT),
            (b"File::$DATA", errno::NOENT),
            (b"CON", errno::NOENT),
            (b"COM\xc2\xb9", errno::NOENT),
            (b"..\\File", errno::NOENT),
            (b"C:\\", errno::NOENT),
            (b"...", errno::NOENT),
            (b"File/", errno::NOTDIR),
            (b"File/x", errno::NOTDIR),
            (b"File/..", errno::NOTDIR),
            (b"File/.", errno::NOTDIR),
            (b"/", errno::NOTCAPABLE),
            (b"File", errno::OK),
            (b"./File", errno::OK),
            (b".//File", errno::OK),
        ] {
            let answer = call!(guest, "path_filestat_get", 3u32, 1u64, path, OUT);
            assert_eq!(answer, expected, "{backend:?}: {path:?}");
            let answer = call!(guest, "path_filestat_get", 3u32, 0u64, path, OUT);
            assert_eq!(answer, expected, "{backend:?}: {path:?} without following");
        }
    }
}

/// A directory opened inside is a world of its own: nothing above it can be reached through it.
#[test]
fn a_directory_inside_confines_as_well() {
    for backend in BACKENDS {
        let world = World::new(Scratch::new());
        make_world(&world.scratch);
        let mut guest = world.guest(backend, Access::ReadWrite);
        let rights = rights::ALL & !rights::FD_WRITE;
        let dir = guest.open("dir", oflags::DIRECTORY, rights).unwrap();
        for path in ["..", "../file", "sub/../../file", "link_deep/secret", "link_back/sub"] {
            let answer = guest.open_with((dir, 1), path, 0, rights::FD_READ);
            assert_eq!(answer, Err(errno::NOTCAPABLE), "{backend:?}: {path}");
        }
        assert!(guest.open_at(dir, "sub/..", oflags::DIRECTORY, 0).is_ok());
    }
}

/// Nobody who follows it later, here or on the host, shall be led out by a link that a guest made absolute.
#[test]
fn absolute_links_are_not_made() {
    for backend in BACKENDS {
        let world = World::new(Scratch::new());
        let mut guest = world.guest(backend, Access::ReadWrite);
        for (target, expected) in [
            ("/etc/passwd", errno::NOTCAPABLE),
            ("//", errno::NOTCAPABLE),
            ("", errno::NOENT),
            ("a\0b", errno::INVAL),
            ("../elsewhere", errno::OK),
        ] {
            let answer = call!(guest, "path_symlink", target, 3u32, "made");
            assert_eq!(answer, expected, "{backend:?}: {target:?}");
        }
        let answer = guest.open_with((3, 1), "made", 0, rights::FD_READ);
        assert_eq!(answer, Err(errno::NOTCAPABLE), "{backend:?}");
    }
}
