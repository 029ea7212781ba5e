//! The publication gate: the only way from bytes to executable pages.
//!
//! Code is written into an anonymous file, the file is sealed against every change, and only then mapped
//! readable and executable. Its pages are never writable and executable at once, and never change.
//! Read next: [`region`], for code that is published piece by piece.

#[cfg(feature = "machine-code")]
mod images;
#[cfg(feature = "machine-code")]
pub(crate) mod region;

#[cfg(feature = "machine-code")]
use crate::{VmError, sys::map::Mapping};
use holm_abi::code::Member;
use holm_abi::{Code, Interpreted};
#[cfg(feature = "machine-code")]
use region::Tiered;
#[cfg(feature = "machine-code")]
use rustix::fs::{MemfdFlags, SealFlags};
use std::ops::Range;
use std::sync::Arc;
#[cfg(feature = "machine-code")]
use std::sync::Weak;

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

/// Code that can be run: machine code at an address, functions for the interpreter, or functions that are
/// interpreted until they have machine code. That comes in images, of which each is published code of its own.
#[derive(Debug)]
pub struct PublishedCode {
    kind: Kind,
}

#[cfg(feature = "machine-code")]
#[derive(Debug)]
struct Machine {
    code: Code,
    place: Place,
}

/// Where machine code is.
#[cfg(feature = "machine-code")]
#[derive(Debug)]
enum Place {
    /// On its own.
    Own(Mapping),
    /// In the range of functions that are promoted one by one. Whoever runs it holds those.
    In { start: u64, parent: Weak<PublishedCode> },
}

#[derive(Debug)]
enum Kind {
    #[cfg(feature = "machine-code")]
    Machine(Box<Machine>),
    Interpreted(Arc<dyn Interpreted>),
    #[cfg(feature = "machine-code")]
    Tiered(Box<Tiered>),
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
            _ => None,
        }
    }

    /// The functions, if they are interpreted, or begin so.
    #[must_use]
    pub fn interpreted(&self) -> Option<&Arc<dyn Interpreted>> {
        match &self.kind {
            Kind::Interpreted(functions) => Some(functions),
            #[cfg(feature = "machine-code")]
            Kind::Tiered(tiered) => Some(&tiered.functions),
            #[cfg(feature = "machine-code")]
            Kind::Machine(_) => None,
        }
    }

    /// Whether it is `module`'s: that itself, or one of its images.
    #[must_use]
    pub fn belongs_to(&self, module: &Arc<Self>) -> bool {
        let module = Arc::as_ptr(module);
        #[cfg(feature = "machine-code")]
        if let Kind::Machine(machine) = &self.kind
            && let Place::In { parent, .. } = &machine.place
        {
            return std::ptr::eq(parent.as_ptr(), module);
        }
        std::ptr::eq(self, module)
    }

    /// The offsets in the wasm bytes of all calls that are active at `offset` of one frame.
    pub fn sources_at(&self, offset: u32) -> impl Iterator<Item = u32> {
        let machine = self.code().map(|code| code.sources_at(offset));
        let interpreted = (machine.is_none() && offset != u32::MAX).then_some(offset);
        machine.into_iter().flatten().chain(interpreted)
    }

    /// The addresses of its text, if it is machine code.
    pub(crate) fn addresses(&self) -> Range<u64> {
        match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Machine(machine) => {
                let start = match &machine.place {
                    Place::Own(mapping) => mapping.base().as_ptr().expose_provenance() as u64,
                    Place::In { start, .. } => *start,
                };
                start..start + machine.code.text().len() as u64
            }
            _ => 0..0,
        }
    }

    /// Whether its functions are interpreted until they have machine code.
    pub(crate) fn is_tiered(&self) -> bool {
        match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Tiered(_) => true,
            _ => false,
        }
    }

    /// The machine code at an address, this or one of its images, and the offset in its text. Neither allocates nor
    /// locks.
    pub(crate) fn find(self: &Arc<Self>, pc: u64) -> Option<(&Arc<Self>, u32)> {
        let code = match &self.kind {
            #[cfg(feature = "machine-code")]
            Kind::Tiered(tiered) => tiered.image_at(pc)?,
            _ => self,
        };
        let range = code.addresses();
        let offset = range.contains(&pc).then_some(pc - range.start)?;
        Some((code, u32::try_from(offset).ok()?))
    }

    /// What stands for the code of defined function `index`: where its machine code begins, or its code number.
    pub(crate) fn function(&self, index: u32) -> Option<u64> {
        match self.interpreted() {
            Some(functions) => functions.entry(index),
            None => Some(self.addresses().start + u64::from(self.code()?.function(index)?.offset)),
        }
    }

    /// The functions of machine code, and where each begins.
    pub fn members(&self) -> impl Iterator<Item = (Member, u64)> {
        let start = self.addresses().start;
        let members = self.code().into_iter().flat_map(Code::members);
        members.map(move |member| (member, start + u64::from(member.range.offset)))
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
    let mapping = Mapping::executable(seal(&[code.text()])?, code.text().len())?;
    let place = Place::Own(mapping);
    Ok(Arc::new(PublishedCode { kind: Kind::Machine(Box::new(Machine { code, place })) }))
}

/// Writes pieces of code, one behind the other, into an anonymous file that nobody can change any more.
#[cfg(feature = "machine-code")]
pub(crate) fn seal(pieces: &[&[u8]]) -> Result<std::fs::File, VmError> {
    let failed = |error| VmError::os("publishing code", error);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = rustix::fs::memfd_create("holm-code", flags).map_err(failed)?;
    let file = std::fs::File::from(file);
    for piece in pieces {
        std::io::Write::write_all(&mut &file, piece)
            .map_err(|error| VmError::os("writing code", error))?;
    }
    if pieces.iter().all(|piece| piece.is_empty()) {
        rustix::fs::ftruncate(&file, 1).map_err(failed)?;
    }
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals).map_err(failed)?;
    Ok(file)
}
