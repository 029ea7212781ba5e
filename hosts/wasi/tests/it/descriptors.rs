//! Descriptors: numbers, rights, flags, and the names of grants.

use crate::guest::{Guest, OUT, Scratch, call, errno, oflags, rights};
use holm_wasi::{Access, WasiCtx, WasiCtxBuilder};
use std::fs;

fn world() -> (Scratch, Guest) {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "file").unwrap();
    fs::create_dir(scratch.join("dir")).unwrap();
    let guest = Guest::with_dir(scratch.path(), Access::ReadWrite);
    (scratch, guest)
}

#[test]
fn every_function_knows_a_number_that_is_not_open() {
    let (_scratch, mut guest) = world();
    for function in guest.functions {
        // The first parameter is a descriptor in all but these.
        let from = match function.name.split_once('_').unwrap().0 {
            "fd" | "sock" => 0,
            "path" if function.name == "path_symlink" => 2,
            "path" => 0,
            _ => continue,
        };
        for number in [4u64, 5, 1 << 20, 0x7fff_ffff, 0xffff_ffff] {
            let args: Vec<_> = (0..function.params.len())
                .map(|n| if n == from { number.into() } else { 0u64.into() })
                .collect();
            let answer = guest.call(function.name, &args);
            assert_eq!(answer, errno::BADF, "{} {number}", function.name);
        }
    }
}

#[test]
fn the_lowest_number_is_given_out() {
    let (_scratch, mut guest) = world();
    let open = |g: &mut Guest| g.open("file", 0, rights::FD_READ).unwrap();
    assert_eq!([open(&mut guest), open(&mut guest), open(&mut guest)], [4, 5, 6]);
    assert_eq!(guest.close(4), errno::OK);
    assert_eq!(guest.close(4), errno::BADF);
    assert_eq!(guest.close(0), errno::OK);
    assert_eq!([open(&mut guest), open(&mut guest), open(&mut guest)], [0, 4, 7]);
}

#[test]
fn grants_and_streams_can_be_closed() {
    let (_scratch, mut guest) = world();
    for fd in 0..4 {
        assert_eq!(guest.close(fd), errno::OK);
    }
    assert_eq!(guest.open("file", 0, 0), Err(errno::BADF));
    assert_eq!(guest.write(1, b"x"), Err(errno::BADF));
    assert_eq!(guest.ctx.open_descriptors(), 0);
}

#[test]
fn renumbering() {
    let (_scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::FD_READ).unwrap();
    for (from, to, expected) in [
        (fd, 77u32, errno::BADF),
        (77, fd, errno::BADF),
        (77, 77, errno::BADF),
        (fd, fd, errno::OK),
        (fd, 0, errno::OK),
        (fd, 0, errno::BADF),
    ] {
        assert_eq!(call!(guest, "fd_renumber", from, to), expected, "{from} to {to}");
    }
    assert_eq!(guest.read(0, 10).unwrap(), b"file");
    // The grant itself moves with its name.
    assert_eq!(call!(guest, "fd_renumber", 3u32, 1u32), errno::OK);
    assert_eq!(call!(guest, "fd_prestat_get", 1u32, OUT), errno::OK);
    assert!(guest.open_at(1, "file", 0, 0).is_ok());
}

#[test]
fn numbers_run_out() {
    let (scratch, _) = world();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir(scratch.path(), "/", Access::ReadWrite).unwrap().descriptors_max(6);
    let mut guest = Guest::new(builder.build().unwrap());
    let open = |g: &mut Guest, name: &str| g.open(name, oflags::CREAT, rights::FD_READ);
    assert_eq!(open(&mut guest, "a"), Ok(4));
    assert_eq!(open(&mut guest, "b"), Ok(5));
    assert_eq!(open(&mut guest, "c"), Err(errno::MFILE));
    assert!(!scratch.join("c").exists());
    assert_eq!(guest.close(4), errno::OK);
    assert_eq!(open(&mut guest, "c"), Ok(4));
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir(scratch.path(), "/", Access::ReadWrite).unwrap().descriptors_max(3);
    let refused = builder.build().unwrap_err().to_string();
    assert_eq!(refused, "the grants need more descriptors than the limit of 3");
}

#[test]
fn the_host_loses_no_descriptors() {
    let (scratch, mut guest) = world();
    let open_now = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open_now();
    for _ in 0..100 {
        for name in ["file", "dir", "missing", "dir/missing"] {
            if let Ok(fd) = guest.open(name, 0, rights::FD_READ) {
                call!(guest, "fd_renumber", fd, 0u32);
            }
            call!(guest, "path_filestat_get", 3u32, 1u64, name, OUT);
        }
    }
    drop(guest);
    drop(scratch);
    // Other tests of this process open and close at the same time.
    assert!(open_now() < before + 100);
}

