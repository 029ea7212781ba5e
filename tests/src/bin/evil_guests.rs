//! Evil guests, from the command line: see `USAGE`. The tests run it too, for a process of their own.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use holm_tests::evil;

const USAGE: &str = "usage:
  evil_guests deadlines ROUNDS MILLISECONDS   run every guest so often for so long, say how late each ended
  evil_guests greedy COUNT                    run so many greedy guests, say what is left behind";

/// What a release build promises at 99.9 % of all runs.
const DELAY_MAX: Duration = Duration::from_millis(5);
/// What a thousand guests may leave behind: the allocator's own.
const LEFT_BYTES_MAX: u64 = 32 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["deadlines", rounds, time] => deadlines(rounds, time),
        ["greedy", count] => greedy(count),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn deadlines(rounds: &str, time: &str) -> Result<bool, Box<dyn Error>> {
    let delays = evil::deadlines(rounds.parse()?, Duration::from_millis(time.parse()?))?;
    println!("{delays}");
    let all = delays.all();
    let late = all.get(all.len() * 999 / 1000).is_some_and(|delay| *delay > DELAY_MAX);
    // Without optimization nothing is promised but the end.
    Ok(!late || cfg!(debug_assertions))
}

fn greedy(count: &str) -> Result<bool, Box<dyn Error>> {
    let greed = evil::greedy(count.parse()?)?;
    println!("{greed}");
    let (before, after) = greed.resident_bytes;
    Ok(after.saturating_sub(before) <= LEFT_BYTES_MAX && greed.descriptors.0 == greed.descriptors.1)
}
