//! A guest for tests: a context, a memory, and calls by name.
//!
//! Invariant: strings and lists are laid out from 4,096 on, anew for each call; results lie below.
//!
//! Read next: `files.rs`.

use holm::{Engine, MemoryType, SharedMemory};
use holm_wasi::preview1::{End, Function, PARAMS_MAX, SNAPSHOT_0, SNAPSHOT_1};
use holm_wasi::{Access, WasiCtx, WasiCtxBuilder};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where calls put their results.
pub(crate) const OUT: u64 = 64;
/// Where a call's second result goes.
pub(crate) const OUT_2: u64 = 128;
const SCRATCH: usize = 4096;

/// Set for a process in which calls get a memory that threads could share.
pub(crate) const SHARED_VARIABLE: &str = "HOLM_WASI_TEST_SHARED";

thread_local! {
    static SHARED: Option<SharedMemory> = std::env::var_os(SHARED_VARIABLE).map(|_| {
        let ty = MemoryType { shared: true, ..MemoryType::new(16, Some(16)) };
        SharedMemory::new(&Engine::default(), ty).unwrap()
    });
}

/// Error numbers, by the standard's names.
pub(crate) mod errno {
    pub(crate) const OK: u32 = 0;
    pub(crate) const ACCES: u32 = 2;
    pub(crate) const AGAIN: u32 = 6;
    pub(crate) const BADF: u32 = 8;
    pub(crate) const BUSY: u32 = 10;
    pub(crate) const EXIST: u32 = 20;
    pub(crate) const FAULT: u32 = 21;
    pub(crate) const FBIG: u32 = 22;
    pub(crate) const ILSEQ: u32 = 25;
    pub(crate) const INVAL: u32 = 28;
    pub(crate) const ISDIR: u32 = 31;
    pub(crate) const LOOP: u32 = 32;
    pub(crate) const MFILE: u32 = 33;
    pub(crate) const NAMETOOLONG: u32 = 37;
    pub(crate) const NFILE: u32 = 41;
    pub(crate) const NOENT: u32 = 44;
    pub(crate) const NOSPC: u32 = 51;
    pub(crate) const NOSYS: u32 = 52;
    pub(crate) const NOTCONN: u32 = 53;
    pub(crate) const NOTDIR: u32 = 54;
    pub(crate) const NOTEMPTY: u32 = 55;
    pub(crate) const NOTSOCK: u32 = 57;
    pub(crate) const NOTSUP: u32 = 58;
    pub(crate) const NXIO: u32 = 60;
    pub(crate) const PERM: u32 = 63;
    pub(crate) const PIPE: u32 = 64;
    pub(crate) const ROFS: u32 = 69;
    pub(crate) const SPIPE: u32 = 70;
    pub(crate) const XDEV: u32 = 75;
    pub(crate) const NOTCAPABLE: u32 = 76;
}

/// Rights, by the standard's names.
pub(crate) mod rights {
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const ALL: u64 = (1 << 30) - 1;
    pub(crate) const READ_WRITE: u64 = FD_READ | FD_SEEK | FD_WRITE;
    /// Everything that a file opened for reading can have.
    pub(crate) const READING: u64 = ALL & !FD_WRITE;
}

/// Flags of `path_open`.
pub(crate) mod oflags {
    pub(crate) const CREAT: u64 = 1;
    pub(crate) const DIRECTORY: u64 = 2;
    pub(crate) const EXCL: u64 = 4;
    pub(crate) const TRUNC: u64 = 8;
}

/// Flags of descriptors.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u64 = 1;
    pub(crate) const NONBLOCK: u64 = 4;
}

/// A parameter: a number, or bytes that are put into guest memory and passed as address and length.
pub(crate) enum Arg<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Arg::Number(number)
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Arg::Number(number.into())
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Bytes(text.as_bytes())
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Arg::Bytes(bytes)
    }
}

/// Calls a function by name, with parameters that are numbers or text.
macro_rules! call {
    ($guest:expr, $name:expr $(, $arg:expr)* $(,)?) => {
        $guest.call($name, &[$($crate::guest::Arg::from($arg)),*])
    };
}
pub(crate) use call;

/// A directory that goes away with the test.
pub(crate) struct Scratch(PathBuf, bool);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("holm-wasi-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Scratch(path, true)
    }

    /// A directory that stays.
    pub(crate) fn borrowed(path: PathBuf) -> Scratch {
        Scratch(path, false)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.1 {
            return;
        }
        // What is left behind in a temporary directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Guest {
    pub(crate) ctx: WasiCtx,
    pub(crate) memory: Vec<u8>,
    pub(crate) functions: &'static [Function],
}

impl Guest {
    pub(crate) fn new(ctx: WasiCtx) -> Guest {
        Guest { ctx, memory: vec![0; 1 << 20], functions: &SNAPSHOT_1 }
    }

