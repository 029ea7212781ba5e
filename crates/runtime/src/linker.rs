//! Imports by name: what a host offers, and which module gets what.
//!
//! Not here: matching types (see [`crate::instantiate`]). Invariant: a name is defined once unless shadowing
//! is allowed; definitions that are not of a store work in every store of the engine.
//! Read next: [`crate::instantiate`].

use crate::context::{AsContext, AsContextMut, StoreContextMut, VmStore};
use crate::engine::Engine;
use crate::error::{Error, Result, printable};
use crate::externs::Extern;
use crate::func::host::{Caller, HostFunc, IntoFunc};
use crate::instance::Instance;
use crate::instantiate::{Given, instantiate, mismatch};
use crate::memory::Memory;
use crate::module::Module;
use crate::shared::SharedMemory;
use crate::value::Val;
use holm_module::ImportKind;
use holm_spec::types::{ExternType, FuncType};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How many missing imports an error names.
const MISSING_NAMED_MAX: usize = 20;

/// What a host offers to modules, by module name and name.
pub struct Linker<T: 'static> {
    engine: Engine,
    modules: BTreeMap<String, BTreeMap<String, Definition<T>>>,
    allow_shadowing: bool,
}

/// Something that can be given for an import.
enum Definition<T: 'static> {
    Host(Arc<HostFunc<T>>),
    Extern(Extern),
    Shared(SharedMemory),
}

impl<T: 'static> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Host(host) => Self::Host(Arc::clone(host)),
            Self::Extern(item) => Self::Extern(*item),
            Self::Shared(memory) => Self::Shared(memory.clone()),
        }
    }
}

impl<T: 'static> Definition<T> {
    fn given(&self) -> Given<'_, T> {
        match self {
            Self::Host(host) => Given::Host(host),
            Self::Extern(item) => Given::Extern(*item),
            Self::Shared(memory) => Given::Shared(memory),
        }
    }

    fn to_extern(&self, store: &mut VmStore<T>) -> Result<Extern> {
        match self {
            Self::Host(host) => host.put_into(store).map(Extern::Func),
            Self::Extern(item) => Ok(*item),
            Self::Shared(memory) => {
                Memory::from_shared(StoreContextMut(store), memory).map(Extern::Memory)
            }
        }
    }
}