#[test]
fn rights_are_dropped_and_never_regained() {
    let (_scratch, mut guest) = world();
    let all = rights::READ_WRITE | rights::FD_TELL;
    let fd = guest.open("file", 0, all).unwrap();
    let set = |g: &mut Guest, fd: u32, base: u64, inheriting: u64| {
        call!(g, "fd_fdstat_set_rights", fd, base, inheriting)
    };
    assert_eq!(set(&mut guest, fd, all, 0), errno::OK);
    assert_eq!(set(&mut guest, fd, rights::FD_READ, 0), errno::OK);
    assert_eq!(guest.write(fd, b"x"), Err(errno::NOTCAPABLE));
    assert_eq!(call!(guest, "fd_seek", fd, 0u64, 0u64, OUT), errno::NOTCAPABLE);
    assert_eq!(call!(guest, "fd_tell", fd, OUT), errno::NOTCAPABLE);
    assert_eq!(guest.read(fd, 2).unwrap(), b"fi");
    for rights in [all, rights::FD_WRITE, u64::MAX, 1 << 40] {
        assert_eq!(set(&mut guest, fd, rights, 0), errno::NOTCAPABLE, "{rights:#x}");
    }
    assert_eq!(set(&mut guest, fd, 0, 1), errno::NOTCAPABLE);
    assert_eq!(set(&mut guest, fd, 0, 0), errno::OK);
    assert_eq!(guest.read(fd, 2), Err(errno::NOTCAPABLE));
    assert_eq!(call!(guest, "fd_filestat_get", fd, OUT), errno::NOTCAPABLE);
    assert_eq!(call!(guest, "fd_fdstat_get", fd, OUT), errno::OK);
}

#[test]
fn a_directory_passes_on_what_it_kept() {
    let (_scratch, mut guest) = world();
    let path_open = 1u64 << 13;
    let answer = call!(guest, "fd_fdstat_set_rights", 3u32, path_open, rights::FD_READ);
    assert_eq!(answer, errno::OK);
    assert_eq!(guest.open("file", 0, rights::FD_WRITE), Err(errno::NOTCAPABLE));
    assert_eq!(guest.open("new", oflags::CREAT, rights::FD_READ), Err(errno::NOTCAPABLE));
    assert_eq!(guest.open("file", oflags::TRUNC, rights::FD_READ), Err(errno::NOTCAPABLE));
    assert_eq!(call!(guest, "path_unlink_file", 3u32, "file"), errno::NOTCAPABLE);
    assert_eq!(call!(guest, "path_filestat_get", 3u32, 0u64, "file", OUT), errno::NOTCAPABLE);
    assert_eq!(call!(guest, "fd_readdir", 3u32, 65536u64, 10u64, 0u64, OUT), errno::NOTCAPABLE);
    let fd = guest.open("file", 0, rights::READING).unwrap();
    assert_eq!(call!(guest, "fd_fdstat_get", fd, OUT), errno::OK);
    assert_eq!(guest.u64_at(OUT + 8), rights::FD_READ);
}

/// What a path function needs of its directory, one right at a time.
#[test]
fn each_path_function_needs_its_right() {
    let needs: &[(&str, u32, &[u32])] = &[
        ("path_create_directory", 0, &[9]),
        ("path_filestat_get", 0, &[18]),
        ("path_filestat_set_times", 0, &[20]),
        ("path_link", 0, &[11, 12]),
        ("path_open", 0, &[13]),
        ("path_readlink", 0, &[15]),
        ("path_remove_directory", 0, &[25]),
        ("path_rename", 0, &[16, 17]),
        ("path_symlink", 2, &[24]),
        ("path_unlink_file", 0, &[26]),
        ("fd_readdir", 0, &[14]),
        ("fd_filestat_get", 0, &[21]),
        ("fd_filestat_set_times", 0, &[23]),
        ("fd_fdstat_set_flags", 0, &[3]),
        ("fd_sync", 0, &[4]),
        ("fd_datasync", 0, &[0]),
    ];
    for (name, fd_at, bits) in needs {
        for bit in *bits {
            let (_scratch, mut guest) = world();
            assert_eq!(call!(guest, "fd_fdstat_get", 3u32, OUT), errno::OK);
            let (base, inheriting) = (guest.u64_at(OUT + 8), guest.u64_at(OUT + 16));
            let without = base & !(1 << bit);
            let set = call!(guest, "fd_fdstat_set_rights", 3u32, without, inheriting);
            assert_eq!(set, errno::OK);
            let function = guest.functions.iter().find(|f| f.name == *name).unwrap();
            let second_fd = match *name {
                "path_link" => 4,
                "path_rename" => 3,
                _ => *fd_at,
            };
            let args: Vec<_> = (0..function.params.len())
                .map(|n| u32::try_from(n).unwrap())
                .map(|n| if n == *fd_at || n == second_fd { 3u64.into() } else { 0u64.into() })
                .collect();
            assert_eq!(guest.call(name, &args), errno::NOTCAPABLE, "{name} without {bit}");
        }
    }
}

