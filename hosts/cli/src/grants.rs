//! What the user grants a program: directories, variables, sockets; and how that is told.
//!
//! Not here: how the grants are enforced (see `holm-wasi`). Invariant: nothing is granted that is not on the command line,
//! or in a file that the command line names. Read next: `grants/directory.rs`.

mod denied;
mod directory;
pub(crate) mod file;
mod network;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use holm_wasi::{
    Deterministic, GrantError, Space, VirtualDir, VirtualDirOptions, WasiCtx, WasiCtxBuilder,
};

use crate::failure::Failure;
use crate::input;
use crate::limits::Limits;
use crate::options::rows::{Options, Row, Rule, number, text};
use crate::units::{show_size, show_time};
pub(crate) use denied::Denied;
use directory::Directory;
use file::GrantsFile;

/// When a deterministic program's clock of the day begins: 1 January 2000.
const DAY: u64 = 946_684_800_000_000_000;

/// What the program may use of this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants {
    dir: Vec<OsString>,
    overlay: Vec<OsString>,
    save: Vec<OsString>,
    env: Vec<OsString>,
    listen: Vec<String>,
    connect: Vec<String>,
    #[cfg(feature = "grants-file")]
    grants: Option<OsString>,
    pub(crate) explain: bool,
    deny_log: bool,
    pub(crate) deterministic: bool,
    seed: u64,
}

/// Adds a value to a list.
fn push(list: &mut Vec<OsString>, value: &OsStr) -> Result<(), String> {
    list.push(value.to_owned());
    Ok(())
}

/// Adds a text to a list.
fn push_text(list: &mut Vec<String>, text: &str) -> Result<(), String> {
    list.push(text.to_owned());
    Ok(())
}

/// Sets what an option stands for.
fn set<T>(what: &mut T, value: T) -> Result<(), String> {
    *what = value;
    Ok(())
}

impl Options for Grants {
    const HEADING: Option<&'static str> = Some("Grants (there are no others)");
    const ROWS: &'static [Row<Self>] = &[
        Row::<Self>::list(
            "dir",
            "HOST[::GUEST][:ro]",
            "Grant a directory and all beneath it, read-only with :ro; GUEST is its name inside [default: HOST]. HOST can \
             be an archive (.tar, .zip), and mem::GUEST is a new directory in memory",
            |to, value| push(&mut to.dir, value),
        ),
        Row::<Self>::list(
            "overlay",
            "HOST[::GUEST]",
            "Grant a directory or archive that stays as it is: what is written stays in memory",
            |to, value| push(&mut to.overlay, value),
        ),
        Row::<Self>::list(
            "save",
            "GUEST=FILE",
            "Write what the directory GUEST holds in memory to a tar archive at the end; of an overlay, what changed",
            |to, value| push(&mut to.save, value),
        ),
        Row::<Self>::list(
            "env",
            "NAME[=VALUE]",
            "Pass an environment variable; without a value, the one it has here",
            |to, value| push(&mut to.env, value),
        ),
        Row::<Self>::list(
            "listen",
            "ADDRESS:PORT",
            "Listen on a TCP address and hand the socket in, e.g. 127.0.0.1:8080 (port 0: any free one)",
            |to, value| text(value, |text| push_text(&mut to.listen, text)),
        ),
        Row::<Self>::list(
            "connect",
            "ADDRESS:PORT",
            "Connect to a TCP address and hand the socket in, behind those that listen",
            |to, value| text(value, |text| push_text(&mut to.connect, text)),
        ),
        #[cfg(feature = "grants-file")]
        Row::<Self>::perhaps(
            "grants",
            "FILE",
            "Take the grants and limits in FILE as well [default: holm.toml beside the program]",
            |to, value| set(&mut to.grants, Some(value.to_owned())),
        ),
        Row::<Self>::flag(
            "explain",
            "Say on standard error what the program is granted",
            |to, _| set(&mut to.explain, true),
        ),
        Row::<Self>::flag(
            "deny-log",
            "Say on standard error what the program is refused, and which option would grant it",
            |to, _| set(&mut to.deny_log, true),
        ),
        Row::<Self>::flag(
            "deterministic",
            "Make every run alike: clocks, random numbers and directories do not depend on this machine",
            |to, _| set(&mut to.deterministic, true),
        ),
        Row::<Self>::value(
            "seed",
            "NUMBER",
            "What random numbers follow from with --deterministic [default: 0]",
            |to, value| number(value, 0..=u64::MAX).map(|seed| to.seed = seed),
        )
        .rule(Rule::Needs("deterministic")),
    ];
}

