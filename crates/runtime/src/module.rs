//! Modules: validated, compiled, ready to be instantiated any number of times.
//!
//! Not here: decoding (see `holm-module`), compiling (see the tiers), files of compiled code (see
//! [`crate::artifact`]). Invariant: a [`Module`] never changes and belongs to no store; everything that an
//! instance needs and that depends on the module alone is computed when the module is made.
//! Read next: [`crate::instantiate`].

use crate::artifact::{Ingredients, KeptBytes, Made, Source, Tiered};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::profile::Profile;
use crate::registry::ModuleTypes;
use crate::tiering::{MOVES_UP, Promotions, TierCompilation, TierEvent, TierStats};
use crate::usage::Stopwatch;
use holm_abi::object::ObjectLayout;
use holm_abi::{NoProfile, SharedBytes};
use holm_module::{ExternKind, ImportKind, Module as Meta, TypeIndex};
use holm_spec::types::ExternType;
use holm_vm::{Escaped, PublishedCode};
use std::fmt;
use std::sync::Arc;

/// A compiled module. Cheap to clone.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    meta: Arc<Meta>,
    bytes: KeptBytes,
    code: Arc<PublishedCode>,
    plan: Plan,
    /// Keeps the ids below taken.
    types: ModuleTypes,
    escaped: Box<[Escaped]>,
    /// Positions in the export section, sorted by name.
    exports_by_name: Box<[u32]>,
    compile_time_ns: Option<u64>,
    /// What becomes of functions that run often, if they can be promoted.
    promotions: Option<Arc<Promotions>>,
}

/// What a module asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportType<'a> {
    module: &'a str,
    name: &'a str,
    ty: ExternType,
}

impl<'a> ImportType<'a> {
    /// The module it asks.
    #[must_use]
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// The name it asks for.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it has to be.
    #[must_use]
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

/// What a module offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportType<'a> {
    name: &'a str,
    ty: ExternType,
}

impl<'a> ExportType<'a> {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it is.
    #[must_use]
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

impl Module {
    /// Validates and compiles a module in the binary format, or in the text format where the engine knows it.
    ///
    /// # Errors
    /// When the bytes are no module, break a rule, pass a limit, or are a precompiled artifact.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Self> {
        let clock = Stopwatch::start(engine);
        let ingredients = Ingredients::from_source(engine, Source::Slice(bytes.as_ref()))?;
        Self::assemble(engine, ingredients, clock.passed())
    }

    /// The same from bytes that the module may keep, so that they are not copied: a file that was read, or is mapped and
    /// does not change.
    ///
    /// # Errors
    /// As for [`Module::new`].
    pub fn from_shared(engine: &Engine, bytes: impl Into<SharedBytes>) -> Result<Self> {
        let clock = Stopwatch::start(engine);
        let ingredients = Ingredients::from_source(engine, Source::Shared(bytes.into()))?;
        Self::assemble(engine, ingredients, clock.passed())
    }

    /// Loads what [`Engine::precompile`] or [`Module::artifact`] made, without compiling.
    ///
    /// The artifact holds machine code that runs as it is: whoever can change the bytes can do whatever this
    /// process can do. Load only what you made yourself and nobody else could touch since. Takes a
    /// `Vec<u8>`, or [`SharedBytes`] of a mapped file, of which only the parts in use are read.
    ///
    /// # Errors
    /// When the bytes are no artifact, are damaged in a way that shows, or were made by another build of Holm
    /// or under other settings.
    pub fn from_trusted_artifact(engine: &Engine, bytes: impl Into<SharedBytes>) -> Result<Self> {
        let clock = Stopwatch::start(engine);
        let ingredients = Ingredients::read(engine, bytes.into())?;
        Self::assemble(engine, ingredients, clock.passed())
    }

