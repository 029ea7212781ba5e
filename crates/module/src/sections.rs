//! What each section of the file adds to the module.
//!
//! Not here: function bodies (see `check.rs`) and the order of sections (see [`crate::decode`]).
//! Invariant: for each section the counts are checked first, then it is read through (what fails there is
//! malformed), then the validator sees it, and only then it becomes part of the module.
//! Read next: [`crate::decode`].

use crate::definition::{self, unsupported};
use crate::error::{Invalid, at_most};
use crate::expr::{self, ConstExpr};
use crate::limits::Limits;
use crate::module::{
    DataMode, DataSegment, ElementItems, ElementMode, ElementSegment, Export, ExternKind, Global,
    Import, ImportKind, Module, Table, TypeIndex,
};
use crate::wasm::{self, Types};
use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;
use holm_spec::types::{self, CompositeType, HeapType, SubType};
use wasmparser::{ExternalKind, FromReader, SectionLimited, TypeRef, Validator};

/// The parts of a decoder that sections need.
pub(crate) struct Sections {
    pub(crate) module: Module,
    pub(crate) validator: Validator,
    pub(crate) limits: Limits,
    /// What each type is, those of the group that is being read included.
    kinds: Vec<Option<HeapType>>,
    /// Elements of all segments so far.
    element_items: u64,
    /// Elements that the tables so far have at the start.
    table_elements: u64,
}

/// What the validator says, in our words.
fn valid<T>(result: wasmparser::Result<T>) -> Result<T, Invalid> {
    result.map_err(|error| Invalid::from_validator(&error))
}

/// Reads a section through.
fn scan<'a, T: FromReader<'a>>(section: &SectionLimited<'a, T>) -> Result<Vec<(u64, T)>, Invalid> {
    section
        .clone()
        .into_iter_with_offsets()
        .collect::<wasmparser::Result<_>>()
        .map_err(|error| Invalid::from_reader(&error))
}

fn external_kind(kind: ExternalKind) -> ExternKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
        ExternalKind::Table => ExternKind::Table,
        ExternalKind::Memory => ExternKind::Memory,
        ExternalKind::Global => ExternKind::Global,
        ExternalKind::Tag => ExternKind::Tag,
    }
}

impl Sections {
    pub(crate) fn new(module: Module, validator: Validator, limits: Limits) -> Self {
        Self { module, validator, limits, kinds: Vec::new(), element_items: 0, table_elements: 0 }
    }

    /// The number in a global that is defined here and can never change.
    fn known_number(&self, global: u32) -> Option<ConstExpr> {
        let global = self.module.globals.get(global as usize)?;
        let init = global.init.as_ref()?;
        (!global.ty.mutable && init.is_number()).then(|| init.clone())
    }

