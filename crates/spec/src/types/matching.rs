//! When a value of one type may stand where another is asked for: the chapter "Matching" of the standard.
//!
//! Not here: recursive equality; both types number their concrete types in the same canonical space, where
//! equal types have equal numbers. Invariant: every relation here is reflexive and transitive.
//! Read next: [`super::composite`].

use super::{
    FieldType, FuncType, GlobalType, HeapType, RefType, StorageType, SubType, TableType, ValType,
};

/// Where the numbers of concrete types lead.
pub trait Definitions {
    /// The definition with this number, if there is one.
    fn definition(&self, index: u32) -> Option<&SubType>;

    /// Whether definition `sub` is `sup` or stands somewhere below it.
    fn is_below(&self, mut sub: u32, sup: u32) -> bool {
        loop {
            if sub == sup {
                return true;
            }
            match self.definition(sub).and_then(|definition| definition.supertype) {
                // A definition can only name earlier ones, so this ends.
                Some(above) => sub = above,
                None => return false,
            }
        }
    }

    /// Whether heap type `sub` matches `sup`.
    fn heap_matches(&self, sub: HeapType, sup: HeapType) -> bool {
        use HeapType::{Array, ConcreteArray, ConcreteFunc, ConcreteStruct, Eq, I31, Struct};
        let hierarchy = sub.hierarchy();
        if sup.hierarchy() != hierarchy {
            return false;
        }
        if sub == sup || sub == hierarchy.bottom() || sup == hierarchy.top() {
            return true;
        }
        match (sub, sup) {
            (ConcreteFunc(sub), ConcreteFunc(sup))
            | (ConcreteStruct(sub), ConcreteStruct(sup))
            | (ConcreteArray(sub), ConcreteArray(sup)) => self.is_below(sub, sup),
            (ConcreteStruct(_), Struct | Eq)
            | (ConcreteArray(_), Array | Eq)
            | (I31 | Struct | Array, Eq) => true,
            _ => false,
        }
    }

    /// Whether reference type `sub` matches `sup`.
    fn reference_matches(&self, sub: RefType, sup: RefType) -> bool {
        (sup.nullable || !sub.nullable) && self.heap_matches(sub.heap, sup.heap)
    }

    /// Whether value type `sub` matches `sup`.
    fn value_matches(&self, sub: ValType, sup: ValType) -> bool {
        match (sub, sup) {
            (ValType::Ref(sub), ValType::Ref(sup)) => self.reference_matches(sub, sup),
            (sub, sup) => sub == sup,
        }
    }

    /// Whether a function of type `sub` can be used as one of type `sup`.
    fn function_matches(&self, sub: &FuncType, sup: &FuncType) -> bool {
        let all = |sub: &[ValType], sup: &[ValType]| {
            sub.len() == sup.len()
                && sub.iter().zip(sup).all(|(sub, sup)| self.value_matches(*sub, *sup))
        };
        all(sup.params(), sub.params()) && all(sub.results(), sup.results())
    }

    /// Whether a field of type `sub` matches `sup`.
    fn field_matches(&self, sub: FieldType, sup: FieldType) -> bool {
        let storage = |sub: StorageType, sup: StorageType| match (sub, sup) {
            (StorageType::Val(sub), StorageType::Val(sup)) => self.value_matches(sub, sup),
            (sub, sup) => sub == sup,
        };
        sub.mutable == sup.mutable
            && storage(sub.storage, sup.storage)
            && (!sub.mutable || storage(sup.storage, sub.storage))
    }

    /// Whether a global of type `sub` can be imported as `sup`.
    fn global_matches(&self, sub: GlobalType, sup: GlobalType) -> bool {
        sub.mutable == sup.mutable
            && self.value_matches(sub.value, sup.value)
            && (!sub.mutable || self.value_matches(sup.value, sub.value))
    }

    /// Whether a table of type `sub` can be imported as `sup`.
    fn table_matches(&self, sub: TableType, sup: TableType) -> bool {
        sub.is_64 == sup.is_64
            && sub.limits.satisfies(&sup.limits)
            && self.reference_matches(sub.element, sup.element)
            && self.reference_matches(sup.element, sub.element)
    }
}

/// Definitions in a list, numbered by their place.
impl Definitions for [SubType] {
    fn definition(&self, index: u32) -> Option<&SubType> {
        self.get(index as usize)
    }
}
