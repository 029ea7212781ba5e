//! `holm cache info|clear`: look at the cache of compiled code, or empty it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use holm_cache::{Cache as Store, Unavailable};

use crate::cached;
use crate::failure::Failure;
use crate::terminal::{self, Style};
use crate::units::show_size;

const EXAMPLES: &str = "\
The cache lies in HOLM_CACHE_DIR, else in XDG_CACHE_HOME/holm, else in HOME/.cache/holm.
HOLM_CACHE=off turns it off. It bounds its own size: clearing it is never necessary.

Examples:
  holm cache info
  holm cache clear";

/// Look at the cache of compiled code, or empty it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show where it lies and how much it holds
    #[command(after_help = "Example:\n  holm cache info")]
    Info(Place),
    /// Remove every entry
    #[command(after_help = "Example:\n  holm cache clear")]
    Clear(Place),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// Use the cache in this directory
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl Cache {
    pub(crate) fn execute(self) -> Result<ExitCode, Failure> {
        let (place, clear) = match self.action {
            Action::Info(place) => (place, false),
            Action::Clear(place) => (place, true),
        };
        let cache = match cached::config(place.cache_dir.as_deref()) {
            Ok(config) => Store::open(config).map_err(|why| unavailable(&why))?,
            // Off, or no home: nothing is wrong, there is just no cache.
            Err(why) => {
                terminal::print(&format!("there is no cache: {why}\n"))?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        let text = if clear { emptied(&cache)? } else { described(&cache)? };
        terminal::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn described(cache: &Store) -> Result<String, Failure> {
    let info = cache.info().map_err(|why| unavailable(&why))?;
    let style = Style::of_stdout();
    let line =
        |name: &str, value: String| format!("{}  {value}\n", style.dim(&format!("{name:<9}")));
    Ok([
        line("directory", info.dir.display().to_string()),
        line("entries", info.entries.to_string()),
        line("size", format!("{} of at most {}", show_size(info.bytes), show_size(info.bytes_max))),
    ]
    .concat())
}

fn emptied(cache: &Store) -> Result<String, Failure> {
    let entries = cache.clear().map_err(|why| unavailable(&why))?;
    let noun = if entries == 1 { "entry" } else { "entries" };
    Ok(format!("removed {entries} {noun} from {}\n", cache.dir().display()))
}

fn unavailable(why: &Unavailable) -> Failure {
    Failure::new(1, format!("the cache can not be used: {}", cached::reason(why)))
        .help("name another directory with --cache-dir or HOLM_CACHE_DIR")
}
