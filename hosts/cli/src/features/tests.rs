//! Names switch on and off; unknown ones bring the list.

use super::*;

#[test]
fn names_switch() {
    let all = parse("all").unwrap();
    assert_eq!(all, Features::ALL);
    assert_eq!(parse("").unwrap(), Features::default());
    let threads = parse("threads, -simd").unwrap();
    assert!(threads.contains(Features::THREADS) && !threads.contains(Features::SIMD));
    assert_eq!(parse("-all,wasm2").unwrap(), Features::WASM2);
    for text in ["nonsense", "help"] {
        let refusal = parse(text).unwrap_err();
        assert!(
            refusal.contains("\n  on  simd ") && refusal.contains("\n  off threads "),
            "{refusal}"
        );
    }
}
