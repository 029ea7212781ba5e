//! A read-only grant against everything that changes something.
//!
//! Each attempt must be refused, and the tree must be the same afterwards: names, content, links, times.

use crate::escape::{Verb, seen};
use crate::guest::{Guest, OUT, Scratch, call, errno, oflags, rights};
use crate::worlds::{BACKENDS, Backend, World};
use holm_wasi::{Access, WasiCtxBuilder};
use std::fs;
use std::os::unix::fs::symlink;

fn world() -> World {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("inside/dir/empty")).unwrap();
    fs::create_dir_all(scratch.join("rw/inside")).unwrap();
    fs::write(scratch.join("inside/file"), "file").unwrap();
    fs::write(scratch.join("inside/dir/file"), "deep").unwrap();
    fs::write(scratch.join("rw/inside/file"), "mine").unwrap();
    symlink("file", scratch.join("inside/link")).unwrap();
    symlink("missing", scratch.join("inside/dangling")).unwrap();
    World::new(scratch)
}

/// A guest that reads from descriptor 3 and may change things in 4, which is of the same kind.
fn guest(world: &World, backend: Backend) -> Guest {
    let mut builder = WasiCtxBuilder::new();
    world.grant(&mut builder, backend, Access::ReadOnly);
    let other = World::at(world.scratch.join("rw"));
    other.grant(&mut builder, backend, Access::ReadWrite);
    Guest::new(builder.build().unwrap())
}

fn open(g: &mut Guest, path: &str, oflags: u64, rights: u64) -> u32 {
    g.open_with((3, 1), path, oflags, rights).err().unwrap_or(errno::OK)
}

/// A file that is open for reading, with every right that was to be had.
fn reading(g: &mut Guest) -> u32 {
    g.open("file", 0, rights::READING).unwrap()
}

/// A directory in the grant.
fn dir(g: &mut Guest) -> u32 {
    g.open("dir", oflags::DIRECTORY, rights::READING).unwrap()
}

const CHANGES: &[Verb] = &[
    ("open to write", |g, p| open(g, p, 0, rights::FD_WRITE)),
    ("open to read and write", |g, p| open(g, p, 0, rights::READ_WRITE)),
    ("open truncated to write", |g, p| open(g, p, oflags::TRUNC, rights::FD_WRITE)),
    ("open truncated to read", |g, p| open(g, p, oflags::TRUNC, rights::FD_READ)),
    ("open truncated for nothing", |g, p| open(g, p, oflags::TRUNC, 0)),
    ("open created", |g, p| open(g, p, oflags::CREAT, rights::FD_READ)),
    ("open created new", |g, p| open(g, p, oflags::CREAT | oflags::EXCL, 0)),
    ("open created and truncated", |g, p| open(g, p, oflags::CREAT | oflags::TRUNC, 0)),
    ("make directory", |g, p| call!(g, "path_create_directory", 3u32, p)),
    ("remove directory", |g, p| call!(g, "path_remove_directory", 3u32, p)),
    ("unlink", |g, p| call!(g, "path_unlink_file", 3u32, p)),
    ("make link", |g, p| call!(g, "path_symlink", "file", 3u32, p)),
    ("set times", |g, p| call!(g, "path_filestat_set_times", 3u32, 1u64, p, 1u64, 1u64, 5u64)),
    ("set times of link", |g, p| {
        call!(g, "path_filestat_set_times", 3u32, 0u64, p, 1u64, 1u64, 5u64)
    }),
    ("set times to now", |g, p| {
        call!(g, "path_filestat_set_times", 3u32, 1u64, p, 0u64, 0u64, 10u64)
    }),
    ("rename within", |g, p| call!(g, "path_rename", 3u32, p, 3u32, "new")),
    ("rename onto", |g, p| call!(g, "path_rename", 3u32, "file", 3u32, p)),
    ("rename out", |g, p| call!(g, "path_rename", 3u32, p, 4u32, "new")),
    ("rename in", |g, p| call!(g, "path_rename", 4u32, "file", 3u32, p)),
    ("link within", |g, p| call!(g, "path_link", 3u32, 0u64, p, 3u32, "new")),
    ("link in", |g, p| call!(g, "path_link", 4u32, 0u64, "file", 3u32, p)),
    ("link in, following", |g, p| call!(g, "path_link", 4u32, 1u64, "file", 3u32, p)),
];

const PATHS: &[&str] =
    &["file", "link", "dangling", "dir", "dir/", "dir/file", "dir/empty", "new", "dir/new", "."];

/// What a guest that may only read finds, whatever the grant is made of.
fn found(world: &World, guest: &mut Guest) -> Vec<String> {
    let mut all = seen(&world.inside());
    for path in PATHS {
        let answer = call!(guest, "path_filestat_get", 3u32, 0u64, *path, OUT);
        // When something was last read is no change.
        let state = [guest.bytes(OUT, 40), guest.bytes(OUT + 48, 16)].concat();
        all.push(format!("{path} {answer} {state:?}"));
    }
    let fd = guest.open("file", 0, rights::FD_READ).unwrap();
    all.push(format!("{:?}", guest.read(fd, 100)));
    guest.close(fd);
    all
}

#[test]
fn no_verb_changes_anything_by_path() {
    for backend in BACKENDS {
        let world = world();
        let mut guest = guest(&world, backend);
        let before = found(&world, &mut guest);
        for (name, verb) in CHANGES {
            for path in PATHS {
                let answer = verb(&mut guest, path);
                assert_eq!(answer, errno::ROFS, "{backend:?}: {name} {path:?}");
                let after = found(&world, &mut guest);
                assert_eq!(before, after, "{backend:?}: {name} {path:?}");
            }
        }
        let mine = guest.open_at(4, "file", 0, rights::FD_READ).unwrap();
        assert_eq!(guest.read(mine, 100).unwrap(), b"mine", "{backend:?}");
    }
}

