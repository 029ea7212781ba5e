//! Machine code of one function, from its translation to bytes and tables.
//!
//! A [`Worker`] keeps Cranelift's memory from one function to the next. What it gives back is free of
//! Cranelift's types. A panic inside Cranelift is caught here and becomes an error.
//! Read next: [`crate::translate`], then [`crate::anchor`], then [`crate::link`].

use crate::environment::{self, Environment};
use crate::error::Failure;
use crate::isa::{self, Effort};
use crate::lines::{Begins, Head};
use crate::translate::Places;
use crate::{anchor, latch, shape, thunk, translate};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, TrapCode};
use cranelift_codegen::isa::unwind::UnwindInst;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::{
    Context, ExceptionContextLoc, Final, FinalizedMachCallSite, FinalizedMachExceptionHandler,
    FinalizedMachReloc, FinalizedRelocTarget, MachBufferFinalized, MachTrap,
};
use cranelift_frontend::FunctionBuilderContext;
use holm_abi::code::CallForm;
use holm_abi::{AnchorAt, CompileError, Entry, Handler, Part, Saved, Settings};
use holm_module::Module;
use holm_spec::trap::TrapReason;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// What is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    /// A function defined in the module, from one of its entries on.
    Part(Part),
    /// The foreign-call thunk of a type.
    Thunk(u32),
}

impl Unit {
    /// A function from its start on, by defined index.
    pub(crate) const fn function(defined: u32) -> Self {
        Self::Part(Part { defined, entry: Entry::Start })
    }

    /// The error to report when it cannot be compiled.
    pub(crate) fn failed(self, failure: Failure, module: &Module) -> CompileError {
        failure.for_function(match self {
            Self::Part(part) => module.function_index(part.defined),
            Self::Thunk(ty) => ty,
        })
    }
}

/// The machine code of one unit; all offsets are from its start.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub(crate) code: Vec<u8>,
    /// What its constants want.
    pub(crate) alignment: u32,
    pub(crate) begins: Begins,
    pub(crate) calls: Vec<CallSite>,
    pub(crate) traps: Vec<(u32, TrapReason)>,
    pub(crate) sources: Vec<(u32, u32)>,
    /// As in [`holm_abi::CodeParts`], for this unit alone.
    pub(crate) inlined: Vec<(u32, u32)>,
    pub(crate) sites: Vec<(u32, u32)>,
    /// Return addresses of calls, and where the frame keeps references then: bytes below the frame pointer.
    pub(crate) frames: Vec<(u32, Vec<u32>)>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) saved: Saved,
}

/// A call inside the image whose distance is to be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallSite {
    /// Where the distance goes.
    pub(crate) offset: u32,
    /// What is called.
    pub(crate) target: Unit,
    pub(crate) form: CallForm,
}

/// Cranelift's targets for the two levels of effort. Few programs have a function for the second.
#[derive(Clone)]
pub(crate) struct Targets {
    full: OwnedTargetIsa,
    bounded: OnceLock<OwnedTargetIsa>,
}

impl Targets {
    /// Those for some settings.
    ///
    /// # Errors
    /// As for [`isa::target`].
    pub(crate) fn new(settings: &Settings) -> Result<Self, CompileError> {
        let full = isa::target(settings, Effort::Full)?;
        Ok(Self { full, bounded: OnceLock::new() })
    }

    /// The one for full effort; both have the same conventions.
    pub(crate) fn full(&self) -> &dyn TargetIsa {
        &*self.full
    }

    /// The one for an effort, of the settings that these are for.
    fn get(&self, effort: Effort, settings: &Settings) -> &dyn TargetIsa {
        match effort {
            Effort::Full => self.full(),
            Effort::Bounded => &**self.bounded.get_or_init(|| {
                let bounded = isa::target(settings, Effort::Bounded);
                bounded.expect("the processor is the one that the other target was made for")
            }),
        }
    }
}

