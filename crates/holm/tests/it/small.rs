//! Everything again where address space is short, as in containers with limits: `ulimit -v`.

use holm::{Config, Engine, ErrorKind, MemoryStrategy};
use std::process::Command;

/// Kilobytes of address space: enough for the tests, too little for a single reservation.
const KILOBYTES: &str = "3900000";

/// Set for the tests that run with little address space.
const MARK: &str = "HOLM_TEST_SMALL";

#[test]
fn everything_works_in_a_small_address_space() {
    if std::env::var_os(MARK).is_some() {
        assert_eq!(Engine::default().memory_strategy(), MemoryStrategy::Checked);
        let mut reserved = Config::new();
        let refused = Engine::new(reserved.memory_strategy(Some(MemoryStrategy::Reserved)));
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.limit()), (ErrorKind::Exhausted, Some("address space")));
        assert!(error.to_string().ends_with("needs more addresses, `None` chooses"), "{error}");
        return;
    }
    let script =
        format!("ulimit -v {KILOBYTES} && exec \"$0\" --test-threads 2 --skip every_example_runs");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(MARK, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("everything_works_in_a_small_address_space ... ok"), "{text}");
}
