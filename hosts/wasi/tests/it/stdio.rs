//! Standard streams: buffers, pipes, files, terminals and devices.

use crate::guest::{Guest, OUT, Scratch, call, errno, fdflags, rights};
use holm_wasi::{Input, Output, Stopper, WasiCtxBuilder};
use std::fs;
use std::io::{Read, Write};

fn with_stdin(input: Input) -> Guest {
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(input);
    Guest::new(builder.build().unwrap())
}

fn with_stdout(output: Output) -> Guest {
    let mut builder = WasiCtxBuilder::new();
    builder.stdout(output);
    Guest::new(builder.build().unwrap())
}

/// Kind of a descriptor, and its rights.
fn state(guest: &mut Guest, fd: u32) -> (u32, u64) {
    assert_eq!(call!(guest, "fd_fdstat_get", fd, OUT), errno::OK);
    (guest.u32_at(OUT) & 0xff, guest.u64_at(OUT + 8))
}

#[test]
fn buffers() {
    let mut guest = with_stdin(Input::bytes("some input"));
    assert_eq!(guest.read(0, 4).unwrap(), b"some");
    assert_eq!(guest.read(0, 100).unwrap(), b" input");
    assert_eq!(guest.read(0, 100).unwrap(), b"");
    assert_eq!(guest.write(0, b"x"), Err(errno::NOTCAPABLE));
    let (output, kept) = Output::memory_with_limit(8);
    let mut guest = with_stdout(output);
    assert_eq!(guest.write(1, b"hello"), Ok(5));
    assert_eq!(guest.write(1, b"world"), Ok(3));
    assert_eq!(guest.write(1, b"x"), Err(errno::NOSPC));
    assert_eq!(guest.write(1, b""), Ok(0));
    assert_eq!(kept.contents(), b"hellowor");
    assert_eq!(kept.take(), b"hellowor");
    assert_eq!(guest.write(1, b"again"), Ok(5));
    assert_eq!(kept.contents(), b"again");
    assert_eq!(guest.read(1, 1), Err(errno::NOTCAPABLE));
}

#[test]
fn pipes() {
    for stoppable in [false, true] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let (mut sink, output) = std::io::pipe().unwrap();
        let mut builder = WasiCtxBuilder::new();
        builder.stdin(Input::host(reader).unwrap()).stdout(Output::host(output).unwrap());
        if stoppable {
            builder.stopper(Stopper::new().unwrap());
        }
        let mut guest = Guest::new(builder.build().unwrap());
        assert_eq!(state(&mut guest, 0).0, 0);
        assert_eq!(state(&mut guest, 0).1 & (rights::FD_READ | rights::FD_WRITE), rights::FD_READ);
        // Not to wait is a matter of this descriptor, not of the pipe.
        assert_eq!(call!(guest, "fd_fdstat_set_flags", 0u32, fdflags::NONBLOCK), errno::OK);
        assert_eq!(guest.read(0, 10), Err(errno::AGAIN));
        assert_eq!(call!(guest, "fd_fdstat_set_flags", 0u32, 0u64), errno::OK);
        let late = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(30));
            writer.write_all(b"late").unwrap();
        });
        assert_eq!(guest.read(0, 10).unwrap(), b"late");
        late.join().unwrap();
        assert_eq!(guest.read(0, 10).unwrap(), b"");
        // More than a pipe holds.
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            sink.read_to_end(&mut all).unwrap();
            all.len()
        });
        let list = guest.vector(0, 1 << 20);
        assert_eq!(call!(guest, "fd_write", 1u32, list, 1u64, OUT), errno::OK);
        assert_eq!(guest.u32_at(OUT), 1 << 20);
        drop(guest);
        assert_eq!(reading.join().unwrap(), 1 << 20);
    }
}