#[test]
fn flags_of_descriptors() {
    let (_scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    for flags in [0u64, 1, 2, 4, 8, 16, 31] {
        assert_eq!(call!(guest, "fd_fdstat_set_flags", fd, flags), errno::OK);
        assert_eq!(call!(guest, "fd_fdstat_get", fd, OUT), errno::OK);
        assert_eq!(guest.u32_at(OUT), 4 | u32::try_from(flags).unwrap() << 16);
        assert_eq!(guest.write(fd, b"x"), Ok(1), "flags {flags}");
    }
    for flags in [32u64, 1 << 15, 1 << 16, 0xffff_ffff] {
        assert_eq!(call!(guest, "fd_fdstat_set_flags", fd, flags), errno::INVAL);
    }
}

#[test]
fn names_of_grants() {
    let scratch = Scratch::new();
    let mut builder = WasiCtxBuilder::new();
    for name in ["/", "some/name", ""] {
        builder.preopened_dir(scratch.path(), name, Access::ReadWrite).unwrap();
    }
    let mut guest = Guest::new(builder.build().unwrap());
    for (fd, name) in [(3u32, "/"), (4, "some/name"), (5, "")] {
        assert_eq!(call!(guest, "fd_prestat_get", fd, OUT), errno::OK);
        assert_eq!(guest.u64_at(OUT), (name.len() as u64) << 32);
        for len in [name.len(), name.len() + 5] {
            let answer = call!(guest, "fd_prestat_dir_name", fd, OUT, len as u64);
            assert_eq!(answer, errno::OK);
            assert_eq!(guest.bytes(OUT, name.len() as u64), name.as_bytes());
        }
    }
    assert_eq!(call!(guest, "fd_prestat_dir_name", 4u32, OUT, 8u64), errno::NAMETOOLONG);
    for fd in [0u32, 1, 2, 6] {
        assert_eq!(call!(guest, "fd_prestat_get", fd, OUT), errno::BADF);
        assert_eq!(call!(guest, "fd_prestat_dir_name", fd, OUT, 8u64), errno::BADF);
    }
}

#[test]
fn what_only_files_can_do() {
    let (_scratch, mut guest) = world();
    let list = guest.vectors(&[(9000, 1)]);
    for (fd, expected) in [(3u32, errno::ISDIR), (1, errno::SPIPE)] {
        assert_eq!(call!(guest, "fd_pread", fd, list, 1u64, 0u64, OUT), expected);
        assert_eq!(call!(guest, "fd_pwrite", fd, list, 1u64, 0u64, OUT), expected);
        assert_eq!(call!(guest, "fd_seek", fd, 0u64, 0u64, OUT), expected);
        assert_eq!(call!(guest, "fd_tell", fd, OUT), expected);
        assert_eq!(call!(guest, "fd_allocate", fd, 0u64, 1u64), expected);
        assert_eq!(call!(guest, "fd_advise", fd, 0u64, 1u64, 0u64), expected);
    }
    assert_eq!(guest.read(3, 1), Err(errno::ISDIR));
    assert_eq!(guest.write(3, b"x"), Err(errno::ISDIR));
    assert_eq!(call!(guest, "fd_filestat_set_size", 3u32, 0u64), errno::ISDIR);
    assert_eq!(call!(guest, "fd_filestat_set_size", 1u32, 0u64), errno::INVAL);
}

#[test]
fn arguments_and_variables() {
    let mut builder = WasiCtx::builder();
    builder.args(["prog", "", "two words"]).unwrap();
    builder.env("A", "1").unwrap().env("B", "x=y").unwrap();
    let mut guest = Guest::new(builder.build().unwrap());
    for (sizes, get, strings) in [
        ("args_sizes_get", "args_get", &["prog", "", "two words"][..]),
        ("environ_sizes_get", "environ_get", &["A=1", "B=x=y"]),
    ] {
        assert_eq!(guest.call(sizes, &[OUT.into(), (OUT + 4).into()]), errno::OK);
        assert_eq!(guest.u32_at(OUT) as usize, strings.len());
        let len = strings.iter().map(|s| s.len() + 1).sum::<usize>();
        assert_eq!(guest.u32_at(OUT + 4) as usize, len);
        assert_eq!(guest.call(get, &[OUT.into(), 9000u64.into()]), errno::OK);
        for (n, string) in strings.iter().enumerate() {
            let at = guest.u32_at(OUT + 4 * n as u64);
            let bytes = guest.bytes(at.into(), string.len() as u64 + 1);
            assert_eq!(bytes, format!("{string}\0").as_bytes());
        }
        let end = guest.memory.len() as u64;
        assert_eq!(guest.call(get, &[(end - 2).into(), 0u64.into()]), errno::FAULT);
        assert_eq!(guest.call(get, &[0u64.into(), (end - 2).into()]), errno::FAULT);
    }
}
