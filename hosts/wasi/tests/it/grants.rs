//! What is granted besides directories of the host: memory, archives, overlays and what is saved of them, pipes between
//! guests, connections; and what is told about it: refusals, usage, runs that are alike.

use crate::escape::seen;
use crate::guest::{Guest, OUT, Scratch, call, errno, fdflags, oflags, rights};
use crate::worlds::{ROOM, write_tar, write_zip};
use holm_wasi::preview1::End;
use holm_wasi::{
    Access, Deterministic, Errno, GrantError, Output, Reason, Refusal, Space, Stopper, Trap,
    VirtualDir, VirtualDirOptions, WasiCtx, WasiCtxBuilder, pipe,
};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::sync::{Arc, Mutex};

fn options() -> VirtualDirOptions {
    VirtualDirOptions::new(ROOM)
}

fn guest_of(build: impl FnOnce(&mut WasiCtxBuilder)) -> Guest {
    let mut builder = WasiCtx::builder();
    build(&mut builder);
    Guest::new(builder.build().unwrap())
}

fn guest_with(dir: &VirtualDir) -> Guest {
    guest_of(|builder| {
        builder.virtual_dir(dir, "/", Access::ReadWrite);
    })
}

/// What a saved archive holds: names, and content or what a link leads to.
fn saved(dir: &VirtualDir) -> BTreeMap<String, String> {
    let mut bytes = Vec::new();
    dir.save(&mut bytes).unwrap();
    let mut archive = tar::Archive::new(&*bytes);
    let mut all = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        if let Some(target) = entry.link_name().unwrap() {
            text = format!("-> {}", target.display());
        }
        assert!(all.insert(name, text).is_none());
    }
    all
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

#[test]
fn a_directory_in_memory_is_shared_and_saved() {
    let dir = VirtualDir::memory(&options());
    dir.create_dir_all("in/put").unwrap();
    dir.write("in/put/file", b"given").unwrap();
    let [mut one, mut other] = [guest_with(&dir), guest_with(&dir)];
    let fd = one.open("in/put/file", 0, rights::READING).unwrap();
    assert_eq!(one.read(fd, 100).unwrap(), b"given");
    let fd = one.open("made", oflags::CREAT, rights::READ_WRITE).unwrap();
    one.write(fd, b"by one").unwrap();
    let fd = other.open("made", 0, rights::READING).unwrap();
    assert_eq!(other.read(fd, 100).unwrap(), b"by one");
    assert_eq!(call!(other, "path_symlink", "made", 3u32, "link"), errno::OK);
    drop((one, other));
    assert_eq!(dir.read("link").unwrap(), b"by one");
    assert_eq!(dir.read("none"), Err(Errno::Noent));
    let expected = [("in", ""), ("in/put", ""), ("in/put/file", "given"), ("link", "-> made")];
    let mut expected = owned(expected);
    expected.insert("made".to_owned(), "by one".to_owned());
    let found = saved(&dir).into_iter();
    let found = found.map(|(name, text)| (name.trim_end_matches('/').to_owned(), text));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    let space = dir.space();
    assert!(space.used() > 0);
    drop(dir);
    assert_eq!(space.used(), 0);
}

