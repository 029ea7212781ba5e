//! A module that is interpreted: its bytes, the entries of its functions, and what was translated so far.
//!
//! Not here: translating (see [`crate::translate`]) and running (see `executor`). Invariant: a function is translated
//! when it is called for the first time and never again; what backtraces and listings need beyond the code is made
//! anew when they ask, because translation gives the same code every time.
//! Read next: [`crate::translate`].

use crate::PROMOTES;
use crate::executor::entry::{Code, Entries, LoopCode, Loops, Maps, Places};
use crate::executor::profile::Site;
use crate::executor::watch::{Sight, Sights, Watch};
use crate::translate::{self, Notes, Translated};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use holm_abi::interpreter::{Interpreted, Promoter, Tiering};
use holm_abi::layout::{STUBS_MAX, function_of_code_number};
use holm_abi::tier::{Entry, Part, Profile, Seen, Share};
use holm_abi::{
    CompileError, ContextLayout, ContextShape, Executor, Settings, SharedBytes, SlotSignature,
    signature::RegisterFile,
};
use holm_module::Module;
use holm_spec::types::{FuncType, ValType};

/// A module that is interpreted.
pub(crate) struct Program {
    pub(crate) module: Arc<Module>,
    /// The content of the code section, a part of the whole file, and where it begins there.
    code: SharedBytes,
    at: u64,
    pub(crate) layout: ContextLayout,
    entries: Entries,
    places: Places,
    /// How values of each type of the module are passed.
    types: Box<[SlotSignature]>,
    registers: RegisterFile,
    /// Where machine code of loops is.
    loops: Loops,
    /// Who is told what runs often, if anybody is.
    promoter: Option<Arc<dyn Promoter>>,
    /// How much a call and a loop's turn count; 0 if they are not counted.
    pub(crate) call_weight: u16,
    pub(crate) loop_weight: u16,
    /// How much a function runs while it is watched, before its promoter is told; 0 if nothing is watched.
    watch: i32,
    /// Where what is watched is found.
    sights: Sights,
    pub(crate) fuel: bool,
    pub(crate) canonical_nans: bool,
}

