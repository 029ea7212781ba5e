//! Sockets that were handed in, through connections on the loopback interface.

use crate::guest::{Guest, OUT, OUT_2, call, errno, fdflags, rights};
use crate::poll::{Sub, poll};
use holm_wasi::WasiCtx;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

/// A guest that listens with descriptor 3, and where.
fn listening() -> (Guest, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut builder = WasiCtx::builder();
    builder.listener(listener).unwrap();
    (Guest::new(builder.build().unwrap()), address)
}

/// A guest with an accepted connection as descriptor 4, and the other end.
fn connected() -> (Guest, TcpStream) {
    let (mut guest, address) = listening();
    let stream = TcpStream::connect(address).unwrap();
    assert_eq!(call!(guest, "sock_accept", 3u32, 0u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), 4);
    (guest, stream)
}

fn receive(guest: &mut Guest, len: u32, flags: u64) -> Result<Vec<u8>, u32> {
    let list = guest.vector(8192, len);
    match call!(guest, "sock_recv", 4u32, list, 1u64, flags, OUT, OUT_2) {
        0 => Ok(guest.bytes(8192, guest.u32_at(OUT).into()).to_vec()),
        errno => Err(errno),
    }
}

fn send(guest: &mut Guest, bytes: &[u8]) -> Result<u32, u32> {
    guest.put(8192, bytes);
    let list = guest.vector(8192, u32::try_from(bytes.len()).unwrap());
    match call!(guest, "sock_send", 4u32, list, 1u64, 0u64, OUT) {
        0 => Ok(guest.u32_at(OUT)),
        errno => Err(errno),
    }
}

#[test]
fn accepting() {
    let (mut guest, address) = listening();
    assert_eq!(call!(guest, "fd_fdstat_set_flags", 3u32, fdflags::NONBLOCK), errno::OK);
    assert_eq!(call!(guest, "sock_accept", 3u32, 0u64, OUT), errno::AGAIN);
    let _stream = TcpStream::connect(address).unwrap();
    assert_eq!(poll(&mut guest, &[Sub::Read(3)]).unwrap().unwrap(), [(0, 0, 1, 1, 0)]);
    assert_eq!(call!(guest, "sock_accept", 3u32, 8u64, OUT), errno::INVAL);
    assert_eq!(call!(guest, "sock_accept", 3u32, fdflags::NONBLOCK, OUT), errno::OK);
    assert_eq!(receive(&mut guest, 10, 0), Err(errno::AGAIN));
    assert_eq!(call!(guest, "fd_fdstat_get", 4u32, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT), 6 | 4 << 16);
    assert_eq!(call!(guest, "sock_accept", 4u32, 0u64, OUT), errno::INVAL);
    assert_eq!(call!(guest, "sock_accept", 0u32, 0u64, OUT), errno::NOTSOCK);
    assert_eq!(guest.read(3, 1), Err(errno::NOTCONN));
    let answer = call!(guest, "fd_fdstat_set_rights", 3u32, 0u64, 0u64);
    assert_eq!(answer, errno::OK);
    assert_eq!(call!(guest, "sock_accept", 3u32, 0u64, OUT), errno::NOTCAPABLE);
}

#[test]
fn sending_and_receiving() {
    let (mut guest, mut stream) = connected();
    assert_eq!(send(&mut guest, b"from guest"), Ok(10));
    assert_eq!(guest.write(4, b", twice"), Ok(7));
    let mut got = [0; 17];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"from guest, twice");
    stream.write_all(b"0123456789").unwrap();
    assert_eq!(receive(&mut guest, 4, 1).unwrap(), b"0123");
    assert_eq!(receive(&mut guest, 4, 0).unwrap(), b"0123");
    assert_eq!(guest.read(4, 2).unwrap(), b"45");
    let rest = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        stream.write_all(b"abcdef").unwrap();
        stream
    });
    // All that was asked for, though it comes in two parts.
    assert_eq!(receive(&mut guest, 10, 2).unwrap(), b"6789abcdef");
    rest.join().unwrap().shutdown(Shutdown::Write).unwrap();
    assert_eq!(receive(&mut guest, 10, 2).unwrap(), b"");
    assert_eq!(poll(&mut guest, &[Sub::Read(4)]).unwrap().unwrap(), [(0, 0, 1, 0, 1)]);
    assert_eq!(receive(&mut guest, 10, 4), Err(errno::INVAL));
    let list = guest.vector(8192, 1);
    assert_eq!(call!(guest, "sock_send", 4u32, list, 1u64, 1u64, OUT), errno::INVAL);
}

#[test]
fn shutting_down() {
    let (mut guest, mut stream) = connected();
    for how in [0u64, 4, 255] {
        assert_eq!(call!(guest, "sock_shutdown", 4u32, how), errno::INVAL);
    }
    assert_eq!(call!(guest, "sock_shutdown", 4u32, 2u64), errno::OK);
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    // The process is not signalled.
    assert_eq!(send(&mut guest, b"x"), Err(errno::PIPE));
    assert_eq!(call!(guest, "sock_shutdown", 4u32, 1u64), errno::OK);
    assert_eq!(receive(&mut guest, 10, 0).unwrap(), b"");
    assert_eq!(call!(guest, "sock_shutdown", 3u32, 1u64), errno::NOTCONN);
    assert_eq!(call!(guest, "sock_shutdown", 1u32, 1u64), errno::NOTSOCK);
    let answer = call!(guest, "fd_fdstat_set_rights", 4u32, rights::FD_READ, 0u64);
    assert_eq!(answer, errno::OK);
    assert_eq!(call!(guest, "sock_shutdown", 4u32, 1u64), errno::NOTCAPABLE);
    assert_eq!(send(&mut guest, b"x"), Err(errno::NOTCAPABLE));
}

#[test]
fn sending_waits_for_room_and_non_blocking_does_not() {
    let (mut guest, mut stream) = connected();
    guest.memory = vec![5; 16 << 20];
    let total = 12 << 20;
    let reader = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        let mut buffer = vec![0; 1 << 20];
        let mut left = total;
        while left > 0 {
            left -= stream.read(&mut buffer).unwrap();
        }
        stream
    });
    let list = guest.vector(8192, u32::try_from(total).unwrap());
    assert_eq!(call!(guest, "sock_send", 4u32, list, 1u64, 0u64, OUT), errno::OK);
    assert_eq!(guest.u32_at(OUT) as usize, total);
    let _stream = reader.join().unwrap();
    assert_eq!(call!(guest, "fd_fdstat_set_flags", 4u32, fdflags::NONBLOCK), errno::OK);
    assert_eq!(call!(guest, "sock_send", 4u32, list, 1u64, 0u64, OUT), errno::OK);
    assert!((guest.u32_at(OUT) as usize) < total);
    while call!(guest, "sock_send", 4u32, list, 1u64, 0u64, OUT) == errno::OK {}
    assert_eq!(call!(guest, "sock_send", 4u32, list, 1u64, 0u64, OUT), errno::AGAIN);
}

#[test]
fn nothing_else_is_a_socket() {
    let (mut guest, _) = listening();
    let list = guest.vector(8192, 1);
    for (fd, expected) in [(0u32, errno::NOTSOCK), (3, errno::NOTCONN)] {
        assert_eq!(call!(guest, "sock_recv", fd, list, 1u64, 0u64, OUT, OUT_2), expected);
        assert_eq!(call!(guest, "sock_send", fd, list, 1u64, 0u64, OUT), expected);
    }
}
