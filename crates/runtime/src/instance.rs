//! Instances: modules come alive, and what they export.
//!
//! Not here: the steps of making one (see [`crate::instantiate`]). Invariant: an [`Instance`] is an index into
//! one store and lives as long as the store. Read next: [`crate::instantiate`].

use crate::context::{AsContext, AsContextMut, StoreContext, StoreId, VmStore};
use crate::error::{Error, Result};
use crate::externs::Extern;
use crate::func::Func;
use crate::func::typed_func::TypedFunc;
use crate::global::Global;
use crate::instantiate;
use crate::memory::Memory;
use crate::module::Module;
use crate::table::Table;
use crate::tag::Tag;
use crate::typed::{WasmParams, WasmResults};
use holm_module::ExternKind;
use holm_vm::InstanceId;

/// An instance of a module, in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    pub(crate) store: StoreId,
    pub(crate) id: InstanceId,
}

/// What an instance exports under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export<'a> {
    name: &'a str,
    value: Extern,
}

impl<'a> Export<'a> {
    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// What it is.
    #[must_use]
    pub const fn into_extern(self) -> Extern {
        self.value
    }
}

impl Instance {
    /// Makes an instance of `module` with these imports, one for each that the module asks for, in order, and
    /// runs its start function. To give imports by name, use a [`crate::Linker`].
    ///
    /// # Errors
    /// When an import does not fit, a limit is reached, a segment does not fit into its memory or table, or
    /// the start function traps. What has been copied into imported memories and tables by then stays.
    pub fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Self> {
        instantiate::with_externs(store.as_context_mut().0, module, imports)
    }

    /// The module.
    ///
    /// # Panics
    /// When the instance belongs to another store.
    #[must_use]
    pub fn module<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a Module {
        let store = store.into();
        assert!(self.store == store.id(), "instance belongs to another store");
        &store.0.data().modules[self.id.index() as usize]
    }

    /// What is exported under this name; nothing also when the instance belongs to another store.
    #[must_use]
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let store = store.as_context();
        if self.store != store.id() {
            return None;
        }
        let (kind, index) = self.module(store).find_export(name)?;
        self.item(store.0, kind, index).ok()
    }

    /// Everything that is exported, in order. Empty when the instance belongs to another store.
    pub fn exports<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> impl Iterator<Item = Export<'a>> + 'a {
        let store = store.into();
        let instance = *self;
        let exports =
            if self.store == store.id() { &*self.module(store).meta().exports } else { &[] };
        exports.iter().filter_map(move |export| {
            let value = instance.item(store.0, export.kind, export.index).ok()?;
            Some(Export { name: &export.name, value })
        })
    }

    /// The function exported under this name.
    #[must_use]
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The function exported under this name, if it has this type.
    ///
    /// # Errors
    /// When there is no such function or it has another type.
    pub fn get_typed_func<P: WasmParams, R: WasmResults>(
        &self,
        store: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<P, R>> {
        let func = self.get_func(&store, name);
        let func =
            func.ok_or_else(|| Error::link(format!("no function is exported as `{name}`")))?;
        func.typed(store).map_err(|error| Error::link(format!("export `{name}`: {error}")))
    }

    /// The memory exported under this name.
    #[must_use]
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The table exported under this name.
    #[must_use]
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The global exported under this name.
    #[must_use]
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The exception tag exported under this name.
    #[must_use]
    pub fn get_tag(&self, store: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }

    /// The instance's item of a kind with this index. Functions must be among the escaping ones.
    pub(crate) fn item<T: 'static>(
        &self,
        store: &VmStore<T>,
        kind: ExternKind,
        index: u32,
    ) -> Result<Extern> {
        let instance = store.objects().instance(self.id);
        let missing = || Error::bug(format!("instance has no {kind:?} {index}"));
        let at = index as usize;
        let owner = self.store;
        Ok(match kind {
            ExternKind::Func => {
                let module = &store.data().modules[self.id.index() as usize];
                let rank = crate::plan::rank(module.meta(), index)?;
                let id = instance.functions_first().offset(rank - 1);
                Extern::Func(Func { store: owner, id })
            }
            ExternKind::Table => {
                let id = *instance.tables().get(at).ok_or_else(missing)?;
                Extern::Table(Table { store: owner, id })
            }
            ExternKind::Memory => {
                let id = *instance.memories().get(at).ok_or_else(missing)?;
                Extern::Memory(Memory { store: owner, id })
            }
            ExternKind::Global => {
                let id = *instance.globals().get(at).ok_or_else(missing)?;
                Extern::Global(Global { store: owner, id })
            }
            ExternKind::Tag => {
                let id = *instance.tags().get(at).ok_or_else(missing)?;
                Extern::Tag(Tag { store: owner, id })
            }
        })
    }
}
