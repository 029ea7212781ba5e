//! The types of an engine and their numbers: two types are equal exactly when their ids are.
//!
//! Types are registered in the groups that their module defines them in, because types of one group may name
//! each other: two groups are the same when they read the same with such names counted inside the group and
//! all others replaced by ids. Not here: type indices of a module. Invariant: an id stays taken while any
//! holder of its group lives, so code, tables and host functions that carry the bare number are safe as long
//! as they keep one. Ids start at 1 and stay below 2³¹. Read next: [`crate::engine`].

use crate::error::{Error, Result};
use holm_abi::object::{DISPLAY_DEPTH, DISPLAY_ENTRIES, ID_MASK, ObjectLayout};
use holm_abi::{RegisterFile, SignatureAbi};
use holm_spec::types::{Definitions, FuncType, SubType};
use holm_vm::{TypeRelations, TypeTable};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

/// The registers of the machine that this build runs on.
pub(crate) const REGISTERS: RegisterFile =
    if cfg!(target_arch = "aarch64") { RegisterFile::AARCH64 } else { RegisterFile::X86_64 };

/// In a group's key: the rest of the number counts inside the group.
const INSIDE: u32 = 1 << 31;

/// The types of one engine. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct TypeRegistry {
    inner: Arc<RwLock<Inner>>,
}

/// What makes two groups the same.
type Key = Arc<[SubType]>;

#[derive(Default)]
struct Inner {
    groups: BTreeMap<Key, Weak<Group>>,
    /// Slot `n` belongs to id `n + 1`.
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    /// What stands above each type, for compiled code; made for the first type that may have relatives.
    table: Option<TypeTable>,
}

struct Slot {
    definition: Arc<Definition>,
    group: Weak<Group>,
}

/// A registered type.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) id: u32,
    /// The type, its concrete types numbered by their ids.
    pub(crate) ty: SubType,
    /// The header word of its objects; of a function type the id.
    pub(crate) header: u32,
    /// How its objects are laid out, unless it is a function type.
    pub(crate) layout: Option<Arc<ObjectLayout>>,
    /// How its values are passed, if it is a function type.
    pub(crate) signature: Option<Arc<Signature>>,
}

/// A function type and how its values are passed.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) ty: FuncType,
    pub(crate) abi: SignatureAbi,
}

/// Types that were defined together, registered for as long as this lives.
pub(crate) struct Group {
    registry: TypeRegistry,
    key: Key,
    members: Box<[Arc<Definition>]>,
    /// The groups of all types that members name.
    _uses: Vec<Arc<Self>>,
}

/// The types of a module, registered for as long as this lives.
#[derive(Debug)]
pub(crate) struct ModuleTypes {
    /// The id of each type, in order.
    pub(crate) ids: Box<[u32]>,
    /// The header word of each type's objects, of function types the id.
    pub(crate) headers: Box<[u32]>,
    /// The ids of structure and array types, and how their objects are laid out.
    pub(crate) objects: Box<[(u32, Arc<ObjectLayout>)]>,
    _groups: Vec<Arc<Group>>,
}

/// A structure or array type that is registered for as long as this lives.
#[derive(Clone)]
pub(crate) struct ObjectTypeId {
    group: Arc<Group>,
    member: Arc<Definition>,
}

/// A function type that is registered for as long as this lives.
#[derive(Clone)]
pub(crate) struct TypeId {
    group: Arc<Group>,
    signature: Arc<Signature>,
}

impl TypeRegistry {
    /// Registers a function type by itself. Concrete types in it are numbered by ids.
    ///
    /// # Errors
    /// When it names a concrete type that is not registered now.
    pub(crate) fn register(&self, ty: &FuncType) -> Result<TypeId> {
        let group = self.write().group(self, [SubType::from(ty.clone())].into())?;
        let signature = group.members[0].signature.clone();
        let signature = signature.ok_or_else(|| Error::bug("a function type has no signature"))?;
        Ok(TypeId { group, signature })
    }

