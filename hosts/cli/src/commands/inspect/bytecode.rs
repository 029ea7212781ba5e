//! The register code that the interpreter makes of a module's functions, as text.
//!
//! Not here: the text itself (see `holm-interp`). Invariant: nothing is run, and names are escaped.
//! Read next: `listing.rs`.

use holm::{Config, Engine, Module};

use crate::failure::{Failure, one_line};
use crate::input::{self, Input, Kind};
use crate::terminal;

/// Prints the functions whose name or number is `wanted`; all of them if that is empty.
pub(super) fn print(input: Input, wanted: &str) -> Result<(), Failure> {
    let Input { name, kind, bytes } = input;
    let wasm = match kind {
        Kind::Artifact => {
            let told = format!("{name} is compiled: there is no module in it to be translated");
            return Err(Failure::start(told).help("use the .wasm file that it was made of"));
        }
        Kind::Binary => bytes,
        Kind::Text => input::text_to_binary(&name, &bytes)?.into(),
    };
    let engine = Engine::new(Config::new().tier(Some("interp")));
    let engine = engine.map_err(|error| crate::explain::engine(&error))?;
    let module = Module::new(&engine, wasm).map_err(|error| crate::explain::load(&name, &error))?;
    let imported = module.imports().filter(|import| import.ty().kind_name() == "function").count();
    let first = u32::try_from(imported).unwrap_or(u32::MAX);
    let mut found = false;
    for function in first.. {
        let known = module.function_name(function);
        if !wanted.is_empty() && known != Some(wanted) && wanted != function.to_string() {
            if module.print_bytecode(function).is_err() {
                break;
            }
            continue;
        }
        let Ok(text) = module.print_bytecode(function) else { break };
        found = true;
        let title = known.map_or_else(|| "?".to_owned(), one_line);
        terminal::print(&format!("function {function} {title}\n{text}\n"))?;
    }
    if found || wanted.is_empty() {
        return Ok(());
    }
    Err(Failure::start(format!("{name} has no function {}", one_line(wanted))))
}
