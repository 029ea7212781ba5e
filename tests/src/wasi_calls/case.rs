//! A case: calls and what lies in memory before each, made from a number or read from text.
//!
//! Parameters are made by what they are for: a descriptor is mostly a small number, a path mostly lies in memory where a
//! path was put. Now and then any of them is any number.
//!
//! Invariant: a number gives the same case for ever, as long as this file stays as it is; a case that is kept is kept
//! as text.

use std::fmt::Write as _;

use holm_wasi::preview1::{Function, PARAMS_MAX, SNAPSHOT_0, SNAPSHOT_1, Word};

use crate::random::Random;

/// Bytes of the guest's memory.
pub(super) const MEMORY_BYTES: usize = 1 << 17;
/// Calls of a case.
const CALLS: u64 = 120;

/// Where paths, lists and results are put.
const PATHS: u64 = 0x1000;
const LISTS: u64 = 0x4000;
const RESULTS: u64 = 0x8000;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Bytes that are put into memory first, each with its place.
    pub(super) puts: Vec<(u32, Vec<u8>)>,
    /// In `wasi_unstable`, and not in `wasi_snapshot_preview1`.
    pub(super) unstable: bool,
    pub(super) function: &'static Function,
    pub(super) slots: [u64; PARAMS_MAX],
}

/// A list of calls.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub(super) calls: Vec<Call>,
}

const NAMES: &[&str] = &[
    "a",
    "b",
    "d",
    "d/a",
    "d/e",
    "d/e/f",
    "l",
    "up",
    "abs",
    "loop",
    "fifo",
    "new",
    "d/new",
    ".",
    "..",
    "../outside",
    "../outside/secret",
    "d/../..",
    "l/../../outside",
    "up/secret",
    "abs/secret",
    "/",
    "",
    "/etc/passwd",
    "d//e///f/",
    "a/",
    "a/b",
    "\0",
    "a\0b",
    "\u{ff}",
    "..\\x",
];

const EDGES_32: &[u64] = &[
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    24,
    48,
    64,
    255,
    256,
    1024,
    1025,
    4095,
    4096,
    8192,
    8193,
    0xfff8,
    0xffff,
    0x1_0000,
    0x1_ffff,
    0x2_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_ffff,
];
/// Sizes between these would only fill the disk.
const EDGES_64: &[u64] = &[
    0,
    1,
    2,
    8,
    100,
    4096,
    65_535,
    65_536,
    1 << 20,
    1 << 31,
    1 << 32,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// What a parameter is for.
#[derive(Clone, Copy)]
enum Part {
    Fd,
    Path,
    Buffer,
    Vectors,
    Subscriptions,
    Result,
    Flags,
    Rights,
    Number,
}

/// What the parameters of a function are for; a part that is an address has its length behind it.
fn parts(name: &str) -> &'static [Part] {
    use Part::{Buffer, Fd, Flags, Number, Path, Result, Rights, Subscriptions, Vectors};
    match name {
        "fd_advise" => &[Fd, Number, Number, Flags],
        "fd_allocate" => &[Fd, Number, Number],
        "fd_close" | "fd_datasync" | "fd_sync" => &[Fd],
        "fd_fdstat_get" | "fd_filestat_get" | "fd_prestat_get" | "fd_tell" => &[Fd, Result],
        "fd_fdstat_set_flags" | "sock_shutdown" => &[Fd, Flags],
        "fd_fdstat_set_rights" => &[Fd, Rights, Rights],
        "fd_filestat_set_size" => &[Fd, Number],
        "fd_filestat_set_times" => &[Fd, Number, Number, Flags],
        "fd_pread" | "fd_pwrite" => &[Fd, Vectors, Number, Result],
        "fd_prestat_dir_name" => &[Fd, Buffer],
        "fd_read" | "fd_write" => &[Fd, Vectors, Result],
        "fd_readdir" => &[Fd, Buffer, Number, Result],
        "fd_renumber" => &[Fd, Fd],
        "fd_seek" => &[Fd, Number, Flags, Result],
        "path_create_directory" | "path_remove_directory" | "path_unlink_file" => &[Fd, Path],
        "path_filestat_get" => &[Fd, Flags, Path, Result],
        "path_filestat_set_times" => &[Fd, Flags, Path, Number, Number, Flags],
        "path_link" => &[Fd, Flags, Path, Fd, Path],
        "path_open" => &[Fd, Flags, Path, Flags, Rights, Rights, Flags, Result],
        "path_readlink" => &[Fd, Path, Buffer, Result],
        "path_rename" => &[Fd, Path, Fd, Path],
        "path_symlink" => &[Path, Fd, Path],
        "poll_oneoff" => &[Subscriptions],
        "random_get" => &[Buffer],
        "sock_accept" => &[Fd, Flags, Result],
        "sock_recv" => &[Fd, Vectors, Flags, Result, Result],
        "sock_send" => &[Fd, Vectors, Flags, Result],
        _ => &[],
    }
}

