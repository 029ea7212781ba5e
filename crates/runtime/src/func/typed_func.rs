//! Calls with Rust types: the type is checked once, then values go straight to registers.
//!
//! Not here: where each value travels (see [`crate::typed`]). Invariant: a [`TypedFunc`] exists only for a
//! function whose type is exactly that of its parameters and results; a call neither locks nor, unless
//! arguments go over the stack, allocates. Read next: [`crate::typed`].

use crate::context::{AsContextMut, Owner, StoreContext, StoreContextMut};
use crate::error::{Error, Result};
use crate::func::{Func, enter, enter_registers};
use crate::registry::Signature;
use crate::typed::{
    Params, Results, WasmParams, WasmResults, in_registers, is_int_only, is_plain, needs_buffer,
    vectors,
};
use holm_spec::types::FuncType;
use holm_vm::CallFrame;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A function whose parameters and results have known Rust types.
pub struct TypedFunc<P, R> {
    func: Func,
    signature: Arc<Signature>,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        Self { func: self.func, signature: Arc::clone(&self.signature), types: PhantomData }
    }
}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedFunc({})", self.signature.ty)
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    pub(crate) fn new<T: 'static>(func: Func, store: &StoreContext<'_, T>) -> Result<Self> {
        if func.store != store.id() {
            return Err(Error::other_store("function"));
        }
        let signature = func.signature(store)?;
        let (params, results) = (<P as Params>::TYPES, <R as Results>::TYPES);
        if signature.ty.params() != params || signature.ty.results() != results {
            let asked = FuncType::new(params, results);
            let message = format!("function has type {}, asked for {asked}", signature.ty);
            return Err(Error::link(message));
        }
        Ok(Self { func, signature, types: PhantomData })
    }

    /// The function without the types.
    #[must_use]
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls the function.
    ///
    /// # Errors
    /// When the function or a reference among `params` belongs to another store, and when the guest traps,
    /// runs out of something, or a host function fails.
    #[inline(always)]
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R> {
        let store = store.as_context_mut();
        let store = store.0;
        if self.func.store != store.data().id {
            return Err(Error::other_store("function"));
        }
        if const { is_plain(<P as Params>::TYPES, <R as Results>::TYPES) } {
            // The frame is taken apart by the compiler: what is in it goes from register to register.
            let mut frame = CallFrame::in_registers(true);
            params.write_params(&mut frame, false, Owner::of(store))?;
            let vectors = const { vectors(<P as Params>::TYPES) };
            let arguments = frame.arguments(<P as Params>::TYPES.len() - vectors, vectors);
            let (int, vector) = enter_registers(StoreContextMut(store), self.func.id, arguments)?;
            frame.set_int(0, int);
            frame.set_vector(0, vector.into());
            Ok(R::read_results(&frame, Owner::of(store)))
        } else if const { in_registers(<P as Params>::TYPES, <R as Results>::TYPES) } {
            let int_only = const { is_int_only(<P as Params>::TYPES, <R as Results>::TYPES) };
            let mut frame = CallFrame::in_registers(int_only);
            params.write_params(&mut frame, false, Owner::of(store))?;
            enter(StoreContextMut(store), self.func.id, &mut frame)?;
            Ok(R::read_results(&frame, Owner::of(store)))
        } else {
            let buffer = const { needs_buffer(<R as Results>::TYPES) };
            let mut frame = CallFrame::new(&self.signature.abi);
            params.write_params(&mut frame, buffer, Owner::of(store))?;
            enter(StoreContextMut(store), self.func.id, &mut frame)?;
            Ok(R::read_results(&frame, Owner::of(store)))
        }
    }
}
