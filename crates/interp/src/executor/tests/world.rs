//! A store, instances and a promoter as small as they can be, and "machine code" that is a function of the test.
//!
//! Not here: tests. Invariant: what an instance's context points at is kept by the same value, and never moves.
//! Read next: [`super`].

use super::std::sync::{Mutex, OnceLock};
use crate::Interpreter;
use crate::program::shape;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::sync::Weak;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::sync::atomic::AtomicU32;
use holm_abi::interpreter::{Activation, Interpreted, Outside, Promoter, SlotSignature, Tiering};
use holm_abi::layout::{self, Callee, ContextLayout, FunctionRecord};
use holm_abi::tier::{Entry, Part};
use holm_abi::{Architecture, Builtin, MemoryStrategy, Settings, Tier};
use holm_module::{Features, Limits, Module};
use holm_spec::trap::TrapReason;

/// Where there are no stubs: nobody jumps there.
pub(super) const BASE: u64 = 1 << 40;

/// Machine code, or a host function: gets the activation and its slots; 1 if it is left.
pub(super) type Native = fn(&Call<'_>) -> u32;

/// What machine code is called with.
pub(super) struct Call<'a> {
    pub(super) activation: *mut Activation,
    pub(super) signature: &'a SlotSignature,
    pub(super) slots: *mut u64,
}

impl Call<'_> {
    pub(super) fn slot(&self, index: usize) -> u64 {
        // SAFETY: tests ask for slots that the signature has.
        unsafe { self.slots.wrapping_add(index).read() }
    }

    pub(super) fn set(&self, index: usize, value: u64) {
        // SAFETY: as above.
        unsafe { self.slots.wrapping_add(index).write(value) }
    }

    /// A slot of the frame whose address is the argument.
    pub(super) fn frame(&self, index: usize) -> u64 {
        let frame = self.slot(0) as *const u64;
        // SAFETY: as above.
        unsafe { frame.wrapping_add(index).read() }
    }

    /// Ends with an exception.
    pub(super) fn throw(&self, reference: u32) -> u32 {
        // SAFETY: the activation is the one that is outside.
        unsafe { (*self.activation).thrown = reference };
        1
    }
}

pub(super) fn address(native: Native) -> u64 {
    native as usize as u64
}

static OUTSIDE: Outside = Outside { call, builtin };

unsafe fn call(
    activation: *mut Activation,
    callee: *const Callee,
    signature: &SlotSignature,
    slots: *mut u64,
) -> u32 {
    // SAFETY: by contract.
    let Callee { code, anchor } = unsafe { *callee };
    assert_eq!(code & 1, 0, "interpreted functions are not called outside");
    // SAFETY: tests give such functions only.
    let native: Native = unsafe { core::mem::transmute(code as *const ()) };
    // SAFETY: by contract.
    let running = unsafe { (*activation).anchor };
    assert_eq!(anchor, running as u64, "machine code of the instance that runs");
    native(&Call { activation, signature, slots })
}

/// The record of every exception.
static RECORD: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

unsafe fn builtin(_: *mut Activation, number: u32) -> u64 {
    assert_eq!(number, Builtin::ExceptionRecord as u32);
    RECORD.as_ptr() as u64
}

/// Remembers what it is told, and promotes it at once if it has something for it.
#[derive(Debug)]
pub(super) struct Fake {
    pub(super) told: Mutex<Vec<Part>>,
    program: OnceLock<Weak<dyn Interpreted>>,
    start: Option<Native>,
    header: Option<Native>,
    heat: i32,
}

impl Promoter for Fake {
    fn hot(&self, part: Part) -> i32 {
        self.told.lock().unwrap().push(part);
        let program = self.program.get().unwrap().upgrade().unwrap();
        let native = match part.entry {
            Entry::Start => self.start,
            Entry::Loop { .. } => self.header,
        };
        if let Some(native) = native {
            program.promote(part, address(native));
        }
        self.heat
    }
}

/// How a program is tiered.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) first: i32,
    pub(super) heat: i32,
    pub(super) watch: i32,
    pub(super) weights: (u16, u16),
    pub(super) start: Option<Native>,
    pub(super) header: Option<Native>,
}