/// Makes one call.
struct Maker<'a> {
    random: &'a mut Random,
    puts: Vec<(u32, Vec<u8>)>,
    slots: Vec<u64>,
}

impl Maker<'_> {
    fn one_in(&mut self, n: u64) -> bool {
        self.random.below(n) == 0
    }

    fn put(&mut self, at: u64, bytes: Vec<u8>) {
        self.puts.push((u32::try_from(at).unwrap_or(0), bytes));
    }

    fn fd(&mut self) -> u64 {
        if self.one_in(20) { self.random.choose(EDGES_32) } else { self.random.below(24) }
    }

    fn vectors(&mut self) {
        let count =
            if self.one_in(10) { self.random.choose(EDGES_32) } else { self.random.below(20) };
        let mut list = Vec::new();
        for _ in 0..count.min(24) {
            let (at, len) = match self.random.below(6) {
                0 => (self.random.choose(EDGES_32), self.random.choose(EDGES_32)),
                1 => (RESULTS, self.random.below(100)),
                _ => (0x10000 + self.random.below(0x8000), self.random.below(0x4000)),
            };
            list.extend_from_slice(&at.to_le_bytes()[..4]);
            list.extend_from_slice(&len.to_le_bytes()[..4]);
        }
        self.put(LISTS, list);
        self.slots.extend([LISTS, count]);
    }

    fn subscriptions(&mut self) {
        let count =
            if self.one_in(8) { self.random.choose(EDGES_32) } else { self.random.below(8) };
        let mut list = Vec::new();
        for _ in 0..count.min(24) {
            let mut one = vec![0; 48];
            one[..8].copy_from_slice(&self.random.next().to_le_bytes());
            one[8] =
                if self.one_in(20) { self.random.byte() } else { self.random.choose(&[0, 1, 2]) };
            let first =
                if self.one_in(4) { self.random.choose(EDGES_32) } else { self.random.below(20) };
            one[16..20].copy_from_slice(&first.to_le_bytes()[..4]);
            let timeout =
                if self.one_in(3) { self.random.choose(EDGES_64) } else { self.random.below(1000) };
            one[24..32].copy_from_slice(&timeout.to_le_bytes());
            one[40] = self.random.choose(&[0, 1, 2]);
            list.extend(one);
        }
        self.put(LISTS, list);
        self.slots.extend([LISTS, RESULTS, count, 0x40]);
    }

    fn path(&mut self) {
        let name = self.random.choose(NAMES);
        let mut bytes = name.as_bytes().to_vec();
        match self.random.below(24) {
            0 => bytes = b"d/../".repeat(self.random.index(900)),
            1 => bytes = vec![b'n'; self.random.index(300)],
            2 => bytes = self.random.bytes_up_to(40),
            3 => bytes.extend_from_slice(b"/x"),
            _ => {}
        }
        let at = PATHS + 0x1000 * self.random.below(2);
        let len = if self.one_in(30) { self.random.choose(EDGES_32) } else { bytes.len() as u64 };
        self.put(at, bytes);
        self.slots.extend([at, len]);
    }

    fn part(&mut self, part: Part) {
        match part {
            Part::Fd => {
                let fd = self.fd();
                self.slots.push(fd);
            }
            Part::Path => self.path(),
            Part::Vectors => self.vectors(),
            Part::Subscriptions => self.subscriptions(),
            Part::Buffer => {
                let len = match self.random.below(4) {
                    0 => self.random.choose(EDGES_32),
                    1 => self.random.below(200),
                    _ => self.random.below(0x8000),
                };
                self.slots.extend([0x10000, len]);
            }
            Part::Result => {
                let at = if self.one_in(20) { self.random.choose(EDGES_32) } else { RESULTS + 64 };
                self.slots.push(at);
            }
            Part::Flags => {
                let flags = if self.one_in(10) {
                    self.random.choose(EDGES_32)
                } else {
                    self.random.below(16)
                };
                self.slots.push(flags);
            }
            Part::Rights => {
                let rights = match self.random.below(4) {
                    0 => self.random.next(),
                    1 => 0,
                    _ => (1 << 30) - 1,
                };
                self.slots.push(rights);
            }
            Part::Number => {
                let number = if self.one_in(2) {
                    self.random.choose(EDGES_64)
                } else {
                    self.random.below(10_000)
                };
                self.slots.push(number);
            }
        }
    }
}

