//! Evil guests, from the command line: see `USAGE`. The tests run it too, for a process of their own.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use holm_tests::evil;

const USAGE: &str = "usage:
  evil_guests deadlines ROUNDS MILLISECONDS [NAME]   run every guest, or those whose name has NAME in it, so often for
                                                     so long, say how late each ended
  evil_guests greedy COUNT                           run so many greedy guests, say what is left behind";

/// What a release build promises of a guest at 99.9 % of its runs.
const DELAY_MAX: Duration = Duration::from_millis(5);
/// For how many guests at least, if all are run.
const PROMPT_MIN: usize = 40;
/// What it promises of every other one: a hundred threads that all compute wait for each other's turns, which a system with
/// few processors gives out by milliseconds.
const DELAY_WORST_MAX: Duration = Duration::from_millis(500);
/// What a thousand guests may leave behind: the allocator's own.
const LEFT_BYTES_MAX: u64 = 32 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["deadlines", rounds, time] => deadlines(rounds, time, ""),
        ["deadlines", rounds, time, name] => deadlines(rounds, time, name),
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

fn deadlines(rounds: &str, time: &str, name: &str) -> Result<bool, Box<dyn Error>> {
    let delays = evil::deadlines(rounds.parse()?, Duration::from_millis(time.parse()?), name)?;
    println!("{delays}");
    let (all, late) = (delays.guests.len(), delays.later_than(DELAY_MAX));
    let (prompt, worst) = (all - late.len(), delays.later_than(DELAY_WORST_MAX));
    println!(
        "{prompt} of {all} guests ended within {DELAY_MAX:?} at 99.9 %, at least {PROMPT_MIN} must"
    );
    if !late.is_empty() {
        println!("later, for which {DELAY_WORST_MAX:?} is allowed: {}", late.join("; "));
    }
    let held = prompt >= PROMPT_MIN.min(all) && worst.is_empty();
    // Without optimization nothing is promised but the end.
    Ok(held || !name.is_empty() || cfg!(debug_assertions))
}

fn greedy(count: &str) -> Result<bool, Box<dyn Error>> {
    let greed = evil::greedy(count.parse()?)?;
    println!("{greed}");
    let (before, after) = greed.resident_bytes;
    Ok(after.saturating_sub(before) <= LEFT_BYTES_MAX && greed.descriptors.0 == greed.descriptors.1)
}