#[test]
fn room_ends_with_nospc_and_comes_back() {
    let dir = VirtualDir::memory(&VirtualDirOptions::new(1 << 20));
    let mut guest = guest_with(&dir);
    let fd = guest.open("file", oflags::CREAT, rights::ALL).unwrap();
    let piece = vec![1; 100_000];
    let mut written = 0;
    let full = loop {
        match guest.write(fd, &piece) {
            Ok(count) => written += count,
            Err(errno) => break errno,
        }
    };
    assert_eq!(full, errno::NOSPC);
    assert!((800_000..1 << 20).contains(&written), "{written}");
    assert_eq!(call!(guest, "fd_allocate", fd, 0u64, 1u64 << 40), errno::NOSPC);
    // A size alone takes nothing.
    assert_eq!(call!(guest, "fd_filestat_set_size", fd, 1u64 << 40), errno::OK);
    assert_eq!(call!(guest, "fd_filestat_set_size", fd, 0u64), errno::OK);
    let mut count = 0;
    while call!(guest, "path_create_directory", 3u32, &*format!("d{count}")) == errno::OK {
        count += 1;
    }
    assert!((1000..5000).contains(&count), "{count}");
    assert!(guest.ctx.usage().file_bytes <= 1 << 20);
    guest.close(fd);
    for n in 0..count {
        let answer = call!(guest, "path_remove_directory", 3u32, &*format!("d{n}"));
        assert_eq!(answer, errno::OK);
    }
    assert_eq!(call!(guest, "path_unlink_file", 3u32, "file"), errno::OK);
    assert_eq!(guest.ctx.usage().file_bytes, 0);
    assert!(guest.ctx.usage().file_bytes_peak > 900_000);
}

#[test]
fn an_overlay_saves_what_changed() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("keep/deep")).unwrap();
    fs::create_dir_all(scratch.join("gone/deep")).unwrap();
    fs::create_dir_all(scratch.join("moves")).unwrap();
    for file in ["same", "changed", "cut", "removed", "keep/deep/same", "moves/along"] {
        fs::write(scratch.join(file), format!("old {file}")).unwrap();
    }
    let before = seen(scratch.path());
    let dir = VirtualDir::overlay(scratch.path(), &options()).unwrap();
    let mut guest = guest_with(&dir);
    let fd = guest.open("changed", 0, rights::READ_WRITE).unwrap();
    guest.write(fd, b"NEW").unwrap();
    guest.open("cut", oflags::TRUNC, rights::FD_WRITE).unwrap();
    assert_eq!(call!(guest, "path_unlink_file", 3u32, "removed"), errno::OK);
    assert_eq!(call!(guest, "path_remove_directory", 3u32, "gone/deep"), errno::OK);
    assert_eq!(call!(guest, "path_remove_directory", 3u32, "gone"), errno::OK);
    assert_eq!(call!(guest, "path_rename", 3u32, "moves", 3u32, "moved"), errno::OK);
    assert_eq!(call!(guest, "path_create_directory", 3u32, "keep/new"), errno::OK);
    let fd = guest.open("same", 0, rights::READING).unwrap();
    assert_eq!(guest.read(fd, 100).unwrap(), b"old same");
    assert_eq!(guest.open("removed", 0, rights::FD_READ), Err(errno::NOENT));
    drop(guest);
    let expected = owned([
        (".wh.gone", ""),
        (".wh.moves", ""),
        (".wh.removed", ""),
        ("changed", "NEW changed"),
        ("cut", ""),
        ("keep/new", ""),
        ("moved", ""),
        ("moved/along", "old moves/along"),
    ]);
    let found = saved(&dir).into_iter();
    let found = found.map(|(name, text)| (name.trim_end_matches('/').to_owned(), text));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    assert_eq!(seen(scratch.path()), before);
}

/// Pipes, sockets and devices beneath an overlay are seen and can be removed from it, and nothing else.
#[test]
fn an_overlay_opens_no_pipes_and_sockets() {
    let scratch = Scratch::new();
    let mkfifo = std::process::Command::new("mkfifo").arg(scratch.join("fifo")).status();
    assert!(mkfifo.unwrap().success());
    let _listener = std::os::unix::net::UnixListener::bind(scratch.join("socket")).unwrap();
    let mut guest = guest_with(&VirtualDir::overlay(scratch.path(), &options()).unwrap());
    for name in ["fifo", "socket"] {
        for flags in [0, oflags::CREAT, oflags::TRUNC] {
            let answer = guest.open(name, flags, rights::READ_WRITE);
            assert_eq!(answer, Err(errno::NOTCAPABLE), "{name} {flags}");
        }
        assert_eq!(call!(guest, "path_filestat_get", 3u32, 0u64, name, OUT), errno::OK);
        assert_eq!(call!(guest, "path_unlink_file", 3u32, name), errno::OK);
        assert_eq!(guest.open(name, 0, rights::FD_READ), Err(errno::NOENT));
        assert!(scratch.join(name).symlink_metadata().is_ok());
    }
}

