//! What is said about refusals.

use super::super::directory;
use super::*;
use holm_wasi::Errno;

#[test]
fn a_line_names_the_option() {
    let directories = vec![
        directory::parse("--dir", "/data::/in:ro".as_ref(), None).expect("it is well written"),
    ];
    let mut refusal = Refusal {
        function: "path_open",
        reason: Reason::ReadOnly,
        errno: Errno::Rofs,
        grant: Some("/in".to_owned()),
        path: Some("a\x1bb".to_owned()),
    };
    let limits = Limits::default();
    let text = line(&refusal, &directories, &limits);
    assert!(text.ends_with("grant it with --dir /data::/in"), "{text}");
    assert!(text.contains(r#"path_open "a\u{1b}b" in "/in" (rofs)"#), "{text}");
    refusal.reason = Reason::Handles;
    let text = line(&refusal, &directories, &limits);
    assert!(text.contains("1024 handles open; raise --max-handles"), "{text}");
}

#[test]
fn limits_that_were_met_are_kept() {
    let denied = Denied::default();
    let limits = Limits::default();
    assert!(denied.limits_met(&limits).is_empty());
    let mut log = denied.log(Vec::new(), &limits, false);
    let refusal = Refusal {
        function: "fd_write",
        reason: Reason::Space,
        errno: Errno::Nospc,
        grant: None,
        path: None,
    };
    log(&refusal);
    log(&refusal);
    let met = denied.limits_met(&limits);
    assert_eq!(met.len(), 1);
    assert!(met[0].contains("256 MiB") && met[0].contains("2 times"), "{met:?}");
}
