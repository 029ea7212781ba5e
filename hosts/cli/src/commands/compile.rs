//! `holm compile FILE -o OUT`: native code ahead of time.
//!
//! Not here: what is in an artifact (see `holm`). Invariant: the output appears whole or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use holm::{Engine, Profile, SharedBytes};

use crate::code::{self, CodeOptions};
use crate::failure::Failure;
use crate::input::{self, Input, Kind, Received};
use crate::units::show_size;
use crate::{explain, terminal};

/// Bytes of a profile; more are not read.
const PROFILE_BYTES_MAX: u64 = 64 << 20;

const EXAMPLES: &str = "\
The output runs only with the same build of holm, on a processor with the same features.

Examples:
  holm compile app.wasm                     writes app.holm
  holm compile app.wasm -o /opt/app.holm
  cat app.wasm | holm compile - -o app.holm
  holm run --profile-out app.profile app.wasm
  holm compile --profile app.profile app.wasm
  holm run app.holm";

/// Compile a module ahead of time
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compile {
    /// The module: .wasm or .wat; - reads standard input
    file: PathBuf,
    /// Where to write [default: FILE with the extension .holm, in the current directory]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Count fuel, so that holm run --fuel can be used with it
    #[arg(long)]
    fuel: bool,
    /// Give every NaN the same bits, so that holm run --deterministic can be used with it
    #[arg(long)]
    deterministic: bool,
    /// Use what holm run --profile-out saw of the module, so that what it does often becomes faster
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    code: CodeOptions,
}

impl Compile {
    pub(crate) fn execute(self) -> Result<ExitCode, Failure> {
        let output = self.output()?;
        let file = input::receive(&self.file)?;
        let name = file.name().to_owned();
        let mut config = self.code.config();
        config.fuel(self.fuel).canonical_nans(self.deterministic);
        let engine = Engine::new(&config).map_err(|error| explain::engine(&error))?;
        let artifact = match (file, &self.profile) {
            (Received::Whole(input), None) => engine.precompile(binary(input)?),
            (Received::Arriving(rest), None) => code::stream(&engine, rest)?.precompile(),
            (file, Some(path)) => {
                let wasm = binary(whole(file)?)?;
                engine.precompile_with(&wasm, &read_profile(path, &wasm)?)
            }
        };
        let artifact = artifact.map_err(|error| explain::load(&name, &error))?;
        write_whole(&output, &artifact)?;
        let size = show_size(artifact.len() as u64);
        terminal::print(&format!("wrote {} ({size})\n", output.display()))?;
        Ok(ExitCode::SUCCESS)
    }

    fn output(&self) -> Result<PathBuf, Failure> {
        match (&self.output, self.file.file_stem()) {
            (Some(output), _) => Ok(output.clone()),
            (None, Some(stem)) if self.file != Path::new("-") => {
                Ok(Path::new(stem).with_added_extension("holm"))
            }
            _ => Err(Failure::usage("standard input has no name to derive one from")
                .help("name the output: holm compile - -o OUT.holm")),
        }
    }
}

/// All of a file.
fn whole(file: Received) -> Result<Input, Failure> {
    match file {
        Received::Whole(input) => Ok(input),
        Received::Arriving(rest) => rest.read(),
    }
}

/// Reads the profile of a module.
fn read_profile(path: &Path, wasm: &[u8]) -> Result<Profile, Failure> {
    let text = input::read_short_text(path, PROFILE_BYTES_MAX)?;
    let profile = Profile::from_text(&text).and_then(|profile| {
        profile.check(wasm)?;
        Ok(profile)
    });
    profile.map_err(|error| {
        Failure::start(format!("can not use {}: {error}", path.display()))
            .help("make one of this module: holm run --tier auto --profile-out FILE MODULE")
    })
}

/// The binary form of a module.
fn binary(input: Input) -> Result<SharedBytes, Failure> {
    match input.kind {
        Kind::Binary => Ok(input.bytes),
        Kind::Text => Ok(input::text_to_binary(&input.name, &input.bytes)?.into()),
        Kind::Artifact => Err(Failure::start(format!("{} is compiled already", input.name))
            .help(format!("run it: holm run {}", input.name))),
    }
}

/// Writes a file beside its place and moves it there.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(1, format!("can not write {}: {}", path.display(), input::reason(&error)))
            .help("name a place you can write to with -o")
    };
    if path.is_dir() {
        return Err(Failure::new(
            1,
            format!("can not write {}: it is a directory", path.display()),
        )
        .help("name a file with -o"));
    }
    // A pipe or device can not be replaced.
    if path.exists() && !path.is_file() {
        return fs::write(path, bytes).map_err(failed);
    }
    let mut beside = path.to_owned();
    beside.set_file_name(format!(
        ".{}.{}",
        path.file_name().unwrap_or_default().to_string_lossy(),
        std::process::id()
    ));
    let written = fs::File::create_new(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