/// Grants as they were made, with what must be done about them afterwards.
pub(crate) struct Made {
    pub(crate) builder: WasiCtxBuilder,
    pub(crate) denied: Denied,
    saves: Vec<(VirtualDir, PathBuf)>,
}

impl Grants {
    /// The file of grants, if one is asked for.
    #[cfg(feature = "grants-file")]
    pub(crate) fn file(&self, program: &Path) -> Result<Option<GrantsFile>, Failure> {
        self.grants.as_ref().map(|wish| file::read(&file::path_of(wish, program)?)).transpose()
    }

    /// The file of grants: in this build there is none.
    #[cfg(not(feature = "grants-file"))]
    pub(crate) fn file(&self, _: &Path) -> Result<Option<GrantsFile>, Failure> {
        Ok(None)
    }

    /// These grants and those of a file, which come first.
    pub(crate) fn with_file(mut self, file: Option<&GrantsFile>) -> Self {
        let Some(file) = file else { return self };
        self.env.splice(0..0, file.grants.env.iter().map(OsString::from));
        self.listen.splice(0..0, file.grants.listen.iter().cloned());
        self.connect.splice(0..0, file.grants.connect.iter().cloned());
        self
    }

    /// All directories: those of the file, then these.
    fn directories(&self, file: Option<&GrantsFile>) -> Result<Vec<Directory>, Failure> {
        let mut all = Vec::new();
        if let Some(file) = file {
            let folder = Some(&*file.folder);
            for (flag, texts) in [("--dir", &file.grants.dir), ("--overlay", &file.grants.overlay)]
            {
                for text in texts {
                    all.push(directory::parse(flag, OsStr::new(text), folder)?);
                }
            }
        }
        for (flag, texts) in [("--dir", &self.dir), ("--overlay", &self.overlay)] {
            for text in texts {
                all.push(directory::parse(flag, text, None)?);
            }
        }
        let mut names = BTreeSet::new();
        for directory in &all {
            if !names.insert(directory.guest.trim_end_matches('/')) {
                let text = format!("the name {:?} is granted twice", directory.guest);
                return Err(Failure::usage(text)
                    .help("give each directory a name of its own: --dir HOST::GUEST"));
            }
        }
        Ok(all)
    }

