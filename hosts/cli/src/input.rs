//! The file that a command is about: read once, told apart by what is in it, never by its name.
//!
//! Not here: decoding (that is the engine's). Invariants: a file that can not be any of the three kinds is
//! refused after its first bytes, so that `/dev/zero` costs nothing; every refusal says what to do; and a
//! module is read in one go unless it comes so slowly that it is worth compiling meanwhile.
//! Read next: `code.rs`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use holm::SharedBytes;

use crate::failure::Failure;

/// The most bytes a file may have: more than any module limit lets through.
const FILE_BYTES_MAX: u64 = 2 << 30;
/// How much is read before the kind of the file is decided.
const HEAD_BYTES: u64 = 4096;
/// A module that is not there after this time is compiled while it arrives. Before that nothing is done, because
/// the code of the whole module may lie in the cache.
const PATIENCE: Duration = Duration::from_millis(50);
/// The same for a file, which is slow only if it lies elsewhere, or the machine has no time for us.
const FILE_PATIENCE: Duration = Duration::from_millis(500);
/// How much is read at once.
const PIECE_BYTES: usize = 64 << 10;
/// How much is read of a file at once.
const FILE_PIECE_BYTES: usize = 4 << 20;

/// A file of so many bytes is read into huge pages, where the system has them.
const HUGE_PAGES_BYTES_MIN: usize = 4 << 20;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A binary module.
    Binary,
    /// A module in the text format.
    Text,
    /// Code that `holm compile` made.
    Artifact,
}

/// A file's content.
#[derive(Debug)]
pub(crate) struct Input {
    /// How to call it in a message.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Its bytes.
    pub(crate) bytes: SharedBytes,
}

/// A file of which the first bytes are there.
pub(crate) struct Opened {
    /// How to call it in a message.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    bytes: Vec<u8>,
    rest: Box<dyn Read>,
    /// Whether it is a file, so that nobody writes it meanwhile.
    is_file: bool,
}

/// A file that was read, or that comes so slowly that it is worth compiling meanwhile.
pub(crate) enum Received {
    /// All of it is there.
    Whole(Input),
    /// It is a binary module, and more of it is to come.
    Arriving(Opened),
}

impl Received {
    /// How to call it in a message.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Whole(input) => &input.name,
            Self::Arriving(opened) => &opened.name,
        }
    }

    /// How many bytes are there.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(input) => input.bytes.len(),
            Self::Arriving(opened) => opened.bytes.len(),
        }
    }
}

/// Reads a file as long as it comes fast.
///
/// # Errors
/// When it can not be read or is of no kind that Holm knows.
pub(crate) fn receive(path: &Path) -> Result<Received, Failure> {
    let mut opened = open(path)?;
    let begin = Instant::now();
    let patience = if opened.is_file { FILE_PATIENCE } else { PATIENCE };
    while opened.read_piece()? > 0 {
        if opened.kind == Kind::Binary && begin.elapsed() > patience {
            return Ok(Received::Arriving(opened));
        }
    }
    Ok(Received::Whole(opened.whole()))
}

/// Reads a file, or standard input if `path` is `-`.
///
/// # Errors
/// When it can not be read or is of no kind that Holm knows.
#[cfg(feature = "tools")]
pub(crate) fn read(path: &Path) -> Result<Input, Failure> {
    open(path)?.read()
}

/// Opens a file, or standard input if `path` is `-`, and finds out what it is.
///
/// # Errors
/// When it can not be read or is of no kind that Holm knows.
fn open(path: &Path) -> Result<Opened, Failure> {
    if path == Path::new("-") {
        return open_from(Box::new(io::stdin().lock()), None, "standard input".to_owned());
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return Err(directory(path));
    }
    open_from(Box::new(file), metadata.is_file().then_some(metadata.len()), name)
}

fn failed(name: &str, error: &io::Error) -> Failure {
    Failure::start(format!("can not read {name}: {}", reason(error)))
        .help("check that it is a file you can read")
}

