//! `bench/programs.toml` as types.
//!
//! Read next: `xtask/src/bench/programs.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Table {
    /// Flags of each build, by the name of the build.
    pub(crate) builds: BTreeMap<String, Vec<String>>,
    pub(crate) builds_rust: BTreeMap<String, Vec<String>>,
    pub(crate) builds_native: BTreeMap<String, Vec<String>>,
    pub(crate) program: Vec<Program>,
    pub(crate) compile: Vec<Module>,
}

/// One program.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
    #[serde(default = "clang")]
    pub(crate) toolchain: String,
    pub(crate) sources: Vec<String>,
    /// Flags of every build.
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    /// Flags of the WebAssembly builds only.
    #[serde(default)]
    pub(crate) wasm: Vec<String>,
}

/// A module that is only compiled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) file: String,
}

impl Program {
    /// The toolchain of its native build.
    pub(crate) fn native_toolchain(&self) -> String {
        match self.toolchain.as_str() {
            "clang" => "native".into(),
            other => format!("native-{other}"),
        }
    }
}

fn clang() -> String {
    "clang".into()
}
