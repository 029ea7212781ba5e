//! Escapes that were published about other runtimes and their libraries, each as a guest would try it here.
//!
//! A row says where it was found and does what the report does, on every kind of directory. The tree outside must be the
//! same afterwards and its secret must not have been read; the attempt itself checks what its calls answered.
//!
//! Not here: escapes on systems that this crate does not run on. Those that only need a name are in `escape.rs`.

use crate::escape::{make_world, seen};
use crate::guest::{Guest, OUT, Scratch, call, errno, oflags, rights};
use crate::worlds::{BACKENDS, Backend, World};
use holm_wasi::{Access, WasiCtxBuilder};

type Attempt = (&'static str, fn(&mut Guest));

const READ: u64 = rights::FD_READ;
const WRITE: u64 = rights::FD_WRITE;

/// Descriptor 3 is the inside for reading and writing, 4 is the same for reading only.
const ATTEMPTS: &[Attempt] = &[
    ("Wasmer CVE-2024-38358: a file made through a link", |g| {
        assert_eq!(call!(g, "path_symlink", "../outside/new", 3u32, "way"), errno::OK);
        let open = g.open_with((3, 1), "way", oflags::CREAT, WRITE);
        assert_eq!(open, Err(errno::NOTCAPABLE));
        let open = g.open_with((3, 0), "way", oflags::CREAT, WRITE);
        assert_eq!(open, Err(errno::LOOP));
    }),
    ("Wasmer CVE-2024-38358: and through one to a directory", |g| {
        assert_eq!(call!(g, "path_symlink", "../outside", 3u32, "way"), errno::OK);
        for path in ["way/new", "way/secret", "way/dir/new"] {
            let open = g.open_with((3, 1), path, oflags::CREAT | oflags::TRUNC, WRITE);
            assert_eq!(open, Err(errno::NOTCAPABLE), "{path}");
        }
    }),
    ("WasmEdge 2023: a link with an absolute target", |g| {
        assert_eq!(call!(g, "path_symlink", "/", 3u32, "root"), errno::NOTCAPABLE);
        assert_eq!(call!(g, "path_symlink", "/etc/passwd", 3u32, "users"), errno::NOTCAPABLE);
        assert_eq!(g.open_with((3, 1), "root/etc/passwd", 0, READ), Err(errno::NOENT));
    }),
    ("WasmEdge #4938, WAMR CVE-2025-43853: a link with a target outside", |g| {
        for target in ["..", "../outside", "dir/../../outside", "./.././outside"] {
            assert_eq!(call!(g, "path_symlink", target, 3u32, "way"), errno::OK, "{target}");
            for path in ["way", "way/", "way/secret", "way/../outside/secret", "way/outside/secret"]
            {
                let open = g.open_with((3, 1), path, 0, READ);
                assert!(open == Err(errno::NOTCAPABLE), "{target} {path}: {open:?}");
            }
            assert_eq!(call!(g, "path_unlink_file", 3u32, "way"), errno::OK);
        }
    }),
    ("WAMR: a link that is good where it is made, moved to where it is not", |g| {
        assert_eq!(call!(g, "path_create_directory", 3u32, "deep"), errno::OK);
        assert_eq!(call!(g, "path_create_directory", 3u32, "deep/er"), errno::OK);
        let target = "../../dir/../../outside/secret";
        assert_eq!(call!(g, "path_symlink", target, 3u32, "deep/er/way"), errno::OK);
        assert_eq!(call!(g, "path_rename", 3u32, "deep/er/way", 3u32, "way"), errno::OK);
        assert_eq!(g.open_with((3, 1), "way", 0, READ), Err(errno::NOTCAPABLE));
    }),
    ("uvwasi in Node: as many steps up as there are directories above", |g| {
        for depth in 1..40 {
            let path = "../".repeat(depth) + "etc/passwd";
            assert_eq!(g.open_with((3, 1), &path, 0, READ), Err(errno::NOTCAPABLE), "{path}");
            let path = "dir/".to_owned() + &path;
            let open = g.open_with((3, 1), &path, 0, READ);
            assert!(matches!(open, Err(errno::NOTCAPABLE | errno::NOENT)), "{path}: {open:?}");
        }
    }),
    ("uvwasi in Node: a name that begins like the directory's own", |g| {
        for path in ["../inside_too/file", "../inside/../outside/secret", "../insider"] {
            assert_eq!(g.open_with((3, 1), path, 0, READ), Err(errno::NOTCAPABLE), "{path}");
        }
    }),
    ("Wasmtime GHSA-vqjp, cap-std: a slash behind a link that is not to be followed", |g| {
        for path in ["link_rel_dir/", "link_abs_dir/", "link_rel_file/", "link_up/", "link_etc//"] {
            for flags in [0, oflags::DIRECTORY, oflags::TRUNC] {
                let open = g.open_with((3, 0), path, flags, READ);
                assert!(open == Err(errno::NOTCAPABLE), "{path} {flags}: {open:?}");
            }
            let made = call!(g, "path_create_directory", 3u32, path);
            assert_eq!(made, errno::EXIST, "{path}");
            let gone = call!(g, "path_unlink_file", 3u32, path);
            assert_eq!(gone, errno::NOTDIR, "{path}");
        }
    }),
    ("Wasmtime CVE-2026-47261: cutting a file of a directory for reading", |g| {
        for rights in [0, READ, WRITE, rights::ALL] {
            let open = g.open_with((4, 1), "file", oflags::TRUNC, rights);
            assert_eq!(open, Err(errno::ROFS));
            let open = g.open_with((4, 1), "link_dir/../file", oflags::TRUNC, rights);
            assert_eq!(open, Err(errno::ROFS));
        }
        let fd = g.open_with((4, 0), "file", 0, rights::READING).unwrap();
        assert_eq!(call!(g, "fd_filestat_set_size", fd, 0u64), errno::BADF);
        assert_eq!(call!(g, "fd_allocate", fd, 0u64, 9u64), errno::BADF);
    }),
    ("Wasmtime CVE-2026-58494: a hard link from the one directory into the other", |g| {
        for follow in [0u64, 1] {
            assert_eq!(call!(g, "path_link", 4u32, follow, "file", 3u32, "got"), errno::XDEV);
            assert_eq!(call!(g, "path_link", 3u32, follow, "file", 4u32, "got"), errno::ROFS);
        }
        assert_eq!(call!(g, "path_rename", 4u32, "file", 3u32, "got"), errno::ROFS);
        assert_eq!(call!(g, "path_rename", 3u32, "file", 4u32, "got"), errno::ROFS);
    }),
    ("cap-std: a hard link to what a link outside leads to", |g| {
        for path in ["link_rel_file", "link_abs_file"] {
            let answer = call!(g, "path_link", 3u32, 1u64, path, 3u32, "got");
            assert_eq!(answer, errno::NOTCAPABLE, "{path}");
        }
        assert_eq!(g.open("got", 0, READ), Err(errno::NOENT));
    }),
    ("cap-std: up from a directory that was moved away", |g| {
        let reading = rights::ALL & !WRITE;
        let fd = g.open("dir/sub", oflags::DIRECTORY, reading).unwrap();
        assert_eq!(call!(g, "path_rename", 3u32, "dir/sub", 3u32, "sub"), errno::OK);
        for path in ["..", "../file", "../..", "../../outside/secret"] {
            assert_eq!(g.open_with((fd, 1), path, 0, READ), Err(errno::NOTCAPABLE), "{path}");
        }
        assert_eq!(call!(g, "path_remove_directory", 3u32, "sub"), errno::OK);
        assert_eq!(g.open_with((fd, 1), "..", 0, READ), Err(errno::NOTCAPABLE));
        assert_eq!(g.open_with((fd, 0), "new", oflags::CREAT, WRITE), Err(errno::NOENT));
    }),
    ("cap-std: `.` and `..` where a name is expected", |g| {
        for path in [".", "..", "dir/.", "dir/..", "./", "../", "dir/sub/../.."] {
            for (name, answer) in [
                ("mkdir", call!(g, "path_create_directory", 3u32, path)),
                ("rmdir", call!(g, "path_remove_directory", 3u32, path)),
                ("unlink", call!(g, "path_unlink_file", 3u32, path)),
                ("rename", call!(g, "path_rename", 3u32, path, 3u32, "got")),
                ("rename to", call!(g, "path_rename", 3u32, "file", 3u32, path)),
                ("link", call!(g, "path_link", 3u32, 0u64, path, 3u32, "got")),
                ("link to", call!(g, "path_link", 3u32, 0u64, "file", 3u32, path)),
                ("symlink", call!(g, "path_symlink", "file", 3u32, path)),
            ] {
                assert_ne!(answer, errno::OK, "{name} {path}");
            }
        }
    }),
    ("cap-std: a name with a backslash or a drive is only a name", |g| {
        for path in ["..\\..\\outside\\secret", "C:\\outside", "\\\\?\\C:\\", "dir\\..\\.."] {
            assert_eq!(g.open_with((3, 1), path, 0, READ), Err(errno::NOENT), "{path}");
        }
    }),
    ("Lucet: rights that were given up, back through a new descriptor", |g| {
        let narrow = rights::FD_READ | (1 << 13);
        assert_eq!(call!(g, "fd_fdstat_set_rights", 3u32, narrow & !READ, READ), errno::OK);
        assert_eq!(g.open(".", 0, rights::ALL), Err(errno::NOTCAPABLE));
        assert_eq!(g.open("file", 0, WRITE), Err(errno::NOTCAPABLE));
        assert_eq!(g.open("file", oflags::CREAT, READ), Err(errno::NOTCAPABLE));
        let all = rights::ALL;
        assert_eq!(call!(g, "fd_fdstat_set_rights", 3u32, all, all), errno::NOTCAPABLE);
        let dir = g.open("dir", oflags::DIRECTORY, narrow).unwrap();
        assert_eq!(call!(g, "fd_fdstat_get", dir, OUT), errno::OK);
        let (base, inheriting) = (g.u64_at(OUT + 8), g.u64_at(OUT + 16));
        assert_eq!((base & !READ, inheriting & !READ), (0, 0));
    }),
    ("WAMR: a number of a directory that was closed", |g| {
        assert_eq!(call!(g, "fd_close", 3u32), errno::OK);
        assert_eq!(g.open("file", 0, READ), Err(errno::BADF));
        let fd = g.open_at(4, "file", 0, READ).unwrap();
        assert_eq!(fd, 3);
        assert_eq!(g.open("file", 0, READ), Err(errno::NOTDIR));
    }),
    ("WAMR: a directory put over another by number", |g| {
        assert_eq!(call!(g, "fd_renumber", 4u32, 3u32), errno::OK);
        assert_eq!(g.open("file", 0, WRITE), Err(errno::ROFS));
        assert_eq!(g.open("new", oflags::CREAT, READ), Err(errno::ROFS));
    }),
    ("wazero #2328: through a link that was there before", |g| {
        for path in ["link_abs_file", "link_rel_file", "link_chain/secret", "dir/link_deep/secret"]
        {
            assert_eq!(g.open_with((3, 1), path, 0, READ), Err(errno::NOTCAPABLE), "{path}");
            assert_eq!(g.open_with((4, 1), path, 0, READ), Err(errno::NOTCAPABLE), "{path}");
        }
    }),
    ("Wasmtime: a description of a file outside", |g| {
        for path in ["link_rel_file", "link_rel_dir/secret", "link_etc/passwd", "../outside/secret"]
        {
            let answer = call!(g, "path_filestat_get", 3u32, 1u64, path, OUT);
            assert_eq!(answer, errno::NOTCAPABLE, "{path}");
            let answer = call!(g, "path_filestat_set_times", 3u32, 1u64, path, 0u64, 0u64, 5u64);
            assert_eq!(answer, errno::NOTCAPABLE, "{path}");
        }
    }),
];

fn guest(world: &World, backend: Backend) -> Guest {
    let mut builder = WasiCtxBuilder::new();
    world.grant(&mut builder, backend, Access::ReadWrite);
    world.grant(&mut builder, backend, Access::ReadOnly);
    Guest::new(builder.build().unwrap())
}

#[test]
fn none_works_here() {
    for backend in BACKENDS {
        for (name, attempt) in ATTEMPTS {
            let world = World::new(Scratch::new());
            make_world(&world.scratch);
            let before = seen(&world.outside());
            let mut guest = guest(&world, backend);
            let tried = std::panic::AssertUnwindSafe(|| attempt(&mut guest));
            let result = std::panic::catch_unwind(tried);
            assert!(result.is_ok(), "{backend:?}: {name}");
            assert_eq!(before, seen(&world.outside()), "{backend:?}: {name}");
            let secret = guest.memory[8192..].starts_with(b"secret");
            assert!(!secret, "{backend:?}: {name} read the secret");
        }
    }
}
