//! Golden files: input, settings and expected text in one file.
//!
//! A file of `tests/golden` is a module in the text format. Its first lines `;;! name = value` choose
//! settings and the stage to show; the comment at its end is the expected text. `BLESS=1` writes the
//! present text into the files; read the difference before committing it.

use crate::loops::loops;
use holm_abi::settings::{Architecture, MemoryStrategy};
use holm_abi::{Entry, Part, Profile, Settings, Share};
use holm_module::wasm::Operator;
use holm_module::{Features, Limits, Module};
use holm_optimize::Optimizer;
use holm_optimize::inspect::{self, Source, Stage};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The settings that a golden file starts from.
pub(crate) fn settings() -> Settings {
    Settings {
        architecture: Architecture::X86_64,
        cpu_features: "sse3,ssse3,sse4.1,sse4.2,popcnt,lzcnt,bmi1,bmi2,avx,avx2".into(),
        memory: MemoryStrategy::Reserved,
        fuel: false,
        polls: true,
        canonical_nans: false,
        optimize: true,
    }
}

/// What a golden file asks for.
struct Request {
    settings: Settings,
    stage: Stage,
    thunks: bool,
    /// Defined functions that are compiled in a batch with the one that is shown, if it is not the whole module.
    parts: Option<Vec<u32>>,
    /// Whether to show functions from their loops on, too.
    loops: bool,
    /// What was seen: the kind, the defined function, which of its operators of that kind, how often, of how often.
    seen: Vec<(bool, [u32; 4])>,
}

/// What was seen, by the function and the offset: whether of a branch, and how often.
struct Shares(BTreeMap<(u32, u32), (bool, Share)>);

impl Shares {
    fn new(seen: &[(bool, [u32; 4])], module: &Module, wasm: &[u8]) -> Self {
        let share = |(is_branch, [defined, nth, times, of]): &(bool, [u32; 4])| {
            let body = module.body(wasm, *defined).unwrap();
            let operators = body.operators.into_iter_with_offsets().map(Result::unwrap);
            let mut places = operators.filter(|(operator, _)| match operator {
                Operator::If { .. } | Operator::BrIf { .. } => *is_branch,
                Operator::Call { .. } => !is_branch,
                _ => false,
            });
            let (_, offset) = places.nth(*nth as usize).expect("there is such an operator");
            let share = Share { times: *times, of: *of };
            ((*defined, offset.try_into().unwrap()), (*is_branch, share))
        };
        Self(seen.iter().map(share).collect())
    }

    fn find(&self, defined: u32, offset: u32, is_branch: bool) -> Option<Share> {
        let found = self.0.get(&(defined, offset)).filter(|found| found.0 == is_branch);
        found.map(|found| found.1)
    }
}

impl Profile for Shares {
    fn branch(&self, defined: u32, offset: u32) -> Option<Share> {
        self.find(defined, offset, true)
    }

    fn calls(&self, defined: u32, offset: u32) -> Option<Share> {
        self.find(defined, offset, false)
    }
}

fn request(text: &str) -> Request {
    let (stage, thunks, parts, loops) = (Stage::Machine, false, None, false);
    let seen = Vec::new();
    let mut request = Request { settings: settings(), stage, thunks, parts, loops, seen };
    for line in text.lines().map_while(|line| line.strip_prefix(";;! ")) {
        let (name, value) = line.split_once(" = ").expect("a line `;;! name = value`");
        let settings = &mut request.settings;
        match (name, value) {
            ("stage", "intermediate") => request.stage = Stage::Intermediate,
            ("stage", "machine") => request.stage = Stage::Machine,
            ("architecture", "aarch64") => {
                settings.architecture = Architecture::Aarch64;
                settings.cpu_features.clear();
            }
            ("memory", "checked") => settings.memory = MemoryStrategy::Checked,
            ("fuel", "on") => settings.fuel = true,
            ("polls", "off") => settings.polls = false,
            ("canonical-nans", "on") => settings.canonical_nans = true,
            ("optimize", "off") => settings.optimize = false,
            ("thunks", "on") => request.thunks = true,
            ("parts", list) => {
                request.parts = Some(list.split(' ').map(|part| part.parse().unwrap()).collect());
            }
            ("loops", "on") => request.loops = true,
            ("branch" | "call", list) => {
                let numbers: Vec<u32> = list.split(' ').map(|word| word.parse().unwrap()).collect();
                request.seen.push((name == "branch", numbers.try_into().unwrap()));
            }
            _ => panic!("unknown line `{line}`"),
        }
    }
    request
}

