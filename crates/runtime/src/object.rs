//! Structures and arrays, seen from the host: their types, making them, their fields and elements.
//!
//! Not here: where they lie (see `holm-vm`). Invariant: what is written into an object is of the field's type;
//! a type stays registered while a store may hold objects that the host made of it.
//! Read next: [`crate::anyref`].

use crate::anyref::AnyRef;
use crate::context::{AsContext, AsContextMut, Owner, VmStore};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::registry::{Definition, ObjectTypeId};
use crate::value::Val;
use holm_abi::object::{ARRAY_ELEMENTS, ObjectLayout};
use holm_spec::types::{CompositeType, FieldType, HeapType, StorageType, SubType};
use std::sync::Arc;

/// The type of a structure, registered in an engine for as long as this lives.
#[derive(Clone, Debug)]
pub struct StructType(ObjectTypeId);

/// The type of an array, registered in an engine for as long as this lives.
#[derive(Clone, Debug)]
pub struct ArrayType(ObjectTypeId);

impl StructType {
    /// The final type without relatives that has these fields. Concrete types in them are numbered as in
    /// [`crate::ExternType`]s that this engine gives.
    ///
    /// # Errors
    /// When a field names a type that is not registered now.
    pub fn new(engine: &Engine, fields: impl Into<Box<[FieldType]>>) -> Result<Self> {
        let ty = SubType::lone(CompositeType::Struct(fields.into()));
        Ok(Self(engine.registry().register_object(ty)?))
    }

    /// The structure type with this number in the engine, as [`AnyRef::ty`] and export types give it.
    #[must_use]
    pub fn from_heap_type(engine: &Engine, ty: HeapType) -> Option<Self> {
        let HeapType::ConcreteStruct(id) = ty else { return None };
        engine.registry().object_type(id).map(Self)
    }

    /// Structures of this type.
    #[must_use]
    pub fn heap_type(&self) -> HeapType {
        HeapType::ConcreteStruct(self.0.definition().id)
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldType] {
        match &self.0.definition().ty.composite {
            CompositeType::Struct(fields) => fields,
            _ => &[],
        }
    }
}

impl ArrayType {
    /// The final type without relatives that has these elements.
    ///
    /// # Errors
    /// As for [`StructType::new`].
    pub fn new(engine: &Engine, element: FieldType) -> Result<Self> {
        let ty = SubType::lone(CompositeType::Array(element));
        Ok(Self(engine.registry().register_object(ty)?))
    }

    /// The array type with this number in the engine.
    #[must_use]
    pub fn from_heap_type(engine: &Engine, ty: HeapType) -> Option<Self> {
        let HeapType::ConcreteArray(id) = ty else { return None };
        engine.registry().object_type(id).map(Self)
    }

    /// Arrays of this type.
    #[must_use]
    pub fn heap_type(&self) -> HeapType {
        HeapType::ConcreteArray(self.0.definition().id)
    }
}

/// Readies a store for objects of a type.
fn prepare<T: 'static>(store: &mut VmStore<T>, ty: &ObjectTypeId) -> Result<Arc<Definition>> {
    let definition = Arc::clone(ty.definition());
    if !ty.is_of(store.data().engine.registry()) {
        return Err(Error::link("type and store belong to different engines"));
    }
    let layout = definition.layout.as_ref();
    let layout = layout.ok_or_else(|| Error::bug("an object type without a layout"))?;
    store.objects_mut().need_type(definition.id, layout)?;
    store.data_mut().object_types.insert(definition.id, ty.clone());
    Ok(definition)
}

/// What a place keeps of a value.
fn stored<T: 'static>(value: Val, storage: StorageType, store: &VmStore<T>) -> Result<u128> {
    let bits = value.to_bits(storage.unpacked(), store)?;
    Ok(match storage {
        StorageType::I8 => bits & 0xff,
        StorageType::I16 => bits & 0xffff,
        StorageType::Val(_) => bits,
    })
}

/// Makes structures, and reads and writes their fields.
#[derive(Clone, Copy, Debug)]
pub struct StructRef(AnyRef);

