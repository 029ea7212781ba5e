//! All of these tests again, with guest memory that threads could share: its bytes are copied, and everything else is the same.
//!
//! Read next: `guest.rs`.

use crate::guest::SHARED_VARIABLE;
use std::process::Command;

#[test]
fn everything_holds_for_memory_that_is_copied() {
    if std::env::var_os(SHARED_VARIABLE).is_some() {
        return;
    }
    let tests = std::env::current_exe().unwrap();
    let mut command = Command::new(tests);
    // Where paths lead to has nothing to do with the memory they come from.
    for other in ["race::", "threads::", "conditions::", "escape::", "published::", "refused::"] {
        command.args(["--skip", other]);
    }
    command.env(SHARED_VARIABLE, "1");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find(|line| line.starts_with("test result: ok. ")).unwrap();
    let passed: u32 = line.split(' ').nth(3).unwrap().parse().unwrap();
    assert!(passed > 60, "{line}");
}