    /// What can not be had together with runs that are alike.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Failure> {
        if !self.deterministic {
            return Ok(());
        }
        let wrong = |flag: &str, help: &str| {
            Err(Failure::usage(format!("--deterministic does not go with {flag}")).help(help))
        };
        if limits.timeout.0.is_some() {
            return wrong("--timeout", "limit it by --fuel, which is the same in every run");
        }
        if !self.listen.is_empty() || !self.connect.is_empty() {
            return wrong(
                "--listen or --connect",
                "give what it needs in files or on standard input",
            );
        }
        Ok(())
    }

    /// A context with these grants, this process' standard streams, and these arguments (the first is the
    /// program's name).
    pub(crate) fn make(
        &self,
        file: Option<&GrantsFile>,
        limits: &Limits,
        arguments: &[OsString],
    ) -> Result<Made, Failure> {
        let directories = self.directories(file)?;
        let mut builder = WasiCtx::builder();
        builder.inherit_stdio().map_err(|error| {
            Failure::start(format!("can not use the standard streams: {}", input::reason(&error)))
                .help("start holm with standard input, output and error open, e.g. on /dev/null")
        })?;
        builder.args(arguments.iter().map(|a| a.as_bytes())).map_err(|e| refused(&e))?;
        for text in last_of_each(&self.env) {
            let (name, value) = variable(text, |name| std::env::var_os(name))?;
            builder.env(name.as_bytes(), value.as_bytes()).map_err(|e| refused(&e))?;
        }
        let space = Space::new(limits.max_files);
        let options = VirtualDirOptions { space, counts_time: self.deterministic };
        let mut in_memory = Vec::new();
        for directory in &directories {
            if let Some(dir) = directory.grant(&mut builder, &options)? {
                in_memory.push((&*directory.guest, dir));
            }
        }
        for address in &self.listen {
            let socket = network::listen(address)?;
            builder.listener(socket).map_err(|e| network::cannot_listen(address, &e))?;
        }
        for address in &self.connect {
            let socket = network::connect(address)?;
            builder.connection(socket).map_err(|e| network::cannot_connect(address, &e))?;
        }
        if self.deterministic {
            builder.deterministic(Deterministic { seed: self.seed, day: DAY });
        }
        builder.descriptors_max(usize::try_from(limits.max_handles).unwrap_or(usize::MAX));
        let saves = self.saves(&in_memory)?;
        let denied = Denied::default();
        builder.on_refusal(denied.log(directories, limits, self.deny_log));
        Ok(Made { builder, denied, saves })
    }

    /// Where which directory is to be saved.
    fn saves(
        &self,
        in_memory: &[(&str, VirtualDir)],
    ) -> Result<Vec<(VirtualDir, PathBuf)>, Failure> {
        let mut saves = Vec::new();
        for text in &self.save {
            let bytes = text.as_bytes();
            let wrong = |what: String| {
                Failure::usage(format!("--save {}: {what}", text.display())).help(
                    "write --save GUEST=FILE.tar for a directory of --overlay or --dir mem::GUEST",
                )
            };
            let at = bytes.iter().position(|byte| *byte == b'=');
            let at = at.ok_or_else(|| wrong("the file is missing".to_owned()))?;
            let guest = String::from_utf8_lossy(&bytes[..at]).into_owned();
            let found = in_memory.iter().find(|(name, _)| *name == guest);
            let found = found.ok_or_else(|| {
                wrong(format!("no directory {guest:?} that is kept in memory is granted"))
            })?;
            let file = PathBuf::from(OsStr::from_bytes(&bytes[at + 1..]));
            saves.push((found.1.clone(), file));
        }
        Ok(saves)
    }

    /// What the program is granted, in lines.
    pub(crate) fn explanation(
        &self,
        name: &str,
        file: Option<&GrantsFile>,
        limits: &Limits,
        arguments: &[OsString],
    ) -> Result<String, Failure> {
        let mut rows: Vec<(&str, String)> = Vec::new();
        let words: Vec<_> =
            arguments.iter().map(|word| format!("{:?}", word.display().to_string())).collect();
        rows.push(("arguments", words.join(" ")));
        for text in last_of_each(&self.env) {
            let (name, value) = variable(text, |name| std::env::var_os(name))?;
            rows.push((
                "variable",
                format!("{}={:?}", name.display(), value.display().to_string()),
            ));
        }
        for directory in self.directories(file)? {
            rows.push(("directory", format!("{}: {}", directory.guest, directory.describe())));
        }
        rows.extend(self.listen.iter().map(|address| ("listens on", address.clone())));
        rows.extend(self.connect.iter().map(|address| ("connected to", address.clone())));
        rows.push(("streams", "standard input, output and error of this process".to_owned()));
        rows.push((
            "clocks",
            match self.deterministic {
                true => format!("imagined, and random numbers from the seed {}", self.seed),
                false => "those of this system, and its random numbers".to_owned(),
            },
        ));
        let time = limits.timeout.0.map_or("none".to_owned(), show_time);
        let fuel = limits.fuel.map_or("none".to_owned(), |fuel| fuel.to_string());
        let mut text = format!("{name} is granted\n");
        for (what, value) in rows {
            text += &format!("  {what:<14} {value}\n");
        }
        text += "and limited to\n";
        for (what, value, option) in [
            ("memory", show_size(limits.max_memory), "--max-memory"),
            ("objects", show_size(limits.max_heap), "--max-heap"),
            ("stack", show_size(limits.max_stack), "--max-stack"),
            ("table entries", limits.max_table_entries.to_string(), "--max-table-entries"),
            ("files in memory", show_size(limits.max_files), "--max-files"),
            ("open handles", limits.max_handles.to_string(), "--max-handles"),
            ("threads", limits.max_threads.to_string(), "--max-threads"),
            ("time", time, "--timeout"),
            ("fuel", fuel, "--fuel"),
        ] {
            text += &format!("  {what:<16} {value:<12} ({option})\n");
        }
        Ok(text)
    }
}

