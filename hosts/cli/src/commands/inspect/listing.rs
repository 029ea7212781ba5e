//! The page that `holm inspect` prints.
//!
//! Not here: the words about the host (see `asks.rs`). Invariant: one thing per line, columns aligned, every
//! name escaped. Read next: `producers.rs`.

use std::fmt::Write as _;

use holm_module::{Features, Import, Module};
use holm_spec::types::{ExternType, Limits, MemoryType, TableType};

use super::{Subject, asks, producers};
use crate::failure::one_line;
use crate::terminal::Style;
use crate::units::show_size;

/// The widest a column of names gets before its neighbour moves right.
const COLUMN_MAX: usize = 40;

/// Writes everything about a module.
pub(super) fn describe(subject: &Subject, style: Style) -> String {
    let mut page = Page { style, text: String::new() };
    page.title(subject);
    page.host(subject);
    page.imports(&subject.module);
    page.exports(&subject.module);
    page.contents(&subject.module);
    page.custom_sections(&subject.module);
    page.producers(subject);
    page.text
}

struct Page {
    style: Style,
    text: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let heading = self.style.heading(text);
        self.line("");
        self.line(&heading);
    }

    /// Lines of two columns.
    fn rows(&mut self, rows: &[(String, String)]) {
        let widths = rows.iter().map(|(name, _)| name.chars().count());
        let width = widths.filter(|width| *width <= COLUMN_MAX).max().unwrap_or_default();
        for (name, value) in rows {
            let _ = writeln!(self.text, "  {name:<width$}  {value}");
        }
    }

    fn title(&mut self, subject: &Subject) {
        let Subject { name, module, .. } = subject;
        let size = show_size(module.wasm_bytes);
        let title = self.style.heading(&one_line(name));
        self.line(&format!("{title}: a WebAssembly module of {size}, {}", purpose(module)));
        if let Some(own) = module.names.module() {
            self.line(&format!("It calls itself {}.", one_line(own)));
        }
        if let Some((settings, bytes)) = &subject.compiled {
            let size = show_size(*bytes as u64);
            self.line(&format!("It is compiled: {size} of machine code for {settings}."));
        }
        if subject.needed != Features::NONE {
            self.line(&format!("It needs: {}.", subject.needed.to_string().replace(',', ", ")));
        }
        let off = subject.needed.without(Features::default());
        if off != Features::NONE {
            self.line(&format!("Not all of this is on by default: holm run --features {off}."));
        }
    }

    fn host(&mut self, subject: &Subject) {
        let asks = asks::asks(&subject.module);
        self.heading("What it may ask of its host");
        if asks.sentences.is_empty() && asks.unknown.is_empty() {
            self.line("  nothing: it computes, and cannot see or change anything outside itself");
        }
        for sentence in &asks.sentences {
            self.line(&format!("  {sentence}"));
        }
        if !asks.unknown.is_empty() {
            let imports = counted(asks.unknown.len(), "import");
            self.line(&format!(
                "  {imports} that holm run does not provide; a program that embeds Holm can:"
            ));
            for import in asks.unknown {
                self.line(&format!("    {}", full_name(import)));
            }
        }
    }

    fn imports(&mut self, module: &Module) {
        if module.imports.is_empty() {
            return;
        }
        self.heading(&format!("Imports ({})", module.imports.len()));
        let row = |import: &Import| {
            let ty = module.import_type(import);
            (full_name(import), ty.map_or_else(|| "tag".to_owned(), |ty| type_in_words(&ty)))
        };
        self.rows(&module.imports.iter().map(row).collect::<Vec<_>>());
    }

    fn exports(&mut self, module: &Module) {
        if module.exports.is_empty() {
            return;
        }
        self.heading(&format!("Exports ({})", module.exports.len()));
        let rows = module.exports.iter().map(|export| {
            let ty = module.export_type(export);
            (one_line(&export.name), ty.map_or_else(|| "tag".to_owned(), |ty| type_in_words(&ty)))
        });
        self.rows(&rows.collect::<Vec<_>>());
    }

    fn contents(&mut self, module: &Module) {
        self.heading("Contents");
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
        let code = module.code_range.end.saturating_sub(module.code_range.start);
        let operators = usize::try_from(module.operators()).unwrap_or(usize::MAX);
        let (functions, operators) =
            (counted(module.bodies.len(), "function"), counted(operators, "operator"));
        row("code", format!("{} in {functions} of {operators}", show_size(code)));
        if !module.data.is_empty() {
            let bytes = module.data.iter().map(|data| data.bytes.end - data.bytes.start).sum();
            row(
                "data",
                format!("{} in {}", show_size(bytes), counted(module.data.len(), "segment")),
            );
        }
        let defined = |all: usize, imported: u32| all - (imported as usize).min(all);
        for memory in module.memories.iter().skip(module.imported_memories as usize) {
            row("memory", memory_in_words(memory));
        }
        for table in module.tables.iter().skip(module.imported_tables as usize) {
            row("table", table_in_words(&table.ty));
        }
        match defined(module.globals.len(), module.imported_globals) {
            0 => {}
            count => row("globals", count.to_string()),
        }
        if let Some(start) = module.start {
            let name = module
                .names
                .function(start)
                .map_or_else(String::new, |n| format!(" ({})", one_line(n)));
            row("start", format!("function {start}{name} is called when an instance is made"));
        }
        self.rows(&rows);
    }

    fn custom_sections(&mut self, module: &Module) {
        if module.custom_sections.is_empty() {
            return;
        }
        self.heading(&format!("Custom sections ({})", module.custom_sections.len()));
        let rows = module.custom_sections.iter().map(|section| {
            (one_line(&section.name), show_size(section.range.end - section.range.start))
        });
        self.rows(&rows.collect::<Vec<_>>());
    }

    fn producers(&mut self, subject: &Subject) {
        let fields = producers::read(&subject.producers);
        if fields.is_empty() {
            return;
        }
        self.heading("Made with");
        let rows = fields.into_iter().flat_map(|field| {
            let name = one_line(&field.name);
            field.values.into_iter().map(move |value| (name.clone(), one_line(&value)))
        });
        self.rows(&rows.collect::<Vec<_>>());
    }
}