/// `file` is the length if it is a file.
fn open_from(
    mut source: Box<dyn Read>,
    file: Option<u64>,
    name: String,
) -> Result<Opened, Failure> {
    let expected = file.unwrap_or_default().min(FILE_BYTES_MAX);
    let capacity = usize::try_from(expected).unwrap_or_default();
    // One more, so that the end of the file is seen without growing.
    let mut bytes = Vec::with_capacity(capacity + 1);
    if capacity >= HUGE_PAGES_BYTES_MIN {
        holm_vm::want_huge_pages(&mut bytes);
    }
    let read = source.by_ref().take(HEAD_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| failed(&name, &error))?;
    let kind = classify(&bytes).map_err(|why| why.failure(&name))?;
    Ok(Opened { name, kind, bytes, rest: source, is_file: file.is_some() })
}

impl Opened {
    /// Reads to the end.
    ///
    /// # Errors
    /// When it can not be read.
    #[cfg(feature = "tools")]
    pub(crate) fn read(mut self) -> Result<Input, Failure> {
        while self.read_piece()? > 0 {}
        Ok(self.whole())
    }

    /// What was read since this was called last; nothing at the end.
    ///
    /// # Errors
    /// When it can not be read.
    pub(crate) fn next_piece(&mut self) -> Result<Vec<u8>, Failure> {
        if self.bytes.is_empty() {
            self.read_piece()?;
        }
        Ok(std::mem::take(&mut self.bytes))
    }

    fn whole(self) -> Input {
        Input { name: self.name, kind: self.kind, bytes: self.bytes.into() }
    }

    /// Appends what is there to be read; gives how much it was.
    fn read_piece(&mut self) -> Result<usize, Failure> {
        let read = match self.is_file {
            // This one does not fill with zeros what it is going to read into, but waits until there is enough.
            true => self.rest.by_ref().take(FILE_PIECE_BYTES as u64).read_to_end(&mut self.bytes),
            false => self.read_some(),
        };
        let read = read.map_err(|error| failed(&self.name, &error))?;
        if self.bytes.len() as u64 > FILE_BYTES_MAX {
            let size = crate::units::show_size(FILE_BYTES_MAX);
            return Err(Failure::start(format!("{} is too large: the most is {size}", self.name))
                .help("split the module, or keep its data in a file that it reads"));
        }
        Ok(read)
    }

