//! The guest's calls at the moment of a trap, and the names and lines behind them.
//!
//! Not here: walking the stack (see `holm-vm`). Invariant: making a [`Backtrace`] costs next to nothing;
//! names are looked up and DWARF is read only when somebody asks.
//! Read next: [`crate::dwarf`].

use crate::context::StoreId;
use crate::dwarf::Lines;
use crate::module::Module;
use std::fmt;

/// How many frames at each end are written when there are too many to write all.
const FRAMES_SHOWN_FIRST: usize = 32;
const FRAMES_SHOWN_LAST: usize = 8;

/// The calls of guest functions that were active, innermost first.
#[derive(Clone, Default)]
pub struct Backtrace {
    frames: Vec<BacktraceFrame>,
    /// The stores whose guests are in it; each was asked for all its frames at once.
    stores: Vec<StoreId>,
}

/// One active call of a guest function.
#[derive(Clone)]
pub struct BacktraceFrame {
    module: Module,
    function: u32,
    wasm_offset: Option<u32>,
}

/// What the debugging information of a module says about a frame. A frame has several of them when the
/// compiler of the guest inlined calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    /// The function's name in the source.
    pub function: Option<String>,
    /// The source file.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column, counted from 1.
    pub column: Option<u32>,
}

impl Backtrace {
    /// All frames of the guests of one store.
    pub(crate) fn new(frames: Vec<BacktraceFrame>, store: StoreId) -> Self {
        Self { frames, stores: vec![store] }
    }

    /// The frames, innermost first.
    #[must_use]
    pub fn frames(&self) -> &[BacktraceFrame] {
        &self.frames
    }

    /// Adds the calls outside of a host function below those inside of it, if they are another store's: an
    /// inner activation knows the outer ones of its own store already.
    pub(crate) fn append(&mut self, outer: Self) {
        if !outer.stores.iter().any(|store| self.stores.contains(store)) {
            self.frames.extend(outer.frames);
            self.stores.extend(outer.stores);
        }
    }
}

impl BacktraceFrame {
    pub(crate) fn new(module: Module, function: u32, wasm_offset: Option<u32>) -> Self {
        Self { module, function, wasm_offset }
    }

    /// The module whose function it is.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The name of the module, from its name section.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.module.name()
    }

    /// The index of the function among all functions of its module.
    #[must_use]
    pub fn function_index(&self) -> u32 {
        self.function
    }

    /// The name of the function, from the name section or else the export section.
    #[must_use]
    pub fn function_name(&self) -> Option<&str> {
        self.module.function_name(self.function)
    }

    /// Where in the module's bytes the operator is that trapped or made the call.
    #[must_use]
    pub fn wasm_offset(&self) -> Option<u64> {
        self.wasm_offset.map(u64::from)
    }

    /// What the module's DWARF says about the place, innermost inlined call first. Empty when the module
    /// carries none, or when Holm was built without the feature `dwarf`. Reads the DWARF each time.
    #[must_use]
    pub fn symbols(&self) -> Vec<Symbol> {
        self.symbols_in(Lines::of(&self.module).as_ref())
    }

    fn symbols_in(&self, lines: Option<&Lines<'_>>) -> Vec<Symbol> {
        match (lines, self.wasm_offset) {
            (Some(lines), Some(offset)) => lines.symbols(offset),
            _ => Vec::new(),
        }
    }

    /// `0x1f - module!function`, then a line per symbol.
    fn write(&self, f: &mut fmt::Formatter<'_>, lines: Option<&Lines<'_>>) -> fmt::Result {
        match self.wasm_offset {
            Some(offset) => write!(f, "{offset:#x} - ")?,
            None => f.write_str("? - ")?,
        }
        if let Some(module) = self.module_name() {
            write!(f, "{module}!")?;
        }
        match self.function_name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "<function {}>", self.function)?,
        }
        let symbols = self.symbols_in(lines);
        let last = symbols.len().saturating_sub(1);
        for (index, symbol) in symbols.iter().enumerate() {
            f.write_str("\n        at ")?;
            symbol.write(f, index < last)?;
        }
        Ok(())
    }
}

impl Symbol {
    /// `file:line:column`, after the function's name when the frame itself has another.
    fn write(&self, f: &mut fmt::Formatter<'_>, inlined: bool) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("<unknown file>"))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        match &self.function {
            Some(function) if inlined => write!(f, " (inlined {function})"),
            _ => Ok(()),
        }
    }
}

/// Writes one line per frame, and one more per line of source code where there is DWARF.
impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.frames.len();
        let hidden = FRAMES_SHOWN_FIRST..count.saturating_sub(FRAMES_SHOWN_LAST);
        let mut lines: Vec<(&Module, Option<Lines<'_>>)> = Vec::new();
        let mut separator = "";
        for (index, frame) in self.frames.iter().enumerate() {
            if hidden.contains(&index) {
                if index == hidden.start {
                    write!(f, "{separator}   … {} more", hidden.len())?;
                }
                continue;
            }
            let known = lines.iter().position(|(module, _)| module.is_same(&frame.module));
            let known = known.unwrap_or_else(|| {
                lines.push((&frame.module, Lines::of(&frame.module)));
                lines.len() - 1
            });
            write!(f, "{separator}{index:>4}: ")?;
            frame.write(f, lines[known].1.as_ref())?;
            separator = "\n";
        }
        Ok(())
    }
}

impl fmt::Debug for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.frames).finish()
    }
}

impl fmt::Debug for BacktraceFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BacktraceFrame")
            .field("function", &self.function)
            .field("name", &self.function_name())
            .field("wasm_offset", &self.wasm_offset)
            .finish()
    }
}
