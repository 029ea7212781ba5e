//! Directories in memory against the kernel's: the same calls must get the same answers.
//!
//! A fixed sequence of numbers that look random makes calls on few names, so that they meet: directories that are moved
//! into themselves, links to links, files that are open while they are removed. After each call the error numbers are
//! compared, and in the end everything that can be seen.

use crate::escape;
use crate::guest::{Guest, OUT, Scratch, call, fdflags, oflags, rights};
use crate::worlds::{Backend, World};
use holm_wasi::Access;

const STEPS: u32 = 700;
const SEQUENCES: u64 = 15;

const PATHS: &[&str] = &[
    "a", "b", "d", "d/a", "d/e", "d/e/f", "d/e/f/a", "l", "l/a", "m", "d/l", "d/l/a", "a/", "d/",
    "d/e/", "l/", "new", "d/new", "d/./a", "d/../a", "d/e/../a", "d/.", "d/..", ".", "..", "d//a",
    "d/e/..", "n/a", "n",
];
const TARGETS: &[&str] =
    &["a", "d", "d/e", "../a", "e", "l", "m", "./d", "d/", "missing", "../../a"];

struct Sequence(u64);

impl Sequence {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % below
    }
}

/// One call, as far as it is chosen before it is made.
#[derive(Clone, Debug)]
struct Step {
    verb: usize,
    path: &'static str,
    other: &'static str,
    target: &'static str,
    follow: u64,
    oflags: u64,
    rights: u64,
    fd: usize,
    number: u64,
}

fn step(sequence: &mut Sequence) -> Step {
    let rights = [rights::FD_READ, rights::FD_WRITE, rights::READ_WRITE, 0];
    Step {
        verb: sequence.next(24),
        path: PATHS[sequence.next(PATHS.len())],
        other: PATHS[sequence.next(PATHS.len())],
        target: TARGETS[sequence.next(TARGETS.len())],
        follow: sequence.next(2) as u64,
        oflags: sequence.next(16) as u64,
        rights: rights[sequence.next(4)] | (rights::ALL & !rights::READ_WRITE),
        fd: sequence.next(6),
        number: [0, 1, 5, 100, 70_000, 1 << 20][sequence.next(6)],
    }
}

/// A guest and what it has open, in the order of opening.
struct Player {
    guest: Guest,
    open: Vec<u32>,
}

impl Player {
    /// Makes the call and gives everything that came of it.
    fn play(&mut self, step: &Step) -> String {
        let Step { path, other, target, follow, number, .. } = *step;
        let (g, root) = (&mut self.guest, 3u32);
        let fd = self.open.get(step.fd).copied().unwrap_or(root);
        let answer = match step.verb {
            0..=5 => {
                let answer = g.open_with((root, follow), path, step.oflags, step.rights);
                if let Ok(fd) = answer {
                    self.open.push(fd);
                    if self.open.len() > 6 {
                        let oldest = self.open.remove(0);
                        self.guest.close(oldest);
                    }
                }
                answer.err().unwrap_or(0)
            }
            6 => call!(g, "path_create_directory", root, path),
            7 => call!(g, "path_remove_directory", root, path),
            8 | 9 => call!(g, "path_unlink_file", root, path),
            10 | 11 => call!(g, "path_rename", root, path, root, other),
            12 => call!(g, "path_symlink", target, root, path),
            13 => call!(g, "path_link", root, follow, path, root, other),
            14 => return stat(g, follow, path),
            15 => {
                let answer = call!(g, "path_readlink", root, path, OUT, 64u64, 8u64);
                let len = if answer == 0 { g.u32_at(8) } else { 0 };
                return format!("{answer} {:?}", g.bytes(OUT, len.into()).to_vec());
            }
            16 => call!(g, "path_filestat_set_times", root, follow, path, 7u64, number, 5u64),
            17 => {
                return format!(
                    "{:?}",
                    g.write(fd, &vec![7; usize::try_from(number % 9000).unwrap()])
                );
            }
            18 => {
                let sum = |bytes: Vec<u8>| (bytes.len(), checksum(&bytes));
                return format!("{:?}", g.read(fd, 9000).map(sum));
            }
            19 => call!(g, "fd_filestat_set_size", fd, number),
            20 => {
                let answer = call!(g, "fd_seek", fd, number, 0u64, OUT);
                return format!("{answer} {:?}", (answer == 0).then(|| g.u64_at(OUT)));
            }
            21 => call!(g, "fd_fdstat_set_flags", fd, follow * fdflags::APPEND),
            22 => {
                // Relative to a directory that is open, and may be gone.
                let answer = g.open_with((fd, follow), path, step.oflags, step.rights);
                if let Ok(opened) = answer {
                    g.close(opened);
                }
                answer.err().unwrap_or(0)
            }
            _ => return names(g, fd),
        };
        answer.to_string()
    }
}