/// What cannot be opened for writing fails before anything of it is locked or lost.
#[test]
fn opening_fails_cleanly_where_a_tree_has_no_room() {
    let small = VirtualDir::memory(&VirtualDirOptions::new(1000));
    let mut guest = guest_with(&small);
    let mut last = errno::OK;
    for n in 0..10 {
        last = match guest.open(&format!("file {n}"), oflags::CREAT | oflags::TRUNC, rights::ALL) {
            Ok(fd) => guest.close(fd),
            Err(errno) => errno,
        };
    }
    assert_eq!(last, errno::NOSPC);
    assert!(guest.open("file 0", oflags::CREAT | oflags::TRUNC, rights::ALL).is_ok());
}

#[test]
fn archives_that_lie_are_refused() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.join(name);
    let tar_of = |name: &str, path: &[u8], kind: tar::EntryType| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path);
        header.set_cksum();
        let mut archive = tar::Builder::new(fs::File::create(at(name)).unwrap());
        archive.append(&header, std::io::empty()).unwrap();
        archive.finish().unwrap();
    };
    tar_of("up.tar", b"a/../../b", tar::EntryType::Regular);
    tar_of("absolute.tar", b"/etc/passwd", tar::EntryType::Regular);
    tar_of("hard.tar", b"got", tar::EntryType::Link);
    fs::write(at("text"), "no archive").unwrap();
    fs::create_dir(at("dir")).unwrap();
    for n in 0..2000 {
        fs::write(at(&format!("dir/{n}")), "").unwrap();
    }
    write_tar(&at("dir"), &at("many.tar"));
    write_zip(&at("dir"), &at("many.zip"));
    let whole = fs::read(at("many.zip")).unwrap();
    fs::write(at("cut.zip"), &whole[..whole.len() / 2]).unwrap();
    for (name, words) in [
        ("up.tar", "leads out of the archive"),
        ("absolute.tar", "has an absolute name"),
        ("hard.tar", "is a link to"),
        ("text", "neither a tar nor a zip"),
        ("cut.zip", "not a whole zip archive"),
        ("many.tar", "more than there is room for"),
        ("many.zip", "more than there is room for"),
    ] {
        let options = VirtualDirOptions::new(100_000);
        let error = VirtualDir::archive(at(name), &options).unwrap_err();
        assert!(matches!(error, GrantError::Archive { .. }), "{name}: {error}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert_eq!(options.space.used(), 0, "{name}");
    }
}

/// What is unpacked is checked, bounded, and given back when room gets scarce.
#[test]
fn packed_files_are_unpacked_within_bounds() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.join("dir")).unwrap();
    for name in ["a", "c", "e"] {
        fs::write(scratch.join("dir").join(name), vec![b'x'; 600_000]).unwrap();
        // Every other file is stored.
        fs::write(scratch.join("dir").join(format!("{name}_")), "").unwrap();
    }
    write_zip(&scratch.join("dir"), &scratch.join("z.zip"));
    let options = VirtualDirOptions::new(1 << 20);
    let dir = VirtualDir::archive(scratch.join("z.zip"), &options).unwrap();
    let mut guest = guest_with(&dir);
    for name in ["a", "c", "e", "a"] {
        let fd = guest.open(name, 0, rights::READING).unwrap();
        let bytes = guest.read(fd, 700_000).unwrap();
        assert!(bytes.len() == 600_000 && bytes.iter().all(|byte| *byte == b'x'), "{name}");
        guest.close(fd);
    }
    let first = guest.open("a", 0, rights::READING).unwrap();
    assert_eq!(guest.open("c", 0, rights::READING), Err(errno::NOSPC));
    guest.close(first);
    // One bit of the packed bytes, or of what the archive says of them, is another file.
    fs::write(scratch.join("dir/a"), vec![b'x'; 6_000]).unwrap();
    write_zip(&scratch.join("dir"), &scratch.join("z.zip"));
    let whole = fs::read(scratch.join("z.zip")).unwrap();
    let mut wrong = 0;
    for at in 30..60 {
        let mut changed = whole.clone();
        changed[at] ^= 4;
        fs::write(scratch.join("w.zip"), &changed).unwrap();
        let Ok(dir) = VirtualDir::archive(scratch.join("w.zip"), &options) else { continue };
        match dir.read("a") {
            Ok(bytes) => assert!(bytes == vec![b'x'; 6_000], "bit at {at}"),
            Err(Errno::Io) => wrong += 1,
            Err(errno) => assert!(matches!(errno, Errno::Noent | Errno::Nospc), "{errno:?}"),
        }
    }
    assert!(wrong > 5, "{wrong}");
}