impl<T: 'static> Linker<T> {
    /// A linker that offers nothing.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), modules: BTreeMap::new(), allow_shadowing: false }
    }

    /// The engine whose stores it serves.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name may be defined again, which replaces what it meant. Off at first.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    /// Offers a closure over Rust types: up to 16 parameters that are [`crate::WasmTy`], after a [`Caller`] if
    /// it wants one; it returns [`crate::WasmResults`] or a `Result` of them.
    ///
    /// # Errors
    /// When the name is defined already.
    pub fn func_wrap<Params, Ret>(
        &mut self,
        module: &str,
        name: &str,
        function: impl IntoFunc<T, Params, Ret>,
    ) -> Result<&mut Self> {
        let host = function.into_host(&self.engine);
        self.add(module, name, Definition::Host(Arc::new(host)))
    }

    /// Offers a closure over values whose types are known only at run time.
    ///
    /// # Errors
    /// When the name is defined already.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        let host = HostFunc::new(self.engine.registry(), &ty, function)?;
        self.add(module, name, Definition::Host(Arc::new(host)))
    }

    /// Offers a closure over integers, of which there are at most `N`; without a result in `ty` what it returns is ignored.
    /// All such functions can share one closure, for hosts with many that must be small.
    ///
    /// # Errors
    /// When the name is defined already, or `ty` has more parameters, several results or anything but integers.
    #[doc(hidden)]
    pub fn func_integers<const N: usize>(
        &mut self,
        module: &str,
        name: &str,
        ty: &FuncType,
        function: impl Fn(Caller<'_, T>, &[u64; N]) -> Result<u64> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        let host = HostFunc::over_integers(self.engine.registry(), ty, function)?;
        self.add(module, name, Definition::Host(Arc::new(host)))
    }

    /// Offers something of a store's, to modules that are instantiated in that store.
    ///
    /// # Errors
    /// When the name is defined already.
    pub fn define(
        &mut self,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self> {
        self.add(module, name, Definition::Extern(item.into()))
    }

    /// Offers a memory that threads share, to modules in any store.
    ///
    /// # Errors
    /// When the name is defined already.
    pub fn define_shared(
        &mut self,
        module: &str,
        name: &str,
        memory: &SharedMemory,
    ) -> Result<&mut Self> {
        self.add(module, name, Definition::Shared(memory.clone()))
    }

    /// Offers everything that an instance exports, under a module name.
    ///
    /// # Errors
    /// When one of the names is defined already.
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self> {
        let store = store.as_context();
        for export in instance.exports(store) {
            self.add(module, export.name(), Definition::Extern(export.into_extern()))?;
        }
        Ok(self)
    }

    /// Offers under another name what is offered already.
    ///
    /// # Errors
    /// When there is no such thing, or the new name is defined already.
    pub fn alias(
        &mut self,
        module: &str,
        name: &str,
        as_module: &str,
        as_name: &str,
    ) -> Result<&mut Self> {
        let Some(definition) = self.find(module, name).cloned() else {
            return Err(Error::link(format!("nothing is defined as `{module}` `{name}`")));
        };
        self.add(as_module, as_name, definition)
    }

    /// Offers everything of a module name under another module name too.
    ///
    /// # Errors
    /// When nothing is offered under `module`, or one of the new names is defined already.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<&mut Self> {
        let Some(definitions) = self.modules.get(module).cloned() else {
            return Err(Error::link(format!("nothing is defined in module `{module}`")));
        };
        for (name, definition) in definitions {
            self.add(as_module, &name, definition)?;
        }
        Ok(self)
    }

    /// Gives every function that `module` asks for and nobody offers a stand-in that fails when it is called.
    ///
    /// # Errors
    /// When the module asks for something unknown that is not a function.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<&mut Self> {
        for import in &module.meta().imports {
            if self.find(&import.module, &import.name).is_some() {
                continue;
            }
            let ExternType::Func(ty) = module.import_type(&import.kind) else {
                return Err(self.unknown_imports(module));
            };
            let message = format!(
                "import `{}` `{}` was called but is not defined",
                printable(&import.module),
                printable(&import.name)
            );
            self.func_new(&import.module, &import.name, ty, move |_, _, _| {
                Err(Error::link(message.clone()))
            })?;
        }
        Ok(self)
    }

    /// What is offered under a name, as an item of `store`. A closure becomes a new function of the store
    /// with each call.
    pub fn get(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        name: &str,
    ) -> Option<Extern> {
        let definition = self.find(module, name)?;
        definition.to_extern(store.as_context_mut().0).ok()
    }

    /// Whether something is offered under a name.
    #[must_use]
    pub fn contains(&self, module: &str, name: &str) -> bool {
        self.find(module, name).is_some()
    }

    /// Every module name and name under which something is offered, sorted.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.modules.iter().flat_map(|(module, names)| {
            names.keys().map(move |name| (module.as_str(), name.as_str()))
        })
    }

    /// Makes an instance of `module` with the imports that it asks for, and runs its start function.
    ///
    /// # Errors
    /// When something is not offered or does not fit, and as for [`Instance::new`].
    pub fn instantiate(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance> {
        let imports = self.resolve(module)?;
        let given = imports.iter().map(|definition| definition.given());
        instantiate(store.as_context_mut().0, module, given)
    }

    /// Looks up the imports of `module` once, for fast instantiation many times.
    ///
    /// # Errors
    /// When something is not offered or a closure does not fit.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        let imports = self.resolve(module)?;
        for (import, definition) in module.meta().imports.iter().zip(&imports) {
            let Definition::Host(host) = definition else { continue };
            let fits = match import.kind {
                ImportKind::Func(ty) => {
                    let wanted = module.type_id(ty.0);
                    self.engine.registry().is_below(host.type_id(), wanted)
                }
                _ => false,
            };
            if !fits {
                return Err(mismatch(module, import, &ExternType::Func(host.ty().clone())));
            }
        }
        let imports = imports.into_iter().cloned().collect();
        Ok(InstancePre { module: module.clone(), imports })
    }

    fn find(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        self.modules.get(module)?.get(name)
    }

    fn add(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Self> {
        if !self.allow_shadowing && self.contains(module, name) {
            let (module, name) = (printable(module), printable(name));
            return Err(Error::link(format!("`{module}` `{name}` is defined already")));
        }
        if !self.modules.contains_key(module) {
            self.modules.insert(module.to_owned(), BTreeMap::new());
        }
        if let Some(names) = self.modules.get_mut(module) {
            names.insert(name.to_owned(), definition);
        }
        Ok(self)
    }

    fn resolve(&self, module: &Module) -> Result<Vec<&Definition<T>>> {
        if !module.engine().is_same(&self.engine) {
            return Err(Error::link("module and linker belong to different engines"));
        }
        let imports = module.meta().imports.iter();
        let found = imports.map(|import| self.find(&import.module, &import.name)).collect();
        let found: Option<Vec<_>> = found;
        found.ok_or_else(|| self.unknown_imports(module))
    }

    /// Names what `module` asks for and nobody offers, with types.
    #[cold]
    fn unknown_imports(&self, module: &Module) -> Error {
        let missing: Vec<_> = module
            .imports()
            .filter(|import| !self.contains(import.module(), import.name()))
            .collect();
        let mut lines = Vec::with_capacity(missing.len());
        for import in missing.iter().take(MISSING_NAMED_MAX) {
            let (module, name) = (printable(import.module()), printable(import.name()));
            let ty = import.ty();
            lines.push(format!(
                "unknown import: `{module}` `{name}` has not been defined, it should be a {ty}"
            ));
        }
        if missing.len() > MISSING_NAMED_MAX {
            lines.push(format!("and {} more", missing.len() - MISSING_NAMED_MAX));
        }
        Error::link(lines.join("\n"))
    }
}

impl<T: 'static> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            modules: self.modules.clone(),
            allow_shadowing: self.allow_shadowing,
        }
    }
}

impl<T: 'static> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// A module whose imports have been looked up.
pub struct InstancePre<T: 'static> {
    module: Module,
    imports: Arc<[Definition<T>]>,
}

impl<T: 'static> InstancePre<T> {
    /// The module.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Makes an instance and runs its start function.
    ///
    /// # Errors
    /// As for [`Instance::new`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let given = self.imports.iter().map(Definition::given);
        instantiate(store.as_context_mut().0, &self.module, given)
    }
}

impl<T: 'static> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        Self { module: self.module.clone(), imports: Arc::clone(&self.imports) }
    }
}

impl<T: 'static> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstancePre({:?})", self.module)
    }
}
