//! `holm run FILE [ARGS…]`: a program with what it was granted, or one function of a module.
//!
//! Not here: arguments and results of a function (see `run/invoke.rs`), words for what went wrong (see
//! `explain.rs`). Invariants: nothing of the guest runs before every import is known to be there; the
//! deadline counts from the first instruction of the guest, compiling not included.

mod invoke;
mod stats;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use holm::{Engine, Linker, Module, Store, StoreLimits};
use holm_wasi::{Stopper, WasiCtx};

use crate::cached::CacheOptions;
use crate::code::{self, CodeOptions, Loader};
use crate::explain::{self, End};
use crate::failure::Failure;
use crate::grants::file::GrantsFile;
use crate::grants::{Denied, Grants, Saves};
use crate::limits::{LimitOptions, Limits};
use crate::watchdog::Watchdog;
use crate::{input, terminal};
use invoke::Call;
use stats::{Bill, Stats};

/// The function that runs a program.
const START: &str = "_start";
/// The function that prepares a library.
const INITIALIZE: &str = "_initialize";

const EXAMPLES: &str = "\
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

/// Run a program, or call a function of a module
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "holm run [OPTIONS] FILE [ARGS]...")]
pub(crate) struct Run {
    /// The program (.wasm, .wat or .holm; - reads it from standard input) and its arguments
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    file: Vec<OsString>,
    /// Call this exported function with ARGS, and print what it returns
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// Say on standard error how long each step took
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    grants: Grants,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    code: CodeOptions,
    #[command(flatten)]
    cache: CacheOptions,
}

/// A guest that is ready to run.
struct Guest {
    store: Store<WasiCtx>,
    linker: Linker<WasiCtx>,
    /// Ends its waiting when the time is up.
    stopper: Option<Stopper>,
    /// The function to call, if it is not a program.
    call: Option<Call>,
    /// What it was refused.
    denied: Denied,
    /// What is to be kept of what it wrote.
    saves: Saves,
    /// Whether there is an instance, so that what goes wrong is the guest's doing.
    began: bool,
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
        let mut config = self.code.config();
        let counts = code::adapt(&mut config, &received, limits.fuel.is_some())?;
        code::adapt_nans(&mut config, &received, self.grants.deterministic)?;
        config.stack_bytes(usize::try_from(limits.max_stack).unwrap_or(usize::MAX));
        if self.stats {
            config.clock(Some(stats::nanoseconds));
        }
        let loader = Loader::new(config, &self.cache)?;
        let (module, origin) = loader.load(received)?;
        stats.loaded(origin);
        let context = Context { name: &name, file: file.as_ref(), limits: &limits };
        let mut guest = self.prepare(&loader.engine, &module, &context)?;
        if counts {
            let fuel = limits.fuel.unwrap_or(i64::MAX.cast_unsigned());
            guest.store.set_fuel(fuel).map_err(|error| explain::engine(&error))?;
        }
        let watchdog = watchdog(&limits, &guest)?;
        let result = guest.run(&module, &mut stats);
        let late = watchdog.is_some_and(|watchdog| watchdog.has_barked());
        stats.ran();
        if self.stats {
            stats.collected(&guest.store.heap_stats());
            let bill = Bill::of(&guest.store, &limits);
            terminal::print_error(&format!("{stats}{bill}"));
        }
        let outcome = match result {
            Ok(()) => guest.results(),
            Err(error) => {
                let memory = guest.store.memory_bytes();
                let end = End { limits: &limits, late, began: guest.began, memory };
                explain::outcome(&name, &error, &end)
            }
        };
        let outcome = guest.note_limits(outcome, &limits);
        let outcome = guest.saves.write().and(outcome);
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
        let call = match &self.invoke {
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
        let limits = StoreLimits {
            memory_bytes_max: limits.max_memory,
            table_entries_max: limits.max_table_entries,
            heap_bytes_max: limits.max_heap,
            ..StoreLimits::default()
        };
        let store = Store::try_new(engine, limits, context);
        let store = store.map_err(|error| explain::engine(&error))?;
        let mut linker = Linker::new(engine);
        holm_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx| context)
            .map_err(|error| explain::engine(&error))?;
        Ok(Guest { store, linker, stopper, call, denied, saves, began: false })
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
    let code = guest.store.interrupt_handle();
    let waiting = guest.stopper.clone();
    let stop = move || {
        code.interrupt();
        if let Some(waiting) = waiting {
            waiting.stop();
        }
    };
    Watchdog::start(time, stop).map(Some).map_err(|error| no_watchdog(&error))
}

impl Guest {
    /// Runs the guest from its first instruction to its end.
    fn run(&mut self, module: &Module, stats: &mut Stats) -> holm::Result<()> {
        let Self { store, linker, call, began, .. } = self;
        let instance = linker.instantiate(&mut *store, module)?;
        stats.instantiated();
        *began = true;
        let first = if call.is_some() { INITIALIZE } else { START };
        if let Some(function) = instance.get_func(&mut *store, first) {
            function.call(&mut *store, &[], &mut [])?;
        }
        match call {
            Some(call) => call.perform(store, &instance),
            None => Ok(()),
        }
    }

    /// Adds which limits a program met that failed: it was told, but its own message may not say.
    fn note_limits(
        &self,
        outcome: Result<ExitCode, Failure>,
        limits: &Limits,
    ) -> Result<ExitCode, Failure> {
        let met = self.denied.limits_met(limits);
        match outcome {
            Ok(code) if code != ExitCode::SUCCESS => {
                met.iter().for_each(|line| terminal::print_error(&format!("note: {line}\n")));
                Ok(code)
            }
            Err(failure) => Err(met.into_iter().fold(failure, Failure::detail)),
            other => other,
        }
    }

    /// Prints what the function returned.
    fn results(&self) -> Result<ExitCode, Failure> {
        if let Some(call) = &self.call {
            terminal::print(&call.results_as_text())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn no_watchdog(error: &std::io::Error) -> Failure {
    Failure::start(format!("can not watch the time: {}", input::reason(error)))
        .help("allow this process one more thread and one more open file, or leave --timeout out")
}