/// Cranelift's memory, used for one function after the other.
pub(crate) struct Worker {
    context: Context,
    allocator: regalloc2::Ctx,
    scratch: FunctionBuilderContext,
    /// Whether to keep the text of the machine code.
    pub(crate) disassemble: bool,
    /// The text of the latest function's machine code, if asked for.
    pub(crate) disassembly: Option<String>,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self {
            context: Context::new(),
            allocator: regalloc2::Ctx::default(),
            scratch: FunctionBuilderContext::new(),
            disassemble: false,
            disassembly: None,
        }
    }

    /// Compiles a unit.
    ///
    /// # Errors
    /// The unit is beyond Cranelift's limits, or there is a bug in here or there.
    pub(crate) fn compile(
        &mut self,
        env: &Environment<'_>,
        targets: &Targets,
        unit: Unit,
        effort: Effort,
    ) -> Result<Compiled, Failure> {
        let compile = AssertUnwindSafe(|| self.compile_unguarded(env, targets, unit, effort));
        catch_unwind(compile).unwrap_or_else(|panic| {
            // What the panic left behind is not to be trusted.
            *self = Self { disassemble: self.disassemble, ..Self::new() };
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Failure::Bug(format!("the code generator failed: {}", text.unwrap_or_default())))
        })
    }

    fn compile_unguarded(
        &mut self,
        env: &Environment<'_>,
        targets: &Targets,
        unit: Unit,
        mut effort: Effort,
    ) -> Result<Compiled, Failure> {
        let places = self.translate(env, unit, effort).inspect_err(|_| {
            // It was left in the middle of a function.
            self.scratch = FunctionBuilderContext::new();
        })?;
        env.known.may_go_on()?;
        let context = &mut self.context;
        if effort == Effort::Full && shape::has_long_chains(&context.func) {
            effort = Effort::Bounded;
        }
        let isa = targets.get(effort, env.settings);
        context.set_disasm(self.disassemble);
        let mut control = ControlPlane::default();
        context.verify_if(isa)?;
        context.optimize(isa, &mut control)?;
        if let Unit::Part(_) = unit {
            latch::compare_next_values(&mut context.func);
            anchor::localize(&mut context.func);
            context.verify_if(isa)?;
        }
        if effort == Effort::Full && shape::has_crowded_blocks(&context.func) {
            effort = Effort::Bounded;
        }
        let isa = targets.get(effort, env.settings);
        let stencil = isa.compile_function(
            &context.func,
            &context.domtree,
            &mut self.allocator,
            self.disassemble,
            &mut control,
        )?;
        let compiled = stencil.apply_params(&context.func.params);
        self.disassembly.clone_from(&compiled.vcode);
        let buffer = &compiled.buffer;
        let call = |relocation| self.call_site(relocation);
        let trap = |trap: &MachTrap| Ok((trap.offset, reason(trap.code)?));
        let mut result = Compiled {
            code: buffer.data().to_vec(),
            alignment: buffer.alignment,
            begins: Begins::best(&heads(buffer, &places)),
            calls: buffer.relocs().iter().map(call).collect::<Result<_, _>>()?,
            traps: buffer.traps().iter().map(trap).collect::<Result<_, Failure>>()?,
            handlers: handlers(buffer.call_sites())?,
            saved: saved(&buffer.unwind_info)?,
            ..Compiled::default()
        };
        // The prologue can overflow the stack.
        result.sources.extend(match unit {
            Unit::Part(Part { defined, entry: Entry::Start }) => {
                let start = env.known.body(defined).map_or(0, |body| body.range.start);
                Some((0, u32::try_from(start).unwrap_or(u32::MAX)))
            }
            Unit::Part(Part { entry: Entry::Loop { offset, .. }, .. }) => Some((0, offset)),
            Unit::Thunk(_) => None,
        });
        for (return_address, span, map) in buffer.user_stack_maps() {
            let slots: Vec<u32> = map.entries().map(|(_, from_sp)| span - from_sp).collect();
            result.frames.push((*return_address, slots));
        }
        for location in buffer.get_srclocs_sorted() {
            if let Some((offset, site)) = places.resolve(location.loc) {
                push_change(&mut result.sources, location.start, offset);
                push_change(&mut result.inlined, location.start, site);
            }
        }
        result.sites = places.sites;
        Ok(result)
    }

    /// Fills the context with the unit's Cranelift function.
    pub(crate) fn translate(
        &mut self,
        env: &Environment<'_>,
        unit: Unit,
        effort: Effort,
    ) -> Result<Places, Failure> {
        self.context.clear();
        let func = &mut self.context.func;
        match unit {
            Unit::Thunk(ty) => {
                thunk::build(env, ty, func, &mut self.scratch);
                Ok(Places::default())
            }
            Unit::Part(part) => translate::function(env, part, effort, func, &mut self.scratch),
        }
    }

    /// What a relocation calls. There are no other kinds: constants lie beside the code that uses them.
    fn call_site(&self, relocation: &FinalizedMachReloc) -> Result<CallSite, Failure> {
        let form = match relocation.kind {
            Reloc::X86CallPCRel4 if relocation.addend == -4 => CallForm::Relative32,
            Reloc::Arm64Call if relocation.addend == 0 => CallForm::Branch26,
            kind => return Err(Failure::Bug(format!("relocation {kind:?} cannot be resolved"))),
        };
        let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = relocation.target else {
            let what = format!("{:?}", relocation.target);
            return Err(Failure::Bug(format!("relocation to {what} cannot be resolved")));
        };
        let name = &self.context.func.params.user_named_funcs()[name];
        let target = match name.namespace {
            environment::NAMESPACE_THUNK => Unit::Thunk(name.index),
            _ => Unit::function(name.index),
        };
        Ok(CallSite { offset: relocation.offset, target, form })
    }

    /// The Cranelift function that was translated last, as text.
    pub(crate) fn clif(&self) -> String {
        self.context.func.display().to_string()
    }
}