impl Plan {
    /// Counts, but never so far.
    pub(super) const QUIET: Self =
        Self { first: i32::MAX, heat: 1, watch: 0, weights: (1, 1), start: None, header: None };
}

/// A program and its promoter.
pub(super) struct World {
    pub(super) program: Arc<dyn Interpreted>,
    pub(super) promoter: Arc<Fake>,
    pub(super) module: Module,
}

pub(super) fn settings() -> Settings {
    Settings {
        architecture: Architecture::X86_64,
        cpu_features: String::new(),
        memory: MemoryStrategy::Checked,
        fuel: true,
        polls: true,
        canonical_nans: false,
        optimize: true,
    }
}

impl World {
    pub(super) fn new(text: &str, plan: Plan) -> Self {
        let wasm = wat::parse_str(text).unwrap();
        let features = Features::default().with(Features::LEGACY_EXCEPTIONS);
        let module = Module::new(&wasm, &Limits::default(), features).unwrap();
        let promoter = Arc::new(Fake {
            told: Mutex::default(),
            program: OnceLock::new(),
            start: plan.start,
            header: plan.header,
            heat: plan.heat,
        });
        let tiering = Tiering {
            base: BASE,
            promoter: Arc::<Fake>::clone(&promoter),
            heat: &|_| plan.first,
            watch: plan.watch,
            call_weight: plan.weights.0,
            loop_weight: plan.weights.1,
        };
        let tier = Interpreter::new(settings());
        let program =
            tier.interpret_tiered(&Arc::new(module.clone()), &wasm.clone().into(), tiering);
        let program = program.unwrap().unwrap();
        promoter.program.set(Arc::downgrade(&program)).unwrap();
        Self { program, promoter, module }
    }

    /// What the promoter was told since the last time: the function, and whether it is one of its loops.
    pub(super) fn told(&self) -> Vec<(u32, bool)> {
        let told = core::mem::take(&mut *self.promoter.told.lock().unwrap());
        told.into_iter().map(|part| (part.defined, part.entry != Entry::Start)).collect()
    }
}

/// What instances share.
pub(super) struct Store {
    block: Box<[u64; 16]>,
    slots: Vec<u64>,
    records: Vec<FunctionRecord>,
}

impl Store {
    pub(super) fn new(slots: usize) -> Self {
        let mut this = Self {
            block: Box::new([0; 16]),
            slots: vec![0; slots],
            records: Vec::with_capacity(64),
        };
        this.set(layout::STORE_FUNCTIONS, this.records.as_ptr().expose_provenance() as u64);
        this.set(layout::STORE_FUEL, 1 << 60);
        let end = this.slots.as_mut_ptr_range().end.expose_provenance() as u64;
        this.set(layout::STORE_SLOTS_END, end);
        this
    }

    fn set(&mut self, field: i32, value: u64) {
        self.block[usize::try_from(field).unwrap() / 8] = value;
    }

    pub(super) fn fuel(&self) -> u64 {
        (1 << 60) - self.block[usize::try_from(layout::STORE_FUEL).unwrap() / 8]
    }

    /// Adds a record; its reference.
    pub(super) fn record(&mut self, code: u64, anchor: u64) -> u64 {
        if self.records.is_empty() {
            self.records.push(FunctionRecord::default());
        }
        assert!(self.records.len() < self.records.capacity(), "records do not move");
        let callee = Callee { code, anchor };
        self.records.push(FunctionRecord { callee, signature: 1, ..FunctionRecord::default() });
        self.records.len() as u64 - 1
    }

    /// Calls a defined function: its results, or why it was left.
    pub(super) fn call(
        &mut self,
        instance: &Instance,
        defined: u32,
        arguments: &[u64],
    ) -> Result<Vec<u64>, Left> {
        let function = instance.imported + defined;
        let executor = instance.program.executor();
        let slots = self.slots.as_mut_ptr();
        for (index, value) in arguments.iter().enumerate() {
            // SAFETY: there are more slots than arguments.
            unsafe { slots.wrapping_add(index).write(*value) };
        }
        let code = instance.program.entry(defined).unwrap();
        let mut activation =
            Activation::new(executor.program, instance.anchor, code, slots, &OUTSIDE);
        let activation = &raw mut activation;
        self.set(layout::STORE_ACTIVATION, activation as u64);
        // SAFETY: all of this was made for it.
        let status = unsafe { (executor.run)(activation) };
        // SAFETY: it has returned.
        let activation = unsafe { &*activation };
        if status != 0 {
            return Err(Left { trap: activation.trap, thrown: activation.thrown });
        }
        let results = instance.program.signature(function).unwrap().result_slots;
        // SAFETY: there are more slots than results.
        Ok((0..results as usize).map(|at| unsafe { slots.wrapping_add(at).read() }).collect())
    }
}