#[test]
fn a_pipe_joins_two_guests() {
    let (output, input) = pipe(1000).unwrap();
    let mut writer = guest_of(|builder| {
        builder.stdout(output);
    });
    let mut reader = guest_of(|builder| {
        builder.stdin(input);
    });
    let total = std::thread::scope(|scope| {
        scope.spawn(move || {
            for round in 0..500_u32 {
                let bytes = vec![round.to_le_bytes()[0]; 777];
                assert_eq!(writer.write(1, &bytes), Ok(777));
            }
        });
        let mut total = 0;
        loop {
            let bytes = reader.read(0, 300).unwrap();
            if bytes.is_empty() {
                return total;
            }
            for byte in &bytes {
                let round: u32 = total / 777;
                assert_eq!(*byte, round.to_le_bytes()[0]);
                total += 1;
            }
        }
    });
    assert_eq!(total, 500 * 777);
}

#[test]
fn ends_of_pipes_answer_when_alone_or_stopped() {
    let (output, input) = pipe(10).unwrap();
    let stopper = Stopper::new().unwrap();
    let mut writer = guest_of(|builder| {
        builder.stdout(output).stopper(stopper.clone());
    });
    let mut reader = guest_of(|builder| {
        builder.stdin(input);
    });
    // Nothing there: polls say so, reads that must not wait do.
    assert_eq!(call!(reader, "fd_fdstat_set_flags", 0u32, fdflags::NONBLOCK), errno::OK);
    assert_eq!(reader.read(0, 5), Err(errno::AGAIN));
    assert_eq!(poll(&mut reader, 0, 1), 0);
    assert_eq!(poll(&mut writer, 1, 2), 1);
    assert_eq!(writer.write(1, b"0123456789"), Ok(10));
    assert_eq!(poll(&mut reader, 0, 1), 1);
    assert_eq!(poll(&mut writer, 1, 2), 0);
    // Full: a write waits until it is stopped.
    let waiting = std::thread::scope(|scope| {
        let list = writer.vector(8192, 5);
        let end = scope.spawn(move || {
            let end = writer
                .call_to_end("fd_write", &[1u32.into(), list.into(), 1u64.into(), OUT.into()]);
            (writer, end)
        });
        stopper.stop();
        end.join().unwrap()
    });
    let (mut writer, end) = waiting;
    assert_eq!(end, Err(End::Trap(Trap::Stopped)));
    stopper.reset();
    assert_eq!(reader.read(0, 100).unwrap(), b"0123456789");
    drop(reader);
    assert_eq!(writer.write(1, b"x"), Err(errno::PIPE));
}

