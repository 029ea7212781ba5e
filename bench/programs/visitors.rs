//! Indirect-call-heavy: trait objects and boxed closures in Rust.
//! A benchmark guest; it prints the lines that `bench/programs/bench.h` describes.

use std::time::Instant;

trait Rule {
    fn apply(&self, value: u32) -> u32;
    fn weight(&self) -> u32 {
        1
    }
}
struct Add(u32);
struct Rotate(u32);
struct Swap;
impl Rule for Add {
    fn apply(&self, value: u32) -> u32 {
        value.wrapping_add(self.0)
    }
}
impl Rule for Rotate {
    fn apply(&self, value: u32) -> u32 {
        value.rotate_left(self.0)
    }
    fn weight(&self) -> u32 {
        3
    }
}
impl Rule for Swap {
    fn apply(&self, value: u32) -> u32 {
        value.swap_bytes()
    }
    fn weight(&self) -> u32 {
        2
    }
}

fn rules() -> Vec<Box<dyn Rule>> {
    (0..24u32)
        .map(|n| -> Box<dyn Rule> {
            match n % 5 {
                0 | 3 => Box::new(Add(n.wrapping_mul(2_654_435_761))),
                1 | 4 => Box::new(Rotate(n % 31 + 1)),
                _ => Box::new(Swap),
            }
        })
        .collect()
}

fn compose(steps: u32) -> Box<dyn Fn(u32) -> u32> {
    let mut made: Box<dyn Fn(u32) -> u32> = Box::new(|value| value ^ 0x5555_5555);
    for step in 0..steps {
        let inner = made;
        made = if step % 2 == 0 {
            Box::new(move |value| inner(value).wrapping_mul(2 * step + 3))
        } else {
            Box::new(move |value| inner(value) ^ (step << 7))
        };
    }
    made
}

fn main() {
    let scale = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(30u32);
    let before = Instant::now();
    let (rules, closure) = (rules(), compose(12));
    let (mut value, mut weight) = (1u32, 0u64);
    for round in 0..scale * 50_000 {
        for rule in &rules {
            value = rule.apply(value);
            weight += u64::from(rule.weight());
        }
        value ^= closure(round);
    }
    let sum = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ weight;
    let inner = before.elapsed().as_nanos();
    println!("checksum {sum:016x}");
    eprintln!("inner_ns {inner}");
}
