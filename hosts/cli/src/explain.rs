//! From the engine's errors to words for the user and an exit code.
//!
//! Not here: how a failure is written (see `failure.rs`). Invariant: every error ends in one line that says
//! what to do. Read next: `failure.rs`.

use holm_module::{Invalid, InvalidKind};

use crate::failure::Failure;

/// A file that is not a module Holm accepts.
pub(crate) fn invalid(name: &str, invalid: &Invalid) -> Failure {
    match invalid.kind() {
        InvalidKind::Feature(feature) => Failure::start(format!(
            "{name} needs the proposal {feature}, which this build of Holm does not run (at offset {:#x})",
            invalid.offset()
        ))
        .help(format!("build the module without {feature}")),
        InvalidKind::Limit { .. } => Failure::start(format!("{name} is too large or too costly to compile: {invalid}"))
            .help("split the function or the module that is over the limit"),
        _ => Failure::start(format!("{name} is not a valid module: {invalid}"))
            .help("the file is damaged, cut short, or made by a faulty tool: build or download it again"),
    }
}

/// Text that is not a module; `error` is what the parser says, with its arrow and excerpt.
pub(crate) fn text_error(name: &str, error: &str) -> Failure {
    let mut lines = error.lines();
    let message = lines.next().unwrap_or_default();
    let place = lines.next().and_then(|line| line.split_once("-->")).map(|(_, place)| place);
    let place = place.and_then(|place| {
        let mut parts = place.trim().rsplitn(3, ':');
        let (column, line) = (parts.next()?, parts.next()?);
        Some(format!(":{line}:{column}"))
    });
    let place = place.unwrap_or_default();
    let mut failure = Failure::start(format!("{name}{place}: {message}"));
    for line in lines.filter(|line| !line.trim_matches([' ', '|']).is_empty()) {
        failure = failure.detail(line.trim_start().to_owned());
    }
    failure.help("correct the text at that place")
}