/// Polls a descriptor (tag 1 to read, 2 to write) for no time; the number of events of it.
fn poll(guest: &mut Guest, fd: u32, tag: u8) -> u32 {
    let mut list = [0; 96];
    list[8] = tag;
    list[16..20].copy_from_slice(&fd.to_le_bytes());
    list[48] = 9;
    list[64..68].copy_from_slice(&1u32.to_le_bytes());
    guest.put(4096, &list);
    assert_eq!(call!(guest, "poll_oneoff", 4096u64, 8192u64, 2u64, OUT), errno::OK);
    let count = u64::from(guest.u32_at(OUT));
    let mine = (0..count).filter(|n| guest.u64_at(8192 + 32 * n) == 0).count();
    u32::try_from(mine).unwrap()
}

#[test]
fn a_connection_is_handed_in() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut other = listener.accept().unwrap().0;
    let mut guest = guest_of(|builder| {
        builder.connection(connected).unwrap();
    });
    assert_eq!(guest.write(3, b"hello"), Ok(5));
    let mut bytes = [0; 5];
    other.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"hello");
    assert_eq!(call!(guest, "sock_shutdown", 3u32, 2u64), errno::OK);
    assert_eq!(other.read(&mut bytes).unwrap(), 0);
    drop(other);
    assert_eq!(guest.read(3, 5).unwrap(), b"");
    assert_eq!(call!(guest, "sock_accept", 3u32, 0u64, OUT), errno::INVAL);
    assert_eq!(guest.ctx.usage().bytes_written, 5);
}

#[test]
fn refusals_are_told_with_reasons() {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "text").unwrap();
    let told = Arc::new(Mutex::new(Vec::<Refusal>::new()));
    let log = Arc::clone(&told);
    let small =
        VirtualDir::memory(&VirtualDirOptions { space: Space::new(600), counts_time: false });
    let mut guest = guest_of(|builder| {
        builder.preopened_dir(scratch.path(), "/ro", Access::ReadOnly).unwrap();
        builder.virtual_dir(&small, "/tmp", Access::ReadWrite).descriptors_max(7);
        builder.on_refusal(move |refusal| log.lock().unwrap().push(refusal.clone()));
    });
    // What merely fails is not refused.
    assert_eq!(guest.open("missing", 0, rights::FD_READ), Err(errno::NOENT));
    assert!(told.lock().unwrap().is_empty());
    let reading = guest.open("file", 0, rights::READING).unwrap();
    let check = |answer: u32, reason: Reason, grant: Option<&str>, path: Option<&str>| {
        let refusal = told.lock().unwrap().pop().unwrap();
        assert_eq!(u32::from(refusal.errno as u16), answer);
        assert_eq!(refusal.reason, reason, "{refusal:?}");
        assert_eq!((refusal.grant.as_deref(), refusal.path.as_deref()), (grant, path));
        assert!(told.lock().unwrap().is_empty());
    };
    let answer = guest.open("../file", 0, rights::FD_READ).unwrap_err();
    check(answer, Reason::Outside, Some("/ro"), Some("../file"));
    let answer = guest.open("/etc/passwd", 0, rights::FD_READ).unwrap_err();
    check(answer, Reason::Outside, Some("/ro"), Some("/etc/passwd"));
    let answer = guest.open("new", oflags::CREAT, rights::FD_WRITE).unwrap_err();
    check(answer, Reason::ReadOnly, Some("/ro"), Some("new"));
    let answer = call!(guest, "path_rename", 4u32, "x", 3u32, "y");
    check(answer, Reason::ReadOnly, Some("/ro"), Some("y"));
    let answer = call!(guest, "path_link", 3u32, 0u64, "file", 4u32, "y");
    check(answer, Reason::BetweenGrants, Some("/ro"), Some("file"));
    let answer = guest.write(reading, b"x").unwrap_err();
    check(answer, Reason::NoRight, Some("/ro"), None);
    assert_eq!(call!(guest, "path_create_directory", 4u32, "a"), errno::OK);
    let answer = call!(guest, "path_create_directory", 4u32, "b");
    check(answer, Reason::Space, Some("/tmp"), Some("b"));
    assert!(guest.open("file", 0, rights::FD_READ).is_ok());
    let answer = guest.open("file", 0, rights::FD_READ).unwrap_err();
    check(answer, Reason::Handles, Some("/ro"), Some("file"));
    assert_eq!(guest.ctx.usage().refusals, 8);
}