    /// Registers the types of a module, given in groups of these sizes.
    ///
    /// # Errors
    /// When a type names one that does not exist, which validation excludes.
    pub(crate) fn register_module(&self, types: &[SubType], groups: &[u32]) -> Result<ModuleTypes> {
        let mut inner = self.write();
        let mut ids = Vec::with_capacity(types.len());
        let mut held = Vec::with_capacity(groups.len());
        let mut rest = types;
        for size in groups {
            let members = rest.split_at_checked(*size as usize);
            let (members, after) = members.ok_or_else(|| Error::bug("groups do not fit types"))?;
            let first = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            let mut number = |index: u32| match index.checked_sub(first) {
                Some(inside) => INSIDE | inside,
                None => ids[index as usize],
            };
            let key = members.iter().map(|ty| ty.map_concrete(&mut number)).collect();
            let group = inner.group(self, key)?;
            ids.extend(group.members.iter().map(|member| member.id));
            held.push(group);
            rest = after;
        }
        let members = || held.iter().flat_map(|group: &Arc<Group>| group.members.iter());
        let headers = members().map(|member| member.header).collect();
        let object = |member: &Arc<Definition>| Some((member.id, member.layout.clone()?));
        let objects = members().filter_map(object).collect();
        Ok(ModuleTypes { ids: ids.into(), headers, objects, _groups: held })
    }

    /// Registers a structure or array type by itself. Concrete types in it are numbered by ids.
    ///
    /// # Errors
    /// When it names a concrete type that is not registered now.
    pub(crate) fn register_object(&self, ty: SubType) -> Result<ObjectTypeId> {
        let group = self.write().group(self, [ty].into())?;
        let member = Arc::clone(&group.members[0]);
        Ok(ObjectTypeId { group, member })
    }

    /// The structure or array type with this id; nothing when no such type is registered now.
    pub(crate) fn object_type(&self, id: u32) -> Option<ObjectTypeId> {
        let inner = self.read();
        let slot = inner.slot(id)?;
        let (group, member) = (slot.group.upgrade()?, Arc::clone(&slot.definition));
        member.layout.is_some().then_some(ObjectTypeId { group, member })
    }

    /// The definition with this id; nothing when no such type is registered now.
    pub(crate) fn definition(&self, id: u32) -> Option<Arc<Definition>> {
        Some(Arc::clone(&self.read().slot(id)?.definition))
    }

    /// The function type with this id; nothing when no such type is registered now.
    pub(crate) fn signature(&self, id: u32) -> Option<Arc<Signature>> {
        self.read().slot(id)?.definition.signature.clone()
    }

    /// Whether the type with id `sub` is the one with id `sup` or below it.
    pub(crate) fn is_below(&self, sub: u32, sup: u32) -> bool {
        sub == sup || self.read().is_below(sub, sup)
    }

