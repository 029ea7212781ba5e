//! A context: everything one guest was granted, and how an embedder puts that together.
//!
//! A builder starts with nothing: no argument, no variable, no directory, empty input, outputs that forget. Each
//! method grants one thing.
//!
//! Not here: what the grants do (`capability/`), and how a guest calls (`preview1/`).
//!
//! Invariant: descriptors 0, 1 and 2 are the standard streams, then come the directories in the order they were
//! granted, then the listeners, then the connections; that is the order in which guests look for them.
//!
//! Read next: `preview1/mod.rs`.

use crate::capability::clock::Clocks;
use crate::capability::directory::Directory;
use crate::capability::host::HostNode;
use crate::capability::node::Node;
use crate::capability::random::Random;
use crate::capability::socket::{Listener, Socket};
use crate::capability::stat::Stat;
use crate::capability::table::Table;
use crate::capability::veil::Veil;
use crate::capability::wait::{Elsewhere, Stopper, Waiting};
use crate::capability::{Access, Object, resolve};
use crate::linker::CallerMemory;
use crate::preview1::Resumed;
use crate::preview1::descriptor::Descriptor;
use crate::stdio::{Input, Output};
use crate::{Errno, GrantError, Refusal, Space, Usage, VirtualDir, limits};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags};
use std::path::Path;

/// Everything one guest was granted.
#[derive(Debug)]
pub struct WasiCtx {
    pub(crate) arguments: Strings,
    pub(crate) variables: Strings,
    pub(crate) descriptors: Table<Descriptor>,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
    /// Hides what differs from run to run, if runs must be alike.
    pub(crate) veil: Option<Veil>,
    pub(crate) usage: Usage,
    pub(crate) refusals: Option<RefusalLog>,
    /// Where directories in memory take their room from.
    spaces: Vec<Space>,
    pub(crate) stopper: Option<Stopper>,
    /// Where calls put down what they wait for, if threads share the context.
    pub(crate) elsewhere: Option<Elsewhere>,
    /// What a call has put down to find it when it is made again.
    pub(crate) resumed: Option<Resumed>,
    /// Kept for `linker.rs`, which alone knows what it means.
    pub(crate) caller_memory: Option<CallerMemory>,
}

/// Whom to tell about refusals.
pub(crate) struct RefusalLog(pub(crate) Box<dyn FnMut(&Refusal) + Send + Sync>);

impl std::fmt::Debug for RefusalLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefusalLog").finish_non_exhaustive()
    }
}

/// A list of strings in the form a guest gets it: each with a NUL behind it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    pub(crate) bytes: Vec<u8>,
    /// Where each string begins in `bytes`.
    pub(crate) starts: Vec<u32>,
}

impl WasiCtx {
    /// Begins a context without any grant.
    #[must_use]
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }

    /// How many descriptors the guest has open, the standard streams included.
    #[must_use]
    pub fn open_descriptors(&self) -> usize {
        self.descriptors.len()
    }

    /// The most descriptors that the guest can have open.
    #[must_use]
    pub fn descriptors_max(&self) -> usize {
        self.descriptors.max()
    }

    /// What the guest has used so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let sum = |of: fn(&Space) -> u64| self.spaces.iter().map(of).sum();
        Usage {
            handles: self.descriptors.len() as u64,
            handles_peak: self.descriptors.peak() as u64,
            file_bytes: sum(Space::used),
            file_bytes_peak: sum(Space::peak),
            ..self.usage
        }
    }

    /// What a guest may be told about a file.
    pub(crate) fn veiled(&mut self, stat: Stat) -> Stat {
        match &mut self.veil {
            Some(veil) => veil.stat(stat),
            None => stat,
        }
    }

    #[inline]
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        let (stopper, elsewhere) = (self.stopper.as_ref(), self.elsewhere.as_ref());
        Waiting { stopper, nonblocking: false, elsewhere }
    }

    /// The descriptor with this number, and how calls on it may wait.
    #[inline]
    pub(crate) fn descriptor(
        &mut self,
        number: u32,
    ) -> Result<(&mut Descriptor, Waiting<'_>), Errno> {
        let descriptor = self.descriptors.get_mut(number).ok_or(Errno::Badf)?;
        let nonblocking = descriptor.is_nonblocking();
        let (stopper, elsewhere) = (self.stopper.as_ref(), self.elsewhere.as_ref());
        Ok((descriptor, Waiting { stopper, nonblocking, elsewhere }))
    }
}

