//! Both readers of the command line agree, on what is right and on what is wrong.

use clap::Parser;

use super::super::full::{self, Command};
use super::*;

/// What follows `holm run`.
const LINES: &[&str] = &[
    "",
    "--",
    "-",
    "a.wasm",
    "a.wasm b -- c --stats",
    "a.wasm --stats",
    "-- a.wasm --stats",
    "-- --stats",
    "--stats a.wasm",
    "--stats",
    "--stats=1 a.wasm",
    "--stats= a.wasm",
    "--stats --stats a.wasm",
    "--stat a.wasm",
    "--nothing a.wasm",
    "--invoke f a.wasm 1 -2",
    "--invoke=f a.wasm",
    "--invoke= a.wasm",
    "--invoke f --invoke g a.wasm",
    "--invoke",
    "--invoke -x a.wasm",
    "--invoke - a.wasm",
    "--invoke -- a.wasm",
    "--dir . --dir /x::/y:ro --overlay=z --save /y=out.tar a.wasm",
    "--dir=a=b a.wasm",
    "--env A=b=c --env=A --env=A= a.wasm",
    "--listen 127.0.0.1:80 --connect localhost:1 a.wasm",
    "--grants a.wasm",
    "--grants= a.wasm",
    "--grants=x.toml a.wasm",
    "--grants --grants=x a.wasm",
    "--explain --deny-log --deterministic --seed 7 a.wasm",
    "--seed 7 a.wasm",
    "--deterministic --seed x a.wasm",
    "--deterministic --seed -1 a.wasm",
    "--max-memory 1MiB --max-heap=2KiB --max-stack 64KiB --max-files 0 a.wasm",
    "--max-memory 1Q a.wasm",
    "--max-stack 1 a.wasm",
    "--max-handles 3 a.wasm",
    "--max-handles 4 --max-table-entries 0 --max-threads 10000 a.wasm",
    "--max-threads 0 a.wasm",
    "--max-table-entries 18446744073709551616 a.wasm",
    "--timeout 10s --fuel 1_000 a.wasm",
    "--timeout none a.wasm",
    "--timeout 10 a.wasm",
    "-O on a.wasm",
    "-Ooff a.wasm",
    "-O=off a.wasm",
    "-O maybe a.wasm",
    "-O a.wasm",
    "-O",
    "--optimize off -O on a.wasm",
    "-x a.wasm",
    "--tier interp a.wasm",
    "--tier nothing a.wasm",
    "--tiering chance:3 --memory-strategy checked --gc-stress a.wasm",
    "--features -simd,threads a.wasm",
    "--features=-all a.wasm",
    "--features nothing a.wasm",
    "--cache-dir x a.wasm",
    "--cache-dir x --no-cache a.wasm",
    "--no-cache a.wasm",
    "--trace-tiers t --profile-out p a.wasm",
];

fn by_clap(words: &[OsString]) -> Option<String> {
    let all = ["holm", "run"].map(OsString::from).into_iter().chain(words.iter().cloned());
    match full::Options::try_parse_from(all) {
        Ok(full::Options { command: Command::Run(run) }) => Some(format!("{run:?}")),
        Ok(other) => panic!("{other:?}"),
        Err(_) => None,
    }
}

fn plainly(words: &[OsString]) -> Option<String> {
    match read_run(&mut words.iter().cloned()) {
        Ok(Asked::Run(run)) => Some(format!("{run:?}")),
        Ok(Asked::Text(text)) => panic!("{text}"),
        Err(failure) => {
            assert_eq!(failure.status(), 2);
            None
        }
    }
}

#[test]
fn both_readers_agree() {
    let (mut right, mut wrong) = (0, 0);
    for line in LINES {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        let found = plainly(&words);
        assert_eq!(found, by_clap(&words), "holm run {line}");
        *if found.is_some() { &mut right } else { &mut wrong } += 1;
    }
    assert!(right > 20 && wrong > 20, "{right} right, {wrong} wrong");
}

#[test]
fn both_readers_take_names_that_are_not_text() {
    let name = || OsStr::from_bytes(b"\xff").to_owned();
    for words in [
        vec![name()],
        vec!["--dir".into(), name(), name()],
        vec!["--invoke".into(), name(), name()],
    ] {
        assert_eq!(plainly(&words), by_clap(&words), "{words:?}");
    }
}

#[test]
fn the_help_has_every_option_that_is_not_hidden() {
    let help = help_of_run();
    let mut run = Run::default();
    for spec in groups(&mut run).iter().flat_map(|group| specs(&**group)) {
        assert_eq!(help.contains(&title(spec)), !spec.hidden, "{}", spec.name);
    }
}

#[test]
fn other_command_lines() {
    let read = |line: &str| {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        read(&mut words.into_iter())
    };
    for line in ["help", "--help", "-h", "-V", "help run", "run --help", "run --stats -h", "-V x"] {
        assert!(matches!(read(line), Ok(Asked::Text(_))), "{line}");
    }
    for line in ["", "inspect a.wasm", "Cargo.toml", "--nothing"] {
        assert_eq!(read(line).unwrap_err().status(), 2, "{line}");
    }
    assert!(
        read("run --max-memroy 1 x")
            .unwrap_err()
            .render(crate::terminal::Style::plain())
            .contains("--max-memory?")
    );
}
