//! Telling what a program was refused, and which option would have granted it.
//!
//! Not here: what is refused (see `holm-wasi`). Invariants: what a guest wrote is shown escaped; a guest that is
//! refused without end fills no disk with the telling.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use holm_wasi::{Reason, Refusal};

use super::directory::Directory;
use crate::limits::Limits;
use crate::terminal;
use crate::units::show_size;

/// Lines that are written at most.
const LINES_MAX: u32 = 1_000;

/// What was refused so far.
#[derive(Clone, Default)]
pub(crate) struct Denied(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    lines: u32,
    by_reason: BTreeMap<&'static str, u64>,
}

impl Denied {
    /// What is told of each refusal. `writes` says whether each gets a line.
    pub(super) fn log(
        &self,
        directories: Vec<Directory>,
        limits: &Limits,
        writes: bool,
    ) -> impl FnMut(&Refusal) + Send + Sync + 'static {
        let (counts, limits) = (Arc::clone(&self.0), limits.clone());
        move |refusal| {
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.by_reason.entry(key(refusal.reason)).or_default() += 1;
            if !writes || counts.lines > LINES_MAX {
                return;
            }
            counts.lines += 1;
            let line = match counts.lines {
                0..=LINES_MAX => line(refusal, &directories, &limits),
                _ => "denied: … further refusals are counted and not listed".to_owned(),
            };
            terminal::print_error(&(line + "\n"));
        }
    }

    /// Limits that were met, in words, for a program that then failed.
    pub(crate) fn limits_met(&self, limits: &Limits) -> Vec<String> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let met = |reason: Reason| counts.by_reason.get(key(reason)).copied();
        let mut all = Vec::new();
        if let Some(times) = met(Reason::Handles) {
            let max = limits.max_handles;
            all.push(format!(
                "it was refused more than {max} open handles, {times} times: raise --max-handles"
            ));
        }
        if let Some(times) = met(Reason::Threads) {
            let max = limits.max_threads;
            all.push(format!(
                "it was refused more than {max} threads at once, {times} times: raise --max-threads"
            ));
        }
        if let Some(times) = met(Reason::Space) {
            let max = show_size(limits.max_files);
            all.push(format!(
                "it was refused more than {max} for files in memory, {times} times: raise --max-files"
            ));
        }
        all
    }
}

/// A name for a reason, to count by.
fn key(reason: Reason) -> &'static str {
    match reason {
        Reason::Handles => "handles",
        Reason::Space => "space",
        Reason::Threads => "threads",
        _ => "other",
    }
}

/// One refusal in one line.
fn line(refusal: &Refusal, directories: &[Directory], limits: &Limits) -> String {
    let Refusal { function, reason, errno, grant, path, .. } = refusal;
    let errno = errno.name();
    let path = path.as_ref().map(|path| format!(" {path:?}")).unwrap_or_default();
    let place = grant.as_ref().map(|grant| format!(" in {grant:?}")).unwrap_or_default();
    let granted = grant.as_ref().and_then(|grant| directories.iter().find(|d| d.guest == *grant));
    let (why, what_to_do) = match reason {
        Reason::Outside => (
            "the path leads out of what was granted".to_owned(),
            "grant the directory that it leads to with --dir".to_owned(),
        ),
        Reason::ReadOnly => (
            "it was granted for reading only".to_owned(),
            match granted {
                Some(directory) => format!("grant it with {}", directory.writable()),
                None => "standard streams never are for more".to_owned(),
            },
        ),
        Reason::NotAFile => (
            "it is a device, a pipe or a socket".to_owned(),
            "no option grants those; hand it in as standard input or output".to_owned(),
        ),
        Reason::NoRight => (
            "the program gave up that right, or its stream never had it".to_owned(),
            "no option grants it".to_owned(),
        ),
        Reason::BetweenGrants => (
            "the two paths lie in different grants".to_owned(),
            "grant one directory with --dir that holds both".to_owned(),
        ),
        Reason::Handles => (
            format!("it has {} handles open", limits.max_handles),
            "raise --max-handles".to_owned(),
        ),
        Reason::Space => (
            format!("files in memory take {} already", show_size(limits.max_files)),
            "raise --max-files".to_owned(),
        ),
        Reason::Threads => {
            (format!("it runs {} threads", limits.max_threads), "raise --max-threads".to_owned())
        }
        Reason::HostHandles => (
            "this process may not open more files".to_owned(),
            "raise the limit of the shell: ulimit -n".to_owned(),
        ),
        Reason::Unsettled => (
            "others rename there without a pause".to_owned(),
            "wait until they are done".to_owned(),
        ),
        _ => ("it is not allowed".to_owned(), "no option grants it".to_owned()),
    };
    format!("denied: {function}{path}{place} ({errno}): {why}; {what_to_do}")
}

#[cfg(test)]
mod tests;
