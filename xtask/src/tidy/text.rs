//! Text that nobody should find here: trailing blanks, unfinished words, paths of somebody's machine.
//!
//! It looks at every text file, comments included. The words are put together from halves so that this
//! file passes its own check. Invariant: no exception by path.

use super::rust_text::words;
use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

/// Words that say that something is not done.
const UNFINISHED: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("unimple", "mented!"),
    concat!("to", "do!"),
];

/// Beginnings of absolute paths that exist on one machine only.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Use", "rs/"),
    concat!("C:\\Use", "rs"),
];

/// Endings of data: outputs and inputs of programs are what they are, blanks included.
const DATA: &[&str] = &["expected", "txt", "in", "svg"];

/// Looks at every line of every text file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let is_data = DATA.contains(&file.extension());
        // Not `lines`, which hides a carriage return.
        for (index, line) in file.text.split('\n').enumerate() {
            let blank = blank_at_end(line).filter(|_| !is_data);
            let messages = blank.into_iter().chain(word_messages(line));
            findings.extend(messages.map(|text| Finding::error(&file.path, index + 1, text)));
        }
        if !is_data && !file.text.is_empty() && !file.text.ends_with('\n') {
            findings.push(Finding::error(&file.path, 0, "expected a line end at the end"));
        }
    }
    findings
}

fn blank_at_end(line: &str) -> Option<String> {
    line.ends_with([' ', '\t', '\r']).then(|| "blank at the end".to_string())
}

fn word_messages(line: &str) -> impl Iterator<Item = String> + '_ {
    let unfinished = UNFINISHED
        .iter()
        .filter(|word| has_word(line, word))
        .map(|word| format!("unfinished: {word}"));
    let machine = MACHINE
        .iter()
        .filter(|path| begins_in(line, path))
        .map(|path| format!("path of one machine: {path}"));
    unfinished.chain(machine)
}

/// Whether an absolute path with this beginning stands in the line; as the middle of another it is harmless.
fn begins_in(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || "_./-})".contains(before))
    })
}

/// A macro is looked for with its mark, anything else as a whole word.
fn has_word(line: &str, word: &str) -> bool {
    if word.ends_with('!') {
        return line.match_indices(word).any(|(at, _)| {
            !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
        });
    }
    words(line).any(|found| found == word)
}
