//! From a place in a module's bytes to lines of source code, through the module's DWARF.
//!
//! Not here: names of functions from the name section. The only file that names `addr2line`; without the
//! feature `dwarf` it always answers "nothing known". Invariant: debugging information comes from the guest
//! and may be nonsense; nonsense gives no answer and never an error. Read next: [`crate::backtrace`].

use crate::backtrace::Symbol;
use crate::module::Module;

#[cfg(feature = "dwarf")]
pub(crate) use enabled::Lines;

#[cfg(not(feature = "dwarf"))]
pub(crate) use disabled::Lines;

#[cfg(feature = "dwarf")]
mod enabled {
    use super::{Module, Symbol};
    use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
    use addr2line::{Context, Frame};

    type Bytes<'a> = EndianSlice<'a, LittleEndian>;

    /// The most inlined calls that are told about one place.
    const SYMBOLS_MAX: usize = 64;

    /// The debugging information of one module, read as far as questions need it.
    pub(crate) struct Lines<'a> {
        context: Context<Bytes<'a>>,
        /// The addresses of DWARF in WebAssembly count from the start of the code section.
        code_start: u64,
    }

    impl<'a> Lines<'a> {
        /// The debugging information of `module`, if it carries any.
        pub(crate) fn of(module: &'a Module) -> Option<Self> {
            module.custom_section(".debug_info")?;
            let section = |id: addr2line::gimli::SectionId| {
                let bytes = module.custom_section(id.name()).unwrap_or_default();
                Ok::<_, addr2line::gimli::Error>(Bytes::new(bytes, LittleEndian))
            };
            let context = Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
            Some(Self { context, code_start: module.code_start() })
        }

        /// What is known about the operator at `wasm_offset`, innermost inlined call first.
        pub(crate) fn symbols(&self, wasm_offset: u32) -> Vec<Symbol> {
            let Some(address) = u64::from(wasm_offset).checked_sub(self.code_start) else {
                return Vec::new();
            };
            let Ok(mut frames) = self.context.find_frames(address).skip_all_loads() else {
                return Vec::new();
            };
            let mut symbols = Vec::new();
            while let Ok(Some(frame)) = frames.next() {
                symbols.push(symbol(&frame));
                if symbols.len() == SYMBOLS_MAX {
                    break;
                }
            }
            symbols
        }
    }

    fn symbol(frame: &Frame<'_, Bytes<'_>>) -> Symbol {
        let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
        let location = frame.location.as_ref();
        Symbol {
            function: name.map(std::borrow::Cow::into_owned),
            file: location.and_then(|location| location.file).map(str::to_owned),
            line: location.and_then(|location| location.line),
            column: location.and_then(|location| location.column).filter(|column| *column > 0),
        }
    }
}

#[cfg(not(feature = "dwarf"))]
mod disabled {
    use super::{Module, Symbol};
    use std::convert::Infallible;
    use std::marker::PhantomData;

    /// Never made: nothing is known.
    pub(crate) struct Lines<'a>(Infallible, PhantomData<&'a ()>);

    impl<'a> Lines<'a> {
        pub(crate) fn of(_module: &'a Module) -> Option<Self> {
            None
        }

        pub(crate) fn symbols(&self, _wasm_offset: u32) -> Vec<Symbol> {
            match self.0 {}
        }
    }
}