/// Makes arrays, and reads and writes their elements.
#[derive(Clone, Copy, Debug)]
pub struct ArrayRef(AnyRef);

/// A place in an object: how far from its header, and what is kept there.
struct Place {
    reference: u32,
    distance: u32,
    field: FieldType,
}

impl Place {
    fn get<T: 'static>(&self, store: &VmStore<T>) -> Val {
        let bytes = self.field.storage.bytes();
        let bits = store.objects().object_read(self.reference, self.distance, bytes);
        Val::from_bits(bits, self.field.storage.unpacked(), Owner::of(store))
    }

    fn set<T: 'static>(&self, store: &mut VmStore<T>, value: Val) -> Result<()> {
        if !self.field.mutable {
            return Err(Error::link(format!("cannot set a {}: it is not mutable", self.field)));
        }
        self.fill(store, value)
    }

    fn fill<T: 'static>(&self, store: &mut VmStore<T>, value: Val) -> Result<()> {
        let bits = stored(value, self.field.storage, store)?;
        let bytes = self.field.storage.bytes();
        store.objects_mut().object_write(self.reference, self.distance, bytes, bits);
        Ok(())
    }
}

/// The definition of what a handle refers to.
fn definition<T: 'static>(any: &AnyRef, store: &VmStore<T>) -> Result<(u32, Arc<Definition>)> {
    let reference = any.reference(Owner::of(store))?;
    let id = store.objects().object_type(reference);
    let definition = id.and_then(|id| store.data().engine.registry().definition(id));
    Ok((reference, definition.ok_or_else(|| Error::bug("an object without a type"))?))
}

impl StructRef {
    /// A new structure.
    ///
    /// # Errors
    /// When number or types of `values` are wrong, one belongs to another store, or the heap is full.
    pub fn new(mut store: impl AsContextMut, ty: &StructType, values: &[Val]) -> Result<Self> {
        let store = store.as_context_mut().0;
        let definition = prepare(store, &ty.0)?;
        let fields = ty.fields();
        if fields.len() != values.len() {
            let (wanted, found) = (fields.len(), values.len());
            return Err(Error::link(format!("a structure of {wanted} fields, {found} were given")));
        }
        for (value, field) in values.iter().zip(fields) {
            value.to_bits(field.storage.unpacked(), store)?;
        }
        let reference = store.objects_mut().struct_new_zeroed(definition.header)?;
        let Some(ObjectLayout::Struct(layout)) = definition.layout.as_deref() else {
            return Err(Error::bug("a structure type without a layout"));
        };
        for ((value, field), distance) in values.iter().zip(fields).zip(&layout.fields) {
            Place { reference, distance: *distance, field: *field }.fill(store, *value)?;
        }
        let made = AnyRef::from_reference(reference, Owner::of(store));
        made.map(Self).ok_or_else(|| Error::bug("a new structure is null"))
    }

    /// The structure that a reference refers to; nothing if it refers to something else.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn from_any(store: impl AsContext, any: AnyRef) -> Result<Option<Self>> {
        let is_struct = matches!(any.ty(store)?, HeapType::ConcreteStruct(_));
        Ok(is_struct.then_some(Self(any)))
    }

    /// The reference.
    #[must_use]
    pub const fn to_any(self) -> AnyRef {
        self.0
    }

    /// Its type.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn ty(&self, store: impl AsContext) -> Result<StructType> {
        let store = store.as_context();
        let ty = self.0.ty(store)?;
        StructType::from_heap_type(store.engine(), ty).ok_or_else(|| Error::bug("no such type"))
    }

    /// A field's value; of a packed field its bits without a sign.
    ///
    /// # Errors
    /// When there is no such field, it belongs to another store or its scope has ended.
    pub fn get(&self, store: impl AsContext, field: usize) -> Result<Val> {
        let store = store.as_context();
        Ok(self.place(store.0, field)?.get(store.0))
    }

    /// Sets a field.
    ///
    /// # Errors
    /// When there is no such field, it is immutable, the value is of another type, or something belongs to
    /// another store.
    pub fn set(&self, mut store: impl AsContextMut, field: usize, value: Val) -> Result<()> {
        let store = store.as_context_mut();
        self.place(store.0, field)?.set(store.0, value)
    }

    fn place<T: 'static>(&self, store: &VmStore<T>, field: usize) -> Result<Place> {
        let (reference, definition) = definition(&self.0, store)?;
        let places = match (definition.layout.as_deref(), &definition.ty.composite) {
            (Some(ObjectLayout::Struct(layout)), CompositeType::Struct(fields)) => {
                layout.fields.get(field).zip(fields.get(field))
            }
            _ => None,
        };
        let (distance, field) = places
            .ok_or_else(|| Error::link(format!("there is no field {field} in the structure")))?;
        Ok(Place { reference, distance: *distance, field: *field })
    }
}