/// A function from its start on.
pub(crate) fn part(defined: &u32) -> Part {
    Part { defined: *defined, entry: Entry::Start }
}

/// The text that a module becomes.
fn actual(request: &Request, source: &str) -> String {
    let wasm = wat::parse_str(source).expect("the module parses");
    let module = Module::new(&wasm, &Limits::default(), Features::default()).expect("it is valid");
    let optimizer = Optimizer::new(request.settings.clone()).expect("the settings are possible");
    let shares = Shares::new(&request.seen, &module, &wasm);
    let source = Source { module: &module, wasm: &wasm, profile: &shares };
    let mut out = String::new();
    let mut show = |what: String, text: String| {
        writeln!(out, ";; {what}:").unwrap();
        for line in text.trim_end().lines() {
            writeln!(out, "{}", format!(";;   {line}").trim_end()).unwrap();
        }
    };
    for defined in 0..module.defined_functions() {
        let text = match &request.parts {
            None => inspect::function(&optimizer, source, defined, request.stage),
            Some(others) => {
                let others = others.iter().filter(|other| **other != defined);
                let batch: Vec<Part> = std::iter::once(&defined).chain(others).map(part).collect();
                inspect::part(&optimizer, source, &batch, request.stage)
            }
        };
        show(format!("function {}", module.function_index(defined)), text.expect("it compiles"));
    }
    let loops = if request.loops { loops(&module, &wasm) } else { Vec::new() };
    for (at, begin) in loops.iter().enumerate() {
        let others = request.parts.iter().flatten().map(part);
        let batch: Vec<Part> = std::iter::once(*begin).chain(others).collect();
        let text = inspect::part(&optimizer, source, &batch, request.stage);
        let function = module.function_index(begin.defined);
        show(format!("function {function} from loop {at} on"), text.expect("it compiles"));
    }
    let types = if request.thunks { module.types.len() } else { 0 };
    for ty in (0..).take(types) {
        let text = inspect::thunk(&optimizer, source, ty, request.stage);
        show(format!("thunk of type {ty}"), text.expect("it compiles"));
    }
    out
}

fn check(path: &Path, bless: bool) -> Result<(), String> {
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let (source, expected) = match text.split_once("\n;; function") {
        Some((source, rest)) => (source.trim_end().to_owned(), format!(";; function{rest}")),
        None => (text.trim_end().to_owned(), String::new()),
    };
    let actual = actual(&request(&source), &source);
    if actual == expected {
        return Ok(());
    }
    if bless {
        std::fs::write(path, format!("{source}\n\n{actual}")).expect("the file can be written");
        return Ok(());
    }
    let differ = |(a, b): &(&str, &str)| a != b;
    let line = actual.lines().zip(expected.lines()).position(|pair| differ(&pair));
    let line = line.unwrap_or(actual.lines().count().min(expected.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    let (is, was) = (at(&actual), at(&expected));
    Err(format!("{}: line {line} of the text\n  is:  {is}\n  was: {was}", path.display()))
}

#[test]
fn golden_files_hold() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = std::env::var_os("BLESS").is_some();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder exists").map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    assert!(!paths.is_empty(), "there are golden files");
    let failures: Vec<String> = paths.iter().filter_map(|path| check(path, bless).err()).collect();
    assert!(failures.is_empty(), "{}\n(BLESS=1 accepts all)", failures.join("\n"));
}
