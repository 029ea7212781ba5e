//! `holm run FILE [ARGS…]`: a program with what it was granted, or one function of a module.
//!
//! Not here: arguments and results of a function (see `run/invoke.rs`), words for what went wrong (see
//! `explain.rs`). Invariants: nothing of the guest runs before every import is known to be there; the
//! deadline counts from the first instruction of the guest, compiling not included.

mod guest;
mod invoke;
mod stats;
#[cfg_attr(not(feature = "optimize"), path = "run/no_tiers.rs")]
mod tiers;

use std::ffi::OsString;
use std::path::Path;
#[cfg(feature = "optimize")]
use std::path::PathBuf;
use std::process::ExitCode;

use holm::{Engine, Module};
use holm_wasi::Stopper;

use crate::cached::CacheOptions;
use crate::code::{self, CodeOptions, Loader};
use crate::explain::{self, End};
use crate::failure::Failure;
use crate::grants::Grants;
use crate::grants::file::GrantsFile;
use crate::limits::{LimitOptions, Limits};
use crate::options::rows::{Options, Row, text};
use crate::watchdog::Watchdog;
use crate::{input, terminal};
use guest::{Guest, Kind};
use invoke::Call;
use stats::Stats;

/// The function that runs a program.
const START: &str = "_start";
/// The function that prepares a library.
const INITIALIZE: &str = "_initialize";

pub(crate) const ABOUT: &str = "Run a program, or call a function of a module";
pub(crate) const USAGE: &str = "holm run [OPTIONS] FILE [ARGS]...";
pub(crate) const FILE_HELP: &str =
    "The program (.wasm, .wat or .holm; - reads it from standard input) and its arguments";
pub(crate) const EXAMPLES: &str = "\
Everything after FILE belongs to the program: options of holm come before it.

Sizes are written 65536, 64KiB, 512MiB or 2GiB; times 500ms, 10s, 2m or none.
Arguments for --invoke: whole numbers (also 0xff), 1.5, nan, inf, i32x4:1,2,3,4, null.
A .holm file is native code: run only those that you made or trust.

Exit codes: the program's own; 134 a trap; 124 the time was up; 137 another limit;
  125 the program could not be started; 2 wrong options.

Examples:
  holm run hello.wasm one two
  holm run --dir .::/:ro --env LANG=C grep.wasm -r needle /
  holm run --dir mem::/tmp --overlay assets.zip::/www --save /www=www.tar site.wasm
  holm run --timeout 10s --max-memory 256MiB untrusted.wasm < input
  holm run --listen 127.0.0.1:8080 server.wasm
  holm run --invoke fib math.wasm 30
  wat2wasm -o - add.wat | holm run --invoke add - 1 2";

/// `holm run` as it was called.
#[derive(Debug, Default)]
#[cfg_attr(feature = "tools", derive(clap::Args))]
#[cfg_attr(feature = "tools", command(about = ABOUT, long_about = None))]
#[cfg_attr(feature = "tools", command(after_help = EXAMPLES, override_usage = USAGE))]
pub(crate) struct Run {
    #[cfg_attr(feature = "tools", arg(help = FILE_HELP, required = true, trailing_var_arg = true))]
    #[cfg_attr(feature = "tools", arg(value_names = ["FILE", "ARGS"]))]
    pub(crate) file: Vec<OsString>,
    #[cfg_attr(feature = "tools", command(flatten))]
    pub(crate) own: RunOptions,
    #[cfg_attr(feature = "tools", command(flatten))]
    pub(crate) grants: Grants,
    #[cfg_attr(feature = "tools", command(flatten))]
    pub(crate) limits: LimitOptions,
    #[cfg_attr(feature = "tools", command(flatten))]
    pub(crate) code: CodeOptions,
    #[cfg_attr(feature = "tools", command(flatten))]
    pub(crate) cache: CacheOptions,
}

/// Options of this command only.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunOptions {
    invoke: Option<String>,
    stats: bool,
    #[cfg(feature = "optimize")]
    trace_tiers: Option<PathBuf>,
    #[cfg(feature = "optimize")]
    profile_out: Option<PathBuf>,
}

