//! Functions, of guests and of the host.
//!
//! Not here: making closures callable (see [`host`]) and calls with Rust types (see [`typed_func`]).
//! Invariant: arguments are checked against the function's type before anything of the guest runs; an error
//! that leaves a guest carries its backtrace.
//! Read next: [`typed_func`], then [`host`].

pub(crate) mod host;
pub(crate) mod typed_func;

use crate::backtrace::{Backtrace, BacktraceFrame};
use crate::context::{
    AsContext, AsContextMut, Owner, StoreContext, StoreContextMut, StoreId, VmStore,
};
use crate::error::{Error, Result};
use crate::func::host::{Caller, HostFunc, IntoFunc};
use crate::func::typed_func::TypedFunc;
use crate::module::Module;
use crate::registry::Signature;
use crate::typed::{WasmParams, WasmResults};
use crate::value::Val;
use holm_spec::trap::TrapReason;
use holm_spec::types::FuncType;
use holm_vm::{CallFrame, Exit, ExitCause, FunctionId, RegisterArguments};
use std::sync::Arc;

/// A function of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Func {
    pub(crate) store: StoreId,
    pub(crate) id: FunctionId,
}

impl Func {
    /// Makes a host function of a closure over values of types known only at run time.
    ///
    /// # Errors
    /// When the store cannot hold another function.
    pub fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Self> {
        let store = store.as_context_mut();
        let host = HostFunc::new(store.engine().registry(), &ty, function)?;
        host.put_into(store.0)
    }

    /// Makes a host function of a closure. Its parameters are up to 16 [`crate::WasmTy`], after a
    /// [`Caller`] if it wants one; it returns [`WasmResults`] or a `Result` of them.
    ///
    /// # Errors
    /// When the store cannot hold another function.
    pub fn wrap<T: 'static, Params, Ret>(
        mut store: impl AsContextMut<Data = T>,
        function: impl IntoFunc<T, Params, Ret>,
    ) -> Result<Self> {
        let store = store.as_context_mut();
        let host = function.into_host(store.engine());
        host.put_into(store.0)
    }

    /// The function's type.
    ///
    /// # Panics
    /// When the function belongs to another store.
    #[must_use]
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context();
        assert!(self.store == store.id(), "function belongs to another store");
        self.signature(&store).map(|signature| signature.ty.clone()).unwrap_or_default()
    }

    /// Calls the function.
    ///
    /// # Errors
    /// When number or types of `params` or the number of `results` are wrong, when a value or the function
    /// belongs to another store, and when the guest traps, runs out of something, or a host function fails.
    pub fn call(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let store = store.as_context_mut();
        let id = store.id();
        if self.store != id {
            return Err(Error::other_store("function"));
        }
        let signature = self.signature(&StoreContext(store.0))?;
        let ty = &signature.ty;
        check_count(ty, "arguments", ty.params().len(), params.len())?;
        check_count(ty, "results", ty.results().len(), results.len())?;
        let mut frame = CallFrame::new(&signature.abi);
        for ((value, ty), location) in params.iter().zip(ty.params()).zip(&signature.abi.params) {
            let vector = *ty == holm_spec::types::ValType::V128;
            frame.set_param(*location, value.to_bits(*ty, store.0)?, vector);
        }
        enter(StoreContextMut(store.0), self.id, &mut frame)?;
        for ((result, ty), location) in
            results.iter_mut().zip(ty.results()).zip(&signature.abi.results)
        {
            *result = Val::from_bits(frame.result(*location), *ty, Owner::of(store.0));
        }
        Ok(())
    }

    /// Checks the function's type once, for fast calls with Rust types.
    ///
    /// # Errors
    /// When the type is another, or the function belongs to another store.
    pub fn typed<P: WasmParams, R: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<P, R>> {
        TypedFunc::new(*self, &store.as_context())
    }

    pub(crate) fn signature<T>(&self, store: &StoreContext<'_, T>) -> Result<Arc<Signature>> {
        let record = store.0.objects().function(self.id);
        record
            .and_then(|record| store.engine().registry().signature(record.signature))
            .ok_or_else(|| Error::bug("function without a type"))
    }

    /// What guests see: an index, or 0 for null.
    pub(crate) fn to_reference(func: Option<Self>, store: StoreId) -> Result<u32> {
        match func {
            None => Ok(0),
            Some(func) if func.store == store => Ok(func.id.funcref()),
            Some(_) => Err(Error::other_store("function")),
        }
    }

    /// From what guests see.
    #[inline]
    pub(crate) fn from_reference(reference: u32, store: StoreId) -> Option<Self> {
        FunctionId::from_funcref(reference).map(|id| Self { store, id })
    }
}