impl Program {
    /// A program of a module whose bytes are `wasm`; nothing is translated yet.
    pub(crate) fn new(
        module: &Arc<Module>,
        wasm: &SharedBytes,
        settings: &Settings,
        registers: &RegisterFile,
        tiering: Option<Tiering<'_>>,
    ) -> Result<Self, CompileError> {
        if module.bodies.len() > STUBS_MAX as usize {
            let bodies = module.bodies.len();
            return Err(CompileError::Limit(alloc::format!(
                "{bodies} function bodies, which is more than {STUBS_MAX}"
            )));
        }
        let place = |at: u64| usize::try_from(at).ok();
        let range = place(module.code_range.start).zip(place(module.code_range.end));
        let code = range.and_then(|(start, end)| wasm.slice(start..end));
        let none = || CompileError::Bug("the code section lies outside of the module".into());
        let code = code.ok_or_else(none)?;
        let none = FuncType::default();
        let functions = module.types.iter().map(|ty| ty.as_func().unwrap_or(&none));
        let types = functions.map(|ty| SlotSignature::new(ty, registers));
        let heat = |index| tiering.as_ref().map_or(0, |tiering| (tiering.heat)(index));
        let defined = module.functions.iter().skip(module.imported_functions as usize);
        let entries = (0..).zip(defined).map(|(index, function)| (function.0, heat(index)));
        let base = tiering.as_ref().map_or(0, |tiering| tiering.base);
        let entries = Entries::new(base, entries);
        let weight = |of: fn(&Tiering<'_>) -> u16| tiering.as_ref().map_or(0, of);
        Ok(Self {
            code,
            at: module.code_range.start,
            layout: ContextLayout::new(shape(module)),
            entries,
            places: Places::default(),
            types: types.collect(),
            registers: *registers,
            loops: Loops::default(),
            call_weight: weight(|tiering| tiering.call_weight),
            loop_weight: weight(|tiering| tiering.loop_weight),
            watch: tiering.as_ref().map_or(0, |tiering| tiering.watch),
            sights: Sights::default(),
            promoter: tiering.map(|tiering| tiering.promoter),
            fuel: settings.fuel,
            canonical_nans: settings.canonical_nans,
            module: Arc::clone(module),
        })
    }

    fn promoter(&self) -> Option<&Arc<dyn Promoter>> {
        self.promoter.as_ref().filter(|_| PROMOTES)
    }

    /// Tells the promoter that a part runs often, unless it is still to be watched.
    pub(crate) fn tell(&self, part: Part) {
        if let (Some(promoter), Some(entry)) = (self.promoter(), self.entries.get(part.defined)) {
            if let Some(code) = entry.code() {
                if self.watches() && self.watch_of(part.defined, code).begin(&code.units) {
                    return entry.set_heat(self.watch);
                }
                if let Some(watch) = code.watch.get().filter(|_| PROMOTES) {
                    watch.end(&code.units);
                }
            }
            entry.set_heat(promoter.hot(part).max(1));
        }
    }

    /// Whether branches and calls can be watched.
    pub(crate) fn watches(&self) -> bool {
        PROMOTES && self.watch > 0
    }

    /// What of a function can be watched: worked out when that begins, for most functions never run so much.
    pub(crate) fn watch_of<'a>(&self, defined: u32, code: &'a Code) -> &'a Watch {
        code.watch.get_or_init(|| {
            let made = self.translate(defined, Notes::Watched).unwrap_or_default();
            #[cfg(any(test, feature = "listing"))]
            debug_assert!(crate::print::are_starts(&made), "function {defined}: {made:?}");
            Box::new(Watch::new(&code.units, &made))
        })
    }

    /// What is watched at an instruction.
    pub(crate) fn sight_at(&self, ip: *const u16) -> Option<&Sight> {
        self.sights.find(ip as u64, || {
            let (defined, at) = self.places.find(ip as u64)?;
            self.translated(defined)?.watch.get()?.at(at)
        })
    }

    /// The function that an indirect call called nearly every time.
    fn usual(&self, site: &Site) -> Option<u32> {
        self.module.facts.escaped().get(site.target()? as usize).copied()
    }

    /// Whether it is noted what indirect calls call.
    pub(crate) fn notes_calls(&self) -> bool {
        self.promoter().is_some()
    }

    /// The instruction that calls a function's machine code, if it has some.
    pub(crate) fn promoted(&self, defined: u32) -> Option<*const u16> {
        self.entries.get(defined).filter(|_| PROMOTES)?.promoted()
    }

    /// The machine code that goes on with a loop, if there is some.
    pub(crate) fn loop_code(&self, defined: u32, offset: u32) -> Option<LoopCode> {
        self.loops.find(defined, offset)
    }

    /// How many slots the frame of a function has that runs, and the first one of its declared locals.
    pub(crate) fn frame_of(&self, defined: u32) -> Option<(u32, u32)> {
        let code = self.translated(defined)?;
        // Functions begin with `enter`.
        Some((code.wide(1)?, code.wide(3)?))
    }

    /// The first instruction of a function, translated if it was not yet.
    pub(crate) fn code_of(&self, defined: u32) -> Result<*const u16, CompileError> {
        let entry = self.entries.get(defined).ok_or_else(|| no_function(defined))?;
        if let Some(code) = entry.code() {
            return Ok(code.start());
        }
        let translated = self.translate(defined, Notes::None)?;
        let Translated { units, tries, calls, .. } = translated;
        let sites = calls.into_iter().map(Site::new).collect();
        let code = entry.set(Code::new(units, tries.into(), sites));
        self.places.add(code, defined);
        Ok(code.start())
    }

    pub(crate) fn translate(&self, defined: u32, notes: Notes) -> Result<Translated, CompileError> {
        let body = self.module.bodies.get(defined as usize).ok_or_else(|| no_function(defined))?;
        let place = |offset: u64| usize::try_from(offset.checked_sub(self.at)?).ok();
        let bytes = place(body.range.start).zip(place(body.range.end));
        let bytes = bytes.and_then(|(start, end)| self.code.get(start..end)).unwrap_or_default();
        let body = self.module.read_body(body, bytes);
        let body = body.map_err(|error| CompileError::Bug(alloc::format!("{error}")))?;
        translate::function(self, defined, body, notes)
    }

    /// How values of a type are passed, by its index in the module.
    pub(crate) fn type_signature(&self, ty: u32) -> Option<&SlotSignature> {
        self.types.get(ty as usize)
    }

    /// The same for a defined function.
    pub(crate) fn signature_of(&self, defined: u32) -> Option<&SlotSignature> {
        self.type_signature(self.entries.get(defined)?.ty())
    }

    /// The defined function with a code number.
    pub(crate) fn defined_of(&self, code: u64) -> Option<u32> {
        let defined = function_of_code_number(code);
        self.entries.number(defined).filter(|number| *number == code).map(|_| defined)
    }

    /// The register code of a function, if it has been translated.
    pub(crate) fn translated(&self, defined: u32) -> Option<&Code> {
        self.entries.get(defined)?.code()
    }

    /// Which slots of a function hold references when; nothing if it has not been translated.
    pub(crate) fn maps_of(&self, defined: u32) -> Option<&Maps> {
        let code = self.translated(defined)?;
        let make = || {
            self.translate(defined, Notes::Sources)
                .map_or_else(|_| Maps::default(), |made| made.maps)
        };
        Some(code.maps(make))
    }

    /// The function of an instruction's address, the instruction's place in it, and whether it is the one that
    /// has the function translated.
    pub(crate) fn locate(&self, ip: u64) -> Option<(u32, u32, bool)> {
        if let Some(defined) = self.entries.function_at(ip) {
            return Some((defined, 0, true));
        }
        let (defined, at) = self.places.find(ip)?;
        Some((defined, at, false))
    }
}