fn make(random: &mut Random) -> Call {
    let unstable = random.below(8) == 0;
    let table: &'static [Function] = if unstable { &SNAPSHOT_0 } else { &SNAPSHOT_1 };
    // Opening leads on.
    let function = match random.below(4) {
        0 => table.iter().find(|function| function.name == "path_open").unwrap_or(&table[0]),
        _ => &table[random.index(table.len())],
    };
    let mut maker = Maker { random, puts: Vec::new(), slots: Vec::new() };
    for part in parts(function.name) {
        maker.part(*part);
    }
    while maker.slots.len() < function.params.len() {
        let number = maker.random.choose(EDGES_32);
        maker.slots.push(number);
    }
    // Now and then any parameter is anything.
    for index in 0..maker.slots.len() {
        if maker.one_in(40) {
            maker.slots[index] = maker.random.choose(EDGES_64);
        }
    }
    if function.name == "fd_allocate" {
        // What the disk has room for it would give.
        for size in &mut maker.slots[1..] {
            *size = if *size < 1 << 62 { *size & 0xf_ffff } else { *size };
        }
    }
    let mut slots = [0; PARAMS_MAX];
    for ((slot, value), word) in slots.iter_mut().zip(&maker.slots).zip(function.params) {
        *slot = if *word == Word::I32 { *value & 0xffff_ffff } else { *value };
    }
    Call { puts: maker.puts, unstable, function, slots }
}

impl Case {
    /// The case with this number.
    #[must_use]
    pub fn numbered(number: u64) -> Self {
        let mut random = Random::new(number);
        let count = 1 + random.below(CALLS);
        Self { calls: (0..count).map(|_| make(&mut random)).collect() }
    }

    /// The case as text: lines `put ADDRESS HEX` and `call 0|1 FUNCTION SLOT…`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for call in &self.calls {
            for (at, bytes) in &call.puts {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                // Writing to a string does not fail.
                let _ = writeln!(text, "put {at} {hex}");
            }
            let version = u8::from(!call.unstable);
            let slots: Vec<_> =
                call.slots[..call.function.params.len()].iter().map(u64::to_string).collect();
            let _ = writeln!(text, "call {version} {} {}", call.function.name, slots.join(" "));
        }
        text
    }

    /// Reads text that `to_text` made; lines that begin with `#` are remarks.
    ///
    /// # Errors
    /// With the line that is not such text.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let (mut case, mut puts) = (Self::default(), Vec::new());
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let wrong = || format!("not a line of a case: {line}");
            let mut words = line.split(' ');
            match words.next() {
                Some("put") => {
                    let at = words.next().and_then(|at| at.parse().ok()).ok_or_else(wrong)?;
                    let hex = words.next().unwrap_or_default();
                    let pairs =
                        (0..hex.len() / 2).map(|n| hex.get(2 * n..2 * n + 2).unwrap_or("?"));
                    let bytes =
                        pairs.map(|pair| u8::from_str_radix(pair, 16)).collect::<Result<_, _>>();
                    puts.push((at, bytes.map_err(|_| wrong())?));
                }
                Some("call") => {
                    let unstable = words.next() == Some("0");
                    let table: &'static [Function] =
                        if unstable { &SNAPSHOT_0 } else { &SNAPSHOT_1 };
                    let name = words.next().ok_or_else(wrong)?;
                    let function = table.iter().find(|row| row.name == name).ok_or_else(wrong)?;
                    let mut slots = [0; PARAMS_MAX];
                    for slot in &mut slots[..function.params.len()] {
                        *slot =
                            words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
                    }
                    case.calls.push(Call {
                        puts: std::mem::take(&mut puts),
                        unstable,
                        function,
                        slots,
                    });
                }
                _ => return Err(wrong()),
            }
        }
        Ok(case)
    }
}

#[cfg(test)]
mod tests;
