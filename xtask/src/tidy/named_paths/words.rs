//! Finds the words in a document that may name a path: link targets, backticks and fenced blocks.
//!
//! It does not know what exists. Invariant: a fence opened is closed by the next fence.
//! Read next: `xtask/src/tidy/named_paths.rs`.

/// A word that may name a path, and how it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The target of a link, which must exist.
    Link(String),
    /// A word of code, which may mean something else.
    Word(String),
}

impl Named {
    /// The word as it was written.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Link(text) | Self::Word(text) => text,
        }
    }
}

/// All such words, with the numbers of their lines as they came in.
pub(super) fn named(lines: &[(usize, &str)]) -> Vec<(usize, Named)> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (number, line) in lines {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        let mut add = |named| found.push((*number, named));
        if in_fence {
            code_words(line).for_each(&mut add);
            continue;
        }
        for code in line.split('`').skip(1).step_by(2) {
            code_words(code).for_each(&mut add);
        }
        // Even pieces stand outside backticks: links in code are no links.
        for prose in line.split('`').step_by(2) {
            link_targets(prose).for_each(&mut add);
        }
    }
    found
}

/// The words of a piece of code, without the marks that stand around paths.
fn code_words(code: &str) -> impl Iterator<Item = Named> + '_ {
    code.split_whitespace().map(|word| {
        let word = word.trim_matches(|c: char| "\"'(),;:[]".contains(c)).trim_end_matches('.');
        let word = word.strip_prefix("./").unwrap_or(word);
        Named::Word(without_line_number(word).to_string())
    })
}

fn link_targets(prose: &str) -> impl Iterator<Item = Named> + '_ {
    prose.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?;
        Some(Named::Link(target.split_whitespace().next().unwrap_or("").to_string()))
    })
}

/// `a/b.rs:12` names `a/b.rs`.
fn without_line_number(word: &str) -> &str {
    match word.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()) => path,
        _ => word,
    }
}