    /// Checks whether the bytes are a module that this engine accepts, without compiling.
    ///
    /// # Errors
    /// As for [`Module::new`].
    pub fn validate(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<()> {
        let binary = crate::artifact::to_binary(engine, bytes.as_ref())?;
        crate::artifact::validate(engine, &binary).map(|_| ())
    }

    pub(crate) fn assemble(
        engine: &Engine,
        ingredients: Ingredients,
        compile_time_ns: Option<u64>,
    ) -> Result<Self> {
        let Ingredients { meta, bytes, code } = ingredients;
        // The one place where code is believed: it comes from the engine's own tier, from the host's cache,
        // or from an artifact that the embedder vouches for by calling `from_trusted_artifact`.
        let (code, promotions) = match code {
            Made::Code(code) => (publish(*code)?, None),
            Made::Interpreted(functions) => (PublishedCode::interpret(functions), None),
            Made::Tiered(_) if !MOVES_UP => return Err(Error::bug("this build has no upper tier")),
            Made::Tiered(tiered) => {
                let Tiered { functions, promotions, earlier } = *tiered;
                let code = promotable(functions)?;
                promotions.belong_to(&code, earlier)?;
                (code, Some(promotions))
            }
        };
        let registry = engine.registry();
        let types = registry.register_module(&meta.types, &meta.type_groups)?;
        let plan = Plan::new(&meta, &types.ids, &bytes)?;
        let escaped = meta.facts.escaped().iter().map(|function| Escaped {
            function: *function,
            type_id: types.ids[meta.functions[*function as usize].as_usize()],
        });
        let escaped = escaped.collect();
        let mut by_name: Vec<u32> = (0..).take(meta.exports.len()).collect();
        by_name.sort_unstable_by(|a, b| {
            meta.exports[*a as usize].name.cmp(&meta.exports[*b as usize].name)
        });
        Ok(Self {
            inner: Arc::new(Inner {
                engine: engine.clone(),
                bytes,
                code,
                plan,
                types,
                escaped,
                exports_by_name: by_name.into(),
                meta,
                compile_time_ns,
                promotions,
            }),
        })
    }

    /// The compiled module as bytes, for [`Module::from_trusted_artifact`].
    ///
    /// # Errors
    /// When its functions are interpreted: there is no code to be kept. When they are only compiled as they are needed, all
    /// of them are compiled now, which may fail as in [`Engine::precompile`].
    pub fn artifact(&self) -> Result<Vec<u8>> {
        let Inner { meta, bytes, code, engine, .. } = &*self.inner;
        if self.promotions().is_some() {
            return crate::artifact::write_whole(engine, meta, bytes.all(), &NoProfile);
        }
        let code = code.code().ok_or_else(crate::artifact::nothing_compiled)?;
        crate::artifact::write(meta, bytes, code)
    }

    /// What has moved up; a build for which it is nothing does not contain how.
    fn promotions(&self) -> Option<&Promotions> {
        self.inner.promotions.as_deref().filter(|_| MOVES_UP)
    }

    /// Puts the code of all functions that have been promoted so far into the engine's cache, so that the next program with
    /// this module begins with it; and which others were called, so that it has those compiled in the background. Does
    /// nothing if there is little new, no cache, or the engine's tier is not `auto`. Says whether anything was put there.
    ///
    /// # Errors
    /// When the module is too large to be written.
    pub fn keep_promoted(&self) -> Result<bool> {
        let Inner { meta, bytes, engine, .. } = &*self.inner;
        let Some(promotions) = self.promotions().filter(|_| engine.keeps_code()) else {
            return Ok(false);
        };
        promotions
            .keep(bytes.all(), |found| crate::artifact::keep_promoted(engine, meta, bytes, found))
    }

    /// What has been seen of it so far while it ran, for [`Engine::precompile_with`]; nothing if the engine's tier is not
    /// `auto`.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        self.promotions().map(|promotions| promotions.profile(self.inner.bytes.all()))
    }

    /// How many functions have moved from tier to tier so far, and what that took; nothing if they do not.
    #[must_use]
    pub fn tier_stats(&self) -> Option<TierStats> {
        self.promotions().map(|promotions| promotions.stats())
    }

