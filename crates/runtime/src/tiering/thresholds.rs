//! When functions move up: every number that tier-up depends on, and where it comes from.
//!
//! Compiling costs about 7 µs of processor time per operator and makes an operator 1 to 2 ns cheaper, so that a function
//! pays its compilation back once each of its operators has run some thousand times, whatever its size. A core that would
//! idle compiles for nothing, so that with a background the best moment is earlier; too early, and the queue fills up
//! with what runs once. How often is enough follows from that alone.
//!
//! What is compiled first, and how, was measured with QuickJS (`cargo xtask bench --curve --only javascript`) on two
//! cores, one of which ran the guest, by the lines of `--trace-tiers`: when what was noticed, waited for, promoted. Its
//! interpreter is one function of cost 120,000, which takes 80 ms to compile (330 ms when this was measured first).
//! Hundreds of functions of cost 100 to 5,000 wait beside it, 0.3 to 15 ms each. To order by heat alone took 815 ms for a
//! job that ordered by heat per cost took 509 ms (medians, whole process, wasmtime 781 ms). To compile it quickly
//! first, in a single pass, 100 ms for code that runs 1.3 times as long, gained nothing, and its frames had 45 KB.
//!
//! A job of 450 ms loses about 230 of them to beginning at once: the guest is interpreted in that one function for 140,
//! while 300 of processor time go into compiling. These changed nothing that stands out of the noise (3 %):
//! 128 to 1,024 calls and 512 to 4,096 rounds; no inlining; the loop of the huge function sooner or later, or before its
//! start; the guest's thread compiling what waits for long, or waiting for a second compiler that takes the loop while the
//! first one has the start. Code that begins at the start and at the loop, compiled once, had 2.6 times as many bytes and ran twice
//! as long: what is worked out before the loop has two sources then, and is carried through all of it.
//!
//! Not here: the policy (see [`super::queue`]). Read next: [`super`].

/// How functions move from the tier that starts at once to the one that compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiering {
    /// After so many calls a function is compiled. At least 1; [`u32::MAX`] for never.
    pub calls: u32,
    /// After so many rounds of its loops a function is compiled, and a loop that is still running goes on in the new code.
    /// At least 1.
    pub rounds: u32,
    /// Compile on the thread that runs the guest, at the very moment, even if there are threads in the background: runs are
    /// alike then. For tests.
    pub at_once: bool,
    /// Instead of the numbers above take others between 1 and them, by chance, from this seed, and where nothing was seen of
    /// a branch or a call, make that up. For tests.
    pub seed: Option<u64>,
}

impl Tiering {
    /// What is best where there are threads to compile in the background.
    pub const BACKGROUND: Self = Self { calls: 512, rounds: 2048, at_once: false, seed: None };
    /// What is best where the guest has to wait for the compiler.
    pub const ALONE: Self = Self { calls: 2048, rounds: 8192, at_once: true, seed: None };
    /// Every loop is compiled in its first round and goes over at once; functions stay where they are.
    pub const LOOPS: Self = Self { calls: u32::MAX, rounds: 1, at_once: true, seed: None };
    /// Everything is compiled at its first call.
    pub const EAGER: Self = Self { calls: 1, rounds: 1, at_once: true, seed: None };
}

/// Of what a function runs before it is noticed, this part at the end is watched: how its branches go, and how often its calls
/// are made.
pub(super) const WATCH_DIVISOR: u32 = 4;

/// A waiting function is asked after again when it has run this many times less than it took to be noticed.
pub(super) const ASK_AGAIN_DIVISOR: u32 = 4;

/// A loop is compiled once it has been noticed once for so much of what compiling its function costs. Only who is in the
/// loop at the moment gains by it, so that a huge function has to stay in it for a while.
pub(super) const LOOP_COST_PER_NOTICE: u64 = 2_000;

/// Functions that are compiled together at most: calls between them need no detour, and they share pages.
pub(super) const BATCH_MAX: usize = 16;
/// A batch takes no more than this of what waits, so that the hottest get done soon.
pub(super) const BATCH_SHARE: usize = 4;
/// What compiling a function costs besides what it does by its size.
pub(super) const PART_COST: u64 = 500;
/// A batch ends when its functions cost so much together.
pub(super) const BATCH_COST_MAX: u64 = 5_000;
/// Functions that earlier runs called are compiled together until they cost so much, about 10 ms: what becomes hot
/// meanwhile waits for them.
pub(super) const EXPECTED_COST_MAX: u64 = 5_000;
/// A function of this cost or more comes last of those that earlier runs called.
pub(super) const HUGE_COST_MIN: u64 = 20_000;
/// At the end of a run that found what an earlier one has kept, what that one has called is compiled, until it costs so much:
/// half a second on two cores. Python has called 1,600 functions when it prints its first line, a third of a second on both.
/// All compiled, that takes 50 ms from then on, where it took 250 ms; with what the background alone gets done, ten runs
/// were in between.
pub(super) const FINISHED_COST_MAX: u64 = 1_000_000;
/// Code is kept for the next run when what is new in it costs at least this share of what was kept: writing it takes the
/// end of a run some milliseconds, and what is missing is compiled in the background of the next.
pub(super) const KEPT_SHARE: u64 = 16;
/// A module of so many bytes is kept even if none of it was promoted: the next run need not validate it.
pub(super) const KEPT_WASM_BYTES_MIN: usize = 1 << 20;

/// How many batches a function may wait without being noticed again, before it counts half.
pub(super) const COOLING_BATCHES: u64 = 8;

/// Events that are kept for `--stats` and traces.
pub(super) const EVENTS_MAX: usize = 65_536;