/// Answers questions about instructions while a stack is walked; remembers what it had to work out.
#[derive(Default)]
pub(crate) struct Sources {
    /// By program and function.
    functions: BTreeMap<(usize, u32), Vec<(u32, u32)>>,
}

impl Sources {
    /// The function of an instruction's address, and the offset in the wasm bytes of the operator that it stems
    /// from.
    pub(crate) fn find(&mut self, program: &Program, ip: u64) -> Option<(u32, Option<u32>)> {
        let key = core::ptr::from_ref(program).addr();
        let (defined, at, translate) = program.locate(ip)?;
        if translate {
            return Some((defined, None));
        }
        let sources = self.functions.entry((key, defined)).or_insert_with(|| {
            program
                .translate(defined, Notes::Sources)
                .map_or_else(|_| Vec::new(), |code| code.sources)
        });
        let after = sources.partition_point(|source| source.0 <= at);
        let source = after.checked_sub(1).and_then(|index| sources.get(index));
        Some((defined, source.map(|source| source.1)))
    }
}

impl Profile for Program {
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        let sites = &self.translated(defined).filter(|_| PROMOTES)?.sites;
        let site = sites.binary_search_by_key(&offset, |site| site.offset).ok()?;
        self.usual(&sites[site])
    }

    fn branch(&self, defined: u32, offset: u32) -> Option<Share> {
        if !PROMOTES {
            return None;
        }
        match self.translated(defined)?.watch.get()?.seen(offset)? {
            Seen::Branch(share) => Some(share),
            _ => None,
        }
    }

    fn calls(&self, defined: u32, offset: u32) -> Option<Share> {
        if !PROMOTES {
            return None;
        }
        match self.translated(defined)?.watch.get()?.seen(offset)? {
            Seen::Call(share) => Some(share),
            _ => None,
        }
    }

    fn visit(&self, visit: &mut dyn FnMut(u32, u32, Seen)) {
        for (defined, code) in self.entries.translated().filter(|_| PROMOTES) {
            for site in &code.sites {
                if let Some(callee) = self.usual(site) {
                    visit(defined, site.offset, Seen::Callee(callee));
                }
            }
            if let Some(watch) = code.watch.get() {
                watch.visit(&mut |offset, seen| visit(defined, offset, seen));
            }
        }
    }
}

