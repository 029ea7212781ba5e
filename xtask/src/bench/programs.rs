//! Builds the benchmark programs: each for every wished build, as WebAssembly and as a native program.
//!
//! What cannot be built here (no toolchain, package not fetched and no `--fetch`) is named and left out.
//! Invariant: both files of a `Built` come from the same sources.
//! Read next: `xtask/src/bench/run.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bench::Wish;
use crate::bench::table::{Program, Table};
use crate::kit::toolchain::{self, Build, Toolchain};
use crate::{kit, say};

/// One build of one program.
pub(crate) struct Built {
    pub(crate) name: String,
    pub(crate) build: String,
    pub(crate) groups: Vec<String>,
    pub(crate) wasm: PathBuf,
    /// The native program, where there is a compiler for it.
    pub(crate) native: Option<PathBuf>,
}

/// Reads the table.
pub(crate) fn table() -> Result<Table, String> {
    kit::table("bench/programs.toml")
}

/// Builds one program as scalar code, if it was wished for.
pub(crate) fn scalar(name: &str, wish: &Wish) -> Result<Option<Built>, String> {
    if !wish.only.is_empty() && !wish.only.iter().any(|only| only == name) {
        return Ok(None);
    }
    let only = Wish { only: vec![name.into()], builds: vec!["scalar".into()], ..wish.clone() };
    Ok(build_all(&only)?.into_iter().next())
}

/// Builds what was wished for.
pub(crate) fn build_all(wish: &Wish) -> Result<Vec<Built>, String> {
    let table = table()?;
    let toolchains = toolchain::all()?;
    let mut built = Vec::new();
    for program in &table.program {
        if !wish.only.is_empty() && !wish.only.contains(&program.name) {
            continue;
        }
        for build in &wish.builds {
            match build_one(program, build, &table, &toolchains, wish.fetch) {
                Ok(one) => built.push(one),
                Err(why) => say(&format!("{} {build} left out: {why}", program.name)),
            }
        }
    }
    if built.is_empty() { Err("no program could be built".into()) } else { Ok(built) }
}

fn build_one(
    program: &Program,
    build: &str,
    table: &Table,
    toolchains: &BTreeMap<String, Toolchain>,
    fetch: bool,
) -> Result<Built, String> {
    let find =
        |name: &str| toolchains.get(name).ok_or_else(|| format!("no toolchain is called {name}"));
    let toolchain = find(&program.toolchain)?;
    if fetch {
        toolchain.fetch()?;
    }
    if let Some(missing) = toolchain.missing() {
        return Err(format!("toolchain {}: {missing}", program.toolchain));
    }
    let flags_of = |flags: &BTreeMap<String, Vec<String>>| {
        flags.get(build).cloned().ok_or_else(|| format!("no build is called {build}"))
    };
    let is_rust = program.toolchain == "rust";
    let mut flags = flags_of(if is_rust { &table.builds_rust } else { &table.builds })?;
    flags.extend(program.flags.iter().chain(&program.wasm).cloned());
    let folder = kit::made_folder("bench/programs")?;
    let wasm = folder.join(format!("{}.{build}.wasm", program.name));
    compile(toolchain, program, flags, &wasm)?;
    let mut native_flags = flags_of(&table.builds_native)?;
    native_flags.extend(program.flags.iter().cloned());
    let file = folder.join(format!("{}.{build}.native", program.name));
    let native = find(&program.native_toolchain())
        .and_then(|toolchain| compile(toolchain, program, native_flags, &file));
    let native = match native {
        Ok(()) => Some(file),
        Err(why) => {
            say(&format!("{} {build} has no native build: {why}", program.name));
            None
        }
    };
    let (name, groups) = (program.name.clone(), program.groups.clone());
    Ok(Built { name, build: build.into(), groups, wasm, native })
}

fn compile(
    toolchain: &Toolchain,
    program: &Program,
    flags: Vec<String>,
    out: &Path,
) -> Result<(), String> {
    let folder = crate::root().join("bench/programs");
    let build = Build { sources: program.sources.clone(), flags, folder: &folder, out };
    if toolchain.build(&build)? {
        say(&format!("built {}", out.display()));
    }
    Ok(())
}