impl Made {
    /// Writes what is to be saved.
    pub(crate) fn take_saves(&mut self) -> Saves {
        Saves(std::mem::take(&mut self.saves))
    }
}

/// What is to be saved when the program has ended.
pub(crate) struct Saves(Vec<(VirtualDir, PathBuf)>);

impl Saves {
    /// Writes the archives.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        for (dir, path) in &self.0 {
            let written = File::create(path).and_then(|file| {
                let mut file = std::io::BufWriter::new(file);
                dir.save(&mut file)?;
                std::io::Write::flush(&mut file)
            });
            written.map_err(|error| {
                Failure::start(format!(
                    "can not save to {}: {}",
                    path.display(),
                    input::reason(&error)
                ))
                .help("name a place you can write to: --save GUEST=FILE.tar")
            })?;
        }
        Ok(())
    }
}

/// Of variables that are given more than once the last one, which is that of the command line.
fn last_of_each(texts: &[OsString]) -> impl Iterator<Item = &OsString> {
    let mut names = BTreeSet::new();
    let name =
        |text: &'_ OsString| text.as_bytes().split(|byte| *byte == b'=').next().map(<[u8]>::to_vec);
    let last: Vec<_> = texts.iter().rev().filter(|text| names.insert(name(text))).collect();
    last.into_iter().rev()
}

/// Reads `NAME=VALUE`, or `NAME` for what `here` says.
fn variable(
    text: &OsStr,
    here: impl Fn(&OsStr) -> Option<OsString>,
) -> Result<(OsString, OsString), Failure> {
    let bytes = text.as_bytes();
    if let Some(at) = bytes.iter().position(|byte| *byte == b'=') {
        let part = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
        return Ok((part(&bytes[..at]), part(&bytes[at + 1..])));
    }
    let name = text.display();
    here(text).map(|value| (text.to_owned(), value)).ok_or_else(|| {
        Failure::start(format!("--env {name}: there is no environment variable {name} here"))
            .help(format!("set it, or give its value: --env {name}=VALUE"))
    })
}

pub(crate) fn refused(error: &GrantError) -> Failure {
    let failure =
        |cause: &dyn std::fmt::Display, help: &str| Failure::start(cause.to_string()).help(help);
    match error {
        GrantError::Open { path, cause } => {
            let why = input::reason(cause);
            let text = format!("can not grant the directory {}: {why}", path.display());
            // Other tools separate the names with one colon.
            if path.as_os_str().as_bytes().contains(&b':') {
                failure(&text, "separate the two names with two colons: --dir HOST::GUEST")
            } else {
                failure(
                    &text,
                    "give --dir a directory or an archive (.tar, .zip) that exists and that you can read",
                )
            }
        }
        GrantError::NotConfined { path, cause } => failure(
            &format!(
                "can not confine a program to {}: the system call openat2 fails: {}",
                path.display(),
                input::reason(cause)
            ),
            "use Linux 5.6 or newer, allow openat2 in this container's seccomp profile, or grant something else: \
             --dir mem::GUEST or an archive (--dir FILE.tar::GUEST)",
        ),
        GrantError::Archive { .. } => failure(
            error,
            "give a tar archive, or a zip archive with stored or deflated files; a larger one needs a larger --max-files",
        ),
        GrantError::Descriptors { .. } => failure(error, "raise --max-handles"),
        GrantError::Nul { .. } => failure(error, "leave out the NUL"),
        GrantError::TooLong { .. } => {
            failure(error, "pass long data in a file or on standard input")
        }
        GrantError::VariableName { .. } => failure(error, "write --env NAME=VALUE"),
        _ => failure(error, "grant fewer things"),
    }
}

#[cfg(test)]
mod tests;
