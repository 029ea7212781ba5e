//! `--features`: which proposals a module may use.
//!
//! Not here: what they are called (see `holm-module`). Invariant: what is not named stays as it is by default.
//! Read next: `code.rs`.

use std::fmt::Write as _;

use holm::Features;

/// Reads `threads,-gc`: the defaults with some switched on and some switched off. `all` is all of them.
///
/// # Errors
/// With the list of names, when one is unknown or `help` is asked for.
pub(crate) fn parse(text: &str) -> Result<Features, String> {
    let mut features = Features::default();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let name = word.trim_start_matches(['-', '+']);
        let change = match name {
            "all" => Features::ALL,
            _ => Features::from_name(name).ok_or_else(|| refusal(name))?,
        };
        features =
            if word.starts_with('-') { features.without(change) } else { features.with(change) };
    }
    Ok(features)
}

fn refusal(name: &str) -> String {
    let mut text = match name {
        "help" => "these are the proposals".to_owned(),
        _ => format!("no proposal is called {name}; there are"),
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