/// What one can do with it.
fn purpose(module: &Module) -> &'static str {
    let has = |name: &str| {
        module.export(name).is_some_and(|export| export.kind == holm_module::ExternKind::Func)
    };
    if has("_start") {
        "a program"
    } else if has("_initialize") {
        "a library to be initialised first"
    } else if module.exports.is_empty() && module.start.is_none() {
        "without anything to call"
    } else {
        "a library"
    }
}

fn full_name(import: &Import) -> String {
    format!("{}.{}", one_line(&import.module), one_line(&import.name))
}

fn type_in_words(ty: &ExternType) -> String {
    match ty {
        ExternType::Memory(memory) => format!("memory, {}", memory_in_words(memory)),
        ExternType::Table(table) => format!("table, {}", table_in_words(table)),
        ExternType::Func(_) | ExternType::Global(_) | ExternType::Tag(_) => ty.to_string(),
    }
}

fn memory_in_words(memory: &MemoryType) -> String {
    let size = |pages: u64| show_size(pages.saturating_mul(memory.page_bytes()));
    let width = if memory.is_64 { ", 64-bit addresses" } else { "" };
    let shared = if memory.shared { ", shared" } else { "" };
    format!("{}{width}{shared}", growth(memory.limits, memory.pages_reachable(), size))
}

fn table_in_words(table: &TableType) -> String {
    let element = table.element;
    let show =
        |count: u64| format!("{} {element}{}", grouped(count), if count == 1 { "" } else { "s" });
    growth(table.limits, u64::MAX, show)
}

/// `1 MiB, may grow to 4 GiB`; `reachable` is what no maximum means.
fn growth(limits: Limits, reachable: u64, show: impl Fn(u64) -> String) -> String {
    let first = show(limits.min);
    match limits.max {
        Some(max) if max <= limits.min => format!("{first}, never grows"),
        Some(max) => format!("{first}, may grow to {}", show(max)),
        None if reachable == u64::MAX => format!("{first}, may grow"),
        None => format!("{first}, may grow to {}", show(reachable)),
    }
}

/// `1 function`, `1,234 functions`.
fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count as u64), if count == 1 { "" } else { "s" })
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