    /// Calls `read` with what turns types into the standard's.
    fn with_types<T>(&self, read: impl FnOnce(Types<'_>) -> T) -> T {
        read(Types(&|index| self.kinds.get(index as usize).copied().flatten()))
    }

    fn expr(&self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Invalid> {
        self.with_types(|types| {
            expr::read(expr, &self.limits, types, |global| self.known_number(global))
        })
    }

    pub(crate) fn types(
        &mut self,
        section: &wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let count = u64::from(section.count());
        at_most("types", ("types_max", self.limits.types_max), count, section.range().start)?;
        let groups = scan(section)?;
        valid(self.validator.type_section(section))?;
        for (_, group) in groups {
            let before = self.module.types.len();
            let group: Vec<_> = group.into_types_and_offsets().collect();
            for ((_, ty), index) in group.iter().zip(before..) {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                self.kinds.push(wasm::kind(&ty.composite_type.inner, index));
            }
            for (offset, ty) in group {
                let ty = self.with_types(|types| definition::sub_type(&ty, types, offset))?;
                self.members(&ty, offset)?;
                self.module.types.push(ty);
            }
            let members = self.module.types.len() - before;
            self.module.type_groups.push(u32::try_from(members).unwrap_or(u32::MAX));
        }
        let count = self.module.types.len() as u64;
        at_most("types", ("types_max", self.limits.types_max), count, section.range().end)
    }

    /// Checks the limits on what a type consists of.
    fn members(&self, ty: &SubType, offset: u64) -> Result<(), Invalid> {
        let limits = &self.limits;
        let limit =
            |what, name, max, count: usize| at_most(what, (name, max), count as u64, offset);
        match &ty.composite {
            CompositeType::Func(ty) => {
                limit("parameters of a type", "params_max", limits.params_max, ty.params().len())?;
                limit("results of a type", "results_max", limits.results_max, ty.results().len())
            }
            CompositeType::Struct(fields) => {
                limit("fields of a type", "fields_max", limits.fields_max, fields.len())
            }
            CompositeType::Array(_) => Ok(()),
        }
    }

    pub(crate) fn imports(
        &mut self,
        section: &wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let limit = ("imports_max", self.limits.imports_max);
        at_most("imports", limit, u64::from(section.count()), section.range().start)?;
        let mut imports = Vec::new();
        for (_, group) in scan(section)? {
            for import in group {
                imports.push(import.map_err(|error| Invalid::from_reader(&error))?);
                at_most("imports", limit, imports.len() as u64, section.range().start)?;
            }
        }
        // The validator has a limit of its own here, with no name.
        let memories = imports.iter().filter(|import| matches!(import.1.ty, TypeRef::Memory(_)));
        let limit = ("memories_max", self.limits.memories_max);
        at_most("memories", limit, memories.count() as u64, section.range().start)?;
        valid(self.validator.import_section(section))?;
        for (offset, import) in imports {
            let kind = self.import_kind(import.ty, offset)?;
            let (module, name) = (import.module.to_owned(), import.name.to_owned());
            self.module.imports.push(Import { module, name, kind });
        }
        let limit = ("module_cost_base", self.limits.module_cost_max(section.range().end));
        let cost = self.module.import_cost();
        at_most("cost to compile of the imports", limit, cost, section.range().start)?;
        self.counts(section.range().start)
    }

    fn import_kind(&mut self, ty: TypeRef, offset: u64) -> Result<ImportKind, Invalid> {
        let module = &mut self.module;
        Ok(match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                module.functions.push(TypeIndex(ty));
                module.imported_functions += 1;
                ImportKind::Func(TypeIndex(ty))
            }
            TypeRef::Table(ty) => {
                let ty = self.with_types(|types| definition::table_type(&ty, types, offset))?;
                self.module.tables.push(Table { ty, init: None });
                self.module.imported_tables += 1;
                ImportKind::Table(ty)
            }
            TypeRef::Memory(ty) => {
                let ty = definition::memory_type(&ty, offset)?;
                module.memories.push(ty);
                module.imported_memories += 1;
                ImportKind::Memory(ty)
            }
            TypeRef::Global(ty) => {
                let ty = self.with_types(|types| definition::global_type(ty, types, offset))?;
                self.module.globals.push(Global { ty, init: None });
                self.module.imported_globals += 1;
                ImportKind::Global(ty)
            }
            TypeRef::Tag(ty) => {
                module.tags.push(TypeIndex(ty.func_type_idx));
                module.imported_tags += 1;
                ImportKind::Tag(TypeIndex(ty.func_type_idx))
            }
        })
    }

    /// Checks the limits on whatever can be both imported and defined.
    fn counts(&self, offset: u64) -> Result<(), Invalid> {
        let (module, limits) = (&self.module, &self.limits);
        let counts = [
            ("functions", "functions_max", limits.functions_max, module.functions.len()),
            ("tables", "tables_max", limits.tables_max, module.tables.len()),
            ("memories", "memories_max", limits.memories_max, module.memories.len()),
            ("globals", "globals_max", limits.globals_max, module.globals.len()),
            ("tags", "tags_max", limits.tags_max, module.tags.len()),
        ];
        for (what, name, max, count) in counts {
            at_most(what, (name, max), count as u64, offset)?;
        }
        Ok(())
    }

    pub(crate) fn functions(
        &mut self,
        section: &wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let (at, limit) = (section.range().start, ("functions_max", self.limits.functions_max));
        at_most("functions", limit, u64::from(section.count()), at)?;
        let types = scan(section)?;
        valid(self.validator.function_section(section))?;
        self.module.functions.extend(types.into_iter().map(|(_, ty)| TypeIndex(ty)));
        self.counts(at)
    }

    pub(crate) fn tables(
        &mut self,
        section: &wasmparser::TableSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let (at, limit) = (section.range().start, ("tables_max", self.limits.tables_max));
        at_most("tables", limit, u64::from(section.count()), at)?;
        let tables = scan(section)?;
        valid(self.validator.table_section(section))?;
        for (offset, table) in tables {
            let init = match &table.init {
                wasmparser::TableInit::RefNull => None,
                wasmparser::TableInit::Expr(expr) => Some(self.expr(expr)?),
            };
            let ty = self.with_types(|types| definition::table_type(&table.ty, types, offset))?;
            self.table_elements = self.table_elements.saturating_add(ty.limits.min);
            let limit = ("table_elements_max", self.limits.table_elements_max);
            at_most("elements of all tables", limit, self.table_elements, offset)?;
            self.module.tables.push(Table { ty, init });
        }
        self.counts(at)
    }