impl Options for RunOptions {
    const HEADING: Option<&'static str> = None;
    const ROWS: &'static [Row<Self>] = &[
        Row::<Self>::value(
            "invoke",
            "NAME",
            "Call this exported function with ARGS, and print what it returns",
            |to, value| text(value, |name| Ok(name.to_owned())).map(|name| to.invoke = Some(name)),
        ),
        Row::<Self>::flag("stats", "Say on standard error how long each step took", |to, _| {
            to.stats = true;
            Ok(())
        }),
        #[cfg(feature = "optimize")]
        Row::<Self>::value(
            "trace-tiers",
            "FILE",
            "Write when which function was noticed, compiled and promoted, for Perfetto or chrome://tracing",
            |to, value| {
                to.trace_tiers = Some(PathBuf::from(value));
                Ok(())
            },
        ),
        #[cfg(feature = "optimize")]
        Row::<Self>::value(
            "profile-out",
            "FILE",
            "Write what was seen of the program while it ran under --tier auto, for holm compile --profile",
            |to, value| {
                to.profile_out = Some(PathBuf::from(value));
                Ok(())
            },
        ),
    ];
}

impl Run {
    pub(crate) fn execute(mut self) -> Result<ExitCode, Failure> {
        let mut stats = Stats::begin();
        let file = self.grants.file(self.path())?;
        let limits = self.limits.resolve(file.as_ref().map(|file| &file.limits))?;
        self.grants = std::mem::take(&mut self.grants).with_file(file.as_ref());
        self.grants.check(&limits)?;
        let received = input::receive(self.path())?;
        let name = received.name().to_owned();
        stats.read(&received);
        let mut config = self.code.config_to_run();
        let counts = code::adapt(&mut config, &received, limits.fuel.is_some())?;
        code::adapt_nans(&mut config, &received, self.grants.deterministic)?;
        config.stack_bytes(usize::try_from(limits.max_stack).unwrap_or(usize::MAX));
        if self.own.stats || tiers::are_timed(&self.own) {
            config.clock(Some(stats::nanoseconds));
            config.processor_clock(Some(stats::processor_nanoseconds));
        }
        let loader = Loader::new(config, &self.cache)?;
        let (module, origin) = loader.load(received)?;
        stats.loaded(origin);
        tiers::check(&self.own, &module)?;
        let context = Context { name: &name, file: file.as_ref(), limits: &limits };
        let mut guest = self.prepare(&loader.engine, &module, &context)?;
        if counts {
            let fuel = limits.fuel.unwrap_or(i64::MAX.cast_unsigned());
            guest.set_fuel(fuel).map_err(|error| explain::engine(&error))?;
        }
        let watchdog = watchdog(&limits, &guest)?;
        let result = guest.run(&module, &mut stats);
        let late = watchdog.is_some_and(|watchdog| watchdog.has_barked());
        stats.ran();
        if self.own.stats {
            stats.collected(&guest.heap_stats());
            stats.promoted(&module);
            terminal::print_error(&format!("{stats}{}", guest.bill(&limits)));
            #[cfg(feature = "counting")]
            terminal::print_error(&holm::counting::pairs());
        }
        let outcome = match result {
            Ok(()) => guest.results(),
            Err(error) => {
                let (memory, threads) = (guest.memory_bytes(), guest.has_threads());
                let end = End { limits: &limits, late, began: guest.began, memory, threads };
                explain::outcome(&name, &error, &end)
            }
        };
        let outcome = guest.note_limits(outcome, &limits);
        let outcome = guest.saves.write().and(outcome);
        let outcome = tiers::write(&self.own, &module, &stats).and(outcome);
        // Nobody is told if it cannot be kept: the next run begins like this one.
        let _ = module.keep_promoted();
        // The process is about to end, and the system takes everything back at once: cleaning up for a next
        // guest would only cost time.
        std::mem::forget((guest, module, loader));
        outcome
    }

