//! The function types of an engine and their numbers: two types are equal exactly when their ids are.
//!
//! Not here: type indices of a module. Invariant: an id stays taken while any [`TypeId`] for it lives, so
//! code, tables and host functions that carry the bare number are safe as long as they keep their `TypeId`.
//! Ids start at 1 and stay below 2³¹. Read next: [`crate::engine`].

use holm_abi::{RegisterFile, SignatureAbi};
use holm_spec::types::FuncType;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// The registers of the machine that this build runs on.
pub(crate) const REGISTERS: RegisterFile =
    if cfg!(target_arch = "aarch64") { RegisterFile::AARCH64 } else { RegisterFile::X86_64 };

/// The types of one engine. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct TypeRegistry {
    inner: Arc<RwLock<Inner>>,
}

#[derive(Default)]
struct Inner {
    ids: BTreeMap<FuncType, u32>,
    /// Slot `n` belongs to id `n + 1`.
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
}

struct Slot {
    signature: Arc<Signature>,
    holders: usize,
}

/// A type and how its values are passed.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) ty: FuncType,
    pub(crate) abi: SignatureAbi,
}

/// A type that is registered for as long as this lives.
pub(crate) struct TypeId {
    registry: TypeRegistry,
    signature: Arc<Signature>,
    id: u32,
}

impl TypeRegistry {
    /// Registers a type.
    pub(crate) fn register(&self, ty: &FuncType) -> TypeId {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let (id, signature) = inner.hold(ty);
        TypeId { registry: self.clone(), signature, id }
    }

    /// The type with this id; nothing when no such type is registered now.
    pub(crate) fn signature(&self, id: u32) -> Option<Arc<Signature>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let slot = inner.slots.get(id.checked_sub(1)? as usize)?.as_ref()?;
        Some(Arc::clone(&slot.signature))
    }

    fn release(&self, id: u32) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.release(id);
    }
}

impl Inner {
    fn hold(&mut self, ty: &FuncType) -> (u32, Arc<Signature>) {
        if let Some(id) = self.ids.get(ty)
            && let Some(Some(slot)) = self.slots.get_mut(*id as usize - 1)
        {
            slot.holders += 1;
            return (*id, Arc::clone(&slot.signature));
        }
        let abi = SignatureAbi::new(ty, &REGISTERS);
        let signature = Arc::new(Signature { ty: ty.clone(), abi });
        let slot = Slot { signature: Arc::clone(&signature), holders: 1 };
        let id = match self.free.pop() {
            Some(id) => {
                self.slots[id as usize - 1] = Some(slot);
                id
            }
            None => {
                self.slots.push(Some(slot));
                u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
            }
        };
        assert!(id < 1 << 31, "fewer than 2^31 function types are alive");
        self.ids.insert(ty.clone(), id);
        (id, signature)
    }

    fn release(&mut self, id: u32) {
        let Some(place) = self.slots.get_mut(id as usize - 1) else { return };
        let Some(slot) = place else { return };
        slot.holders -= 1;
        if slot.holders == 0 {
            self.ids.remove(&slot.signature.ty);
            *place = None;
            self.free.push(id);
        }
    }
}

impl TypeId {
    /// The number.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// The type and how its values are passed.
    pub(crate) fn signature(&self) -> &Arc<Signature> {
        &self.signature
    }
}

impl Clone for TypeId {
    fn clone(&self) -> Self {
        self.registry.register(&self.signature.ty)
    }
}

impl Drop for TypeId {
    fn drop(&mut self) {
        self.registry.release(self.id);
    }
}

impl fmt::Debug for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeId({}: {})", self.id, self.signature.ty)
    }
}

#[cfg(test)]
mod tests;
