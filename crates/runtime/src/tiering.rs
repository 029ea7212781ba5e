//! Tier-up: functions that run often are compiled, while the program runs.
//!
//! The interpreter tells a module's [`Promotions`] what runs often; they queue it, have it compiled in the background by
//! threads that the host lends, publish the code and tell the interpreter, which then calls it. Not here: counting
//! and going over (see `holm-interp`), compiling (see the tiers), code in memory (see `holm-vm`).
//! Invariants: what a guest computes does not depend on what is promoted when; a function that cannot be compiled stays
//! where it is; nothing here keeps the module alive.
//! Read next: [`queue`], then [`thresholds`].

mod keep;
mod log;
mod queue;
pub(crate) mod thresholds;

use crate::engine::Engine;
use crate::error::Result;
use crate::profile::{Both, Chance, Kept, Profile};
use holm_abi::{
    Code, CompileError, Entry, Interpreted, NoProfile, Part, PartCompiler, Profile as Hints,
    Promoter, SharedBytes,
};
use holm_module::Module as Meta;
use holm_vm::PublishedCode;
use log::Log;
pub use log::{TierCompilation, TierEvent, TierEventKind, TierReason, TierStats};
use queue::{Notice, Queue};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use thresholds::{ASK_AGAIN_DIVISOR, HUGE_COST_MIN, LOOP_COST_PER_NOTICE, Tiering, WATCH_DIVISOR};

/// Whether functions can move up at all in this build; if not, nothing of how they do is in the program.
pub(crate) const MOVES_UP: bool = cfg!(feature = "machine-code");

/// A module as the first tier has it.
type Interpretation = std::result::Result<Arc<dyn Interpreted>, CompileError>;

/// What of a module has been promoted, and what waits for it.
pub(crate) struct Promotions {
    this: Weak<Self>,
    engine: Engine,
    meta: Arc<Meta>,
    wasm: SharedBytes,
    /// Made when something is to be compiled; or why it cannot be.
    compiler: OnceLock<std::result::Result<Arc<dyn PartCompiler>, String>>,
    /// What was seen in earlier runs.
    earlier: Kept,
    tiering: Tiering,
    /// The module's code, once there is any: it owns these.
    code: OnceLock<Weak<PublishedCode>>,
    state: Mutex<State>,
    /// A batch in the background has come to its end.
    batch_ended: Condvar,
    log: Mutex<Log>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// Jobs in the background.
    helpers: usize,
    /// What cannot be compiled.
    refused: BTreeSet<Part>,
    /// The code so far.
    images: Vec<Arc<PublishedCode>>,
    /// What it cost to compile what the cache has of the module, if it has anything.
    kept_cost: Option<u64>,
    /// For thresholds by chance.
    random: u64,
}

/// What is known of a module from earlier runs.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// The code of what was promoted.
    pub(crate) promoted: Option<Box<Code>>,
    /// The functions that were called besides.
    pub(crate) called: Vec<u32>,
    /// Whether the cache has anything of it.
    pub(crate) is_kept: bool,
}

