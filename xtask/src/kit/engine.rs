//! The command lines of the engines that run a WASI command: Holm, its peers, and how each is found.
//!
//! It runs nothing; it turns a `Job` into a `Command`.
//! Invariant: a job means the same on every engine: same arguments, variables, folders.
//! Read next: `xtask/src/kit/process.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::process;

/// What a guest is given.
#[derive(Default, Clone)]
pub(crate) struct Job {
    pub(crate) file: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    /// Host folder and the name the guest sees.
    pub(crate) dirs: Vec<(PathBuf, String)>,
}

/// Whose command line it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Holm,
    Wasmtime,
    Wasmi,
    /// It has no folders and no variables.
    Wasm3,
    Node,
    /// The job's file is a native program.
    Native,
}

/// One engine on this machine.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) program: PathBuf,
    /// Flags before the file.
    pub(crate) flags: Vec<String>,
}

impl Engine {
    /// An engine without further flags.
    pub(crate) fn new(name: &str, kind: Kind, program: PathBuf) -> Self {
        Self { name: name.into(), kind, program, flags: Vec::new() }
    }

    /// The engine called `name`: `holm` is built from this tree, `interp` is the same without machine code, others are
    /// looked for.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let (kind, program) = match name {
            "holm" | "interp" => (Kind::Holm, Some(holm()?)),
            "wasmtime" => (Kind::Wasmtime, peer("wasmtime", "HOLM_BENCH_WASMTIME")),
            "wasmi" => (Kind::Wasmi, peer("wasmi", "HOLM_BENCH_WASMI")),
            "wasm3" => (Kind::Wasm3, peer("wasm3", "HOLM_BENCH_WASM3")),
            "node" => (Kind::Node, peer("node", "HOLM_BENCH_NODE")),
            other => return Err(format!("no engine is called {other}")),
        };
        let program = program.ok_or_else(|| format!("{name} is not installed"))?;
        let mut engine = Self::new(name, kind, program);
        if name == "interp" {
            engine.flags.extend(["--tier".into(), "interp".into()]);
        }
        Ok(engine)
    }

    /// The same engine told to compile everything before it runs anything, where it would do otherwise.
    pub(crate) fn compiling_first(&self) -> Self {
        let mut engine = self.clone();
        if self.kind == Kind::Holm && self.flags.is_empty() {
            engine.flags.extend(["--tier".into(), "optimize".into()]);
        }
        engine
    }

    /// Whether it takes so long for a program that once is enough.
    pub(crate) fn interprets(&self) -> bool {
        matches!(self.kind, Kind::Wasmi | Kind::Wasm3) || self.name == "interp"
    }

    /// The command that runs a job.
    pub(crate) fn command(&self, job: &Job) -> Command {
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Native => {
                command = Command::new(&job.file);
                command.envs(job.env.iter().cloned());
            }
            Kind::Node => self.node(&mut command, job),
            Kind::Wasm3 => {
                command.args(&self.flags).arg(&job.file);
            }
            Kind::Holm | Kind::Wasmtime | Kind::Wasmi => {
                command.arg("run").args(&self.flags);
                for (host, guest) in &job.dirs {
                    let pair = format!("{}::{guest}", host.display());
                    command.arg("--dir").arg(pair);
                }
                for (name, value) in &job.env {
                    command.arg("--env").arg(format!("{name}={value}"));
                }
                command.arg(&job.file);
            }
        }
        command.args(&job.args);
        command
    }

    fn node(&self, command: &mut Command, job: &Job) {
        let dirs: Vec<_> = job.dirs.iter().map(|(host, guest)| (guest, host)).collect();
        let grants = serde_json::json!({ "dirs": dirs, "env": job.env });
        let script = crate::root().join("bench/peers/node.mjs");
        command.arg("--no-warnings").args(&self.flags).arg(script);
        command.arg(grants.to_string()).arg(&job.file);
    }
}

/// The `holm` program: `HOLM_BIN`, or the release build of this tree.
pub(crate) fn holm() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("HOLM_BIN") {
        return Ok(path.into());
    }
    crate::say("building holm");
    crate::command("cargo", &["build", "--quiet", "--release", "--package", "holm-cli"], &[])?;
    Ok(cargo_target().join("release/holm"))
}

/// Where cargo puts what it builds.
pub(crate) fn cargo_target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::root().join("target"), PathBuf::from)
}

/// A peer: named by a variable, installed by `cargo xtask peers`, or in `PATH`.
fn peer(name: &str, variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let ours = crate::root().join("target/peers/bin").join(name);
    named
        .or_else(|| Some(ours).filter(|path| path.is_file()))
        .or_else(|| process::which(name))
        .filter(|path| Path::is_file(path))
}