    /// The latest moves of functions from tier to tier, and the latest compilations, in order.
    #[must_use]
    pub fn tier_events(&self) -> (Vec<TierEvent>, Vec<TierCompilation>) {
        self.promotions().map(|promotions| promotions.events()).unwrap_or_default()
    }

    /// The engine that it was compiled for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The name that the module gives itself.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.inner.meta.names.module()
    }

    /// What the module asks for, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        self.inner.meta.imports.iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: self.import_type(&import.kind),
        })
    }

    /// What the module offers, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        self.inner.meta.exports.iter().map(|export| ExportType {
            name: &export.name,
            ty: self.export_type(export).unwrap_or_else(no_type),
        })
    }

    /// The type of an export.
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let (kind, index) = self.find_export(name)?;
        let export = holm_module::Export { name: String::new(), kind, index };
        self.export_type(&export)
    }

    /// The content of the first custom section of this name.
    #[must_use]
    pub fn custom_section(&self, name: &str) -> Option<&[u8]> {
        self.inner.bytes.get(&self.inner.meta.custom_section(name)?)
    }

    /// The names and contents of all custom sections, in order.
    pub fn custom_sections(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.inner.meta.custom_sections.iter().map(|section| {
            (&*section.name, self.inner.bytes.get(&section.range).unwrap_or_default())
        })
    }

    /// The name of a function, by its index among all: from the name section, else from its export.
    #[must_use]
    pub fn function_name(&self, function: u32) -> Option<&str> {
        let meta = &self.inner.meta;
        meta.names.function(function).or_else(|| {
            let is_it =
                |e: &&holm_module::Export| e.kind == ExternKind::Func && e.index == function;
            meta.exports.iter().find(is_it).map(|export| &*export.name)
        })
    }

    /// Whether instantiating it calls a function of its own.
    #[must_use]
    pub fn has_start(&self) -> bool {
        self.inner.meta.start.is_some()
    }

    /// Bytes of machine code, or of register code that the interpreter has made so far.
    #[must_use]
    pub fn code_bytes(&self) -> usize {
        let machine = self.inner.code.code().map(|code| code.text().len());
        let made = self.inner.code.interpreted().map(|functions| functions.translated_bytes().0);
        let made = made.and_then(|bytes| usize::try_from(bytes).ok());
        machine.or(made).unwrap_or_default()
    }

    /// The register code of a function, by its index among all, as text.
    ///
    /// # Errors
    /// When functions are not interpreted, or it is imported.
    pub fn print_bytecode(&self, function: u32) -> Result<String> {
        let interpreted = self.inner.code.interpreted();
        let interpreted =
            interpreted.ok_or_else(|| Error::link("functions are compiled, not interpreted"))?;
        let defined = self.inner.meta.defined_index(function);
        let defined =
            defined.ok_or_else(|| Error::link(format!("function {function} is imported")))?;
        Ok(interpreted.print(defined)?)
    }

    /// Nanoseconds from the bytes to the module: decoding, validating, and compiling or loading, as the clock of
    /// [`crate::Config::clock`] showed them; nothing without one.
    #[must_use]
    pub fn compile_time_ns(&self) -> Option<u64> {
        self.inner.compile_time_ns
    }

    /// Whether both are the same module, not only equal ones.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn meta(&self) -> &Meta {
        &self.inner.meta
    }

    pub(crate) fn bytes(&self) -> &KeptBytes {
        &self.inner.bytes
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.inner.plan
    }

    pub(crate) fn code(&self) -> &Arc<PublishedCode> {
        &self.inner.code
    }

    /// For each type its id, for types of objects the header word.
    pub(crate) fn type_headers(&self) -> &[u32] {
        &self.inner.types.headers
    }

    /// How the objects of its types are laid out.
    pub(crate) fn object_types(&self) -> &[(u32, Arc<ObjectLayout>)] {
        &self.inner.types.objects
    }

    pub(crate) fn escaped(&self) -> &[Escaped] {
        &self.inner.escaped
    }

    /// Whether `code` is this module's.
    pub(crate) fn runs(&self, code: &Arc<PublishedCode>) -> bool {
        code.belongs_to(&self.inner.code)
    }

    /// Where the content of the code section starts in the file.
    #[cfg(feature = "dwarf")]
    pub(crate) fn code_start(&self) -> u64 {
        self.inner.meta.code_range.start
    }

    /// What is exported under a name.
    pub(crate) fn find_export(&self, name: &str) -> Option<(ExternKind, u32)> {
        let exports = &self.inner.meta.exports;
        let order = &self.inner.exports_by_name;
        let at = order.binary_search_by(|at| exports[*at as usize].name.as_str().cmp(name)).ok()?;
        let export = &exports[order[at] as usize];
        Some((export.kind, export.index))
    }

    /// The id of the type with this index.
    pub(crate) fn type_id(&self, index: u32) -> u32 {
        self.inner.types.ids[index as usize]
    }

    /// What an import has to be; concrete types are numbered by their ids.
    pub(crate) fn import_type(&self, kind: &ImportKind) -> ExternType {
        let ty = |index: &TypeIndex| self.inner.meta.ty(*index).cloned().unwrap_or_default();
        let ty = match kind {
            ImportKind::Func(index) => ExternType::Func(ty(index)),
            ImportKind::Tag(index) => ExternType::Tag(ty(index)),
            ImportKind::Table(ty) => ExternType::Table(*ty),
            ImportKind::Memory(ty) => ExternType::Memory(*ty),
            ImportKind::Global(ty) => ExternType::Global(*ty),
        };
        ty.map_concrete(&mut |index| self.type_id(index))
    }

    fn export_type(&self, export: &holm_module::Export) -> Option<ExternType> {
        let ty = self.inner.meta.export_type(export)?;
        Some(ty.map_concrete(&mut |index| self.type_id(index)))
    }
}

