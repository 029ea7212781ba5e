//! Closures that guests can call.
//!
//! Not here: the stub that leads from the guest to the closure (see `holm-vm`). Invariant: all parameters
//! are read before any result is written, because both use the same registers; a closure keeps the id of
//! its type registered for as long as any store holds it. Read next: [`crate::linker`].

use crate::context::{
    AsContext, AsContextMut, Data, Owner, StoreContext, StoreContextMut, StoreId, VmStore,
};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::externs::Extern;
use crate::func::Func;
use crate::instance::Instance;
use crate::registry::{TypeId, TypeRegistry};
use crate::typed::{
    Params, Results, Ret, WasmRet, WasmTy, for_each_tuple, needs_buffer, takes_handles,
};
use crate::value::Val;
use holm_spec::types::{FuncType, ValType};
use holm_vm::{HostFailure, HostFrame, HostFunction, InstanceId, Thrown};
use std::fmt;

/// The store during a call from a guest, and who called.
pub struct Caller<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    instance: Option<InstanceId>,
}

impl<'a, T: 'static> Caller<'a, T> {
    #[inline]
    fn new(store: &'a mut VmStore<T>, instance: Option<InstanceId>) -> Self {
        Self { store: StoreContextMut(store), instance }
    }

    /// The embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The engine that the store belongs to.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// The instance that made the call; nothing when the host called the function itself.
    #[must_use]
    pub fn instance(&self) -> Option<Instance> {
        self.instance.map(|id| Instance { store: self.store.id(), id })
    }

    /// What the calling instance exports under this name.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        self.instance()?.get_export(&mut self.store, name)
    }

    /// Fuel that is left; nothing when the engine does not count fuel.
    #[must_use]
    pub fn fuel_left(&self) -> Option<u64> {
        crate::store::fuel_left(self.store.0)
    }

    /// What the guests of the store have used so far.
    #[must_use]
    pub fn usage(&self) -> crate::StoreUsage {
        crate::StoreUsage::of(self.store.0)
    }

    /// Gives the store this much fuel.
    ///
    /// # Errors
    /// When the engine does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        crate::store::set_fuel(self.store.0, fuel)
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}

/// A closure that has become a host function for stores of `T`, with its type.
#[doc(hidden)]
pub struct HostFunc<T: 'static> {
    function: HostFunction<Data<T>>,
    ty: TypeId,
}

impl<T: 'static> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        Self { function: self.function.clone(), ty: self.ty.clone() }
    }
}

impl<T: 'static> fmt::Debug for HostFunc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostFunc({})", self.ty.signature().ty)
    }
}

impl<T: 'static> HostFunc<T> {
    /// A host function over values whose types are known only at run time.
    pub(crate) fn new(
        registry: &TypeRegistry,
        ty: &FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Self> {
        let ty = registry.register(ty)?;
        let kept = ty.clone();
        let run =
            move |store: &mut VmStore<T>, caller: Option<InstanceId>, frame: &mut HostFrame<'_>| {
                let outcome = call_untyped(&kept, store, frame, |store, params, results| {
                    function(Caller::new(store, caller), params, results)
                });
                outcome.map_err(|error| failure(error, store.data().id))
            };
        Ok(Self { function: HostFunction::new(&ty.signature().abi, run), ty })
    }

    /// A host function over registers; `function` reads and writes what `ty` says.
    fn typed<F>(registry: &TypeRegistry, ty: &FuncType, function: F) -> Self
    where
        F: Fn(&mut VmStore<T>, Option<InstanceId>, &mut HostFrame<'_>) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let ty = registry.register(ty).expect("Rust's types name no concrete type");
        let kept = ty.clone();
        let run =
            move |store: &mut VmStore<T>, caller: Option<InstanceId>, frame: &mut HostFrame<'_>| {
                let _ = &kept;
                function(store, caller, frame).map_err(|error| failure(error, store.data().id))
            };
        Self { function: HostFunction::new(&ty.signature().abi, run), ty }
    }

    /// A host function over integers, at most `N`, with one result or none; how many, only `ty` knows.
    pub(crate) fn over_integers<const N: usize>(
        registry: &TypeRegistry,
        ty: &FuncType,
        function: impl Fn(Caller<'_, T>, &[u64; N]) -> Result<u64> + Send + Sync + 'static,
    ) -> Result<Self> {
        let integers = [ty.params(), ty.results()].into_iter().flatten();
        let are_integers = integers.into_iter().all(|ty| matches!(ty, ValType::I32 | ValType::I64));
        if !are_integers || ty.params().len() > N || ty.results().len() > 1 {
            return Err(Error::link(format!("not a function of {N} integers to one: {ty}")));
        }
        let ty = registry.register(ty)?;
        let kept = ty.clone();
        let run = move |store: &mut VmStore<T>,
                        caller: Option<InstanceId>,
                        frame: &mut HostFrame<'_>| {
            let signature = kept.signature();
            let (types, abi) = (signature.ty.params(), &signature.abi);
            let mut integers = [0; N];
            for (slot, (ty, location)) in integers.iter_mut().zip(types.iter().zip(&abi.params)) {
                let wide = *ty != ValType::I32;
                let mask: u128 = if wide { u64::MAX.into() } else { u32::MAX.into() };
                *slot = u64::try_from(frame.param(*location, false) & mask).unwrap_or_default();
            }
            let mark = store.objects_mut().roots_mark();
            let outcome = function(Caller::new(store, caller), &integers);
            store.objects_mut().roots_release(mark);
            let result = outcome.map_err(|error| failure(error, store.data().id))?;
            if let [location] = *abi.results {
                frame.set_result(location, result.into());
            }
            Ok(())
        };
        Ok(Self { function: HostFunction::new(&ty.signature().abi, run), ty })
    }

    /// The id of its type.
    pub(crate) fn type_id(&self) -> u32 {
        self.ty.id()
    }

    /// Its type.
    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty.signature().ty
    }

    /// A function of `store` that calls the closure.
    pub(crate) fn put_into(&self, store: &mut VmStore<T>) -> Result<Func> {
        let id = store.host_function_new(&self.function, self.ty.id())?;
        Ok(Func { store: store.data().id, id })
    }
}

