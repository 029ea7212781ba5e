//! The examples are run, as built by the same `cargo test`.

use std::path::PathBuf;
use std::process::Command;

fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples").join(name)
}

#[test]
fn every_example_runs() {
    for name in ["hello", "memory", "limits", "linking", "precompile"] {
        let path = built(name);
        assert!(path.exists(), "{name} is not built: run `cargo test` without `--test`");
        let output = Command::new(path).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
