//! Chooses the dispatcher: handlers that end in a jump to the next one need a compiler that makes such jumps.
//!
//! LLVM turns calls in tail position into jumps where it optimizes, the arguments fit into registers and nothing
//! is left to do after the call. Everywhere else the loop is used. Below the highest level, which is where size counts,
//! no handler becomes part of another.

#[expect(clippy::disallowed_methods, reason = "this is how Cargo talks to build scripts")]
fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let optimizes = !matches!(variable("OPT_LEVEL").as_str(), "0" | "1");
    let registers = matches!(variable("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let portable = std::env::var_os("CARGO_FEATURE_PORTABLE").is_some();
    println!("cargo::rustc-check-cfg=cfg(holm_tail_dispatch, holm_handlers_apart)");
    if variable("OPT_LEVEL") != "3" {
        println!("cargo::rustc-cfg=holm_handlers_apart");
    }
    if optimizes && registers && !portable {
        println!("cargo::rustc-cfg=holm_tail_dispatch");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
