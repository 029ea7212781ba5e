//! Small or large modules made to hurt: each takes little to write down and much to read, compile, instantiate or run.
//!
//! What it is: the list, as data. Each bomb has a name, a generator, how it is given to `holm`, and what must come of it: it
//! runs, or it is refused by an error that names the limit. What it is not: it measures nothing; `bombs/driver.rs` runs them
//! through the real program with bounds on processor time and memory.
//! A compiler that was once too slow for some shape gets that shape as a bomb here.

mod build;
mod calls;
mod control;
pub mod driver;
mod locals;
mod malformed;
mod operators;
mod running;
mod sections;
mod segments;

/// What must come of a bomb. Under every expectation it must end within the bounds, without a panic or an abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exit code 0.
    Ok,
    /// Exit code 0, or stopped by what bounds work in general: the cost to compile, nesting, the guest's stack. Where exactly
    /// those limits lie may change; that one of them holds may not.
    OkOrLimit,
    /// Holm refuses it (exit code 125) and the error contains these words.
    Refused(&'static str),
    /// It starts and is then stopped with this exit code, and the error contains these words.
    Stopped(i32, &'static str),
}

/// How a bomb is given to `holm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `holm run`, with these flags before the file.
    Run(&'static [&'static str]),
    /// `holm compile`: it needs imports that nobody has, or would run for ever.
    Compile,
}

/// One module made to hurt.
#[derive(Clone, Copy, Debug)]
pub struct Bomb {
    /// Its name: what there is much of, and how much.
    pub name: &'static str,
    /// Makes its bytes: a binary module, or text if it does not start with the magic.
    pub make: fn() -> Vec<u8>,
    /// How it is given to `holm`.
    pub mode: Mode,
    /// What must come of it.
    pub expect: Expect,
}

impl Bomb {
    const fn run(name: &'static str, make: fn() -> Vec<u8>, expect: Expect) -> Self {
        Self { name, make, mode: Mode::Run(&[]), expect }
    }

    const fn compile(name: &'static str, make: fn() -> Vec<u8>, expect: Expect) -> Self {
        Self { name, make, mode: Mode::Compile, expect }
    }

    const fn with_flags(self, flags: &'static [&'static str]) -> Self {
        Self { mode: Mode::Run(flags), ..self }
    }
}

/// Every bomb.
#[must_use]
pub fn all() -> Vec<Bomb> {
    let families: [&[Bomb]; 8] = [
        sections::BOMBS,
        segments::BOMBS,
        locals::BOMBS,
        control::BOMBS,
        calls::BOMBS,
        operators::BOMBS,
        malformed::BOMBS,
        running::BOMBS,
    ];
    families.concat()
}