/// What an error of a host function is to the guest: an exception, or the end.
#[cold]
fn failure(error: Error, store: StoreId) -> HostFailure {
    match error.exception().and_then(|exception| exception.thrown_in(store)) {
        Some(reference) => Box::new(Thrown(reference)),
        None => Box::new(error),
    }
}

/// Moves values between registers and slices around a call of `function`.
fn call_untyped<T: 'static>(
    ty: &TypeId,
    store: &mut VmStore<T>,
    frame: &mut HostFrame<'_>,
    function: impl FnOnce(&mut VmStore<T>, &[Val], &mut [Val]) -> Result<()>,
) -> Result<()> {
    let signature = ty.signature();
    let (types, abi) = (&signature.ty, &signature.abi);
    let mark = store.objects_mut().roots_mark();
    let mut values = std::mem::take(&mut store.data_mut().values);
    values.clear();
    let owner = Owner::of(store);
    values.extend(types.params().iter().zip(&abi.params).map(|(ty, location)| {
        Val::from_bits(frame.param(*location, *ty == ValType::V128), *ty, owner)
    }));
    values.extend(types.results().iter().map(|ty| Val::default_of(*ty)));
    let (params, results) = values.split_at_mut(types.params().len());
    let outcome = function(store, params, results).and_then(|()| {
        for ((value, ty), location) in results.iter().zip(types.results()).zip(&abi.results) {
            let bits = value.to_bits(*ty, store).map_err(|error| wrong_result(types, &error))?;
            frame.set_result(*location, bits);
        }
        Ok(())
    });
    store.data_mut().values = values;
    store.objects_mut().roots_release(mark);
    outcome
}

#[cold]
fn wrong_result(ty: &FuncType, error: &Error) -> Error {
    Error::link(format!("host function {ty} returned a wrong result: {error}"))
}

/// A closure that can become a host function: up to 16 parameters that are [`WasmTy`], after a [`Caller`] if
/// it wants one; it returns [`WasmRet`].
pub trait IntoFunc<T: 'static, Params, Ret>: Send + Sync + 'static {
    /// The host function.
    #[doc(hidden)]
    fn into_host(self, engine: &Engine) -> HostFunc<T>;
}

/// Reads the parameters, runs the closure, writes the results.
#[inline]
fn call_typed<T: 'static, P: Params, R: Ret>(
    frame: &mut HostFrame<'_>,
    store: &mut VmStore<T>,
    function: impl FnOnce(&mut VmStore<T>, P) -> R,
) -> Result<()> {
    let buffer = const { needs_buffer(<R::Results as Results>::TYPES) };
    let params = P::read_params(frame, buffer, Owner::of(store));
    let results = function(store, params).into_results()?;
    results.write_results(frame, Owner::of(store))
}

/// The same; handles made meanwhile die.
#[inline]
fn call_typed_in_scope<T: 'static, P: Params, R: Ret>(
    frame: &mut HostFrame<'_>,
    store: &mut VmStore<T>,
    function: impl FnOnce(&mut VmStore<T>, P) -> R,
) -> Result<()> {
    let mark = store.objects_mut().roots_mark();
    let outcome = call_typed(frame, store, function);
    store.objects_mut().roots_release(mark);
    outcome
}

fn type_of<P: Params, R: Ret>() -> FuncType {
    FuncType::new(P::TYPES, <R::Results as Results>::TYPES)
}

macro_rules! into_func {
    ($($name:ident $index:tt),*) => {
        impl<T, F, R, $($name),*> IntoFunc<T, ($($name,)*), R> for F
        where
            T: 'static,
            F: Fn($($name),*) -> R + Send + Sync + 'static,
            R: WasmRet,
            $($name: WasmTy,)*
        {
            #[allow(non_snake_case, reason = "a parameter is named after its type")]
            fn into_host(self, engine: &Engine) -> HostFunc<T> {
                let ty = type_of::<($($name,)*), R>();
                HostFunc::typed(engine.registry(), &ty, move |store, _caller, frame| {
                    let function = |_: &mut _, ($($name,)*): ($($name,)*)| self($($name),*);
                    // Without the store, the only handles are those of its parameters.
                    if const { takes_handles(<($($name,)*) as Params>::TYPES) } {
                        call_typed_in_scope(frame, store, function)
                    } else {
                        call_typed(frame, store, function)
                    }
                })
            }
        }

        impl<T, F, R, $($name),*> IntoFunc<T, (Caller<'_, T>, $($name,)*), R> for F
        where
            T: 'static,
            F: Fn(Caller<'_, T>, $($name),*) -> R + Send + Sync + 'static,
            R: WasmRet,
            $($name: WasmTy,)*
        {
            #[allow(non_snake_case, reason = "a parameter is named after its type")]
            fn into_host(self, engine: &Engine) -> HostFunc<T> {
                let ty = type_of::<($($name,)*), R>();
                HostFunc::typed(engine.registry(), &ty, move |store, caller, frame| {
                    call_typed_in_scope(frame, store, |store, ($($name,)*): ($($name,)*)| {
                        self(Caller::new(store, caller), $($name),*)
                    })
                })
            }
        }
    };
}
for_each_tuple!(into_func);