#[cold]
fn wrong_count(ty: &FuncType, what: &str, expected: usize, found: usize) -> Error {
    Error::link(format!("wrong number of {what} for {ty}: expected {expected}, found {found}"))
}

fn check_count(ty: &FuncType, what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(wrong_count(ty, what, expected, found)) }
}

/// Calls into the guest.
#[inline]
pub(crate) fn enter<T: 'static>(
    store: StoreContextMut<'_, T>,
    function: FunctionId,
    frame: &mut CallFrame,
) -> Result<()> {
    if store.0.is_poisoned() {
        return Err(poisoned());
    }
    match store.0.call(function, frame) {
        Ok(()) => Ok(()),
        Err(exit) => Err(left(store.0, exit)),
    }
}

/// Calls into the guest with all arguments in registers; gives the first result register of each class.
#[inline(always)]
pub(crate) fn enter_registers<T: 'static>(
    store: StoreContextMut<'_, T>,
    function: FunctionId,
    arguments: RegisterArguments,
) -> Result<(u64, u64)> {
    if store.0.is_poisoned() {
        return Err(poisoned());
    }
    store.0.call_registers(function, arguments).map_err(|exit| left(store.0, exit))
}

#[cold]
fn poisoned() -> Error {
    Error::bug("the store cannot be used any more: a host function panicked in it")
}

/// What a guest that did not return means for its caller.
#[cold]
fn left<T: 'static>(store: &mut VmStore<T>, exit: impl Into<Box<Exit>>) -> Error {
    let exit = *exit.into();
    let modules = &store.data().modules;
    let mut frames = Vec::with_capacity(exit.backtrace.len());
    for frame in &exit.backtrace {
        let known = frame.instance.and_then(|instance| modules.get(instance.index() as usize));
        let module = known.or_else(|| modules.iter().find(|module| module.runs(&frame.code)));
        if let Some(module) = module {
            resolve(module, frame, &mut frames);
        }
    }
    let backtrace = Backtrace::new(frames, store.data().id);
    match exit.cause {
        ExitCause::Trap(TrapReason::OutOfFuel) => Error::out_of_fuel(store.data().fuel_given),
        ExitCause::Trap(reason) => Error::trap(reason),
        ExitCause::Host(failure) => match failure.downcast::<Error>() {
            Ok(error) => *error,
            Err(_) => Error::bug("a host function failed with an unknown error"),
        },
        ExitCause::Exception(reference) => crate::exnref::thrown(store, reference),
        ExitCause::Panic(text) => Error::bug(format!(
            "a host function panicked: {text}\nthe store cannot be used any more"
        )),
    }
    .with_frames(backtrace)
}

/// Adds the functions that a frame of machine code stands for: those whose code the compiler put in place of
/// a call, the innermost first, and its own last.
fn resolve(module: &Module, frame: &holm_vm::Frame, frames: &mut Vec<BacktraceFrame>) {
    let meta = module.meta();
    let body_at = |offset: u32| {
        let offset = u64::from(offset);
        let after = meta.bodies.partition_point(|body| body.range.start <= offset);
        let defined = after.checked_sub(1)?;
        meta.bodies[defined].range.contains(&offset).then_some(u32::try_from(defined).ok()?)
    };
    let before = frames.len();
    for offset in frame.code.sources_at(frame.offset) {
        let index = meta.function_index(body_at(offset).unwrap_or(frame.function));
        frames.push(BacktraceFrame::new(module.clone(), index, Some(offset)));
    }
    if frames.len() == before {
        let index = meta.function_index(frame.function);
        frames.push(BacktraceFrame::new(module.clone(), index, None));
    }
}
