//! Bad input, from the command line: see `USAGE`. The tests run it too, for the processes that they need.
//!
//! Bombs go through the real `holm` program: the one that `HOLM_BIN` names, else the one beside this program.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use holm_tests::bombs::driver::{Bounds, Driver};
use holm_tests::bombs::{self, Bomb};
use holm_tests::wasi_calls::{self, Case, Found, Playground};
use holm_tests::{agreement, mutants};

const USAGE: &str = "usage:
  bad_input list                    names of all bombs
  bad_input make NAME FILE          write a bomb
  bad_input binary TEXT FILE        write a module of the text format as a binary one
  bad_input bombs [PART OF NAME…]   run bombs through holm, with a table
  bad_input mutant N FILE           write a mutant
  bad_input generated N FILE        write the module that `agree` runs under a number
  bad_input mutants FIRST COUNT     run mutants in process, with a summary
  bad_input agree FIRST COUNT       run generated modules in all tiers and compare all that shows
  bad_input wasi FIRST SECONDS DIR  make calls of WASI for so long, keep what they find in DIR
  bad_input wasi-case FILE…         make the calls in these files";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list"] => list(),
        ["make", name, file] => make(name, file),
        ["binary", text, file] => binary(text, file),
        ["measure", name, holm, dir] => measure(name, holm, dir),
        ["bombs", names @ ..] => run_bombs(names),
        ["mutant", n, file] => make_mutant(n, file),
        ["generated", n, file] => make_generated(n, file),
        ["mutants-child", first, end] => run_mutants_here(first, end),
        ["mutants", first, count] => run_mutants(first, count),
        ["agree-child", first, end] => agree_here(first, end),
        ["agree", first, count] => agree(first, count),
        ["wasi", first, seconds, dir] => run_wasi(first, seconds, dir),
        ["wasi-case", files @ ..] => run_wasi_cases(files),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(code) => code,
        Err(e) => {
            println!("error: {e}");
            ExitCode::from(2)
        }
    }
}

fn list() -> Result<ExitCode, Box<dyn Error>> {
    for bomb in bombs::all() {
        println!("{}", bomb.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn binary(text: &str, file: &str) -> Result<ExitCode, Box<dyn Error>> {
    fs::write(file, wat::parse_file(text)?)?;
    Ok(ExitCode::SUCCESS)
}

fn make(name: &str, file: &str) -> Result<ExitCode, Box<dyn Error>> {
    fs::write(file, (find(name)?.make)())?;
    Ok(ExitCode::SUCCESS)
}

fn find(name: &str) -> Result<Bomb, Box<dyn Error>> {
    let found = bombs::all().into_iter().find(|bomb| bomb.name == name);
    found.ok_or_else(|| format!("no bomb of that name: {name}").into())
}

/// The middle one of the driver's three processes.
fn measure(name: &str, holm: &str, dir: &str) -> Result<ExitCode, Box<dyn Error>> {
    let driver = Driver { holm: holm.into(), maker: env::current_exe()?, dir: dir.into() };
    let outcome = driver.run_here(&find(name)?, Bounds::of_this_build())?;
    print!("{}", outcome.report());
    Ok(ExitCode::SUCCESS)
}

fn make_mutant(n: &str, file: &str) -> Result<ExitCode, Box<dyn Error>> {
    let (kind, bytes) = mutants::module(n.parse()?);
    println!("{kind:?}, {} bytes", bytes.len());
    fs::write(file, bytes)?;
    Ok(ExitCode::SUCCESS)
}

fn make_generated(n: &str, file: &str) -> Result<ExitCode, Box<dyn Error>> {
    fs::write(file, mutants::generated(n.parse()?))?;
    Ok(ExitCode::SUCCESS)
}

fn run_mutants_here(first: &str, end: &str) -> Result<ExitCode, Box<dyn Error>> {
    mutants::driver::child(first.parse()?, end.parse()?)?;
    Ok(ExitCode::SUCCESS)
}

fn run_mutants(first: &str, count: &str) -> Result<ExitCode, Box<dyn Error>> {
    let count = count.parse()?;
    let report = mutants::driver::run(&env::current_exe()?, first.parse()?, count)?;
    let failed = report.findings.len() as u64;
    println!("{report}{} passed, {failed} failed", count.saturating_sub(failed));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn agree_here(first: &str, end: &str) -> Result<ExitCode, Box<dyn Error>> {
    print!("{}", agreement::child(first.parse()?, end.parse()?));
    Ok(ExitCode::SUCCESS)
}

fn agree(first: &str, count: &str) -> Result<ExitCode, Box<dyn Error>> {
    let count = count.parse()?;
    // A campaign takes hours; a line every ten thousand modules says how far it is.
    let shown = |done: u64| {
        if done.is_multiple_of(10_000) {
            println!("{done} of {count} modules");
        }
    };
    let report = agreement::run(&env::current_exe()?, first.parse()?, count, &shown)?;
    for (n, what) in &report.findings {
        println!("{n}: {what}");
    }
    println!("{}", report.ran);
    let failed = report.findings.len() as u64;
    println!("{} passed, {failed} failed", count.saturating_sub(failed));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays cases for a time. What finds something is written to `dir` as text.
fn run_wasi(first: &str, seconds: &str, dir: &str) -> Result<ExitCode, Box<dyn Error>> {
    let (first, time) = (first.parse()?, Duration::from_secs(seconds.parse()?));
    let report = wasi_calls::campaign(first, time, &PathBuf::from(dir))?;
    println!("{report}");
    Ok(if report.found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_wasi_cases(files: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let case = Case::from_text(&fs::read_to_string(file)?)?;
        match Playground::new(folder.path()).play(&case) {
            Ok(()) => println!("{file}: nothing found"),
            Err(Found(text)) => {
                println!("{file}: {text}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// All bombs whose name contains one of the names; all, if none is given.
fn run_bombs(names: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    let maker = env::current_exe()?;
    let holm = env::var_os("HOLM_BIN").map_or_else(|| maker.with_file_name("holm"), PathBuf::from);
    let dir = tempfile::tempdir()?;
    let driver = Driver { holm, maker, dir: dir.path().to_owned() };
    let bounds = Bounds::of_this_build();
    let (mut passed, mut failed) = (0, 0);
    let wanted = |bomb: &&Bomb| names.is_empty() || names.iter().any(|n| bomb.name.contains(n));
    for bomb in bombs::all().iter().filter(wanted) {
        let outcome = driver.run_here(bomb, bounds)?;
        let fault = outcome.fault(bomb, bounds);
        println!("{:44} {outcome}", bomb.name);
        match fault {
            None => passed += 1,
            Some(fault) => {
                failed += 1;
                println!("{:44} ^ {fault}", "");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