    /// Appends what has arrived; waits only where nothing has.
    fn read_some(&mut self) -> io::Result<usize> {
        let before = self.bytes.len();
        let room = match self.bytes.capacity() - before {
            0 => PIECE_BYTES,
            room => room.min(PIECE_BYTES),
        };
        self.bytes.resize(before + room, 0);
        let read = loop {
            match self.rest.read(&mut self.bytes[before..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.bytes.truncate(before + read.as_ref().copied().unwrap_or_default());
        read
    }
}

/// Reads a text file, or standard input if `path` is `-`.
///
/// # Errors
/// When it can not be read or is not UTF-8.
#[cfg(feature = "text")]
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let is_stdin = path == Path::new("-");
    if !is_stdin && path.is_dir() {
        return Err(directory(path));
    }
    let bytes = if is_stdin {
        let mut bytes = Vec::new();
        io::stdin().lock().take(FILE_BYTES_MAX).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::start(format!("{} is not text", path.display())).help("give a .wast script")
    })
}

/// All of a text file, or nothing if it has more than so many bytes. What is no regular file does not say how long it is.
#[cfg(any(feature = "tools", feature = "grants-file"))]
pub(crate) fn text_of(path: &Path, bytes_max: u64) -> io::Result<Option<String>> {
    let mut text = String::new();
    let read = File::open(path)?.take(bytes_max + 1).read_to_string(&mut text)?;
    Ok((read as u64 <= bytes_max).then_some(text))
}

/// Reads a text file of at most so many bytes.
///
/// # Errors
/// When it can not be read, is longer, or is not UTF-8.
#[cfg(feature = "tools")]
pub(crate) fn read_short_text(path: &Path, bytes_max: u64) -> Result<String, Failure> {
    if path.is_dir() {
        return Err(directory(path));
    }
    match text_of(path, bytes_max) {
        Ok(None) => {
            let size = crate::units::show_size(bytes_max);
            Err(Failure::start(format!("{} is too large: the most is {size}", path.display())))
        }
        Ok(Some(text)) => Ok(text),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(Failure::start(format!("{} is not text", path.display())))
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Turns the text format into the binary one.
///
/// # Errors
/// Always: this program was built without the text format.
#[cfg(not(feature = "text"))]
pub(crate) fn text_to_binary(name: &str, _text: &[u8]) -> Result<Vec<u8>, Failure> {
    let what =
        format!("{name} is a module in the text format, which this build of Holm does not read");
    Err(Failure::start(what)
        .help("turn it into the binary format first: wat2wasm or wasm-tools parse"))
}

/// Turns the text format into the binary one.
///
/// # Errors
/// When it is not well formed; with line and column.
#[cfg(feature = "text")]
pub(crate) fn text_to_binary(name: &str, text: &[u8]) -> Result<Vec<u8>, Failure> {
    wat::parse_bytes(text).map(Into::into).map_err(|error| {
        let text = error.to_string();
        crate::explain::text_error(name, &text)
    })
}

/// Why a file is of no kind that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknown {
    Empty,
    Component,
    /// A version of the binary format that nobody has heard of.
    Version([u8; 4]),
    /// The magic number is there, the version is not.
    CutShort,
    /// Readable text that is no module.
    Prose,
    /// Something else that can be told by its first bytes.
    Known(&'static str),
    Bytes([u8; 4]),
}

/// Files that people take for modules, by their first bytes.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\x7fELF", "a native program (ELF)"),
    (b"\xcf\xfa\xed\xfe", "a native program (Mach-O)"),
    (b"MZ", "a native program (Windows)"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"!<arch>\n", "a library archive (ar)"),
    (b"BC\xc0\xde", "LLVM bitcode"),
];

/// What a file is, by its first bytes.
fn classify(head: &[u8]) -> Result<Kind, Unknown> {
    const WASM: &[u8] = b"\0asm";
    if let Some(rest) = head.strip_prefix(WASM) {
        return match rest.first_chunk::<4>() {
            Some([1, 0, 0, 0]) => Ok(Kind::Binary),
            // The upper half of the version is the layer: 0 for modules, 1 for components.
            Some([_, _, 1, 0]) => Err(Unknown::Component),
            Some(version) => Err(Unknown::Version(*version)),
            None => Err(Unknown::CutShort),
        };
    }
    if holm_abi::container::Container::recognizes(head) {
        return Ok(Kind::Artifact);
    }
    if head.is_empty() {
        return Err(Unknown::Empty);
    }
    if WASM.starts_with(head) {
        return Err(Unknown::CutShort);
    }
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Unknown::Known(what));
    }
    if is_text(head) {
        return if begins_like_a_module(head) { Ok(Kind::Text) } else { Err(Unknown::Prose) };
    }
    let mut first = [0; 4];
    first.iter_mut().zip(head).for_each(|(to, from)| *to = *from);
    Err(Unknown::Bytes(first))
}

/// Whether it is UTF-8 without control characters; its last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

/// Whether the first thing after blanks and comments is a parenthesis.
fn begins_like_a_module(text: &[u8]) -> bool {
    let mut rest = text.trim_ascii_start();
    loop {
        if let Some(comment) = rest.strip_prefix(b";;") {
            let end = comment.iter().position(|byte| *byte == b'\n').unwrap_or(comment.len());
            rest = comment[end..].trim_ascii_start();
        } else if let Some(comment) = rest.strip_prefix(b"(;") {
            // A comment longer than what was read: the parser will tell.
            let Some(after) = after_comment(comment) else { return true };
            rest = after.trim_ascii_start();
        } else {
            return rest.first() == Some(&b'(');
        }
    }
}

