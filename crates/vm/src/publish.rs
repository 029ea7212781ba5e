//! The publication gate: the only way from bytes to executable pages.
//!
//! Code is written into an anonymous file, the file is sealed against every change, and only then mapped
//! readable and executable. Its pages are never writable and executable at once, and never change.

#[cfg(feature = "machine-code")]
use crate::{VmError, sys::map::Mapping};
use holm_abi::{Code, Interpreted};
#[cfg(feature = "machine-code")]
use rustix::fs::{MemfdFlags, SealFlags};
use std::ops::Range;
use std::sync::Arc;

/// Code that may be published.
///
/// The machine-code verifier will be what makes this type. Until it exists, [`VerifiedCode::trust`] is the
/// one marked place where code is believed instead.
#[cfg(feature = "machine-code")]
#[derive(Debug)]
pub struct VerifiedCode(Code);

#[cfg(feature = "machine-code")]
impl VerifiedCode {
    /// Believes that `code` keeps the contract of machine code. To be replaced by the verifier.
    #[must_use]
    pub fn trust(code: Code) -> Self {
        Self(code)
    }
}

/// Code that can be run: machine code at an address, or functions for the interpreter.
#[derive(Debug)]
pub struct PublishedCode {
    kind: Kind,
}

#[cfg(feature = "machine-code")]
#[derive(Debug)]
struct Machine {
    code: Code,
    mapping: Mapping,
}

#[derive(Debug)]
enum Kind {
    #[cfg(feature = "machine-code")]
    Machine(Box<Machine>),
    Interpreted(Arc<dyn Interpreted>),
}

impl PublishedCode {
    /// Functions to be interpreted. Like machine code it is believed that they keep their contract, see
    /// [`holm_abi::interpreter`]; nothing is made executable.
    #[must_use]
    pub fn interpret(functions: Arc<dyn Interpreted>) -> Arc<Self> {
        Arc::new(Self { kind: Kind::Interpreted(functions) })
    }

    /// The code and its tables, if it is machine code.
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Machine(machine) => Some(&machine.code),
            Kind::Interpreted(_) => None,
        }
    }

    /// The functions, if they are interpreted.
    #[must_use]
    pub fn interpreted(&self) -> Option<&Arc<dyn Interpreted>> {
        match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Machine(_) => None,
            Kind::Interpreted(functions) => Some(functions),
        }
    }

    /// The offsets in the wasm bytes of all calls that are active at `offset` of one frame.
    pub fn sources_at(&self, offset: u32) -> impl Iterator<Item = u32> {
        let machine = self.code().map(|code| code.sources_at(offset));
        let interpreted = (machine.is_none() && offset != u32::MAX).then_some(offset);
        machine.into_iter().flatten().chain(interpreted)
    }

    /// The addresses of its text.
    pub(crate) fn addresses(&self) -> Range<u64> {
        match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Machine(machine) => {
                let start = machine.mapping.base().as_ptr().expose_provenance() as u64;
                start..start + machine.code.text().len() as u64
            }
            Kind::Interpreted(_) => 0..0,
        }
    }

    /// What stands for the code of defined function `index`: the address of its entry.
    pub(crate) fn function(&self, index: u32) -> Option<u64> {
        match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Machine(machine) => {
                Some(self.addresses().start + u64::from(machine.code.function(index)?.offset))
            }
            Kind::Interpreted(functions) => functions.entry(index),
        }
    }

    /// The address of the foreign-call thunk of a type.
    pub(crate) fn thunk(&self, ty: u32) -> Option<u64> {
        Some(self.addresses().start + u64::from(self.code()?.thunk(ty)?))
    }
}

/// Maps code so that it can run.
///
/// # Errors
/// When the operating system refuses an anonymous file, its seals, or an executable mapping of it.
#[cfg(feature = "machine-code")]
pub fn publish(code: VerifiedCode) -> Result<Arc<PublishedCode>, VmError> {
    let code = code.0;
    let failed = |error| VmError::os("publishing code", error);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = rustix::fs::memfd_create("holm-code", flags).map_err(failed)?;
    let file = std::fs::File::from(file);
    let text = code.text();
    std::io::Write::write_all(&mut &file, text)
        .map_err(|error| VmError::os("writing code", error))?;
    if text.is_empty() {
        rustix::fs::ftruncate(&file, 1).map_err(failed)?;
    }
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals).map_err(failed)?;
    let mapping = Mapping::executable(&file, text.len())?;
    Ok(Arc::new(PublishedCode { kind: Kind::Machine(Box::new(Machine { code, mapping })) }))
}