/// Types of later proposals, which validation keeps out.
fn no_type() -> ExternType {
    ExternType::Func(holm_spec::types::FuncType::default())
}

/// Functions that may get machine code.
#[cfg(feature = "machine-code")]
fn promotable(functions: Arc<dyn holm_abi::Interpreted>) -> Result<Arc<PublishedCode>> {
    Ok(PublishedCode::tiered(functions, holm_vm::CODE_REGION_BYTES)?)
}

/// In this build they never get any.
#[cfg(not(feature = "machine-code"))]
fn promotable(functions: Arc<dyn holm_abi::Interpreted>) -> Result<Arc<PublishedCode>> {
    Ok(PublishedCode::interpret(functions))
}

/// Adds machine code to that of a module.
#[cfg(feature = "machine-code")]
pub(crate) fn publish_into(
    module: &Arc<PublishedCode>,
    code: holm_abi::Code,
) -> Result<Arc<PublishedCode>> {
    Ok(holm_vm::publish_into(module, holm_vm::VerifiedCode::trust(code))?)
}

/// This build runs no machine code.
#[cfg(not(feature = "machine-code"))]
pub(crate) fn publish_into(
    _: &Arc<PublishedCode>,
    code: holm_abi::Code,
) -> Result<Arc<PublishedCode>> {
    publish(code)
}

/// Makes machine code ready to run.
#[cfg(feature = "machine-code")]
fn publish(code: holm_abi::Code) -> Result<Arc<PublishedCode>> {
    Ok(holm_vm::publish(holm_vm::VerifiedCode::trust(code))?)
}

/// This build runs no machine code.
#[cfg(not(feature = "machine-code"))]
fn publish(_: holm_abi::Code) -> Result<Arc<PublishedCode>> {
    Err(Error::link("this build of Holm only interprets: it cannot run machine code"))
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .field("functions", &self.inner.meta.functions.len())
            .finish_non_exhaustive()
    }
}