    /// Everything the guest needs, before any of it runs.
    fn prepare(
        &self,
        engine: &Engine,
        module: &Module,
        context: &Context<'_>,
    ) -> Result<Guest, Failure> {
        let Context { name, file, limits } = *context;
        explain::check_imports(module, name)?;
        let call = match &self.own.invoke {
            Some(function) => Some(Call::parse(module, name, function, self.arguments())?),
            None => {
                self.check_program(module, name)?;
                None
            }
        };
        let arguments = self.program_arguments();
        if self.grants.explain {
            let text = self.grants.explanation(name, file, limits, &arguments)?;
            terminal::print_error(&text);
        }
        let mut made = self.grants.make(file, limits, &arguments)?;
        let saves = made.take_saves();
        let (mut builder, denied) = (made.builder, made.denied);
        let stopper = limits.timeout.0.is_some().then(Stopper::new).transpose();
        let stopper = stopper.map_err(|error| no_watchdog(&error))?;
        if let Some(stopper) = &stopper {
            builder.stopper(stopper.clone());
        }
        let context = builder.build().map_err(|error| crate::grants::refused(&error))?;
        let kind = match guest::needs_threads(module) {
            true if self.grants.deterministic => {
                let text = format!("{name} uses threads, whose order --deterministic can not fix");
                return Err(Failure::start(text).help("leave --deterministic out"));
            }
            true => Kind::threads(engine, context, limits)?,
            false => Kind::alone(engine, context, limits)?,
        };
        Ok(Guest { kind, stopper, call, denied, saves, began: false })
    }

    /// The file; the command line has at least that.
    fn path(&self) -> &Path {
        self.file.first().map_or(Path::new("-"), Path::new)
    }

    /// What follows the file.
    fn arguments(&self) -> &[OsString] {
        self.file.get(1..).unwrap_or_default()
    }

    /// What the program sees: its own name first.
    fn program_arguments(&self) -> Vec<OsString> {
        let name = self.path().file_name().unwrap_or_default().to_owned();
        std::iter::once(name).chain(self.arguments().iter().cloned()).collect()
    }

    fn check_program(&self, module: &Module, name: &str) -> Result<(), Failure> {
        if module.has_start() || invoke::functions(module).any(|(function, _)| function == START) {
            return Ok(());
        }
        let failure =
            Failure::start(format!("{name} is a library: it has no function {START} to run"));
        let file = self.path().display();
        if self.arguments().first().is_some_and(|argument| argument == "--invoke") {
            let call = self.arguments().iter().map(|argument| argument.to_string_lossy());
            let (flags, rest): (Vec<_>, Vec<_>) =
                call.enumerate().partition(|(index, _)| *index < 2);
            let text = |part: Vec<(usize, _)>| {
                part.into_iter()
                    .map(|(_, word)| word)
                    .collect::<Vec<std::borrow::Cow<'_, str>>>()
                    .join(" ")
            };
            return Err(failure.help(format!(
                "options come before the file: holm run {} {file} {}",
                text(flags),
                text(rest)
            )));
        }
        Err(failure.help(match invoke::functions(module).next() {
            Some(_) => {
                let names = invoke::functions(module).map(|(name, _)| name);
                format!("call one of its functions with --invoke: {}", crate::names::list(names, 8))
            }
            None => format!("it has no function to call either: see holm inspect {file}"),
        }))
    }
}

/// What is known before the guest is made.
#[derive(Clone, Copy)]
struct Context<'a> {
    name: &'a str,
    file: Option<&'a GrantsFile>,
    limits: &'a Limits,
}

/// Starts the clock, if there is one.
fn watchdog(limits: &Limits, guest: &Guest) -> Result<Option<Watchdog>, Failure> {
    let Some(time) = limits.timeout.0 else { return Ok(None) };
    let interrupt = guest.interrupter();
    let waiting = guest.stopper.clone();
    let stop = move || {
        interrupt();
        if let Some(waiting) = waiting {
            waiting.stop();
        }
    };
    Watchdog::start(time, stop).map(Some).map_err(|error| no_watchdog(&error))
}

fn no_watchdog(error: &std::io::Error) -> Failure {
    Failure::start(format!("can not watch the time: {}", input::reason(error)))
        .help("allow this process one more thread and one more open file, or leave --timeout out")
}
