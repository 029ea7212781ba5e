//! Links the program: without shared libraries where it is made to be used, for then it starts in three quarters of the time;
//! and the small build small: relocations packed, and no tables for unwinding where nothing unwinds.
//!
//! Which libraries a program needs is normally said by a flag of the compiler, which a package cannot set for itself.
//! So the linker is given a folder in which each shared library is a line that names the static one. `HOLM_LIBRARIES`
//! says `static` or `shared` where that is not wanted. The tables are dropped by a linker script because stable compilers write them
//! even when a panic aborts.

use std::path::Path;
use std::process::Command;

/// The system's shared libraries that a program asks for, and the static ones that have the same in them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("c", &["c", "gcc_eh", "gcc"]),
    ("dl", &["dl"]),
    ("gcc_s", &["gcc_eh", "gcc"]),
    ("m", &["m"]),
    ("pthread", &["pthread"]),
    ("rt", &["rt"]),
    ("util", &["util"]),
];

fn main() {
    let linux =
        variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let small = variable("OUT_DIR").contains("/small/build/");
    let by_flag = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|f| f == "crt-static");
    let linked_here = linux && !by_flag && wants_static(small);
    if linked_here {
        link_static();
    }
    // A program that loads itself understands packed relocations; the system's loader may be too old.
    if linux && (small || by_flag || linked_here) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if linux && small {
        let script = format!("{}/small.ld", variable("CARGO_MANIFEST_DIR"));
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{script}");
    }
    println!("cargo::rerun-if-env-changed=HOLM_LIBRARIES");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=small.ld");
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Whether this program is to have its libraries in itself, and can.
fn wants_static(small: bool) -> bool {
    match variable("HOLM_LIBRARIES").as_str() {
        "static" if can_be_static() => true,
        "static" => {
            println!("cargo::error=HOLM_LIBRARIES=static needs the static C library of the target");
            false
        }
        "shared" => false,
        // What is small shares, and what is only built to be tried is linked faster that way.
        _ => variable("PROFILE") == "release" && !small && can_be_static(),
    }
}

/// Whether the static libraries are there, and nothing that needs the shared ones: a sanitizer takes their place.
fn can_be_static() -> bool {
    let native = variable("HOST") == variable("TARGET");
    native
        && variable("CARGO_CFG_SANITIZE").is_empty()
        && ["libc.a", "libgcc_eh.a", "rcrt1.o"].into_iter().all(|file| path_of(file).is_some())
}

/// Where the linker finds a file; nothing if it does not.
fn path_of(file: &str) -> Option<String> {
    let linker = Some(variable("RUSTC_LINKER")).filter(|linker| !linker.is_empty());
    let linker = linker.unwrap_or_else(|| "cc".to_owned());
    let said = Command::new(linker).arg(format!("-print-file-name={file}")).output().ok()?;
    let path = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    // It repeats the name of what it does not know.
    Path::new(&path).is_absolute().then_some(path)
}

fn link_static() {
    let folder = variable("OUT_DIR");
    for (shared, archives) in LIBRARIES {
        let archives: Vec<String> = archives
            .iter()
            .filter(|name| path_of(&format!("lib{name}.a")).is_some())
            .map(|name| format!("-l:lib{name}.a"))
            .collect();
        let script = format!("GROUP({})\n", archives.join(" "));
        let file = format!("{folder}/lib{shared}.so");
        if let Err(error) = std::fs::write(&file, script) {
            println!("cargo::error={file}: {error}");
        }
    }
    println!("cargo::rustc-link-arg-bins=-L{folder}");
    println!("cargo::rustc-link-arg-bins=-static-pie");
}
