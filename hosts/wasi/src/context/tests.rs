//! What a builder refuses, in words.

use super::WasiCtx;

/// Contexts move between threads with the stores they belong to.
#[test]
fn contexts_can_be_sent() {
    fn is_sent<T: Send + Sync>() {}
    is_sent::<WasiCtx>();
}

#[test]
fn refusals_name_the_thing_and_both_values() {
    let mut builder = WasiCtx::builder();
    for (error, text) in [
        (builder.arg("a\0b").map(drop), r#"argument "a\0b" has a NUL in it"#),
        (builder.env("a", "b\0").map(drop), r#"variable "a=b\0" has a NUL in it"#),
        (builder.env("", "b").map(drop), r#"variable name "" is empty or has a '=' in it"#),
        (builder.env("a=b", "c").map(drop), r#"variable name "a=b" is empty or has a '=' in it"#),
        (
            builder.arg("x".repeat(8 << 20)).map(drop),
            "arguments are too long together: 8388609 bytes, at most 8388608",
        ),
    ] {
        assert_eq!(error.unwrap_err().to_string(), text);
    }
    // What was refused left nothing behind.
    assert!(builder.arguments.bytes.is_empty() && builder.variables.bytes.is_empty());
    builder.arg("x".repeat((8 << 20) - 1)).unwrap();
    assert!(builder.arg("").is_err());
}
