//! Options as data: a row has an option's name, its help and what it sets.
//!
//! Rows are read by clap (see `full.rs`), and without it by `plain.rs`, so that both know the same options. Not here: the rows,
//! which stand beside what they set. Invariant: a row sets nothing unless its value is right.
//! Read next: `limits.rs`, which has simple ones.

use std::ffi::OsStr;
use std::ops::RangeInclusive;

/// How often an option may be given, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Once, without a value.
    Flag,
    /// Once, with a value.
    Value,
    /// Any number of times, each with a value.
    List,
    /// Once, with a value after `=` or with none, which sets the empty text.
    #[cfg(feature = "grants-file")]
    Perhaps,
}

/// What an option has to do with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Free,
    /// It means nothing without that one.
    Needs(&'static str),
    /// It contradicts that one.
    Not(&'static str),
}

/// What can be said of an option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    /// Its name, without hyphens.
    pub(crate) name: &'static str,
    pub(crate) short: Option<char>,
    /// What its value is called, if it has one.
    pub(crate) value: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) rule: Rule,
    /// The values there are; any if empty.
    pub(crate) choices: &'static [&'static str],
    /// Whether a value may begin with a hyphen.
    pub(crate) hyphens: bool,
    /// Whether help leaves it out.
    pub(crate) hidden: bool,
}

/// One option, and how it is set.
pub(crate) struct Row<T> {
    pub(crate) spec: Spec,
    pub(crate) set: Set<T>,
}

/// Sets an option to a value, which is empty for a flag, or says what is wrong with it.
pub(crate) type Set<T> = fn(&mut T, &OsStr) -> Result<(), String>;

impl<T> Row<T> {
    const fn new(
        kind: Kind,
        name: &'static str,
        value: &'static str,
        help: &'static str,
        set: Set<T>,
    ) -> Self {
        let (short, rule, choices) = (None, Rule::Free, &[] as &[&str]);
        let (hyphens, hidden) = (false, false);
        let spec = Spec { name, short, value, help, kind, rule, choices, hyphens, hidden };
        Self { spec, set }
    }

    pub(crate) const fn flag(name: &'static str, help: &'static str, set: Set<T>) -> Self {
        Self::new(Kind::Flag, name, "", help, set)
    }

    pub(crate) const fn value(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        set: Set<T>,
    ) -> Self {
        Self::new(Kind::Value, name, value, help, set)
    }

    pub(crate) const fn list(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        set: Set<T>,
    ) -> Self {
        Self::new(Kind::List, name, value, help, set)
    }

    #[cfg(feature = "grants-file")]
    pub(crate) const fn perhaps(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        set: Set<T>,
    ) -> Self {
        Self::new(Kind::Perhaps, name, value, help, set)
    }

    pub(crate) const fn short(mut self, short: char) -> Self {
        self.spec.short = Some(short);
        self
    }

    pub(crate) const fn rule(mut self, rule: Rule) -> Self {
        self.spec.rule = rule;
        self
    }

    pub(crate) const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.spec.choices = choices;
        self
    }

    pub(crate) const fn hyphens(mut self) -> Self {
        self.spec.hyphens = true;
        self
    }

    pub(crate) const fn hidden(mut self) -> Self {
        self.spec.hidden = true;
        self
    }
}

/// Options that belong together; the default is what holds if none is given.
pub(crate) trait Options: Clone + Default + 'static {
    /// What stands above them in the help; nothing if they belong to the command itself.
    const HEADING: Option<&'static str>;
    const ROWS: &'static [Row<Self>];
}

/// Reads a value that is text.
pub(crate) fn text<V>(
    value: &OsStr,
    parse: impl FnOnce(&str) -> Result<V, String>,
) -> Result<V, String> {
    value.to_str().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(parse)
}

/// Reads a whole number.
pub(crate) fn number(value: &OsStr, range: RangeInclusive<u64>) -> Result<u64, String> {
    let number = text(value, |text| Ok(text.parse().ok()))?;
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
}
