//! The directives: modules come alive, are registered and called, and assertions are checked.
//!
//! Not here: how values compare (`expect.rs`). Invariant: a directive changes the script's state only when
//! it holds, except for what the guest itself changed.
//! Read next: `expect.rs`.

use std::collections::BTreeMap;

use holm::{Engine, Error, ErrorKind, Extern, Instance, Linker, Module, Store, Val};
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use super::expect;
use super::spectest;
use super::values::{self, References};

/// What a directive answers: nothing, or one sentence about what did not hold.
type Outcome = Result<(), String>;

/// One run of one script.
pub(super) struct Script {
    engine: Engine,
    store: Store<()>,
    linker: Linker<()>,
    /// The instance that directives without a name mean.
    current: Option<Instance>,
    instances: BTreeMap<String, Instance>,
    /// The definition that `module instance` without a name means.
    defined: Option<Module>,
    definitions: BTreeMap<String, Module>,
    references: References,
}

impl Script {
    /// A store with nothing in it but the module `spectest`.
    pub(super) fn new(engine: &Engine) -> Result<Self, String> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        spectest::define(&mut store, &mut linker).map_err(|error| format!("spectest: {error}"))?;
        Ok(Self {
            engine: engine.clone(),
            store,
            linker,
            current: None,
            instances: BTreeMap::new(),
            defined: None,
            definitions: BTreeMap::new(),
            references: References::default(),
        })
    }

    /// Does what one directive says.
    pub(super) fn execute(&mut self, directive: WastDirective<'_>) -> Outcome {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => {
                self.instance_of(instance, module)
            }
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => {
                let answer = self.invoke(invoke)?;
                answer.map(drop).map_err(|error| format!("call failed: {error}"))
            }
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => {
                expect::trap(self.perform(exec)?, message)
            }
            WastDirective::AssertException { exec, .. } => expect::exception(self.perform(exec)?),
            WastDirective::AssertExhaustion { call, message, .. } => {
                expect::exhaustion(self.invoke(call)?, message)
            }
            WastDirective::AssertInvalid { module, message, .. } => {
                expect::invalid(self.compile(module), message)
            }
            WastDirective::AssertMalformed { module, message, .. } => {
                expect::malformed(self.compile(module), message)
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                self.assert_unlinkable(QuoteWat::Wat(module), message)
            }
            other => Err(format!("not supported: {}", name_of(&other))),
        }
    }

    fn module(&mut self, module: QuoteWat<'_>) -> Outcome {
        let name = module.name();
        self.current = None;
        let module = self.compile(module).map_err(|refused| refused.to_string())?;
        let instance = self.instantiate(&module).map_err(|error| format!("{error}"))?;
        self.keep(name, instance);
        Ok(())
    }

    fn definition(&mut self, module: QuoteWat<'_>) -> Outcome {
        let name = module.name();
        let module = self.compile(module).map_err(|refused| refused.to_string())?;
        if let Some(name) = name {
            self.definitions.insert(name.name().to_owned(), module.clone());
        }
        self.defined = Some(module);
        Ok(())
    }

    fn instance_of(&mut self, name: Option<Id<'_>>, module: Option<Id<'_>>) -> Outcome {
        let module = match module {
            Some(id) => self.definitions.get(id.name()),
            None => self.defined.as_ref(),
        };
        let module = module.ok_or("no such module definition")?.clone();
        let instance = self.instantiate(&module).map_err(|error| format!("{error}"))?;
        self.keep(name, instance);
        Ok(())
    }

    fn keep(&mut self, name: Option<Id<'_>>, instance: Instance) {
        if let Some(name) = name {
            self.instances.insert(name.name().to_owned(), instance);
        }
        self.current = Some(instance);
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Outcome {
        let instance = self.instance(module)?;
        let done = self.linker.instance(&mut self.store, name, instance);
        done.map(drop).map_err(|error| format!("register failed: {error}"))
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, expected: &[WastRet<'_>]) -> Outcome {
        match self.perform(exec)? {
            Ok(values) => expect::results(&self.store, &values, expected),
            Err(error) => Err(format!("expected {} results, found: {error}", expected.len())),
        }
    }

    fn assert_unlinkable(&mut self, module: QuoteWat<'_>, message: &str) -> Outcome {
        let module = self.compile(module).map_err(|refused| refused.to_string())?;
        match self.instantiate(&module) {
            Ok(_) => Err(format!("expected not to link ({message}), found an instance")),
            Err(error) if error.kind() == ErrorKind::Link => expect::link_text(&error, message),
            Err(error) => Err(format!("expected not to link ({message}), found: {error}")),
        }
    }

    /// Runs what an assertion is about. The outer result is the script's, the inner one the guest's.
    fn perform(&mut self, exec: WastExecute<'_>) -> Result<Result<Vec<Val>, Error>, String> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Wat(wat) => {
                let module =
                    self.compile(QuoteWat::Wat(wat)).map_err(|refused| refused.to_string())?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                let export = instance.get_global(&mut self.store, global);
                let export =
                    export.ok_or_else(|| format!("no global is exported as {global:?}"))?;
                Ok(Ok(vec![export.get(&mut self.store)]))
            }
        }
    }

    fn invoke(&mut self, invoke: WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, String> {
        let instance = self.instance(invoke.module)?;
        let Some(Extern::Func(func)) = instance.get_export(&mut self.store, invoke.name) else {
            return Err(format!("no function is exported as {:?}", invoke.name));
        };
        let mut arguments = Vec::new();
        for argument in &invoke.args {
            arguments.push(values::argument(argument, &mut self.store, &mut self.references)?);
        }
        let ty = func.ty(&self.store);
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_of(*ty)).collect();
        let done = func.call(&mut self.store, &arguments, &mut results);
        Ok(done.map(|()| results))
    }

    fn instance(&self, name: Option<Id<'_>>) -> Result<Instance, String> {
        let found = match name {
            Some(id) => self.instances.get(id.name()).copied(),
            None => self.current,
        };
        found.ok_or_else(|| match name {
            Some(id) => format!("no instance is called ${}", id.name()),
            None => "there is no current instance".to_owned(),
        })
    }

    fn instantiate(&mut self, module: &Module) -> Result<Instance, Error> {
        self.linker.instantiate(&mut self.store, module)
    }

    fn compile(&self, mut module: QuoteWat<'_>) -> Result<Module, expect::Refused> {
        if let QuoteWat::QuoteComponent(..) | QuoteWat::Wat(Wat::Component(_)) = module {
            return Err(expect::Refused::Unsupported("a component"));
        }
        let bytes = module.encode().map_err(|error| expect::Refused::Text(error.message()))?;
        Module::new(&self.engine, bytes).map_err(expect::Refused::Binary)
    }
}

fn name_of(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
        _ => "this directive",
    }
}