/// One job in the background, until it is dropped.
struct Helper(Arc<Promotions>);

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.state().helpers -= 1;
        self.0.batch_ended.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Promotions {
    /// Of a module, whose bytes are `wasm`.
    pub(crate) fn new(
        engine: &Engine,
        meta: &Arc<Meta>,
        wasm: &SharedBytes,
        earlier: Kept,
    ) -> Arc<Self> {
        let tiering = engine.tiering();
        let state = State { random: tiering.seed.unwrap_or_default(), ..State::default() };
        Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            engine: engine.clone(),
            meta: Arc::clone(meta),
            wasm: wasm.clone(),
            compiler: OnceLock::new(),
            earlier,
            tiering,
            code: OnceLock::new(),
            state: Mutex::new(state),
            batch_ended: Condvar::new(),
            log: Mutex::default(),
        })
    }

    /// The module as the first tier has it, which tells these promotions what runs often.
    pub(crate) fn begin(&self) -> Option<Interpretation> {
        let heat = |_| self.first_heat();
        let tiering = holm_abi::Tiering {
            base: self.engine.stubs(),
            promoter: self.this.upgrade()?,
            heat: &heat,
            watch: self.watch(),
            call_weight: self.call_weight(),
            loop_weight: 1,
        };
        self.engine.tier().interpret_tiered(&self.meta, &self.wasm, tiering)
    }

    /// What compiles the module's functions.
    fn compiler(&self) -> std::result::Result<&dyn PartCompiler, Refusal> {
        let made = self.compiler.get_or_init(|| {
            let parts = self.engine.upper_tier()?.parts(&self.meta, &self.wasm);
            parts.ok_or_else(|| "the upper tier compiles no single functions".to_owned())
        });
        let made = made.as_deref();
        made.map_err(|text| Refusal { text: text.clone(), is_final: true })
    }

    /// How many rounds of a loop count as much as a call; 0 if calls do not count.
    fn call_weight(&self) -> u16 {
        let Tiering { calls, rounds, .. } = self.tiering;
        if calls == u32::MAX {
            return 0;
        }
        u16::try_from((rounds / calls.max(1)).max(1)).unwrap_or(u16::MAX)
    }

    /// How many rounds of those that a function may make before it is noticed it is watched for.
    fn watch(&self) -> i32 {
        let share = self.tiering.rounds / WATCH_DIVISOR;
        i32::try_from(share).unwrap_or(i32::MAX)
    }

    /// How many rounds a function may make before it is watched, or, if nothing is, before it is noticed for the first time.
    fn first_heat(&self) -> i32 {
        let rounds = self.tiering.rounds - self.tiering.rounds / WATCH_DIVISOR;
        let rounds = self.by_chance(rounds, &mut self.state().random);
        i32::try_from(rounds - 1).unwrap_or(i32::MAX)
    }

    /// After how many more rounds it is to be noticed again.
    fn ask_again(&self, state: &mut State) -> i32 {
        let rounds = self.tiering.rounds / ASK_AGAIN_DIVISOR;
        i32::try_from(self.by_chance(rounds, &mut state.random)).unwrap_or(i32::MAX)
    }

    /// A number of rounds, or one by chance that is not greater; at least 1.
    fn by_chance(&self, rounds: u32, random: &mut u64) -> u32 {
        let rounds = rounds.max(1);
        if self.tiering.seed.is_some() { 1 + next(random) % rounds } else { rounds }
    }

    /// Says which code is to be added to, and what is known of earlier runs.
    pub(crate) fn belong_to(&self, code: &Arc<PublishedCode>, earlier: Earlier) -> Result<()> {
        let first = self.code.set(Arc::downgrade(code)).is_ok();
        debug_assert!(first, "promotions belong to one module");
        let Some(functions) = code.interpreted() else { return Ok(()) };
        let Earlier { promoted, called, is_kept } = earlier;
        let image = promoted.map(|promoted| crate::module::publish_into(code, *promoted));
        let image = image.transpose()?;
        // Nobody asks for what is not timed, and there may be thousands.
        let is_timed = self.engine.now_ns().is_some();
        let mut state = self.state();
        for (part, address) in image.iter().flat_map(|image| members(image)) {
            state.queue.take_now(part, self.meta.body_cost(part.defined));
            functions.promote(part, address);
            if is_timed {
                self.note(part, TierEventKind::Promoted(TierReason::Kept));
            }
        }
        state.images.extend(image);
        state.kept_cost = is_kept.then(|| state.queue.settled_cost());
        if !self.tiering.at_once {
            let (small, huge): (Vec<u32>, Vec<u32>) =
                called.iter().partition(|defined| self.meta.body_cost(**defined) < HUGE_COST_MIN);
            state.queue.expect(small.into_iter().chain(huge));
            self.call_help(state);
        }
        Ok(())
    }

    /// What has been seen of the module, whose bytes are `wasm`, in this run and in earlier ones.
    pub(crate) fn profile(&self, wasm: &[u8]) -> Profile {
        let code = self.code.get().and_then(Weak::upgrade);
        let now = code.as_ref().and_then(|code| code.interpreted());
        let now = now.map_or(&NoProfile as &dyn Hints, |functions| functions.profile());
        Profile::new(wasm, now, self.earlier.profile())
    }

    /// What has happened.
    pub(crate) fn stats(&self) -> TierStats {
        lock(&self.log).stats()
    }

    /// The latest events and compilations, in order.
    pub(crate) fn events(&self) -> (Vec<TierEvent>, Vec<TierCompilation>) {
        let log = lock(&self.log);
        (log.events(), log.compilations())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn note(&self, part: Part, kind: TierEventKind) {
        let at_ns = self.engine.now_ns();
        let function = self.meta.imported_functions + part.defined;
        let loop_offset = match part.entry {
            Entry::Start => None,
            Entry::Loop { offset, .. } => Some(offset),
        };
        lock(&self.log).add(TierEvent { at_ns, function, loop_offset, kind });
    }

    /// How many jobs there may be in the background: one fewer than the host's cores, so that the guest has one.
    fn helpers_max(&self) -> usize {
        match self.engine.workers().background() {
            0 => 0,
            cores => (cores - 1).max(1),
        }
    }

    /// Starts one more job in the background if there is work for it.
    fn call_help(&self, mut state: MutexGuard<'_, State>) {
        // Counting the cores takes longer than a short program runs, so the first job does not ask.
        let has_room = match state.helpers {
            0 => self.engine.workers().has_background(),
            helpers => helpers < self.helpers_max(),
        };
        if state.queue.is_empty() || !has_room {
            return;
        }
        let Some(this) = self.this.upgrade() else { return };
        state.helpers += 1;
        drop(state);
        // A job that is never run is dropped, and counts as ended.
        let helper = Helper(this);
        self.engine.workers().start(Box::new(move || helper.0.help()));
    }

    /// Compiles what waits, until nothing does or the module is gone.
    fn help(&self) {
        // So that the guest's thread finds them counted.
        self.helpers_max();
        while self.help_once() {}
    }

    /// Compiles what is to be compiled next. Says whether there is any use in going on.
    fn help_once(&self) -> bool {
        let (batch, cooled) = self.state().queue.take(|defined| self.meta.body_cost(defined));
        cooled.into_iter().for_each(|part| self.note(part, TierEventKind::Cooled));
        if batch.is_empty() {
            // What waited has cooled, or is in work elsewhere, and waits no more: there may be more behind it.
            return !self.state().queue.is_empty();
        }
        let goes_on = self.compile(&batch);
        self.state().queue.done(&batch);
        self.batch_ended.notify_all();
        goes_on
    }

    /// Compiles parts and promotes them. Says whether there is any use in going on.
    fn compile(&self, batch: &[Part]) -> bool {
        let Some(code) = self.code.get().and_then(Weak::upgrade) else { return false };
        let began = self.engine.now_ns();
        let now = code.interpreted().map_or(&NoProfile as &dyn Hints, |it| it.profile());
        let earlier = self.earlier.profile().map_or(&NoProfile as &dyn Hints, |earlier| earlier);
        let seen = Both { now, earlier };
        let made = self.compiler().and_then(|compiler| {
            let made = match self.tiering.seed {
                Some(seed) => {
                    let made_up = Both { now: &seen, earlier: &Chance(seed) };
                    compiler.compile(batch, &made_up)
                }
                None => compiler.compile(batch, &seen),
            };
            made.map_err(Refusal::from)
        });
        match made.and_then(|made| self.publish(&code, batch, made, began)) {
            Ok(()) => true,
            Err(Refusal { is_final: false, .. }) if batch.len() > 1 => {
                // One of them is to blame, the others are not.
                batch.iter().all(|part| self.compile(std::slice::from_ref(part)))
            }
            Err(Refusal { text, is_final }) => {
                self.state().refused.extend(batch);
                for part in batch {
                    self.note(*part, TierEventKind::Refused(text.clone()));
                }
                !is_final
            }
        }
    }

    /// Makes code ready to run, and has it called from now on.
    fn publish(
        &self,
        parent: &Arc<PublishedCode>,
        batch: &[Part],
        code: Code,
        began: Option<u64>,
    ) -> std::result::Result<(), Refusal> {
        let Some(functions) = parent.interpreted() else { return Ok(()) };
        let compiled = self.engine.now_ns();
        let code_bytes = code.text().len() as u64;
        let image = crate::module::publish_into(parent, code)?;
        for (part, (_, address)) in batch.iter().zip(members(&image)) {
            functions.promote(*part, address);
            let reason = lock(&self.log).reason(part.defined, self.call_weight());
            self.note(*part, TierEventKind::Promoted(reason));
        }
        self.state().images.push(image);
        let span_ns = began.zip(compiled);
        let compilation = TierCompilation { span_ns, parts: batch.len(), code_bytes };
        lock(&self.log).compiled(compilation);
        Ok(())
    }
}

