//! Plain: what ordinary Rust does all day: hash maps, trees, vectors of strings, sorting, formatting.
//! A benchmark guest; it prints the lines that `bench/programs/bench.h` describes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

/// A hasher without a random seed, so that every run does the same work.
#[derive(Default)]
struct Steady(u64);
impl Hasher for Steady {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
        }
    }
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

fn words(count: u32) -> Vec<String> {
    let mut seed = 0x2545_f491u32;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed
    };
    (0..count).map(|_| format!("w{:x}", next() % 5000)).collect()
}

fn round(words: &[String]) -> u64 {
    let mut counts: HashMap<&str, u32, BuildHasherDefault<Steady>> = HashMap::default();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<(&str, u32)> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let tree: BTreeMap<String, u32> = sorted.iter().map(|(w, n)| (w.to_uppercase(), *n)).collect();
    let mut text = String::new();
    for (word, n) in tree.range("W3".to_string()..).step_by(7) {
        let _ = write!(text, "{word}={n:>5};");
    }
    let mut queue: VecDeque<u64> = text.bytes().map(u64::from).collect();
    let mut total = 0u64;
    while let Some(a) = queue.pop_front() {
        let Some(b) = queue.pop_front() else {
            return total ^ a;
        };
        total = total.rotate_left(7) ^ a.wrapping_mul(b);
        if total % 3 == 0 {
            queue.push_back(total % 251);
        }
    }
    total
}

fn main() {
    let scale = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(40u32);
    let before = Instant::now();
    let words = words(40_000);
    let mut sum = 0u64;
    for step in 0..scale {
        let from = (step as usize * 97) % 1000;
        sum = sum.rotate_left(9) ^ round(&words[from..]);
    }
    let inner = before.elapsed().as_nanos();
    println!("checksum {sum:016x}");
    eprintln!("inner_ns {inner}");
}