#[test]
fn usage_is_counted() {
    let (output, _kept) = Output::memory();
    let mut guest = guest_of(|builder| {
        builder.stdout(output);
        builder.virtual_dir(&VirtualDir::memory(&options()), "/", Access::ReadWrite);
    });
    assert_eq!(guest.write(1, b"12345"), Ok(5));
    let fd = guest.open("file", oflags::CREAT, rights::ALL).unwrap();
    assert_eq!(guest.write(fd, b"123"), Ok(3));
    let list = guest.vector(8192, 100);
    assert_eq!(call!(guest, "fd_pread", fd, list, 1u64, 1u64, OUT), errno::OK);
    guest.close(fd);
    let usage = guest.ctx.usage();
    assert_eq!((usage.bytes_written, usage.bytes_read, usage.calls), (8, 2, 5));
    assert_eq!((usage.handles, usage.handles_peak), (4, 5));
    assert!(usage.file_bytes > 3 && usage.file_bytes_peak >= usage.file_bytes);
}

/// Everything a guest can ask that would differ from run to run, on files that were made in another order.
fn answers(order: [&str; 4]) -> Vec<u8> {
    let scratch = Scratch::new();
    fs::create_dir(scratch.join("d")).unwrap();
    for name in order {
        fs::write(scratch.join("d").join(name), name).unwrap();
    }
    let mut guest = guest_of(|builder| {
        builder.preopened_dir(scratch.path(), "/", Access::ReadWrite).unwrap();
        builder.deterministic(Deterministic { seed: 7, day: 1_000_000_000_000_000_000 });
    });
    let mut all = Vec::new();
    let mut keep = |guest: &Guest, len: u64| all.extend_from_slice(guest.bytes(OUT, len));
    for clock in 0u64..4 {
        assert_eq!(call!(guest, "clock_time_get", clock, 0u64, OUT), errno::OK);
        keep(&guest, 8);
        assert_eq!(call!(guest, "clock_res_get", clock, OUT), errno::OK);
        keep(&guest, 8);
    }
    assert_eq!(call!(guest, "random_get", OUT, 100u64), errno::OK);
    keep(&guest, 100);
    let rights = rights::ALL & !rights::FD_WRITE;
    let dir = guest.open("d", oflags::DIRECTORY, rights).unwrap();
    let mut cookie = 0u64;
    loop {
        // A buffer that holds one entry and a part of the next.
        assert_eq!(call!(guest, "fd_readdir", dir, OUT, 40u64, cookie, 8u64), errno::OK);
        let len = guest.u32_at(8);
        keep(&guest, len.into());
        if len < 40 {
            break;
        }
        cookie = guest.u64_at(OUT);
    }
    for path in ["d", "d/b", "d/a", "d/c", "."] {
        assert_eq!(call!(guest, "path_filestat_get", 3u32, 0u64, path, OUT), errno::OK);
        keep(&guest, 64);
    }
    // A sleep takes no time, but the clock says that it did.
    let mut sleep = [0; 48];
    sleep[16] = 1;
    sleep[24..32].copy_from_slice(&3_600_000_000_000u64.to_le_bytes());
    guest.put(4096, &sleep);
    assert_eq!(call!(guest, "poll_oneoff", 4096u64, 8192u64, 1u64, OUT), errno::OK);
    assert_eq!(call!(guest, "clock_time_get", 1u64, 0u64, OUT), errno::OK);
    assert!(guest.u64_at(OUT) >= 3_600_000_000_000);
    keep(&guest, 8);
    all
}

#[test]
fn runs_are_alike_where_they_must_be() {
    let first = answers(["a", "b", "c", "long name"]);
    assert_eq!(first, answers(["long name", "c", "b", "a"]));
    assert_ne!(first[..8], [0; 8]);
}
