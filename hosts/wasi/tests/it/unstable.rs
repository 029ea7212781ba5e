//! What is otherwise in `wasi_unstable`: the origins of a seek, the state of files, subscriptions.

use crate::guest::{Guest, OUT, Scratch, call, errno, rights};
use crate::poll::{Sub, poll};
use holm_wasi::Access;
use std::fs;
use std::os::unix::fs::MetadataExt;

fn world() -> (Scratch, Guest) {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "0123456789").unwrap();
    fs::hard_link(scratch.join("file"), scratch.join("link")).unwrap();
    let guest = Guest::with_dir(scratch.path(), Access::ReadWrite).unstable();
    (scratch, guest)
}

#[test]
fn seeking() {
    let (_scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    for (offset, whence, expected) in [(3u64, 2u64, 3), (2, 0, 5), (0, 1, 10), (0, 0, 10)] {
        assert_eq!(call!(guest, "fd_seek", fd, offset, whence, OUT), errno::OK);
        assert_eq!(guest.u64_at(OUT), expected, "{offset} from {whence}");
    }
    assert_eq!(call!(guest, "fd_seek", fd, 0u64, 3u64, OUT), errno::INVAL);
}

#[test]
fn state_of_files() {
    let (scratch, mut guest) = world();
    let real = fs::metadata(scratch.join("file")).unwrap();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    for by_path in [false, true] {
        guest.put(OUT, &[0xee; 64]);
        let answer = if by_path {
            call!(guest, "path_filestat_get", 3u32, 0u64, "file", OUT)
        } else {
            call!(guest, "fd_filestat_get", fd, OUT)
        };
        assert_eq!(answer, errno::OK);
        assert_eq!(guest.u64_at(OUT + 8), real.ino());
        assert_eq!(guest.u64_at(OUT + 16), 4 | 2 << 32);
        assert_eq!(guest.u64_at(OUT + 24), 10);
        let modified = (real.mtime() * 1_000_000_000 + real.mtime_nsec()).cast_unsigned();
        assert_eq!(guest.u64_at(OUT + 40), modified);
        assert_eq!(guest.bytes(OUT + 56, 8), [0xee; 8]);
    }
}

#[test]
fn waiting() {
    let (_scratch, mut guest) = world();
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    let subs = [Sub::Clock(1, 1000, 0), Sub::Clock(1, u64::MAX, 0)];
    assert_eq!(poll(&mut guest, &subs).unwrap().unwrap(), [(0, 0, 0, 0, 0)]);
    let subs = [Sub::Clock(1, u64::MAX, 0), Sub::Read(fd)];
    assert_eq!(poll(&mut guest, &subs).unwrap().unwrap(), [(1, 0, 1, 10, 0)]);
}