impl Interpreted for Program {
    fn entry(&self, defined: u32) -> Option<u64> {
        self.entries.number(defined)
    }

    fn entries(&self) -> u64 {
        self.entries.address()
    }

    fn heat(&self, defined: u32) -> Option<i32> {
        self.promoter()?;
        let entry = self.entries.get(defined)?;
        let watch = entry.code().and_then(|code| code.watch.get());
        let to_come = PROMOTES && watch.is_none_or(Watch::is_to_come);
        Some(entry.heat().saturating_add(if to_come { self.watch } else { 0 }))
    }

    fn promote(&self, part: Part, code: u64) {
        let Part { defined, entry } = part;
        match entry {
            _ if self.promoter().is_none() => {}
            Entry::Start => self.entries.promote(defined, code),
            Entry::Loop { offset, .. } => {
                let Some(ty) = self.module.function_type(self.module.function_index(defined))
                else {
                    return;
                };
                let ty = FuncType::new([ValType::I64], ty.results());
                let signature = Arc::new(SlotSignature::new(&ty, &self.registers));
                self.loops.add(defined, offset, LoopCode { code, signature });
                if let Some(entry) = self.entries.get(defined) {
                    // The loop looks for it when it counts next.
                    entry.set_heat(0);
                }
            }
        }
    }

    fn signature(&self, function: u32) -> Option<&SlotSignature> {
        self.type_signature(self.module.functions.get(function as usize)?.0)
    }

    fn executor(&self) -> Executor {
        let program: *const Self = self;
        Executor {
            program: program.cast(),
            run: crate::executor::run,
            walk: crate::executor::walk,
            top: crate::executor::top,
            references: crate::executor::references,
        }
    }

    fn force(&self, defined: u32) -> Option<u64> {
        if self.promoted(defined).is_none() {
            self.promoter()?.force(defined);
        }
        self.promoted(defined)?;
        Some(self.entries.get(defined)?.machine())
    }

    fn profile(&self) -> &dyn Profile {
        self
    }

    fn called(&self, each: &mut dyn FnMut(u32)) {
        let functions = self.entries.translated().map(|(defined, _)| defined);
        functions.filter(|defined| self.promoted(*defined).is_none()).for_each(each);
    }

    fn print(&self, defined: u32) -> Result<String, CompileError> {
        if self.entries.get(defined).is_none() {
            return Err(no_function(defined));
        }
        let translated = self.translate(defined, Notes::Sources)?;
        #[cfg(any(test, feature = "listing"))]
        return Ok(crate::print::listing(&translated));
        #[cfg(not(any(test, feature = "listing")))]
        Ok(alloc::format!("{} units, which this build cannot print", translated.units.len()))
    }

    fn translated_bytes(&self) -> (u64, u64) {
        self.entries.translated().fold((0, 0), |(made, from), (defined, code)| {
            let range = &self.module.bodies[defined as usize].range;
            (made + 2 * code.units.len() as u64, from + (range.end - range.start))
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("functions", &self.module.bodies.len()).finish()
    }
}

fn no_function(defined: u32) -> CompileError {
    CompileError::Limit(alloc::format!("there is no function body {defined}"))
}

/// How many of each thing an instance's context holds.
pub(crate) fn shape(module: &Module) -> ContextShape {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let defined = |length: usize, imported: u32| count(length) - imported;
    ContextShape {
        types: count(module.types.len()),
        imported_functions: module.imported_functions,
        imported_memories: module.imported_memories,
        defined_memories: defined(module.memories.len(), module.imported_memories),
        imported_tables: module.imported_tables,
        defined_tables: defined(module.tables.len(), module.imported_tables),
        imported_globals: module.imported_globals,
        defined_globals: defined(module.globals.len(), module.imported_globals),
        tags: count(module.tags.len()),
    }
}