#[test]
fn a_full_pipe_makes_only_waiting_writers_wait() {
    for stoppable in [false, true] {
        let (reader, output) = std::io::pipe().unwrap();
        let mut builder = WasiCtxBuilder::new();
        builder.stdout(Output::host(output).unwrap());
        if stoppable {
            builder.stopper(Stopper::new().unwrap());
        }
        let mut guest = Guest::new(builder.build().unwrap());
        assert_eq!(call!(guest, "fd_fdstat_set_flags", 1u32, fdflags::NONBLOCK), errno::OK);
        let list = guest.vector(0, 1 << 20);
        assert_eq!(call!(guest, "fd_write", 1u32, list, 1u64, OUT), errno::OK);
        assert!((1..1 << 20).contains(&guest.u32_at(OUT)));
        while call!(guest, "fd_write", 1u32, list, 1u64, OUT) == errno::OK {}
        assert_eq!(call!(guest, "fd_write", 1u32, list, 1u64, OUT), errno::AGAIN);
        drop(reader);
        assert_eq!(call!(guest, "fd_write", 1u32, list, 1u64, OUT), errno::PIPE);
    }
}

/// Redirected to a file, a stream can be sought in; the file's times stay the host's.
#[test]
fn redirected_files() {
    let scratch = Scratch::new();
    fs::write(scratch.join("in"), "0123456789").unwrap();
    let file = fs::File::open(scratch.join("in")).unwrap();
    let mut guest = with_stdin(Input::host(file).unwrap());
    let (kind, held) = state(&mut guest, 0);
    assert_eq!(kind, 4);
    assert_eq!(held & rights::READ_WRITE, rights::FD_READ | rights::FD_SEEK);
    assert_eq!(call!(guest, "fd_seek", 0u32, 7u64, 0u64, OUT), errno::OK);
    assert_eq!(guest.read(0, 10).unwrap(), b"789");
    assert_eq!(call!(guest, "fd_filestat_set_times", 0u32, 1u64, 1u64, 5u64), errno::ROFS);
    assert_eq!(call!(guest, "fd_filestat_set_size", 0u32, 1u64), errno::BADF);
    let file = fs::File::options().append(true).create(true).open(scratch.join("log")).unwrap();
    let mut guest = with_stdout(Output::host(file).unwrap());
    fs::write(scratch.join("log"), "before,").unwrap();
    assert_eq!(guest.write(1, b"after"), Ok(5));
    assert_eq!(fs::read(scratch.join("log")).unwrap(), b"before,after");
}

/// C libraries take a character device without seek and tell for a terminal.
#[test]
fn devices_are_not_terminals() {
    let mut guest = with_stdin(Input::host(fs::File::open("/dev/null").unwrap()).unwrap());
    let (kind, held) = state(&mut guest, 0);
    assert_eq!(kind, 2);
    assert_ne!(held & (rights::FD_SEEK | rights::FD_TELL), 0);
    assert_eq!(guest.read(0, 10).unwrap(), b"");
    assert_eq!(call!(guest, "fd_seek", 0u32, 0u64, 0u64, OUT), errno::SPIPE);
}

#[test]
fn terminals() {
    let master = rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR).unwrap();
    rustix::pty::grantpt(&master).unwrap();
    rustix::pty::unlockpt(&master).unwrap();
    let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
    let open = || fs::File::options().read(true).write(true).open(name.to_str().unwrap());
    let (a, b) = (open().unwrap(), open().unwrap());
    let mut terminal = fs::File::from(master);
    for stoppable in [false, true] {
        let mut builder = WasiCtxBuilder::new();
        builder.stdin(Input::host(a.try_clone().unwrap()).unwrap());
        builder.stdout(Output::host(b.try_clone().unwrap()).unwrap());
        if stoppable {
            builder.stopper(Stopper::new().unwrap());
        }
        let mut guest = Guest::new(builder.build().unwrap());
        for fd in 0..2 {
            let (kind, held) = state(&mut guest, fd);
            assert_eq!((kind, held & (rights::FD_SEEK | rights::FD_TELL)), (2, 0));
        }
        terminal.write_all(b"typed\n").unwrap();
        assert_eq!(guest.read(0, 100).unwrap(), b"typed\n");
        let text = "x".repeat(3000);
        assert_eq!(guest.write(1, text.as_bytes()), Ok(3000));
        let mut shown = vec![0; 3000 + 7];
        terminal.read_exact(&mut shown).unwrap();
        assert_eq!(shown, format!("typed\r\n{text}").as_bytes());
    }
}