/// What follows a block comment that has been opened; comments nest.
fn after_comment(text: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut at) = (1_usize, 0);
    while depth > 0 {
        match text.get(at..at + 2)? {
            b"(;" => depth += 1,
            b";)" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    text.get(at..)
}

impl Unknown {
    fn failure(self, name: &str) -> Failure {
        const BUILD: &str =
            "give a WebAssembly module (.wasm), its text (.wat), or what holm compile made (.holm)";
        let say = |cause: String, help: &str| Failure::start(cause).help(help);
        match self {
            Self::Empty => say(
                format!("{name} is empty"),
                "the tool that should have written it may have failed: build it again",
            ),
            Self::Component => say(
                format!("{name} is a component, and this build of Holm runs core modules"),
                "build a core module, e.g. for the target wasm32-wasip1 instead of wasm32-wasip2",
            ),
            Self::Version([a, b, c, d]) => say(
                format!(
                    "{name} has version {a:02x} {b:02x} {c:02x} {d:02x} of the binary format, expected 01 00 00 00"
                ),
                "build it again with a current tool",
            ),
            Self::CutShort => say(
                format!("{name} ends inside the header of a WebAssembly module"),
                "the file was cut short: copy, download or build it again",
            ),
            Self::Prose => say(
                format!(
                    "{name} is a text file, but not the text of a WebAssembly module, which begins with a parenthesis"
                ),
                BUILD,
            ),
            Self::Known(what) => say(format!("{name} is not WebAssembly: it is {what}"), BUILD),
            Self::Bytes([a, b, c, d]) => say(
                format!(
                    "{name} is not WebAssembly: it begins with {a:02x} {b:02x} {c:02x} {d:02x}, expected 00 61 73 6d"
                ),
                BUILD,
            ),
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    if error.kind() == ErrorKind::IsADirectory {
        return directory(path);
    }
    let failure = Failure::start(format!("can not read {}: {}", path.display(), reason(error)));
    match error.kind() {
        ErrorKind::NotFound => failure.help(match similar_file(path) {
            Some(similar) => format!("did you mean {similar}?"),
            None => "check the name, and the directory you are in".to_owned(),
        }),
        ErrorKind::PermissionDenied => failure.help("make it readable for your user"),
        _ => failure.help("check that it is a file you can read"),
    }
}

fn directory(path: &Path) -> Failure {
    let failure = Failure::start(format!("{} is a directory", path.display()));
    let modules = modules_in(path);
    match modules.first() {
        Some(first) => {
            failure.help(format!("give a file in it, e.g. {}", path.join(first).display()))
        }
        None => failure.help("give a .wasm, .wat or .holm file"),
    }
}

/// What the system says, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut text = text.to_owned();
    text.get_mut(..1).unwrap_or_default().make_ascii_lowercase();
    text
}

/// A module beside `path` whose name is close to it.
fn similar_file(path: &Path) -> Option<String> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let wanted = path.file_name()?.to_string_lossy();
    let names = modules_in(directory.unwrap_or(Path::new(".")));
    let close = crate::names::closest(&wanted, names.iter().map(String::as_str))?;
    Some(directory.map_or_else(|| close.to_owned(), |dir| dir.join(close).display().to_string()))
}

/// The names of modules in a directory, sorted.
fn modules_in(directory: &Path) -> Vec<String> {
    let is_module = |path: &Path| {
        path.extension()
            .and_then(OsStr::to_str)
            .is_some_and(|e| matches!(e, "wasm" | "wat" | "holm"))
    };
    let entries = directory.read_dir().into_iter().flatten().take(10_000).flatten();
    let modules = entries.filter(|entry| is_module(&entry.path()));
    let mut names: Vec<String> = Vec::new();
    for name in modules.filter_map(|entry| entry.file_name().into_string().ok()) {
        // Rarely many; sorting them afterwards would be 4 KB of code.
        names.insert(names.partition_point(|other| *other < name), name);
    }
    names
}

#[cfg(test)]
mod tests;
