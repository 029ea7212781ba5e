//! Guests that pass anything at all: every function with addresses, lengths and numbers chosen to hurt.
//!
//! What is tested is that each call comes back, with an error number or an end, and that memory keeps its size.

use crate::guest::{Guest, Scratch, errno, oflags, rights};
use holm_wasi::preview1::{Function, PARAMS_MAX, SNAPSHOT_0, SNAPSHOT_1, Word};
use holm_wasi::{Access, Input, Output, Stopper, WasiCtxBuilder};
use std::fs;

const MEMORY: usize = 1 << 16;

/// Numbers that lie on edges: of memory, of types, of tables, of flags.
const EDGES_32: &[u64] = &[
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    15,
    16,
    24,
    31,
    32,
    48,
    64,
    255,
    256,
    1023,
    1024,
    1025,
    4095,
    4096,
    8192,
    8193,
    0xfff8,
    0xfffc,
    0xfffd,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_fffc,
    0xffff_ffff,
];
const EDGES_64: &[u64] =
    &[0, 1, 8, 4096, 1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX];

/// A fixed sequence of numbers that look random.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn pick(&mut self, from: &[u64]) -> u64 {
        from[usize::try_from(self.next() % from.len() as u64).unwrap()]
    }
}

fn world(scratch: &Scratch, stopper: &Stopper) -> Guest {
    for dir in ["rw", "ro"] {
        // It may be there from before.
        let _ = fs::remove_dir_all(scratch.join(dir));
        fs::create_dir_all(scratch.join(dir).join("d")).unwrap();
        fs::write(scratch.join(dir).join("f"), "content").unwrap();
    }
    let mut builder = WasiCtxBuilder::new();
    builder.args(["a", "b"]).unwrap().env("C", "D").unwrap();
    builder.stdin(Input::bytes("input")).stdout(Output::memory_with_limit(1 << 20).0);
    builder.preopened_dir(scratch.join("rw"), "/rw", Access::ReadWrite).unwrap();
    builder.preopened_dir(scratch.join("ro"), "/ro", Access::ReadOnly).unwrap();
    builder.listener(std::net::TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
    builder.stopper(stopper.clone()).descriptors_max(20);
    let mut guest = Guest::new(builder.build().unwrap());
    guest.memory = vec![0; MEMORY];
    guest
}

/// Memory full of things that could be a path, a list or a subscription.
fn fill(guest: &mut Guest, sequence: &mut Sequence) {
    for chunk in guest.memory.chunks_exact_mut(8) {
        let word = match sequence.next() % 8 {
            0 => u64::from_le_bytes(*b"f\0d/..f/"),
            1 => u64::from_le_bytes(*b"../../d/"),
            2 => sequence.next(),
            3 => sequence.pick(EDGES_64),
            4 => sequence.pick(EDGES_32) | sequence.pick(EDGES_32) << 32,
            _ => sequence.next() % 64,
        };
        chunk.copy_from_slice(&word.to_le_bytes());
    }
}

fn slots(function: &Function, sequence: &mut Sequence) -> [u64; PARAMS_MAX] {
    let mut slots = [0; PARAMS_MAX];
    for (slot, word) in slots.iter_mut().zip(function.params) {
        *slot = match (word, sequence.next() % 4) {
            (Word::I32, 0) => sequence.next() % 12,
            (Word::I32, 1) => sequence.next() % MEMORY as u64,
            (Word::I32, _) => sequence.pick(EDGES_32),
            (Word::I64, 0) => sequence.next(),
            (Word::I64, _) => sequence.pick(EDGES_64),
        };
    }
    slots
}

#[test]
fn every_call_comes_back() {
    let scratch = Scratch::new();
    let stopper = Stopper::new().unwrap();
    let mut sequence = Sequence(0x9e37_79b9_7f4a_7c15);
    for round in 0..60 {
        stopper.reset();
        let mut guest = world(&scratch, &stopper);
        fill(&mut guest, &mut sequence);
        for function in SNAPSHOT_1.iter().chain(&SNAPSHOT_0) {
            // These wait, as they should, unless they are stopped.
            let waits = matches!(function.name, "poll_oneoff" | "sock_accept");
            if waits {
                stopper.stop();
            }
            for _ in 0..12 {
                let slots = slots(function, &mut sequence);
                let answer = function.call(&mut guest.ctx, &mut guest.memory, &slots);
                let known = answer.is_err() || answer.is_ok_and(|errno| errno <= errno::NOTCAPABLE);
                assert!(known, "round {round}: {} {slots:x?}", function.name);
                assert_eq!(guest.memory.len(), MEMORY);
            }
            if waits {
                stopper.reset();
            }
        }
    }
}

/// Each address parameter, one at a time, where nothing is: the call must say so and change nothing.
#[test]
fn addresses_outside_are_faults() {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "content").unwrap();
    let mut guest = Guest::with_dir(scratch.path(), Access::ReadWrite);
    let fd = u64::from(guest.open("file", oflags::CREAT, rights::ALL).unwrap());
    let end = guest.memory.len() as u64;
    let bad = [end, end - 1, 0xffff_ffff, 0xffff_fffc];
    // Parameters, with the position that is to be bad.
    let calls: &[(&str, &[u64], usize)] = &[
        ("args_sizes_get", &[0, 0], 0),
        ("args_sizes_get", &[0, 0], 1),
        ("environ_sizes_get", &[0, 0], 0),
        ("clock_res_get", &[0, 0], 1),
        ("clock_time_get", &[0, 0, 0], 2),
        ("fd_fdstat_get", &[3, 0], 1),
        ("fd_filestat_get", &[3, 0], 1),
        ("fd_pread", &[fd, 0, 1, 0, 0], 1),
        ("fd_pread", &[fd, 0, 1, 0, 0], 4),
        ("fd_prestat_get", &[3, 0], 1),
        ("fd_prestat_dir_name", &[3, 0, 2], 1),
        ("fd_pwrite", &[fd, 0, 1, 0, 0], 1),
        ("fd_pwrite", &[fd, 0, 1, 0, 0], 4),
        ("fd_read", &[fd, 0, 1, 0], 1),
        ("fd_read", &[fd, 0, 1, 0], 3),
        ("fd_readdir", &[3, 0, 100, 0, 0], 1),
        ("fd_readdir", &[3, 0, 100, 0, 0], 4),
        ("fd_seek", &[fd, 0, 0, 0], 3),
        ("fd_tell", &[fd, 0], 1),
        ("fd_write", &[fd, 0, 1, 0], 1),
        ("fd_write", &[fd, 0, 1, 0], 3),
        ("path_create_directory", &[3, 0, 2], 1),
        ("path_filestat_get", &[3, 0, 0, 2, 0], 2),
        ("path_filestat_set_times", &[3, 0, 0, 2, 0, 0, 0], 2),
        ("path_link", &[3, 0, 0, 2, 3, 0, 2], 2),
        ("path_link", &[3, 0, 8, 4, 3, 0, 2], 5),
        ("path_open", &[3, 0, 0, 2, 0, 0, 0, 0, 0], 2),
        ("path_open", &[3, 0, 8, 4, 0, 0, 0, 0, 0], 8),
        ("path_readlink", &[3, 0, 2, 0, 4, 0], 1),
        ("path_readlink", &[3, 8, 4, 0, 4, 0], 3),
        ("path_remove_directory", &[3, 0, 2], 1),
        ("path_rename", &[3, 0, 2, 3, 0, 2], 1),
        ("path_rename", &[3, 8, 4, 3, 0, 2], 4),
        ("path_symlink", &[0, 2, 3, 8, 4], 0),
        ("path_symlink", &[8, 4, 3, 0, 2], 3),
        ("path_unlink_file", &[3, 0, 2], 1),
        ("poll_oneoff", &[0, 0, 1, 0], 0),
        ("poll_oneoff", &[0, 0, 1, 0], 1),
        ("poll_oneoff", &[0, 0, 1, 0], 3),
        ("random_get", &[0, 2], 0),
    ];
    guest.put(8, b"file");
    for (name, args, position) in calls {
        for address in bad {
            let mut args = args.to_vec();
            args[*position] = address;
            let args: Vec<_> = args.into_iter().map(Into::into).collect();
            assert_eq!(guest.call(name, &args), errno::FAULT, "{name} {position} at {address:#x}");
        }
    }
    assert_eq!(fs::read(scratch.join("file")).unwrap(), b"content");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
}

#[test]
fn lists_are_bounded() {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "content").unwrap();
    let mut guest = Guest::with_dir(scratch.path(), Access::ReadWrite);
    let fd = u64::from(guest.open("file", 0, rights::ALL).unwrap());
    for (name, args, expected) in [
        ("fd_read", &[fd, 16384, 1024, 0][..], errno::OK),
        ("fd_read", &[fd, 0, 1025, 0], errno::INVAL),
        ("fd_write", &[fd, 0, 0xffff_ffff, 0], errno::INVAL),
        ("fd_pread", &[fd, 0, 0x2000_0001, 0, 0], errno::INVAL),
        ("poll_oneoff", &[0, 0, 0, 0], errno::INVAL),
        ("poll_oneoff", &[0, 0, 8193, 0], errno::INVAL),
        ("poll_oneoff", &[0, 0, 0xffff_ffff, 0], errno::INVAL),
        ("random_get", &[0, 0xffff_ffff], errno::FAULT),
        ("random_get", &[0, 0], errno::OK),
    ] {
        let args: Vec<_> = args.iter().map(|n| (*n).into()).collect();
        assert_eq!(guest.call(name, &args), expected, "{name}");
    }
}