/// Why a call was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) trap: Option<TrapReason>,
    pub(super) thrown: u32,
}

/// An instance without memories.
pub(super) struct Instance {
    pub(super) program: Arc<dyn Interpreted>,
    imported: u32,
    pub(super) anchor: *mut u8,
    layout: ContextLayout,
    _context: Vec<u64>,
    _memory: Box<[u64; 2]>,
    table: Vec<u128>,
}

impl Instance {
    pub(super) fn new(world: &World, store: &Store) -> Self {
        let layout = ContextLayout::new(shape(&world.module));
        let bytes = layout.context_bytes() + layout::CONTEXT_GAP_BYTES;
        let mut context = vec![0u64; bytes as usize / 8];
        let anchor = context.as_mut_ptr_range().end.cast::<u8>();
        let memory = Box::new([0; 2]);
        let program = Arc::clone(&world.program);
        let table = vec![0; 8];
        let imported = world.module.imported_functions;
        let types = world.module.types.len();
        let this =
            Self { program, imported, anchor, layout, _context: context, _memory: memory, table };
        this.write(layout::STORE, store.block.as_ptr().expose_provenance() as u64);
        this.write(layout::MEMORY_0, this._memory.as_ptr().expose_provenance() as u64);
        this.write(layout::ENTRIES, this.program.entries());
        this.write(layout::PROGRAM, this.program.executor().program as u64);
        this.write(layout::FUNCTIONS_FIRST, 1);
        if !world.module.tables.is_empty() {
            let table = this.layout.defined_table(0);
            this.write(table + layout::TABLE_BASE, this.table.as_ptr() as u64);
            this.write(table + layout::TABLE_LENGTH, this.table.len() as u64);
        }
        for ty in 0..u32::try_from(types).unwrap() {
            let at = this.anchor.wrapping_offset(this.layout.type_id(ty) as isize).cast::<u32>();
            // SAFETY: the layout is that of the context.
            unsafe { at.write(ty + 1) };
        }
        this
    }

    fn write(&self, field: i32, value: u64) {
        let at = self.anchor.wrapping_offset(field as isize).cast::<u64>();
        // SAFETY: the layout is that of the context.
        unsafe { at.write_unaligned(value) };
    }

    pub(super) fn number(&self, defined: u32) -> u64 {
        self.program.entry(defined).unwrap()
    }

    /// Imports a function.
    pub(super) fn import(&self, index: u32, code: u64, anchor: *mut u8) {
        let at = self.layout.imported_function(index);
        self.write(at + layout::CALLEE_CODE, code);
        self.write(at + layout::CALLEE_ANCHOR, anchor as u64);
    }

    /// Sets an entry of the table to a function of the first type.
    pub(super) fn set_entry(&mut self, index: usize, code: u64, foreign: bool, reference: u64) {
        let signature = 1 | if foreign { layout::FOREIGN } else { 0 };
        self.table[index] =
            u128::from(code) | u128::from(signature) << 64 | u128::from(reference) << 96;
        let table = self.layout.defined_table(0);
        self.write(table + layout::TABLE_BASE, self.table.as_ptr().expose_provenance() as u64);
    }
}

/// The frames that are active: the anchor and the function of each, innermost first.
pub(super) fn frames(instance: &dyn Interpreted, call: &Call<'_>) -> Vec<(u64, u32)> {
    let mut frames = Vec::new();
    let walk = instance.executor().walk;
    let mut visit = |anchor: *mut u8, function: u32, offset: Option<u32>| {
        assert!(offset.is_some(), "{}", format!("function {function} is at no operator"));
        frames.push((anchor as u64, function));
        true
    };
    // SAFETY: the activation is outside.
    unsafe { walk(call.activation, &mut visit) };
    frames
}
