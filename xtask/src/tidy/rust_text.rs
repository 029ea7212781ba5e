//! Just enough of Rust's lexical grammar to tell code from comments and strings.
//!
//! It is not a parser: it blanks what is not code and keeps every line where it was.
//! Invariant: the result has as many lines as the input, and each kept byte stays in its column.
//! Read next: `xtask/src/tidy/islands.rs`.

#[cfg(test)]
mod tests;

/// The source with comments, strings and character literals replaced by spaces.
pub(crate) fn code_only(source: &str) -> String {
    let mut scanner = Scanner { bytes: source.as_bytes(), at: 0, out: Vec::new() };
    while scanner.at < scanner.bytes.len() {
        scanner.step();
    }
    // Only ASCII was blanked or kept as it was, byte for byte.
    String::from_utf8_lossy(&scanner.out).into_owned()
}

/// The identifiers and keywords of a piece of code.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    out: Vec<u8>,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"//") {
            self.blank(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
        } else if rest.starts_with(b"/*") {
            self.blank(block_comment(rest));
        } else if let Some(hashes) = raw_string_hashes(rest).filter(|_| self.at_word_start()) {
            self.blank(raw_string(rest, hashes));
        } else if rest[0] == b'"' {
            self.blank(quoted(rest, b'"'));
        } else if rest[0] == b'\'' && is_character(rest) {
            self.blank(quoted(rest, b'\''));
        } else {
            self.out.push(rest[0]);
            self.at += 1;
        }
    }

    fn at_word_start(&self) -> bool {
        let before = self.out.last().copied().unwrap_or(b' ');
        !(before.is_ascii_alphanumeric() || before == b'_')
    }

    fn blank(&mut self, length: usize) {
        let end = (self.at + length).min(self.bytes.len());
        for byte in &self.bytes[self.at..end] {
            self.out.push(if *byte == b'\n' { b'\n' } else { b' ' });
        }
        self.at = end;
    }
}

/// Length of a block comment, which may hold others.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// How many hashes a raw string opens with, when one starts here.
fn raw_string_hashes(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"br").or_else(|| rest.strip_prefix(b"r"))?;
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    (after.get(hashes) == Some(&b'"')).then_some(hashes)
}

fn raw_string(rest: &[u8], hashes: usize) -> usize {
    let Some(open) = rest.iter().position(|byte| *byte == b'"') else { return rest.len() };
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[open + 1..];
    let end = body.windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |end| open + 1 + end + close.len())
}

/// Length of a literal up to and with its closing quote.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Tells a character literal from a lifetime.
fn is_character(rest: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(&rest[..rest.len().min(8)])
        .or_else(|error| std::str::from_utf8(&rest[..error.valid_up_to()]))
    else {
        return false;
    };
    let mut characters = text.chars().skip(1);
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}