    /// Calls `ask` with the definitions of all ids.
    pub(crate) fn with_definitions<T>(&self, ask: impl FnOnce(&dyn Definitions) -> T) -> T {
        ask(&*self.read())
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TypeRelations for TypeRegistry {
    fn is_below(&self, sub: u32, sup: u32) -> bool {
        Self::is_below(self, sub, sup)
    }

    fn table_address(&self) -> u64 {
        self.read().table.as_ref().map_or(0, TypeTable::address)
    }
}

impl Definitions for Inner {
    fn definition(&self, index: u32) -> Option<&SubType> {
        self.slot(index).map(|slot| &slot.definition.ty)
    }
}

impl Inner {
    fn slot(&self, id: u32) -> Option<&Slot> {
        self.slots.get(id.checked_sub(1)? as usize)?.as_ref()
    }

    /// The group with this key.
    fn group(&mut self, registry: &TypeRegistry, key: Key) -> Result<Arc<Group>> {
        if let Some(group) = self.groups.get(&key).and_then(Weak::upgrade) {
            return Ok(group);
        }
        let uses = self.uses(&key)?;
        let ids: Vec<u32> = key.iter().map(|_| self.free_id()).collect::<Result<_>>()?;
        let mut number = |index: u32| match index & INSIDE {
            0 => index,
            _ => ids[(index & !INSIDE) as usize],
        };
        let members = key.iter().zip(&ids).map(|(ty, id)| {
            let ty = ty.map_concrete(&mut number);
            let signature = ty.as_func().map(|ty| {
                let abi = SignatureAbi::new(ty, &REGISTERS);
                Arc::new(Signature { ty: ty.clone(), abi })
            });
            let layout = ObjectLayout::new(&ty.composite).map(Arc::new);
            let header = holm_abi::object::header(&ty.composite, *id);
            Arc::new(Definition { id: *id, header, layout, ty, signature })
        });
        let members: Box<[Arc<Definition>]> = members.collect();
        let registry = registry.clone();
        let group = Arc::new(Group { registry, key: Arc::clone(&key), members, _uses: uses });
        for member in &group.members {
            let (definition, group) = (Arc::clone(member), Arc::downgrade(&group));
            self.slots[member.id as usize - 1] = Some(Slot { definition, group });
        }
        for member in &group.members {
            self.write_row(member)?;
        }
        self.groups.insert(key, Arc::downgrade(&group));
        Ok(group)
    }

    /// The groups of the types outside that a key names.
    fn uses(&self, key: &[SubType]) -> Result<Vec<Arc<Group>>> {
        let mut outside = Vec::new();
        for ty in key {
            let _ = ty.map_concrete(&mut |index| {
                if index & INSIDE == 0 {
                    outside.push(index);
                }
                index
            });
        }
        outside.sort_unstable();
        outside.dedup();
        let group = |id: &u32| {
            let group = self.slot(*id).and_then(|slot| slot.group.upgrade());
            group.ok_or_else(|| Error::link(format!("there is no type with number {id}")))
        };
        outside.iter().map(group).collect()
    }

    /// Tells compiled code what stands above a type.
    fn write_row(&mut self, member: &Definition) -> Result<()> {
        let ty = &member.ty;
        if ty.is_final && ty.supertype.is_none() && self.table.is_none() {
            return Ok(());
        }
        if self.table.is_none() {
            self.table = Some(TypeTable::new()?);
            // Those before had no relatives; a row of zeros says the same.
        }
        let above = |id: &u32| self.definition(*id)?.supertype;
        let mut line: Vec<u32> = std::iter::successors(Some(member.id), above).collect();
        line.reverse();
        let mut row = [0; DISPLAY_ENTRIES as usize];
        for (entry, id) in row.iter_mut().zip(line.iter().take(DISPLAY_DEPTH as usize)) {
            *entry = *id;
        }
        row[DISPLAY_DEPTH as usize] = ty.supertype.unwrap_or(0);
        if let Some(table) = &self.table {
            table.set(member.id, row);
        }
        Ok(())
    }

    fn free_id(&mut self) -> Result<u32> {
        if let Some(id) = self.free.pop() {
            return Ok(id);
        }
        let id = u32::try_from(self.slots.len() + 1).unwrap_or(u32::MAX);
        if id > ID_MASK {
            let message = format!("more than {ID_MASK} types are alive in one engine");
            return Err(Error::exhausted("types", message));
        }
        self.slots.push(None);
        Ok(id)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut inner = self.registry.write();
        // Another group of the same key may have been made since the last holder of this one let go.
        let is_this = |group: &Weak<Self>| std::ptr::eq(group.as_ptr(), self);
        if inner.groups.get(&self.key).is_some_and(is_this) {
            inner.groups.remove(&self.key);
        }
        for member in &self.members {
            inner.slots[member.id as usize - 1] = None;
            inner.free.push(member.id);
        }
    }
}

impl ObjectTypeId {
    /// The type.
    pub(crate) fn definition(&self) -> &Arc<Definition> {
        &self.member
    }

    /// Whether it is registered here.
    pub(crate) fn is_of(&self, registry: &TypeRegistry) -> bool {
        Arc::ptr_eq(&self.group.registry.inner, &registry.inner)
    }
}

impl fmt::Debug for ObjectTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectTypeId({}: {})", self.member.id, self.member.ty.composite)
    }
}

impl TypeId {
    /// The number.
    pub(crate) fn id(&self) -> u32 {
        self.group.members[0].id
    }

    /// The type and how its values are passed.
    pub(crate) fn signature(&self) -> &Arc<Signature> {
        &self.signature
    }
}

impl fmt::Debug for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeId({}: {})", self.id(), self.signature.ty)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.members).finish()
    }
}

#[cfg(test)]
mod tests;
