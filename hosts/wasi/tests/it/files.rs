//! Files, directories and links: what each function does, and its error number for each misuse.

use crate::guest::{Guest, OUT, OUT_2, Scratch, call, errno, fdflags, oflags, rights};
use holm_wasi::Access;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

/// A directory with a file, a directory that is not empty, and links; and a guest that may do anything there.
fn world() -> (Scratch, Guest) {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "0123456789").unwrap();
    fs::create_dir(scratch.join("empty")).unwrap();
    fs::create_dir(scratch.join("full")).unwrap();
    fs::write(scratch.join("full/file"), "full").unwrap();
    symlink("file", scratch.join("link")).unwrap();
    symlink("full", scratch.join("link_full")).unwrap();
    symlink("missing", scratch.join("dangling")).unwrap();
    let guest = Guest::with_dir(scratch.path(), Access::ReadWrite);
    (scratch, guest)
}

/// Text of a path, flags for the lookup and for opening, and the answer.
type Opening = (&'static str, u64, u64, u64, Result<(), u32>);

const R: u64 = rights::FD_READ;
const RW: u64 = rights::READ_WRITE;
const CREATE_NEW: u64 = oflags::CREAT | oflags::EXCL;

const OPENINGS: &[Opening] = &[
    ("file", 0, 0, R, Ok(())),
    ("file", 0, 0, RW, Ok(())),
    ("file", 0, 0, 0, Ok(())),
    ("./file", 0, 0, R, Ok(())),
    ("full/../file", 0, 0, R, Ok(())),
    ("full/file", 0, 0, R, Ok(())),
    ("full//file", 0, 0, R, Ok(())),
    ("link_full/file", 0, 0, R, Ok(())),
    ("missing", 0, 0, R, Err(errno::NOENT)),
    ("missing/file", 0, 0, R, Err(errno::NOENT)),
    ("file/file", 0, 0, R, Err(errno::NOTDIR)),
    ("file/", 0, 0, R, Err(errno::NOTDIR)),
    ("file", 0, oflags::DIRECTORY, R, Err(errno::NOTDIR)),
    ("full", 0, oflags::DIRECTORY, R, Ok(())),
    ("full", 0, 0, R, Ok(())),
    ("full/", 0, 0, R, Ok(())),
    (".", 0, oflags::DIRECTORY, R, Ok(())),
    ("full", 0, 0, RW, Err(errno::ISDIR)),
    ("full", 0, oflags::DIRECTORY, RW, Err(errno::ISDIR)),
    ("full", 0, oflags::TRUNC, R, Err(errno::ISDIR)),
    ("full", 0, oflags::CREAT, R, Err(errno::ISDIR)),
    ("link", 0, 0, R, Err(errno::LOOP)),
    ("link", 1, 0, R, Ok(())),
    ("link/", 0, 0, R, Err(errno::NOTDIR)),
    ("link_full", 0, 0, R, Err(errno::LOOP)),
    ("link_full", 0, oflags::DIRECTORY, R, Err(errno::NOTDIR)),
    ("link_full", 1, oflags::DIRECTORY, R, Ok(())),
    ("link_full/", 0, 0, R, Ok(())),
    ("link_full/", 0, oflags::DIRECTORY, R, Ok(())),
    ("dangling", 1, 0, R, Err(errno::NOENT)),
    ("dangling", 0, 0, R, Err(errno::LOOP)),
    ("dangling", 1, oflags::CREAT, R, Ok(())),
    ("dangling", 1, CREATE_NEW, R, Err(errno::EXIST)),
    ("new", 0, oflags::CREAT, R, Ok(())),
    ("new", 0, CREATE_NEW, RW, Ok(())),
    ("file", 0, oflags::CREAT, R, Ok(())),
    ("file", 0, CREATE_NEW, R, Err(errno::EXIST)),
    ("file", 0, oflags::EXCL, R, Ok(())),
    ("link", 0, CREATE_NEW, R, Err(errno::EXIST)),
    ("missing/new", 0, oflags::CREAT, R, Err(errno::NOENT)),
    ("new/", 0, oflags::CREAT, R, Err(errno::ISDIR)),
    ("file/", 0, oflags::CREAT, R, Err(errno::ISDIR)),
    ("new", 0, oflags::CREAT | oflags::DIRECTORY, R, Err(errno::INVAL)),
    ("file", 2, 0, R, Err(errno::INVAL)),
    ("file", 0, 16, R, Err(errno::INVAL)),
];

#[test]
fn opening() {
    for (path, lookup, flags, rights, expected) in OPENINGS {
        let (_scratch, mut guest) = world();
        let answer = guest.open_with((3, *lookup), path, *flags, *rights).map(drop);
        assert_eq!(answer, *expected, "{path:?} with {lookup} {flags} {rights:#x}");
    }
}

#[test]
fn opening_truncates_only_if_told() {
    let (scratch, mut guest) = world();
    guest.open("file", oflags::CREAT, RW).unwrap();
    assert_eq!(fs::read(scratch.join("file")).unwrap().len(), 10);
    guest.open("file", oflags::TRUNC, RW).unwrap();
    assert_eq!(fs::read(scratch.join("file")).unwrap().len(), 0);
}

#[test]
fn opening_keeps_to_permissions() {
    let (scratch, mut guest) = world();
    fs::set_permissions(scratch.join("file"), fs::Permissions::from_mode(0o0)).unwrap();
    let expected = match fs::File::open(scratch.join("file")) {
        Ok(_) => Ok(()), // a privileged user
        Err(_) => Err(errno::ACCES),
    };
    assert_eq!(guest.open("file", 0, R).map(drop), expected);
}

#[test]
fn reading_and_writing_move_the_cursor() {
    let (scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    assert_eq!(guest.read(fd, 4).unwrap(), b"0123");
    assert_eq!(guest.write(fd, b"ab"), Ok(2));
    assert_eq!(guest.read(fd, 100).unwrap(), b"6789");
    assert_eq!(guest.read(fd, 100).unwrap(), b"");
    assert_eq!(call!(guest, "fd_tell", fd, OUT), errno::OK);
    assert_eq!(guest.u64_at(OUT), 10);
    for (offset, whence, expected) in [(3i64, 0u64, 3), (2, 1, 5), (-1, 1, 4), (-3, 2, 7)] {
        let offset = offset.cast_unsigned();
        assert_eq!(call!(guest, "fd_seek", fd, offset, whence, OUT), errno::OK);
        assert_eq!(guest.u64_at(OUT), expected);
    }
    for (offset, whence) in [(-1i64, 0u64), (-100, 1), (-100, 2), (0, 3), (0, 256)] {
        let offset = offset.cast_unsigned();
        assert_eq!(call!(guest, "fd_seek", fd, offset, whence, OUT), errno::INVAL);
    }
    assert_eq!(fs::read(scratch.join("file")).unwrap(), b"0123ab6789");
}

#[test]
fn scattering_and_gathering() {
    let (scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    // Out of order, with empty ranges between.
    let list = guest.vectors(&[(20000, 3), (0, 0), (9000, 4), (1 << 19, 0), (15000, 9)]);
    assert_eq!(call!(guest, "fd_read", fd, list, 5u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), 10);
    assert_eq!(guest.bytes(20000, 3), b"012");
    assert_eq!(guest.bytes(9000, 4), b"3456");
    assert_eq!(guest.bytes(15000, 4), b"789\0");
    // More than go into one system call, overlapping, which is fine for writing.
    let ranges: Vec<(u32, u32)> = (0..100).map(|n| (20000 + n % 3, 1)).collect();
    let list = guest.vectors(&ranges);
    assert_eq!(call!(guest, "fd_pwrite", fd, list, 100u64, 5u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), 100);
    let mut expected = b"01234".to_vec();
    expected.extend(ranges.iter().map(|(at, _)| b"012"[*at as usize - 20000]));
    assert_eq!(fs::read(scratch.join("file")).unwrap(), expected);
    // Overlapping ranges cannot be filled together: the first is.
    let list = guest.vectors(&[(9000, 4), (9002, 4)]);
    assert_eq!(call!(guest, "fd_pread", fd, list, 2u64, 0u64, OUT), errno::OK);
    assert_eq!((guest.u32_at(OUT), guest.bytes(9000, 6)), (4, &b"0123\0\0"[..]));
    // Nothing at all.
    assert_eq!(call!(guest, "fd_read", fd, list, 0u64, OUT), errno::OK);
    assert_eq!(call!(guest, "fd_write", fd, list, 0u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), 0);
}

#[test]
fn transfers_larger_than_a_piece_are_whole() {
    let (scratch, mut guest) = world();
    guest.memory = vec![7; 12 << 20];
    let fd = guest.open("big", oflags::CREAT, rights::ALL).unwrap();
    let (a, b) = (5 << 20, 4 << 20);
    let list = guest.vectors(&[(1 << 16, a), (1 << 16, b)]);
    assert_eq!(call!(guest, "fd_write", fd, list, 2u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), a + b);
    assert_eq!(fs::metadata(scratch.join("big")).unwrap().len(), u64::from(a + b));
    let list = guest.vectors(&[(1 << 16, 10 << 20)]);
    assert_eq!(call!(guest, "fd_pread", fd, list, 1u64, 0u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), a + b);
    let list = guest.vectors(&[(1 << 16, 5 << 20), (6 << 20, 5 << 20)]);
    assert_eq!(call!(guest, "fd_pread", fd, list, 2u64, 1u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), a + b - 1);
    let list = guest.vectors(&[(1 << 16, 5 << 20), (1 << 16, 5 << 20)]);
    assert_eq!(call!(guest, "fd_pwrite", fd, list, 2u64, 1u64, OUT), errno::OK);
    assert_eq!(fs::metadata(scratch.join("big")).unwrap().len(), (10 << 20) + 1);
}

#[test]
fn offsets_do_not_move_the_cursor_even_when_appending() {
    let (scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    assert_eq!(call!(guest, "fd_fdstat_set_flags", fd, fdflags::APPEND), errno::OK);
    assert_eq!(guest.write(fd, b"end"), Ok(3));
    guest.put(9000, b"XY");
    let list = guest.vectors(&[(9000, 2)]);
    assert_eq!(call!(guest, "fd_pwrite", fd, list, 1u64, 0u64, OUT), errno::OK);
    assert_eq!(call!(guest, "fd_tell", fd, OUT), errno::OK);
    assert_eq!(guest.u64_at(OUT), 13);
    assert_eq!(fs::read(scratch.join("file")).unwrap(), b"XY23456789end");
    let far = u64::MAX;
    assert_eq!(call!(guest, "fd_pwrite", fd, list, 1u64, far, OUT), errno::INVAL);
    assert_eq!(call!(guest, "fd_pread", fd, list, 1u64, far, OUT), errno::INVAL);
}

#[test]
fn sizes() {
    let (scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    let size = || fs::metadata(scratch.join("file")).unwrap().len();
    assert_eq!(call!(guest, "fd_filestat_set_size", fd, 4u64), errno::OK);
    assert_eq!(size(), 4);
    assert_eq!(call!(guest, "fd_allocate", fd, 0u64, 8u64), errno::OK);
    assert_eq!(size(), 8);
    assert_eq!(call!(guest, "fd_allocate", fd, 0u64, 2u64), errno::OK);
    assert_eq!(size(), 8);
    assert_eq!(call!(guest, "fd_allocate", fd, 0u64, 0u64), errno::INVAL);
    assert_eq!(call!(guest, "fd_allocate", fd, u64::MAX, 2u64), errno::FBIG);
    assert_eq!(call!(guest, "fd_filestat_set_size", fd, u64::MAX), errno::FBIG);
    assert_eq!(size(), 8);
    for advice in 0..6u64 {
        assert_eq!(call!(guest, "fd_advise", fd, 0u64, 0u64, advice), errno::OK);
    }
    assert_eq!(call!(guest, "fd_advise", fd, 0u64, 0u64, 6u64), errno::INVAL);
    assert_eq!(call!(guest, "fd_advise", fd, u64::MAX, 1u64, 0u64), errno::INVAL);
    for name in ["fd_sync", "fd_datasync"] {
        assert_eq!(guest.call(name, &[fd.into()]), errno::OK);
        assert_eq!(guest.call(name, &[3u32.into()]), errno::OK);
        assert_eq!(guest.call(name, &[1u32.into()]), errno::INVAL);
    }
}

#[test]
fn state_of_files() {
    let (scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    let real = fs::metadata(scratch.join("file")).unwrap();
    assert_eq!(call!(guest, "fd_filestat_get", fd, OUT), errno::OK);
    let by_fd = guest.bytes(OUT, 64).to_vec();
    let time = |s: i64, n: i64| (s * 1_000_000_000 + n).cast_unsigned();
    assert_eq!(guest.u64_at(OUT), real.dev());
    assert_eq!(guest.u64_at(OUT + 8), real.ino());
    assert_eq!(guest.u64_at(OUT + 16), 4);
    assert_eq!(guest.u64_at(OUT + 24), 1);
    assert_eq!(guest.u64_at(OUT + 32), 10);
    assert_eq!(guest.u64_at(OUT + 48), time(real.mtime(), real.mtime_nsec()));
    assert_eq!(guest.u64_at(OUT + 56), time(real.ctime(), real.ctime_nsec()));
    assert_eq!(call!(guest, "path_filestat_get", 3u32, 1u64, "link", OUT), errno::OK);
    assert_eq!(guest.bytes(OUT, 64), by_fd);
    for (path, lookup, kind) in [
        ("link", 0u64, 7),
        ("link", 1, 4),
        ("link_full", 0, 7),
        ("link_full/", 0, 3),
        (".", 0, 3),
        ("full/..", 0, 3),
        ("full", 0, 3),
    ] {
        assert_eq!(call!(guest, "path_filestat_get", 3u32, lookup, path, OUT), errno::OK);
        assert_eq!(guest.u64_at(OUT + 16), kind, "{path:?} {lookup}");
    }
    assert_eq!(call!(guest, "path_filestat_get", 3u32, 2u64, "file", OUT), errno::INVAL);
}

#[test]
fn times() {
    let (scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    let of = |name: &str| {
        let data = fs::symlink_metadata(scratch.join(name)).unwrap();
        (
            data.atime() * 1_000_000_000 + data.atime_nsec(),
            data.mtime() * 1_000_000_000 + data.mtime_nsec(),
        )
    };
    let set = "path_filestat_set_times";
    assert_eq!(call!(guest, "fd_filestat_set_times", fd, 5u64, 7_000_000_009u64, 5u64), errno::OK);
    assert_eq!(of("file"), (5, 7_000_000_009));
    assert_eq!(call!(guest, set, 3u32, 0u64, "file", 11u64, 13u64, 1u64), errno::OK);
    assert_eq!(of("file"), (11, 7_000_000_009));
    // A link's own times, then those of what it leads to.
    assert_eq!(call!(guest, set, 3u32, 0u64, "link", 17u64, 19u64, 5u64), errno::OK);
    assert_eq!(of("link").1, 19);
    assert_eq!(of("file"), (11, 7_000_000_009));
    assert_eq!(call!(guest, set, 3u32, 1u64, "link", 23u64, 29u64, 5u64), errno::OK);
    assert_eq!(of("file"), (23, 29));
    assert_eq!(of("link").1, 19);
    for flags in [3u64, 12, 15, 7, 16, 1 << 16] {
        assert_eq!(call!(guest, set, 3u32, 0u64, "file", 1u64, 1u64, flags), errno::INVAL);
        assert_eq!(call!(guest, "fd_filestat_set_times", fd, 1u64, 1u64, flags), errno::INVAL);
    }
    assert_eq!(of("file"), (23, 29));
    assert_eq!(call!(guest, set, 3u32, 0u64, "file", 1u64, 1u64, 10u64), errno::OK);
    assert!(of("file").0 > 1_000_000_000_000_000_000 && of("file").1 > 1_000_000_000_000_000_000);
    for path in [".", "full/", "full/."] {
        assert_eq!(call!(guest, set, 3u32, 0u64, path, 31u64, 37u64, 5u64), errno::OK, "{path}");
    }
    assert_eq!(of("full"), (31, 37));
    assert_eq!(call!(guest, "fd_filestat_set_times", 3u32, 41u64, 43u64, 5u64), errno::OK);
    assert_eq!(of("."), (41, 43));
    assert_eq!(call!(guest, "fd_filestat_set_times", 1u32, 1u64, 1u64, 5u64), errno::NOTCAPABLE);
}

/// A function over one path, the path, and the answer.
type OverPath = (&'static str, &'static str, u32);

const OVER_PATHS: &[OverPath] = &[
    ("path_create_directory", "new", errno::OK),
    ("path_create_directory", "new/", errno::OK),
    ("path_create_directory", "full/new", errno::OK),
    ("path_create_directory", "file", errno::EXIST),
    ("path_create_directory", "full", errno::EXIST),
    ("path_create_directory", "dangling", errno::EXIST),
    ("path_create_directory", ".", errno::EXIST),
    ("path_create_directory", "full/..", errno::EXIST),
    ("path_create_directory", "missing/new", errno::NOENT),
    ("path_create_directory", "missing/.", errno::NOENT),
    ("path_create_directory", "file/new", errno::NOTDIR),
    ("path_remove_directory", "empty", errno::OK),
    ("path_remove_directory", "empty/", errno::OK),
    ("path_remove_directory", "full/../empty", errno::OK),
    ("path_remove_directory", "full", errno::NOTEMPTY),
    ("path_remove_directory", "file", errno::NOTDIR),
    ("path_remove_directory", "file/", errno::NOTDIR),
    ("path_remove_directory", "link_full", errno::NOTDIR),
    ("path_remove_directory", "link_full/", errno::NOTDIR),
    ("path_remove_directory", "missing", errno::NOENT),
    ("path_remove_directory", ".", errno::INVAL),
    ("path_unlink_file", "file", errno::OK),
    ("path_unlink_file", "link", errno::OK),
    ("path_unlink_file", "dangling", errno::OK),
    ("path_unlink_file", "full/file", errno::OK),
    ("path_unlink_file", "file/", errno::NOTDIR),
    ("path_unlink_file", "link_full/", errno::NOTDIR),
    ("path_unlink_file", "empty", errno::ISDIR),
    ("path_unlink_file", "empty/", errno::ISDIR),
    ("path_unlink_file", ".", errno::ISDIR),
    ("path_unlink_file", "missing", errno::NOENT),
    ("path_unlink_file", "missing/", errno::NOENT),
];

#[test]
fn making_and_removing() {
    for (function, path, expected) in OVER_PATHS {
        let (_scratch, mut guest) = world();
        let answer = guest.call(function, &[3u32.into(), (*path).into()]);
        assert_eq!(answer, *expected, "{function} {path:?}");
    }
}

const RENAMES: &[(&str, &str, u32)] = &[
    ("file", "new", errno::OK),
    ("file", "full/file", errno::OK),
    ("file", "link", errno::OK),
    ("file", "file", errno::OK),
    ("link", "new", errno::OK),
    ("full", "new", errno::OK),
    ("full/", "new", errno::OK),
    ("full", "new/", errno::OK),
    ("full/", "new/", errno::OK),
    ("full", "empty", errno::OK),
    ("empty", "full", errno::NOTEMPTY),
    ("file", "new/", errno::NOTDIR),
    ("file/", "new", errno::NOTDIR),
    ("link_full/", "new", errno::NOTDIR),
    ("file", "empty", errno::ISDIR),
    ("empty", "file", errno::NOTDIR),
    ("full", "full/new", errno::INVAL),
    ("missing", "new", errno::NOENT),
    ("missing/", "new", errno::NOENT),
    ("file", "missing/new", errno::NOENT),
    (".", "new", errno::BUSY),
    ("file", "full/..", errno::BUSY),
];

#[test]
fn renaming() {
    for (old, new, expected) in RENAMES {
        let (_scratch, mut guest) = world();
        let answer = call!(guest, "path_rename", 3u32, *old, 3u32, *new);
        assert_eq!(answer, *expected, "{old:?} to {new:?}");
    }
}

const LINKS: &[(&str, u64, &str, u32)] = &[
    ("file", 0, "new", errno::OK),
    ("link", 0, "new", errno::OK),
    ("dangling", 0, "new", errno::OK),
    ("full/file", 0, "empty/new", errno::OK),
    ("dangling", 1, "new", errno::NOENT),
    ("missing", 0, "new", errno::NOENT),
    ("file", 0, "link", errno::EXIST),
    ("file", 0, "file", errno::EXIST),
    ("file", 0, "full/..", errno::EXIST),
    ("file", 0, "new/", errno::NOENT),
    ("file", 0, "empty/", errno::EXIST),
    ("file/", 0, "new", errno::NOTDIR),
    ("full", 0, "new", errno::PERM),
    (".", 0, "new", errno::PERM),
    ("file", 2, "new", errno::INVAL),
];

#[test]
fn hard_links() {
    for (old, lookup, new, expected) in LINKS {
        let (_scratch, mut guest) = world();
        let answer = call!(guest, "path_link", 3u32, *lookup, *old, 3u32, *new);
        assert_eq!(answer, *expected, "{old:?} {lookup} as {new:?}");
    }
    let (scratch, mut guest) = world();
    // Following needs a privilege on older kernels.
    let answer = call!(guest, "path_link", 3u32, 1u64, "link", 3u32, "new");
    assert!(matches!(answer, errno::OK | errno::INVAL));
    if answer == errno::OK {
        assert_eq!(fs::symlink_metadata(scratch.join("new")).unwrap().nlink(), 2);
    }
}

#[test]
fn symbolic_links() {
    let (_scratch, mut guest) = world();
    for (path, expected) in [
        ("made", errno::OK),
        ("made", errno::EXIST),
        ("full", errno::EXIST),
        ("full/", errno::EXIST),
        ("file/", errno::NOTDIR),
        ("new/", errno::NOENT),
        (".", errno::EXIST),
        ("missing/new", errno::NOENT),
    ] {
        assert_eq!(call!(guest, "path_symlink", "some/target", 3u32, path), expected, "{path}");
    }
    for (path, len, expected) in [
        ("made", 100u64, Ok("some/target")),
        ("made", 4, Ok("some")),
        ("made", 0, Ok("")),
        ("file", 100, Err(errno::INVAL)),
        ("file", 0, Err(errno::INVAL)),
        ("full", 100, Err(errno::INVAL)),
        ("link_full/", 100, Err(errno::INVAL)),
        (".", 100, Err(errno::INVAL)),
        ("missing", 100, Err(errno::NOENT)),
        ("file/", 100, Err(errno::NOTDIR)),
    ] {
        let answer = call!(guest, "path_readlink", 3u32, path, OUT_2, len, OUT);
        let text = guest.bytes(OUT_2, guest.u32_at(OUT).into()).to_vec();
        let result = if answer == 0 { Ok(&*text) } else { Err(answer) };
        assert_eq!(result, expected.map(str::as_bytes), "{path} {len}");
    }
}

/// Lists a directory through a buffer of a given size, and gives names, kinds and cookies.
fn list(guest: &mut Guest, fd: u32, buffer: u32) -> Vec<(String, u8, u64)> {
    let mut all = Vec::new();
    let mut cookie = 0u64;
    loop {
        assert_eq!(call!(guest, "fd_readdir", fd, 65536u64, buffer, cookie, OUT), errno::OK);
        let used = guest.u32_at(OUT);
        assert!(used <= buffer);
        let bytes = guest.bytes(65536, used.into()).to_vec();
        let mut at = 0;
        while let Some(head) = bytes.get(at..at + 24) {
            let len = u32::from_le_bytes(*head[16..].first_chunk().unwrap()) as usize;
            let Some(name) = bytes.get(at + 24..at + 24 + len) else { break };
            cookie = u64::from_le_bytes(*head.first_chunk().unwrap());
            all.push((String::from_utf8(name.to_vec()).unwrap(), head[20], cookie));
            at += 24 + len;
        }
        assert!(at > 0 || used == 0, "an entry larger than the buffer");
        if used < buffer {
            return all;
        }
    }
}

#[test]
fn listing() {
    let (_scratch, mut guest) = world();
    let sizes = [24 + 9, 60, 100, 1000, 65536];
    for size in sizes {
        let mut all: Vec<_> =
            list(&mut guest, 3, size).into_iter().map(|(n, k, _)| (n, k)).collect();
        all.sort();
        let expected = [
            (".", 3),
            ("..", 3),
            ("dangling", 7),
            ("empty", 3),
            ("file", 4),
            ("full", 3),
            ("link", 7),
            ("link_full", 7),
        ];
        let expected: Vec<_> = expected.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
        assert_eq!(all, expected, "buffer of {size}");
    }
    // Too small for one entry: it is filled all the same.
    assert_eq!(call!(guest, "fd_readdir", 3u32, 65536u64, 10u64, 0u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), 10);
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    assert_eq!(call!(guest, "fd_readdir", fd, 65536u64, 10u64, 0u64, OUT), errno::NOTDIR);
    assert_eq!(call!(guest, "fd_readdir", 3u32, 65536u64, 10u64, u64::MAX, OUT), errno::INVAL);
}

/// Cookies stay good in any order, beyond what is fetched at once, while entries come and go.
#[test]
fn cookies_stay_good() {
    let scratch = Scratch::new();
    for n in 0..3000 {
        fs::write(scratch.join(&format!("some_rather_long_name_{n}")), "").unwrap();
    }
    let mut guest = Guest::with_dir(scratch.path(), Access::ReadWrite);
    let all = list(&mut guest, 3, 4096);
    assert_eq!(all.len(), 3002);
    assert_eq!(all, list(&mut guest, 3, 500));
    for index in [0, 2999, 1, 1500, 1499, 2000, 10] {
        assert_eq!(call!(guest, "fd_readdir", 3u32, 65536u64, 100u64, all[index].2, OUT), 0);
        let name = guest.bytes(65536 + 24, all[index + 1].0.len() as u64);
        assert_eq!(name, all[index + 1].0.as_bytes(), "behind {index}");
    }
    assert_eq!(call!(guest, "fd_readdir", 3u32, 65536u64, 100u64, all[3001].2, OUT), 0);
    assert_eq!(guest.u32_at(OUT), 0);
    // Beginning again shows what is there now.
    fs::write(scratch.join("another"), "").unwrap();
    assert!(list(&mut guest, 3, 4096).iter().any(|(name, ..)| name == "another"));
    // Removing while listing, as a program that empties a directory does.
    for (name, ..) in list(&mut guest, 3, 4096) {
        if !name.starts_with('.') {
            assert_eq!(call!(guest, "path_unlink_file", 3u32, &*name), errno::OK);
        }
    }
    assert_eq!(list(&mut guest, 3, 4096).len(), 2);
}
