//! `--features`: which proposals a module may use.
//!
//! Not here: what they are called (see `holm-module`). Invariant: what is not named stays as it is by default.
//! Read next: `code.rs`.

use std::fmt::Write as _;

use holm::Features;

/// Reads `threads,-gc`: the defaults with some switched on and some switched off. `all` is all of them, and
/// `wasm2` and `wasm3` are those of a version: `-all,wasm2` leaves only these.
///
/// # Errors
/// With the list of names, when one is unknown or `help` is asked for.
pub(crate) fn parse(text: &str) -> Result<Features, String> {
    let mut features = Features::default();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let name = word.trim_start_matches(['-', '+']);
        let change = match name {
            "all" => Features::ALL,
            "wasm2" => Features::WASM2,
            "wasm3" => Features::WASM3,
            _ => Features::from_name(name).ok_or_else(|| refusal(name))?,
        };
        features =
            if word.starts_with('-') { features.without(change) } else { features.with(change) };
    }
    Ok(features)
}

fn refusal(name: &str) -> String {
    let mut text = match name {
        "help" => "there are all, wasm2, wasm3, and".to_owned(),
        _ => format!("no proposal is called {name}; there are all, wasm2, wasm3, and"),
    };
    let defaults = Features::default();
    for (name, what) in Features::ALL.descriptions() {
        let is_on = Features::from_name(name).is_some_and(|feature| defaults.contains(feature));
        let mark = if is_on { "on " } else { "off" };
        let _ = write!(text, "\n  {mark} {name:<24} {what}");
    }
    text
}

#[cfg(test)]
mod tests;
