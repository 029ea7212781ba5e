//! `--invoke`: one exported function, its arguments from text, its results to text.
//!
//! Not here: the text of single values (see `values.rs`). Invariant: names, counts and types are checked
//! before anything of the guest runs. Read next: `values.rs`.

use std::ffi::OsString;

use holm::{ExternType, FuncType, Hierarchy, Instance, Module, Store, Val};

use crate::failure::Failure;
use crate::names;
use crate::values::{self, Value};

/// A call that fits its function.
#[derive(Debug)]
pub(super) struct Call {
    function: String,
    arguments: Vec<Val>,
    results: Vec<Val>,
}

/// The functions that a module exports, with their types.
pub(super) fn functions(module: &Module) -> impl Iterator<Item = (&str, FuncType)> {
    module.exports().filter_map(|export| match export.ty() {
        ExternType::Func(ty) => Some((export.name(), ty.clone())),
        _ => None,
    })
}

impl Call {
    /// Finds the function and reads its arguments.
    ///
    /// # Errors
    /// When there is no such function, or the arguments do not fit it.
    pub(super) fn parse(
        module: &Module,
        file: &str,
        function: &str,
        arguments: &[OsString],
    ) -> Result<Self, Failure> {
        let found = functions(module).find(|(name, _)| *name == function);
        let Some((_, ty)) = found else { return Err(missing(module, file, function)) };
        let usage = || {
            let words = ty.params().iter().map(|ty| format!(" <{ty}>")).collect::<String>();
            format!("write holm run --invoke {function} {file}{words}")
        };
        if arguments.len() != ty.params().len() {
            let (wanted, given) = (ty.params().len(), arguments.len());
            let plural = if wanted == 1 { "" } else { "s" };
            return Err(Failure::start(format!(
                "function {function} is {ty} and takes {wanted} argument{plural}, {given} given"
            ))
            .help(usage()));
        }
        let mut values = Vec::new();
        for (index, (text, ty)) in arguments.iter().zip(ty.params()).enumerate() {
            let value = values::parse(&text.to_string_lossy(), *ty).map_err(|why| {
                let (text, index) = (text.display(), index + 1);
                let what = format!("argument {index} of {function} is an {ty}, \"{text}\" is not");
                Failure::start(format!("{what}: {why}")).help(usage())
            })?;
            values.push(val(value));
        }
        let results = ty.results().iter().map(|ty| Val::default_of(*ty)).collect();
        Ok(Self { function: function.to_owned(), arguments: values, results })
    }

    /// Calls it and keeps what it returns.
    ///
    /// # Errors
    /// When the guest traps, or there is no such function in the instance.
    pub(super) fn perform<T: 'static>(
        &mut self,
        store: &mut Store<T>,
        instance: &Instance,
    ) -> holm::Result<()> {
        let Some(function) = instance.get_func(&mut *store, &self.function) else { return Ok(()) };
        function.call(&mut *store, &self.arguments, &mut self.results)
    }

    /// What it returned, one value per line.
    pub(super) fn results_as_text(&self) -> String {
        self.results.iter().map(|value| text(value) + "\n").collect()
    }
}

fn missing(module: &Module, file: &str, function: &str) -> Failure {
    let other = module.exports().find(|export| export.name() == function);
    if let Some(export) = other {
        let kind = export.ty().kind_name();
        return Failure::start(format!(
            "export {function} of {file} is a {kind}, expected a function"
        ))
        .help(format!("see holm inspect {file}"));
    }
    let failure = Failure::start(format!("{file} exports no function {function}"));
    let all = || functions(module).map(|(name, _)| name);
    match (names::closest(function, all()), all().next()) {
        (Some(close), _) => failure.help(format!("did you mean {close}?")),
        (None, Some(_)) => failure.help(format!("it exports {}", names::list(all(), 12))),
        (None, None) => failure.help("it exports no function at all"),
    }
}

fn val(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits),
        Value::Null(hierarchy) => Val::null(hierarchy.top()),
    }
}

fn text(value: &Val) -> String {
    match *value {
        Val::I32(value) => Value::I32(value).to_string(),
        Val::I64(value) => Value::I64(value).to_string(),
        Val::F32(bits) => Value::F32(bits).to_string(),
        Val::F64(bits) => Value::F64(bits).to_string(),
        Val::V128(bits) => Value::V128(bits).to_string(),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            Value::Null(Hierarchy::Any).to_string()
        }
        Val::FuncRef(Some(_)) => "funcref".to_owned(),
        Val::ExternRef(Some(_)) => "externref".to_owned(),
        Val::AnyRef(Some(reference)) => match reference.i31() {
            Some(value) => format!("i31 {value}"),
            None => "anyref".to_owned(),
        },
        Val::ExnRef(Some(_)) => "exnref".to_owned(),
    }
}
