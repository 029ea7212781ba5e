//! Bad input, from the command line: `bad_input bombs [NAME…]`, `bad_input make NAME FILE`, `bad_input list`.
//!
//! Bombs go through the real `holm` program: the one that `HOLM_BIN` names, else the one beside this program.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use holm_tests::bombs::driver::{Bounds, Driver};
use holm_tests::bombs::{self, Bomb};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list"] => list(),
        ["make", name, file] => make(name, file),
        ["bombs", names @ ..] => run_bombs(names),
        _ => Err("usage: bad_input list | make NAME FILE | bombs [NAME…]".into()),
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

fn make(name: &str, file: &str) -> Result<ExitCode, Box<dyn Error>> {
    let bombs = bombs::all();
    let bomb = bombs.iter().find(|bomb| bomb.name == name);
    let bomb = bomb.ok_or_else(|| format!("no bomb of that name: {name}"))?;
    fs::write(file, (bomb.make)())?;
    Ok(ExitCode::SUCCESS)
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
        let outcome = driver.run(bomb, bounds)?;
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