/// A hard link would make the file writable through the other grant.
#[test]
fn no_link_leads_from_a_read_only_grant_to_another() {
    for backend in BACKENDS {
        let world = world();
        let mut guest = guest(&world, backend);
        for follow in [0u64, 1] {
            for path in ["file", "link", "dir/file"] {
                let answer = call!(guest, "path_link", 3u32, follow, path, 4u32, "got");
                assert_eq!(answer, errno::XDEV, "{backend:?}: {path}");
            }
        }
        assert_eq!(guest.open_at(4, "got", 0, rights::FD_READ), Err(errno::NOENT));
    }
}

/// A call with a descriptor that was opened in the grant.
type Call = (&'static str, fn(&mut Guest, u32) -> u32, u32);

const ON_FILES: &[Call] = &[
    ("write", |g, fd| g.write(fd, b"x").err().unwrap_or(0), errno::NOTCAPABLE),
    (
        "pwrite",
        |g, fd| {
            let l = g.vector(8192, 4);
            call!(g, "fd_pwrite", fd, l, 1u64, 0u64, OUT)
        },
        errno::NOTCAPABLE,
    ),
    ("allocate", |g, fd| call!(g, "fd_allocate", fd, 0u64, 100u64), errno::BADF),
    ("set size", |g, fd| call!(g, "fd_filestat_set_size", fd, 0u64), errno::BADF),
    ("set times", |g, fd| call!(g, "fd_filestat_set_times", fd, 1u64, 1u64, 5u64), errno::ROFS),
    (
        "set times to now",
        |g, fd| call!(g, "fd_filestat_set_times", fd, 0u64, 0u64, 10u64),
        errno::ROFS,
    ),
];

#[test]
fn nothing_changes_through_an_open_file() {
    for backend in BACKENDS {
        let world = world();
        let mut guest = guest(&world, backend);
        let before = found(&world, &mut guest);
        for (name, act, expected) in ON_FILES {
            let fd = reading(&mut guest);
            assert_eq!(act(&mut guest, fd), *expected, "{backend:?}: {name}");
            guest.close(fd);
            assert_eq!(before, found(&world, &mut guest), "{backend:?}: {name}");
        }
    }
}

/// What is opened in a read-only directory is as read-only as the grant.
#[test]
fn nothing_changes_through_an_open_directory() {
    for backend in BACKENDS {
        let world = world();
        let mut guest = guest(&world, backend);
        let before = found(&world, &mut guest);
        let fd = dir(&mut guest);
        let write = rights::FD_WRITE;
        assert_eq!(guest.open_at(fd, "file", 0, write), Err(errno::ROFS));
        assert_eq!(guest.open_at(fd, "file", oflags::TRUNC, 0), Err(errno::ROFS));
        assert_eq!(guest.open_at(fd, "new", oflags::CREAT, 0), Err(errno::ROFS));
        assert_eq!(call!(guest, "path_create_directory", fd, "new"), errno::ROFS);
        assert_eq!(call!(guest, "path_remove_directory", fd, "empty"), errno::ROFS);
        assert_eq!(call!(guest, "path_unlink_file", fd, "file"), errno::ROFS);
        assert_eq!(call!(guest, "path_rename", fd, "file", 4u32, "new"), errno::ROFS);
        assert_eq!(call!(guest, "path_rename", 4u32, "file", fd, "new"), errno::ROFS);
        assert_eq!(call!(guest, "path_symlink", "x", fd, "new"), errno::ROFS);
        assert_eq!(call!(guest, "fd_filestat_set_times", fd, 1u64, 1u64, 5u64), errno::ROFS);
        assert_eq!(before, found(&world, &mut guest), "{backend:?}");
    }
}

/// C libraries ask for what the directory says it passes on. It must pass on writing, or a program that opens to write
/// would get a descriptor and learn only later, from an odd error, that it cannot.
#[test]
fn a_read_only_directory_reports_no_changes_but_passes_writing_on() {
    let world = world();
    let mut guest = guest(&world, Backend::Real);
    assert_eq!(call!(guest, "fd_fdstat_get", 3u32, OUT), errno::OK);
    let (base, inheriting) = (guest.u64_at(OUT + 8), guest.u64_at(OUT + 16));
    let create_directory = 1 << 9;
    assert_eq!(base & create_directory, 0);
    assert_ne!(inheriting & rights::FD_WRITE, 0);
    assert_eq!(call!(guest, "fd_fdstat_get", 4u32, OUT), errno::OK);
    assert_ne!(guest.u64_at(OUT + 8) & create_directory, 0);
}

#[test]
fn reading_works() {
    for backend in BACKENDS {
        let world = world();
        let mut guest = guest(&world, backend);
        let fd = reading(&mut guest);
        assert_eq!(guest.read(fd, 100).unwrap(), b"file", "{backend:?}");
        assert!(guest.open_with((3, 1), "link", 0, rights::FD_READ).is_ok());
        assert_eq!(call!(guest, "path_filestat_get", 3u32, 0u64, "dir/file", OUT), errno::OK);
        assert_eq!(call!(guest, "path_readlink", 3u32, "link", OUT, 16u64, 8u64), errno::OK);
        assert_eq!(guest.bytes(OUT, 4), b"file");
    }
}