/// The parts of an image, and where each begins in memory. Of a loop only the place in the file is known.
fn members(image: &PublishedCode) -> impl Iterator<Item = (Part, u64)> {
    image.members().map(|(member, address)| {
        let entry = match member.loop_offset {
            None => Entry::Start,
            Some(offset) => Entry::Loop { offset, locals_at: 0 },
        };
        (Part { defined: member.defined, entry }, address)
    })
}

/// Why a batch was not promoted.
struct Refusal {
    text: String,
    /// Whether no other batch would be.
    is_final: bool,
}

impl From<CompileError> for Refusal {
    fn from(error: CompileError) -> Self {
        Self { text: error.to_string(), is_final: false }
    }
}

impl From<crate::Error> for Refusal {
    /// There is no room for code, or the system gives none.
    fn from(error: crate::Error) -> Self {
        Self { text: error.to_string(), is_final: true }
    }
}

impl Promoter for Promotions {
    fn hot(&self, part: Part) -> i32 {
        let rounds = self.tiering.rounds;
        lock(&self.log).noticed(part.defined, rounds, rounds / ASK_AGAIN_DIVISOR);
        let mut state = self.state();
        let after = self.ask_again(&mut state);
        if self.tiering.at_once || !self.engine.workers().has_background() {
            let taken = state.queue.take_now(part, self.meta.body_cost(part.defined));
            drop(state);
            if let Some(part) = taken {
                self.note(part, TierEventKind::Noticed);
                self.compile(&[part]);
            }
            return after;
        }
        let enough = self.meta.body_cost(part.defined) / LOOP_COST_PER_NOTICE;
        let notice = state.queue.notice(part, enough);
        if notice != Notice::Settled {
            self.call_help(state);
        }
        if notice == Notice::First {
            self.note(part, TierEventKind::Noticed);
        }
        after
    }

    fn force(&self, defined: u32) {
        let part = Part { defined, entry: Entry::Start };
        lock(&self.log).deep(defined);
        let may_be_in_work = {
            let mut state = self.state();
            state.queue.take_now(part, self.meta.body_cost(defined));
            !state.refused.contains(&part)
        };
        // Who waits for another thread's batch might wait for long; the code that comes first is called.
        if may_be_in_work {
            self.compile(&[part]);
        }
    }
}

/// The next number of a sequence by chance (xorshift).
fn next(state: &mut u64) -> u32 {
    *state = (*state).max(1);
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    u32::try_from(*state >> 32).unwrap_or_default()
}

impl fmt::Debug for Promotions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Promotions({:?})", self.stats())
    }
}