/// What a deterministic context begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deterministic {
    /// What random numbers follow from. They are not secret.
    pub seed: u64,
    /// What the clock of the day shows at the start, in nanoseconds since 1970.
    pub day: u64,
}

/// Puts a context together.
#[derive(Debug)]
pub struct WasiCtxBuilder {
    arguments: Strings,
    variables: Strings,
    streams: [Object; 3],
    directories: Vec<(Directory, String)>,
    listeners: Vec<Listener>,
    connections: Vec<Socket>,
    spaces: Vec<Space>,
    deterministic: Option<Deterministic>,
    refusals: Option<RefusalLog>,
    stopper: Option<Stopper>,
    descriptors_max: usize,
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl WasiCtxBuilder {
    /// Nothing is granted yet.
    #[must_use]
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder {
            arguments: Strings::default(),
            variables: Strings::default(),
            streams: [Input::empty().0, Output::discard().0, Output::discard().0],
            directories: Vec::new(),
            listeners: Vec::new(),
            connections: Vec::new(),
            spaces: Vec::new(),
            deterministic: None,
            refusals: None,
            stopper: None,
            descriptors_max: limits::DESCRIPTORS_MAX_DEFAULT,
        }
    }

    /// Adds an argument. The first one is the name of the program.
    ///
    /// # Errors
    /// When it has a NUL in it, or all together are longer than 8 MiB.
    pub fn arg(&mut self, argument: impl AsRef<[u8]>) -> Result<&mut WasiCtxBuilder, GrantError> {
        self.arguments.push("argument", &[argument.as_ref()])?;
        Ok(self)
    }

