//! Links the small build small: relocations packed (those of a static program too), and no tables for unwinding where
//! nothing unwinds.
//!
//! The tables are dropped by a linker script because stable compilers write them even when a panic aborts.

fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let profile = variable("OUT_DIR");
    let linux =
        variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let small = profile.contains("/small/build/");
    // A program that loads itself understands packed relocations; the system's loader may be too old.
    let loads_itself = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|f| f == "crt-static");
    if linux && (small || loads_itself) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if linux && small {
        let script = format!("{}/small.ld", variable("CARGO_MANIFEST_DIR"));
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{script}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=small.ld");
}