/// What a file's state says that is the same everywhere.
fn stat(g: &mut Guest, follow: u64, path: &str) -> String {
    let answer = call!(g, "path_filestat_get", 3u32, follow, path, OUT);
    if answer != 0 {
        return answer.to_string();
    }
    let kind = g.bytes(OUT + 16, 1)[0];
    // File systems count the links and sizes of directories as they like.
    let (links, size) = if kind == 3 { (0, 0) } else { (g.u64_at(OUT + 24), g.u64_at(OUT + 32)) };
    format!("0 kind {kind} links {links} size {size}")
}

/// The names in a directory, in order.
fn names(g: &mut Guest, fd: u32) -> String {
    let answer = call!(g, "fd_readdir", fd, 8192u64, 60_000u64, 0u64, OUT);
    if answer != 0 {
        return answer.to_string();
    }
    let (mut at, end) = (8192, 8192 + u64::from(g.u32_at(OUT)));
    let mut names = Vec::new();
    while at < end {
        let len = u64::from(g.u32_at(at + 16));
        let kind = g.bytes(at + 20, 1)[0];
        names.push(format!("{} {kind}", String::from_utf8_lossy(g.bytes(at + 24, len))));
        at += 24 + len;
    }
    names.sort();
    names.join(", ")
}

fn checksum(bytes: &[u8]) -> usize {
    bytes.iter().enumerate().map(|(i, b)| (i + 1) * usize::from(*b)).sum()
}

/// Everything below a directory, with content.
fn seen(g: &mut Guest, path: &str, out: &mut Vec<String>) {
    let fd = g.open(path, oflags::DIRECTORY, rights::ALL & !rights::FD_WRITE).unwrap();
    let listing = names(g, fd);
    g.close(fd);
    for entry in listing.split(", ") {
        let (name, kind) = entry.rsplit_once(' ').unwrap();
        if matches!(name, "." | "..") {
            continue;
        }
        let path = format!("{path}/{name}");
        let mut line = format!("{path} {}", stat(g, 0, &path));
        if kind == "4" {
            let fd = g.open(&path, 0, rights::READING).unwrap();
            let mut content = Vec::new();
            loop {
                let piece = g.read(fd, 100_000).unwrap();
                if piece.is_empty() {
                    break;
                }
                content.extend(piece);
            }
            g.close(fd);
            line += &format!(" {} bytes, sum {}", content.len(), checksum(&content));
        }
        out.push(line);
        if kind == "3" {
            seen(g, &path, out);
        }
    }
}

fn compare(with: Backend) {
    for seed in 1..=SEQUENCES {
        let mut sequence = Sequence(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let worlds = [Backend::Real, with].map(|backend| {
            let world = World::new(Scratch::new());
            std::fs::create_dir_all(world.inside().join("d/e")).unwrap();
            std::fs::write(world.inside().join("a"), "first").unwrap();
            std::fs::write(world.inside().join("d/a"), vec![3; 100_000]).unwrap();
            std::os::unix::fs::symlink("d", world.inside().join("l")).unwrap();
            let guest = world.guest(backend, Access::ReadWrite);
            let before = escape::seen(&world.inside());
            (world, before, Player { guest, open: Vec::new() })
        });
        let [(_real, _, mut real), (world, before, mut other)] = worlds;
        let mut done = Vec::new();
        for _ in 0..STEPS {
            let step = step(&mut sequence);
            let answers = [real.play(&step), other.play(&step)];
            done.push((step, answers[0].clone()));
            let last = &done[done.len().saturating_sub(12)..];
            let told = || last.iter().map(|step| format!("{step:?}\n")).collect::<String>();
            assert!(
                answers[0] == answers[1],
                "{with:?}, sequence {seed}: the kernel says {} and this {}, after\n{}",
                answers[0],
                answers[1],
                told()
            );
        }
        let mut everything = [Vec::new(), Vec::new()];
        seen(&mut real.guest, ".", &mut everything[0]);
        seen(&mut other.guest, ".", &mut everything[1]);
        assert_eq!(everything[0], everything[1], "{with:?}, sequence {seed}");
        drop(other);
        assert_eq!(world.space.used(), 0, "{with:?}, sequence {seed}");
        assert_eq!(escape::seen(&world.inside()), before, "{with:?}, sequence {seed}");
    }
}

#[test]
fn memory_is_like_the_kernels() {
    compare(Backend::Memory);
}

#[test]
fn an_overlay_is_like_the_kernels() {
    compare(Backend::Overlay);
}

#[test]
fn an_archive_that_is_written_to_is_like_the_kernels() {
    compare(Backend::Tar);
    compare(Backend::Zip);
}