/// The heads of loops, cold ones too: a profile tells how a program begins, and not how it goes on.
fn heads(buffer: &MachBufferFinalized<Final>, places: &Places) -> Vec<Head> {
    let locations = buffer.get_srclocs_sorted();
    let depth = |at: u32| {
        let behind = locations.partition_point(|location| location.start <= at);
        places.loop_depth(locations.get(behind.checked_sub(1)?)?.loc)
    };
    let interrupted = translate::trap::code(TrapReason::Interrupted);
    let polls = buffer.traps().iter().filter(|trap| trap.code == interrupted);
    polls.filter_map(|poll| Some(Head { poll: poll.offset, depth: depth(poll.offset)? })).collect()
}

/// Adds a value that holds from `at` on, unless it holds already.
pub(crate) fn push_change(changes: &mut Vec<(u32, u32)>, at: u32, value: u32) {
    if changes.last().is_none_or(|(_, last)| *last != value) {
        changes.push((at, value));
    }
}

/// The handlers of the calls that have one, which come in the order of their code.
fn handlers<'a>(
    sites: impl Iterator<Item = FinalizedMachCallSite<'a>>,
) -> Result<Vec<Handler>, Failure> {
    use FinalizedMachExceptionHandler::{Context, Default};
    let sites = sites.filter(|site| !site.exception_handlers.is_empty());
    let handler = |site: FinalizedMachCallSite<'a>| {
        let (Some(frame_bytes), [Context(anchor), Default(entry)]) =
            (site.frame_offset, site.exception_handlers)
        else {
            return Err(Failure::Bug(format!("a call has handlers of no known form: {site:?}")));
        };
        let anchor = match *anchor {
            ExceptionContextLoc::SPOffset(offset) => AnchorAt::Stack(offset),
            ExceptionContextLoc::GPR(number) => AnchorAt::Register(kept_register(number)?),
        };
        Ok(Handler { return_address: site.ret_addr, entry: *entry, frame_bytes, anchor })
    };
    sites.map(handler).collect()
}

/// The place of a register among those that functions keep, by its number in machine code.
fn kept_register(number: u8) -> Result<u32, Failure> {
    match number {
        3 => Ok(0),
        12..=14 => Ok(u32::from(number) - 11),
        _ => Err(Failure::Bug(format!("register {number} is not kept over calls"))),
    }
}

/// Where a function saves the registers of its caller.
fn saved(prologue: &[(u32, UnwindInst)]) -> Result<Saved, Failure> {
    let (mut saved, mut bottom) = (Saved::default(), 0);
    for (_, instruction) in prologue {
        match instruction {
            UnwindInst::DefineNewFrame { offset_downward_to_clobbers, .. } => {
                bottom = *offset_downward_to_clobbers;
            }
            UnwindInst::SaveReg { clobber_offset, reg } => {
                let words = bottom.checked_sub(*clobber_offset).map(|bytes| bytes / 8);
                let words = words.and_then(|words| u8::try_from(words).ok());
                let words = words.filter(|words| *words > 0);
                let beyond = || Failure::Bug(format!("{reg:?} is saved outside of its frame"));
                saved[kept_register(reg.hw_enc())? as usize] = words.ok_or_else(beyond)?;
            }
            _ => {}
        }
    }
    Ok(saved)
}

fn reason(code: TrapCode) -> Result<TrapReason, Failure> {
    translate::trap::reason(code)
        .ok_or_else(|| Failure::Bug(format!("trap code {code} has no reason")))
}
