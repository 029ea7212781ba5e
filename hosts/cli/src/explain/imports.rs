//! Imports that nobody provides: all of them at once, and what to do about those that are common.
//!
//! Not here: imports of the wrong type (the linker says both types). Invariant: decided before anything of
//! the guest runs. Read next: `commands/inspect/asks.rs`.

use holm::{ExternType, ImportType, Module};

use crate::failure::Failure;

/// How many missing imports are listed before the rest is only counted.
const LISTED_MAX: usize = 8;

/// Where an import comes from, and how to build a module that does not need it.
const ADVICE: &[(&str, &str)] = &[
    ("wasi_snapshot_preview1", "build it with a tool for WASI preview 1 (wasm32-wasip1)"),
    ("wasi_unstable", "build it with a tool for WASI preview 1 (wasm32-wasip1)"),
    (
        "wasi",
        "a program that makes threads has to import a shared memory: link it with --import-memory,--shared-memory",
    ),
    ("wasi:", "it is made for WASI 0.2: build it for preview 1 instead, e.g. for wasm32-wasip1"),
    ("wbg", "it is made for JavaScript by wasm-bindgen: build it for the target wasm32-wasip1"),
    (
        "__wbindgen",
        "it is made for JavaScript by wasm-bindgen: build it for the target wasm32-wasip1",
    ),
    ("gojs", "it is made for browsers: build it with GOOS=wasip1 GOARCH=wasm go build"),
    ("go", "it is made for browsers: build it with GOOS=wasip1 GOARCH=wasm go build"),
    ("a", "it is made for JavaScript, perhaps by Emscripten: link it with -sSTANDALONE_WASM"),
];

/// Refuses a module that imports what `holm run` does not have.
///
/// # Errors
/// With one line per missing import.
pub(crate) fn check(module: &Module, name: &str) -> Result<(), Failure> {
    let is_shared =
        |import: &ImportType<'_>| matches!(import.ty(), ExternType::Memory(ty) if ty.shared);
    let shares = module.imports().any(|import| is_shared(&import));
    let missing: Vec<ImportType<'_>> = module
        .imports()
        .filter(|import| !(is_provided(import.module(), import.name()) || is_shared(import)))
        .filter(|import| !(shares && (import.module(), import.name()) == holm_wasi::SPAWN))
        .collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let mut failure = Failure::start(sentence(name, first));
    for import in missing.iter().take(LISTED_MAX).skip(1) {
        failure = failure.because(sentence(name, import));
    }
    if let Some(more) = missing.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
        failure =
            failure.because(format!("{name} needs {more} more that holm run does not provide"));
    }
    Err(failure.help(advice(&missing)))
}

/// Whether `holm run` has this function.
pub(crate) fn is_provided(module: &str, name: &str) -> bool {
    let table: &[holm_wasi::preview1::Function] = match module {
        "wasi_snapshot_preview1" => &holm_wasi::preview1::SNAPSHOT_1,
        "wasi_unstable" => &holm_wasi::preview1::SNAPSHOT_0,
        _ => return false,
    };
    table.iter().any(|function| function.name == name)
}

fn sentence(name: &str, import: &ImportType<'_>) -> String {
    let (module, function, ty) = (import.module(), import.name(), import.ty());
    format!("{name} imports {module}.{function}, {ty}, which holm run does not provide")
}

fn advice(missing: &[ImportType<'_>]) -> String {
    let known = missing.iter().find_map(|import| {
        ADVICE.iter().find(|(from, _)| {
            let exact = *from == import.module();
            exact || (from.len() > 3 && import.module().starts_with(from))
        })
    });
    if let Some((_, advice)) = known {
        return (*advice).to_owned();
    }
    if missing.iter().any(|import| import.module() == "env" && import.name() == "abort") {
        return "if it is AssemblyScript, compile it with --use abort=; else provide env.abort from a program that embeds Holm".to_owned();
    }
    "holm run provides WASI preview 1: build the module for it, or embed Holm in a program that provides the rest".to_owned()
}
