//! What the user grants a program: directories, variables, listening sockets.
//!
//! Not here: how the grants are enforced (see `holm-wasi`). Invariant: nothing is granted that is not on
//! the command line. Read next: `commands/run.rs`.

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use holm_wasi::{Access, GrantError, WasiCtx, WasiCtxBuilder};

use crate::failure::Failure;
use crate::{input, terminal};

/// What the program may use of this machine.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Grants (there are no others)")]
pub(crate) struct Grants {
    /// Grant a directory and all beneath it, read-only with :ro; GUEST is its name inside [default: HOST]
    #[arg(long, value_name = "HOST[::GUEST][:ro]", value_parser = clap::value_parser!(OsString))]
    dir: Vec<OsString>,
    /// Pass an environment variable; without a value, the one it has here
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,
    /// Listen on a TCP address and hand the socket in, e.g. 127.0.0.1:8080 (port 0: any free one)
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Vec<String>,
}

/// A directory to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Directory {
    host: PathBuf,
    guest: String,
    read_only: bool,
}

impl Grants {
    /// A context with these grants, this process' standard streams, and these arguments (the first is the
    /// program's name).
    pub(crate) fn context(&self, arguments: &[OsString]) -> Result<WasiCtxBuilder, Failure> {
        let mut builder = WasiCtx::builder();
        builder.inherit_stdio().map_err(|error| {
            Failure::start(format!("can not use the standard streams: {}", input::reason(&error)))
                .help("start holm with standard input, output and error open, e.g. on /dev/null")
        })?;
        builder.args(arguments.iter().map(|a| a.as_bytes())).map_err(|e| refused(&e))?;
        for text in &self.env {
            let (name, value) = variable(text, |name| std::env::var_os(name))?;
            builder.env(name.as_bytes(), value.as_bytes()).map_err(|e| refused(&e))?;
        }
        for text in &self.dir {
            let Directory { host, guest, read_only } = directory(text)?;
            let access = if read_only { Access::ReadOnly } else { Access::ReadWrite };
            builder.preopened_dir(&host, guest, access).map_err(|e| refused(&e))?;
        }
        for address in &self.listen {
            let listener = listen(address)?;
            builder.listener(listener).map_err(|error| cannot_listen(address, &error))?;
        }
        Ok(builder)
    }
}

/// Reads `HOST[::GUEST][:ro]`.
fn directory(text: &OsStr) -> Result<Directory, Failure> {
    let bytes = text.as_bytes();
    let (bytes, read_only) = match bytes.strip_suffix(b":ro") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let split = bytes.windows(2).position(|pair| pair == b"::");
    let (host, guest) = match split {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, bytes),
    };
    let wrong = |what: &str| {
        Failure::usage(format!("--dir {}: {what}", text.display()))
            .help("write --dir HOST, --dir HOST::GUEST or --dir HOST::GUEST:ro")
    };
    if host.is_empty() {
        return Err(wrong("the directory is missing"));
    }
    let guest = str::from_utf8(guest)
        .map_err(|_| wrong("the name inside is not UTF-8: give one with HOST::GUEST"))?;
    if guest.is_empty() {
        return Err(wrong("the name inside is missing"));
    }
    let host = PathBuf::from(OsStr::from_bytes(host));
    Ok(Directory { host, guest: guest.to_owned(), read_only })
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

/// Opens a listening socket and, if its port was left open, says which it is.
fn listen(address: &str) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).map_err(|error| cannot_listen(address, &error))?;
    if address.ends_with(":0")
        && let Ok(address) = listener.local_addr()
    {
        terminal::print_error(&format!("listening on {address}\n"));
    }
    Ok(listener)
}

fn cannot_listen(address: &str, error: &std::io::Error) -> Failure {
    let help = match error.kind() {
        std::io::ErrorKind::InvalidInput => "write an address and a port, e.g. 127.0.0.1:8080",
        std::io::ErrorKind::AddrInUse => "choose another port, or stop what listens there",
        std::io::ErrorKind::PermissionDenied => "choose a port from 1024 up",
        _ => "choose an address of this machine, e.g. 127.0.0.1:8080",
    };
    Failure::start(format!("--listen {address}: {}", input::reason(error))).help(help)
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
                failure(&text, "give --dir a directory that exists and that you can read")
            }
        }
        GrantError::NotConfined { path, cause } => failure(
            &format!(
                "can not confine a program to {}: the system call openat2 fails: {}",
                path.display(),
                input::reason(cause)
            ),
            "use Linux 5.6 or newer, allow openat2 in this container's seccomp profile, or leave --dir out",
        ),
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
