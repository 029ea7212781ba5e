//! Kills a writing process at every system call it makes, and looks at what it leaves.
//!
//! This program is both sides: with `HOLM_TEST_CHILD` it opens a cache, looks, stores and ends; without, it runs itself
//! under strace once per system call of the child, with SIGKILL at that call, and checks the directory after each.
//! Where strace is missing or may not trace, it says so and passes: `src/tests.rs` does the same in process everywhere.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a test program reports on standard output")]

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use holm_cache::{Cache, CacheConfig, Key};

const CHILD: &str = "HOLM_TEST_CHILD";
/// More calls than this and something is wrong with the count.
const CALLS_MAX: usize = 400;

fn main() -> ExitCode {
    if let Some(dir) = env::var_os(CHILD) {
        store(Path::new(&dir), b"child");
        return ExitCode::SUCCESS;
    }
    let dir = tempfile::tempdir().expect("a directory for the test");
    let Some(calls) = list_calls(dir.path()) else {
        println!("killed: skipped, strace is not installed or may not trace here");
        println!("0 passed, 0 failed, 1 skipped");
        return ExitCode::SUCCESS;
    };
    let count = calls.len();
    assert!((30..CALLS_MAX).contains(&count), "{count} system calls in the child");
    let mut leftovers = 0;
    for call in &calls {
        for old in [false, true] {
            let dir = tempfile::tempdir().expect("a directory for the test");
            if old {
                store(dir.path(), b"old");
            }
            kill_at(call, dir.path());
            leftovers += usize::from(check(dir.path(), call));
        }
    }
    assert!(leftovers > 4, "only {leftovers} kills fell between creating a file and naming it");
    println!("killed: {count} system calls, each over an empty and a filled cache");
    println!("{} passed, 0 failed", 2 * count);
    ExitCode::SUCCESS
}

fn key() -> Key {
    Key::new(&[("test", b"killed")])
}

fn open(dir: &Path) -> Cache {
    Cache::open(CacheConfig::new(dir.join("cache"))).expect("a cache opens after a kill")
}

fn store(dir: &Path, payload: &[u8]) {
    let cache = open(dir);
    drop(cache.get(&key()));
    cache.put(&key(), &[payload, &[0; 100_000]]).expect("a cache stores after a kill");
}

/// The system calls the child makes, as strace wants them named for an injection, or nothing if it can not be traced.
fn list_calls(dir: &Path) -> Option<Vec<String>> {
    let log = dir.join("log");
    let status = strace(dir).arg("-o").arg(&log).arg(env::current_exe().ok()?).status().ok()?;
    if !status.success() {
        return None;
    }
    // An injection counts the calls of each name by itself.
    let mut counts = BTreeMap::new();
    let mut calls = Vec::new();
    for line in std::fs::read_to_string(log).ok()?.lines() {
        // A line without one is no call: "+++ exited with 0 +++".
        let Some((name, _)) = line.split_once('(') else { continue };
        let count = counts.entry(name.to_owned()).and_modify(|n| *n += 1).or_insert(1);
        calls.push(format!("inject={name}:signal=KILL:when={count}"));
    }
    Some(calls)
}

fn kill_at(injection: &str, dir: &Path) {
    // How it ends is not asked: the last call is the exit, and the first is strace's own.
    let _ = strace(dir)
        .args(["-o", "/dev/null", "-e", injection])
        .arg(env::current_exe().expect("this program's path"))
        .status()
        .expect("strace started before");
}

fn strace(dir: &Path) -> Command {
    let mut command = Command::new("strace");
    command.env(CHILD, dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Every entry that is there is whole, and the cache works on. Says whether a file was left behind.
fn check(dir: &Path, call: &str) -> bool {
    let cache_dir = dir.join("cache");
    let leftover = std::fs::read_dir(&cache_dir).is_ok_and(|items| {
        items.flatten().any(|item| item.file_name().to_string_lossy().starts_with("holm-tmp-"))
    });
    let entries = |dir: &Path| open(dir).info().expect("the cache can be read").entries;
    let before = entries(dir);
    let found = open(dir).get(&key());
    if let Some(found) = &found {
        let (payload, rest) = found.as_ref().split_at(found.as_ref().len() - 100_000);
        assert!(payload == b"old" || payload == b"child", "{call}: {payload:?}");
        assert!(rest.iter().all(|byte| *byte == 0), "{call}");
    }
    // An entry that is there and is refused would have been half written.
    assert_eq!(before, u64::from(found.is_some()), "{call}");
    store(dir, b"next");
    assert!(open(dir).get(&key()).is_some(), "{call}");
    leftover
}