impl ArrayRef {
    /// A new array with `length` times `value`.
    ///
    /// # Errors
    /// When the value is of another type or store, or the heap is full.
    pub fn new(
        mut store: impl AsContextMut,
        ty: &ArrayType,
        value: Val,
        length: u32,
    ) -> Result<Self> {
        let store = store.as_context_mut().0;
        let definition = prepare(store, &ty.0)?;
        let element = element_of(&definition)?;
        stored(value, element.storage, store)?;
        let reference = store.objects_mut().array_new_zeroed(definition.header, length)?;
        // Making the array may have moved what the value refers to.
        let bits = stored(value, element.storage, store)?;
        if length > 0 && bits != 0 {
            store.objects_mut().array_fill(reference, bits);
        }
        let made = AnyRef::from_reference(reference, Owner::of(store));
        made.map(Self).ok_or_else(|| Error::bug("a new array is null"))
    }

    /// The array that a reference refers to; nothing if it refers to something else.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn from_any(store: impl AsContext, any: AnyRef) -> Result<Option<Self>> {
        let is_array = matches!(any.ty(store)?, HeapType::ConcreteArray(_));
        Ok(is_array.then_some(Self(any)))
    }

    /// The reference.
    #[must_use]
    pub const fn to_any(self) -> AnyRef {
        self.0
    }

    /// Its type.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn ty(&self, store: impl AsContext) -> Result<ArrayType> {
        let store = store.as_context();
        let ty = self.0.ty(store)?;
        ArrayType::from_heap_type(store.engine(), ty).ok_or_else(|| Error::bug("no such type"))
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn len(&self, store: impl AsContext) -> Result<u32> {
        let store = store.as_context();
        let reference = self.0.reference(Owner::of(store.0))?;
        let length = store.0.objects().array_length(reference);
        length.ok_or_else(|| Error::bug("an array without a length"))
    }

    /// An element's value; of a packed element its bits without a sign.
    ///
    /// # Errors
    /// When there is no such element, it belongs to another store or its scope has ended.
    pub fn get(&self, store: impl AsContext, index: u32) -> Result<Val> {
        let store = store.as_context();
        Ok(self.place(store.0, index)?.get(store.0))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// When there is no such element, elements are immutable, the value is of another type, or something
    /// belongs to another store.
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<()> {
        let store = store.as_context_mut();
        self.place(store.0, index)?.set(store.0, value)
    }

    fn place<T: 'static>(&self, store: &VmStore<T>, index: u32) -> Result<Place> {
        let (reference, definition) = definition(&self.0, store)?;
        let field = element_of(&definition)?;
        let length = store.objects().array_length(reference).unwrap_or(0);
        if index >= length {
            return Err(Error::link(format!(
                "there is no element {index} in an array of {length}"
            )));
        }
        let distance = ARRAY_ELEMENTS.checked_add(index.wrapping_mul(field.storage.bytes()));
        let distance = distance.ok_or_else(|| Error::bug("an element beyond its heap"))?;
        Ok(Place { reference, distance, field })
    }
}

fn element_of(definition: &Definition) -> Result<FieldType> {
    match &definition.ty.composite {
        CompositeType::Array(element) => Ok(*element),
        _ => Err(Error::bug("an array type without elements")),
    }
}
