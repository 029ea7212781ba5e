//! A Rust command: reads a file, counts its words, writes a summary, checks clocks and errors, ends with code 7.
//! It is a guest: nothing in the workspace links it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{BufRead as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::{Duration, Instant, SystemTime};

trait Shape {
    fn area(&self) -> f64;
}
struct Disc(f64);
struct Rectangle(f64, f64);
impl Shape for Disc {
    fn area(&self) -> f64 {
        std::f64::consts::PI * self.0 * self.0
    }
}
impl Shape for Rectangle {
    fn area(&self) -> f64 {
        self.0 * self.1
    }
}

fn count(text: &str) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().map(|(word, n)| (word.to_string(), n)).collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    sorted
}

fn files() -> std::io::Result<()> {
    std::fs::create_dir_all("/data/made/deep")?;
    let mut file = std::fs::File::create("/data/made/deep/x.txt")?;
    for line in 0..100 {
        writeln!(file, "line {line}")?;
    }
    drop(file);
    let mut file = std::fs::File::open("/data/made/deep/x.txt")?;
    file.seek(SeekFrom::Start(700))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("rest: {} bytes, {} lines", rest.len(), rest.lines().count());
    let mut names = std::fs::read_dir("/data")?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    println!("names: {names:?}");
    std::fs::rename("/data/made/deep/x.txt", "/data/made/y.txt")?;
    println!("size: {}", std::fs::metadata("/data/made/y.txt")?.len());
    std::fs::remove_dir_all("/data/made")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("arguments: {arguments:?}");
    println!("GREETING: {:?}", std::env::var("GREETING").ok());
    let poem = std::fs::read_to_string("/data/poem.txt").expect("the poem can be read");
    for (word, n) in count(&poem).iter().take(5) {
        println!("{n:3} {word}");
    }
    let lines: Vec<String> = std::io::stdin().lock().lines().map_while(Result::ok).collect();
    println!("input: {} lines, longest {:?}", lines.len(), lines.iter().max_by_key(|l| l.len()));
    println!("missing: {:?}", std::fs::read("/data/absent").map_err(|e| e.kind()).err());
    files().expect("the folder can be used");

    let shapes: Vec<Box<dyn Shape>> = (1..50)
        .map(|n| -> Box<dyn Shape> {
            if n % 3 == 0 { Box::new(Disc(n as f64)) } else { Box::new(Rectangle(n as f64, 2.0)) }
        })
        .collect();
    println!("area: {:.3}", shapes.iter().map(|s| s.area()).sum::<f64>());
    let primes: Vec<u32> = (2..60).filter(|n| (2..*n).all(|d| n % d != 0)).collect();
    let mut text = String::new();
    for prime in &primes {
        write!(text, "{prime:x} ").expect("a string takes text");
    }
    println!("primes: {}", text.trim_end());
    let tree: BTreeMap<u64, u64> = (0..1000u64).map(|n| (n.wrapping_mul(2654435761) % 1009, n)).collect();
    println!("tree: {:?}", tree.range(500..).take(3).collect::<Vec<_>>());

    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(15));
    println!("slept: {}", before.elapsed() >= Duration::from_millis(15));
    println!("clock: {}", SystemTime::now() > SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let checked = i32::MAX.checked_add(1).is_none() && u8::try_from(300).is_err();
    println!("checked: {checked}");
    std::process::exit(7);
}