    /// A guest with one directory, which is descriptor 3.
    pub(crate) fn with_dir(path: &Path, access: Access) -> Guest {
        let mut builder = WasiCtxBuilder::new();
        builder.preopened_dir(path, "/", access).unwrap();
        Guest::new(builder.build().unwrap())
    }

    pub(crate) fn unstable(mut self) -> Guest {
        self.functions = &SNAPSHOT_0;
        self
    }

    /// Calls a function and gives its error number.
    pub(crate) fn call(&mut self, name: &str, args: &[Arg<'_>]) -> u32 {
        self.call_to_end(name, args).unwrap()
    }

    pub(crate) fn call_to_end(&mut self, name: &str, args: &[Arg<'_>]) -> Result<u32, End> {
        let function = self.functions.iter().find(|f| f.name == name).unwrap();
        let mut slots = [0; PARAMS_MAX];
        let mut used = 0;
        let mut place = SCRATCH;
        for arg in args {
            match arg {
                Arg::Number(number) => slots[used] = *number,
                Arg::Bytes(bytes) => {
                    self.memory[place..place + bytes.len()].copy_from_slice(bytes);
                    slots[used] = place as u64;
                    slots[used + 1] = bytes.len() as u64;
                    used += 1;
                    place += bytes.len();
                }
            }
            used += 1;
        }
        assert_eq!(used, function.params.len(), "parameters of {name}");
        let Self { ctx, memory, .. } = self;
        SHARED.with(|shared| match shared {
            // The same in a memory that threads could share: see `shared.rs`.
            Some(shared) if memory.len() == shared.data_size() => {
                shared.write(0, memory).unwrap();
                let answer = function.call_shared(ctx, shared, &slots);
                shared.read(0, memory).unwrap();
                answer
            }
            _ => function.call(ctx, memory, &slots),
        })
    }

    pub(crate) fn u32_at(&self, at: u64) -> u32 {
        let at = usize::try_from(at).unwrap();
        u32::from_le_bytes(*self.memory[at..].first_chunk().unwrap())
    }

    pub(crate) fn u64_at(&self, at: u64) -> u64 {
        let at = usize::try_from(at).unwrap();
        u64::from_le_bytes(*self.memory[at..].first_chunk().unwrap())
    }

    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = usize::try_from(at).unwrap();
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn bytes(&self, at: u64, len: u64) -> &[u8] {
        let at = usize::try_from(at).unwrap();
        &self.memory[at..at + usize::try_from(len).unwrap()]
    }

    /// Opens without following a link.
    pub(crate) fn open_at(
        &mut self,
        fd: u32,
        path: &str,
        oflags: u64,
        rights: u64,
    ) -> Result<u32, u32> {
        self.open_with((fd, 0), path, oflags, rights)
    }

    /// Opens in a directory with flags for the lookup, and with all rights to pass on.
    pub(crate) fn open_with(
        &mut self,
        (fd, lookup): (u32, u64),
        path: &str,
        oflags: u64,
        rights: u64,
    ) -> Result<u32, u32> {
        let all = rights::ALL;
        match call!(self, "path_open", fd, lookup, path, oflags, rights, all, 0u64, OUT) {
            0 => Ok(self.u32_at(OUT)),
            errno => Err(errno),
        }
    }

    /// Opens in the first granted directory.
    pub(crate) fn open(&mut self, path: &str, oflags: u64, rights: u64) -> Result<u32, u32> {
        self.open_at(3, path, oflags, rights)
    }

    /// Reads with a list of one range.
    pub(crate) fn read(&mut self, fd: u32, len: u32) -> Result<Vec<u8>, u32> {
        let list = self.vector(8192, len);
        match call!(self, "fd_read", fd, list, 1u64, OUT) {
            0 => Ok(self.bytes(8192, self.u32_at(OUT).into()).to_vec()),
            errno => Err(errno),
        }
    }

    /// Writes with a list of one range.
    pub(crate) fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, u32> {
        self.put(8192, bytes);
        let list = self.vector(8192, u32::try_from(bytes.len()).unwrap());
        match call!(self, "fd_write", fd, list, 1u64, OUT) {
            0 => Ok(self.u32_at(OUT)),
            errno => Err(errno),
        }
    }

    /// Lays out a list of one range and gives its address.
    pub(crate) fn vector(&mut self, at: u32, len: u32) -> u64 {
        self.put(256, &at.to_le_bytes());
        self.put(260, &len.to_le_bytes());
        256
    }

    /// Lays out a list of ranges and gives its address.
    pub(crate) fn vectors(&mut self, ranges: &[(u32, u32)]) -> u64 {
        for (index, (at, len)) in ranges.iter().enumerate() {
            let place = 1024 + 8 * index as u64;
            self.put(place, &at.to_le_bytes());
            self.put(place + 4, &len.to_le_bytes());
        }
        1024
    }

    pub(crate) fn close(&mut self, fd: u32) -> u32 {
        call!(self, "fd_close", fd)
    }
}