    pub(crate) fn memories(
        &mut self,
        section: &wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Invalid> {
        let (at, limit) = (section.range().start, ("memories_max", self.limits.memories_max));
        at_most("memories", limit, u64::from(section.count()), at)?;
        let memories = scan(section)?;
        valid(self.validator.memory_section(section))?;
        for (offset, memory) in memories {
            self.module.memories.push(definition::memory_type(&memory, offset)?);
        }
        self.counts(at)
    }

    pub(crate) fn tags(
        &mut self,
        section: &wasmparser::TagSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let (at, limit) = (section.range().start, ("tags_max", self.limits.tags_max));
        at_most("tags", limit, u64::from(section.count()), at)?;
        let tags = scan(section)?;
        valid(self.validator.tag_section(section))?;
        self.module.tags.extend(tags.into_iter().map(|(_, tag)| TypeIndex(tag.func_type_idx)));
        self.counts(at)
    }

    pub(crate) fn globals(
        &mut self,
        section: &wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let (at, limit) = (section.range().start, ("globals_max", self.limits.globals_max));
        at_most("globals", limit, u64::from(section.count()), at)?;
        let globals = scan(section)?;
        valid(self.validator.global_section(section))?;
        for (offset, global) in globals {
            let init = Some(self.expr(&global.init_expr)?);
            let ty = self.with_types(|types| definition::global_type(global.ty, types, offset))?;
            self.module.globals.push(Global { ty, init });
        }
        self.counts(at)
    }

    pub(crate) fn exports(
        &mut self,
        section: &wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let limit = ("exports_max", self.limits.exports_max);
        at_most("exports", limit, u64::from(section.count()), section.range().start)?;
        let exports = scan(section)?;
        valid(self.validator.export_section(section))?;
        self.module.exports.extend(exports.into_iter().map(|(_, export)| Export {
            name: export.name.to_owned(),
            kind: external_kind(export.kind),
            index: export.index,
        }));
        Ok(())
    }

    pub(crate) fn elements(
        &mut self,
        section: &wasmparser::ElementSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let limit = ("element_segments_max", self.limits.element_segments_max);
        at_most("element segments", limit, u64::from(section.count()), section.range().start)?;
        for (offset, segment) in scan(section)? {
            let count = match &segment.items {
                wasmparser::ElementItems::Functions(items) => items.count(),
                wasmparser::ElementItems::Expressions(_, items) => items.count(),
            };
            self.element_items += u64::from(count);
            let limit = ("element_items_max", self.limits.element_items_max);
            at_most("elements of all segments", limit, self.element_items, offset)?;
        }
        valid(self.validator.element_section(section))?;
        for (offset, segment) in scan(section)? {
            let segment = self.element_segment(segment, offset)?;
            self.module.elements.push(segment);
        }
        Ok(())
    }

    fn element_segment(
        &self,
        segment: wasmparser::Element<'_>,
        offset: u64,
    ) -> Result<ElementSegment, Invalid> {
        let mode = match segment.kind {
            wasmparser::ElementKind::Passive => ElementMode::Passive,
            wasmparser::ElementKind::Declared => ElementMode::Declared,
            wasmparser::ElementKind::Active { table_index, offset_expr } => ElementMode::Active {
                table: table_index.unwrap_or(0),
                offset: self.expr(&offset_expr)?,
            },
        };
        let (ty, items) = match &segment.items {
            wasmparser::ElementItems::Functions(items) => {
                let items = scan(items)?.into_iter().map(|(_, function)| function).collect();
                (types::RefType::FUNCREF, ElementItems::Functions(items))
            }
            wasmparser::ElementItems::Expressions(ty, items) => {
                let ty = self.with_types(|types| types.reference(*ty));
                let ty = ty.ok_or_else(|| unsupported("element type", offset))?;
                let items = scan(items)?;
                let items = items.iter().map(|(_, item)| self.expr(item));
                (ty, ElementItems::Expressions(items.collect::<Result<_, _>>()?))
            }
        };
        Ok(ElementSegment { mode, ty, items })
    }

    pub(crate) fn data(
        &mut self,
        section: &wasmparser::DataSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let limit = ("data_segments_max", self.limits.data_segments_max);
        at_most("data segments", limit, u64::from(section.count()), section.range().start)?;
        // Converted while reading it through, because there can be very many; what cannot be converted is
        // an error only if the validator has none.
        let mut unsupported = None;
        for segment in section.clone() {
            let segment = segment.map_err(|error| Invalid::from_reader(&error))?;
            match self.data_segment(&segment) {
                Ok(segment) => self.module.data.push(segment),
                Err(error) => unsupported = unsupported.or(Some(error)),
            }
        }
        valid(self.validator.data_section(section))?;
        unsupported.map_or(Ok(()), Err)
    }

    fn data_segment(&self, segment: &wasmparser::Data<'_>) -> Result<DataSegment, Invalid> {
        let mode = match &segment.kind {
            wasmparser::DataKind::Passive => DataMode::Passive,
            wasmparser::DataKind::Active { memory_index, offset_expr } => {
                DataMode::Active { memory: *memory_index, offset: self.expr(offset_expr)? }
            }
        };
        let end = segment.range.end;
        Ok(DataSegment { mode, bytes: end - segment.data.len() as u64..end })
    }
}
