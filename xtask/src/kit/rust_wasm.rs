//! A Rust standard library for `wasm32-wasip1`, built once from Debian's compiler and its sources.
//!
//! The workspace's own toolchain has no such target and none is downloaded for it: the Debian compiler of the
//! same release as the sources compiles `std` through cargo, and what comes out is kept as a sysroot.
//! Invariant: compiler and library sources come from the same package set; mixing releases does not compile.
//! Read next: `tests/guests/toolchains.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::template::Holes;
use crate::kit::{self, fetch, process};

/// The compiler, the library it runs on, and the sources of the standard library.
pub(crate) const PACKAGES: &str =
    "deb:rustc-web,libstd-rust-web-1.96,libstd-rust-web-dev,libllvm22,rust-web-src";
pub(crate) const TARGET: &str = "wasm32-wasip1";
/// Where Debian's C library for WASI lies.
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

/// Where the parts are.
struct Parts {
    rustc: PathBuf,
    libraries: PathBuf,
    sources: PathBuf,
    linker: PathBuf,
}

/// Makes the sysroot if need be and fills `{rustc}`, `{sysroot}`, `{linker}` and `{libraries}`.
pub(crate) fn prepare(holes: &mut Holes) -> Result<(), String> {
    let (parts, sysroot) = made()?;
    holes.set("rustc", &parts.rustc).set("libraries", &parts.libraries);
    holes.set("sysroot", &sysroot).set("linker", &parts.linker);
    Ok(())
}

/// Cargo, told to build for [`TARGET`] with that compiler and library, and with more flags for it.
pub(crate) fn cargo(flags: &str) -> Result<Command, String> {
    let (parts, sysroot) = made()?;
    let flags = format!("--sysroot {} {flags}", sysroot.display());
    let mut command = Command::new("cargo");
    command
        .env("RUSTC", &parts.rustc)
        .env("LD_LIBRARY_PATH", &parts.libraries)
        .env("CARGO_TARGET_WASM32_WASIP1_LINKER", &parts.linker)
        .env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", flags)
        .env_remove("RUSTFLAGS");
    Ok(command)
}

/// The parts, and the sysroot, made now if it is missing.
fn made() -> Result<(Parts, PathBuf), String> {
    let parts = parts()?;
    let sysroot = kit::made_folder("fetched")?.join("rust-sysroot");
    if !sysroot.join("done").is_file() {
        build_sysroot(&parts, &sysroot)?;
        kit::write(&sysroot.join("done"), b"")?;
    }
    Ok((parts, sysroot))
}

fn parts() -> Result<Parts, String> {
    let root = fetch::package(PACKAGES)?;
    let sources = kit::entries(&root.join("usr/src"))?
        .into_iter()
        .find(|path| path.join("library").is_dir())
        .ok_or("rust-web-src holds no library folder")?;
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let linker =
        Path::new(sysroot.trim()).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    Ok(Parts {
        rustc: root.join("usr/bin/rustc"),
        libraries: root.join("usr/lib/x86_64-linux-gnu"),
        sources: sources.join("library"),
        linker,
    })
}

/// Builds `std` by building an empty program, and keeps the libraries.
fn build_sysroot(parts: &Parts, sysroot: &Path) -> Result<(), String> {
    crate::say("building the Rust standard library for WASI (a minute or two, once)");
    let work = kit::made_folder("fetched/rust-std")?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
                    [workspace]\n[[bin]]\nname = \"empty\"\npath = \"main.rs\"\n";
    kit::write(&work.join("Cargo.toml"), manifest.as_bytes())?;
    kit::write(&work.join("main.rs"), b"fn main() {}\n")?;
    let start = start_object(&work)?;
    let rustflags =
        format!("-C link-self-contained=no -C link-arg={} -L native={WASI_LIBC}", start.display());
    let mut command = Command::new("cargo");
    command
        .args(["build", "--quiet", "--release", "-Z", "build-std=std,panic_abort"])
        .args(["--target", TARGET, "--target-dir", "target"])
        .current_dir(&work)
        .env("RUSTC", &parts.rustc)
        .env("LD_LIBRARY_PATH", &parts.libraries)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", &parts.sources)
        .env("CARGO_TARGET_WASM32_WASIP1_LINKER", &parts.linker)
        .env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", rustflags)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    process::output(&mut command)?;
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    kit::make_folder(&libraries.join("self-contained"))?;
    let built = work.join("target").join(TARGET).join("release/deps");
    for file in kit::entries(&built)? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".rlib") {
            kit::copy(&file, &libraries.join(name))?;
        }
    }
    let own = libraries.join("self-contained");
    kit::copy(&start, &own.join("crt1-command.o"))?;
    kit::copy(&Path::new(WASI_LIBC).join("crt1-reactor.o"), &own.join("crt1-reactor.o"))?;
    kit::copy(&Path::new(WASI_LIBC).join("libc.a"), &own.join("libc.a"))
}

/// A start object that runs the constructors itself, as today's linkers expect.
fn start_object(work: &Path) -> Result<PathBuf, String> {
    let source = work.join("crt1.c");
    let object = work.join("crt1-command.o");
    let text = "void __wasm_call_ctors(void);\nvoid __wasm_call_dtors(void);\nint __main_void(void);\n\
                _Noreturn void _Exit(int);\n\
                __attribute__((export_name(\"_start\"))) void _start(void) {\n\
                __wasm_call_ctors();\nint code = __main_void();\n__wasm_call_dtors();\n\
                if (code) _Exit(code);\n}\n";
    kit::write(&source, text.as_bytes())?;
    let mut command = Command::new("clang-19");
    command.args(["--target=wasm32-wasi", "-O2", "-c"]).arg(&source).arg("-o").arg(&object);
    process::output(&mut command)?;
    Ok(object)
}