    /// Adds arguments.
    ///
    /// # Errors
    /// As for `arg`.
    pub fn args(
        &mut self,
        arguments: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<&mut WasiCtxBuilder, GrantError> {
        for argument in arguments {
            self.arg(argument)?;
        }
        Ok(self)
    }

    /// Adds an environment variable.
    ///
    /// # Errors
    /// When the name is empty or has a `=` in it, either has a NUL in it, or all together are longer than 8 MiB.
    pub fn env(
        &mut self,
        name: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<&mut WasiCtxBuilder, GrantError> {
        let name = name.as_ref();
        if name.is_empty() || name.contains(&b'=') {
            let name = String::from_utf8_lossy(name).into_owned();
            return Err(GrantError::VariableName { name });
        }
        self.variables.push("variable", &[name, b"=", value.as_ref()])?;
        Ok(self)
    }

    /// Grants a source for standard input.
    pub fn stdin(&mut self, input: Input) -> &mut WasiCtxBuilder {
        self.streams[0] = input.0;
        self
    }

    /// Grants a place for standard output.
    pub fn stdout(&mut self, output: Output) -> &mut WasiCtxBuilder {
        self.streams[1] = output.0;
        self
    }

    /// Grants a place for standard error.
    pub fn stderr(&mut self, output: Output) -> &mut WasiCtxBuilder {
        self.streams[2] = output.0;
        self
    }

    /// Grants the standard streams of this process.
    ///
    /// # Errors
    /// When this process has one of them closed, or no descriptors left.
    pub fn inherit_stdio(&mut self) -> std::io::Result<&mut WasiCtxBuilder> {
        self.stdin(Input::inherit()?);
        self.stdout(Output::inherit_stdout()?);
        self.stderr(Output::inherit_stderr()?);
        Ok(self)
    }

    /// Grants the directory `host` and all beneath it, under the name `guest`.
    ///
    /// # Errors
    /// When it cannot be opened, or this system does not confine paths (see `GrantError::NotConfined`).
    pub fn preopened_dir(
        &mut self,
        host: impl AsRef<Path>,
        guest: impl Into<String>,
        access: Access,
    ) -> Result<&mut WasiCtxBuilder, GrantError> {
        let host = host.as_ref();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, host, flags, Mode::empty())
            .map_err(|errno| GrantError::Open { path: host.into(), cause: errno.into() })?;
        resolve::probe(&fd).map_err(|errno| GrantError::of_probe(host, errno))?;
        let node = Node::Host(HostNode(fd));
        self.directories.push((Directory::new(node, access), guest.into()));
        Ok(self)
    }

    /// Grants a directory in memory under the name `guest`.
    pub fn virtual_dir(
        &mut self,
        dir: &VirtualDir,
        guest: impl Into<String>,
        access: Access,
    ) -> &mut WasiCtxBuilder {
        let space = dir.space();
        if !self.spaces.iter().any(|known| known.is_same(&space)) {
            self.spaces.push(space);
        }
        self.directories.push((dir.directory(access), guest.into()));
        self
    }

    /// Grants a connection: a connected stream socket. It is put into non-blocking mode. Connections come behind the
    /// listeners.
    ///
    /// # Errors
    /// When the kernel does not do that.
    pub fn connection(
        &mut self,
        connection: impl Into<OwnedFd>,
    ) -> std::io::Result<&mut WasiCtxBuilder> {
        self.connections.push(Socket::new(connection.into())?);
        Ok(self)
    }

    /// Makes runs alike: clocks that only move when looked at, random numbers from a seed, directories listed by name, and
    /// nothing of the host's inode numbers and times. What the guest reads must be the same too.
    pub fn deterministic(&mut self, from: Deterministic) -> &mut WasiCtxBuilder {
        self.deterministic = Some(from);
        self
    }

    /// Has `log` told of each call that is refused, with the reason.
    pub fn on_refusal(
        &mut self,
        log: impl FnMut(&Refusal) + Send + Sync + 'static,
    ) -> &mut WasiCtxBuilder {
        self.refusals = Some(RefusalLog(Box::new(log)));
        self
    }

    /// Grants a listening socket. It is put into non-blocking mode.
    ///
    /// # Errors
    /// When the kernel does not do that.
    pub fn listener(
        &mut self,
        listener: impl Into<OwnedFd>,
    ) -> std::io::Result<&mut WasiCtxBuilder> {
        self.listeners.push(Listener::new(listener.into())?);
        Ok(self)
    }

    /// Makes the context end its waits and copies when this is stopped.
    pub fn stopper(&mut self, stopper: Stopper) -> &mut WasiCtxBuilder {
        self.stopper = Some(stopper);
        self
    }

    /// Sets how many descriptors the guest can have open, grants included (default 1,024). The guest gets `mfile`
    /// for more.
    pub fn descriptors_max(&mut self, count: usize) -> &mut WasiCtxBuilder {
        self.descriptors_max = count;
        self
    }

    /// The context.
    ///
    /// # Errors
    /// When the grants alone are more descriptors than the limit.
    pub fn build(self) -> Result<WasiCtx, GrantError> {
        let max = self.descriptors_max;
        let ordered = self.deterministic.is_some();
        let streams = self.streams.into_iter().map(Descriptor::stream);
        let directories = self.directories.into_iter();
        let directories =
            directories.map(|(dir, name)| Descriptor::preopened(dir.ordered(ordered), name));
        let listeners = self.listeners.into_iter().map(Descriptor::listener);
        let connections = self.connections.into_iter().map(Descriptor::connection);
        let mut descriptors = Table::new(max);
        for descriptor in streams.chain(directories).chain(listeners).chain(connections) {
            descriptors.insert(descriptor).map_err(|_| GrantError::Descriptors { max })?;
        }
        let (clocks, random) = match self.deterministic {
            Some(Deterministic { seed, day }) => (Clocks::imagined(day), Random::Seeded(seed)),
            None => (Clocks::new(), Random::Kernel),
        };
        Ok(WasiCtx {
            arguments: self.arguments,
            variables: self.variables,
            descriptors,
            clocks,
            random,
            veil: self.deterministic.map(|_| Veil::default()),
            usage: Usage::default(),
            refusals: self.refusals,
            spaces: self.spaces,
            stopper: self.stopper,
            elsewhere: None,
            resumed: None,
            caller_memory: None,
        })
    }
}

impl Strings {
    fn push(&mut self, what: &'static str, parts: &[&[u8]]) -> Result<(), GrantError> {
        if parts.iter().any(|part| part.contains(&0)) {
            let text = String::from_utf8_lossy(&parts.concat()).into_owned();
            return Err(GrantError::Nul { what, text });
        }
        let bytes = self.bytes.len() + parts.iter().map(|part| part.len()).sum::<usize>() + 1;
        let start = u32::try_from(self.bytes.len());
        let (Ok(start), true) = (start, bytes <= limits::ARGUMENT_BYTES_MAX) else {
            return Err(GrantError::TooLong { what, bytes, max: limits::ARGUMENT_BYTES_MAX });
        };
        self.starts.push(start);
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.bytes.push(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
