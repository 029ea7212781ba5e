//! Playing a case, and judging what came of it.
//!
//! A playground has directories of every kind, pipes, a listener and a connection, all small. A thread stops what
//! waits. Afterwards the process must have as many descriptors as before, directories in memory must have given
//! everything back, and the tree outside must be as it was.
//!
//! Invariant: a playground is made anew for each case, so that cases do not depend on each other.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use holm_wasi::{
    Access, Input, Output, Space, Stopper, VirtualDir, VirtualDirOptions, WasiCtx, pipe,
};

use super::case::{Call, Case, MEMORY_BYTES};

/// The largest number that the standard has for an error.
const ERRNO_MAX: u32 = 76;
/// Room for directories in memory.
const ROOM: u64 = 1 << 20;
/// A call that waits is stopped after this.
const PATIENCE: Duration = Duration::from_millis(3);
/// No call may go on for longer, stopped or not. The machine may have other work.
const CALL_MAX: Duration = Duration::from_secs(10);

/// What must live as long as a context.
type Others = Vec<Box<dyn std::any::Any>>;

/// What a case found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found(pub String);

/// A place to play cases in.
#[derive(Debug)]
pub struct Playground {
    folder: PathBuf,
}

impl Playground {
    /// Uses a folder that is empty, and stays.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Plays a case.
    ///
    /// # Errors
    /// With what must not be, or when the playground cannot be made.
    pub fn play(&self, case: &Case) -> Result<(), Found> {
        let broken = |error: &dyn std::fmt::Display| Found(format!("no playground: {error}"));
        self.make().map_err(|error| broken(&error))?;
        let before = (descriptors(), self.outside());
        let space = Space::new(ROOM);
        let stopper = Stopper::new().map_err(|error| broken(&error))?;
        let (mut ctx, others) = self.context(&space, &stopper).map_err(|error| broken(&*error))?;
        let mut memory = vec![0; MEMORY_BYTES];
        let played = std::thread::scope(|scope| {
            let (done, waits) = std::sync::mpsc::channel::<()>();
            let patient = stopper.clone();
            // Stops again and again: each stop ends one wait, the next call needs another.
            scope.spawn(move || {
                while waits
                    .recv_timeout(PATIENCE)
                    .is_err_and(|end| end == std::sync::mpsc::RecvTimeoutError::Timeout)
                {
                    patient.stop();
                }
            });
            let result = catch_unwind(AssertUnwindSafe(|| {
                case.calls.iter().try_for_each(|call| {
                    stopper.reset();
                    play_one(&mut ctx, &mut memory, call)
                })
            }));
            drop(done);
            result
        });
        drop((ctx, others, stopper));
        match played {
            Err(panic) => return Err(Found(format!("panic: {}", text_of(&*panic)))),
            Ok(result) => result?,
        }
        if space.used() != 0 {
            return Err(Found(format!("{} bytes were not given back", space.used())));
        }
        let after = (descriptors(), self.outside());
        if before.0 != after.0 {
            return Err(Found(format!("{} descriptors before, {} after", before.0, after.0)));
        }
        if before.1 != after.1 {
            return Err(Found(format!("outside was {:?} and is {:?}", before.1, after.1)));
        }
        Ok(())
    }

    fn make(&self) -> std::io::Result<()> {
        let at = |name: &str| self.folder.join(name);
        for tree in ["rw", "ro", "outside"] {
            // Not there the first time.
            let _ = fs::remove_dir_all(at(tree));
        }
        fs::create_dir_all(at("outside"))?;
        fs::write(at("outside/secret"), "secret")?;
        for tree in ["rw", "ro"] {
            let at = |name: &str| self.folder.join(tree).join(name);
            fs::create_dir_all(at("d/e/f"))?;
            fs::write(at("a"), "text of a")?;
            fs::write(at("b"), vec![b'b'; 5000])?;
            fs::write(at("d/a"), "text of d/a")?;
            symlink("d", at("l"))?;
            symlink("../outside", at("up"))?;
            symlink(self.folder.join("outside"), at("abs"))?;
            symlink("loop", at("loop"))?;
        }
        Ok(())
    }

    /// A context with everything that can be granted, and what must live as long as it.
    fn context(
        &self,
        space: &Space,
        stopper: &Stopper,
    ) -> Result<(WasiCtx, Others), Box<dyn std::error::Error>> {
        let options = VirtualDirOptions { space: space.clone(), counts_time: false };
        let mut builder = WasiCtx::builder();
        builder.args(["a", "b"])?.env("C", "D")?;
        let (far_output, input) = pipe(500)?;
        let (output, far_input) = pipe(500)?;
        builder.stdin(input).stdout(output).stderr(Output::memory_with_limit(1000).0);
        builder.preopened_dir(self.folder.join("rw"), "/rw", Access::ReadWrite)?;
        builder.preopened_dir(self.folder.join("ro"), "/ro", Access::ReadOnly)?;
        let memory = VirtualDir::memory(&options);
        memory.write("a", b"in memory")?;
        memory.create_dir_all("d/e")?;
        builder.virtual_dir(&memory, "/mem", Access::ReadWrite);
        let overlay = VirtualDir::overlay(self.folder.join("rw"), &options)?;
        builder.virtual_dir(&overlay, "/over", Access::ReadWrite);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        let far = listener.accept()?.0;
        builder.listener(listener)?.connection(near)?;
        builder.stopper(stopper.clone()).descriptors_max(20).on_refusal(|refusal| {
            assert_eq!(refusal.reason.errno(), refusal.errno);
        });
        let others: Vec<Box<dyn std::any::Any>> = vec![
            Box::new(far_output),
            Box::new(far_input),
            Box::new(far),
            Box::new(Input::empty()),
        ];
        Ok((builder.build()?, others))
    }

    /// What lies outside.
    fn outside(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for entry in fs::read_dir(self.folder.join("outside")).into_iter().flatten().flatten() {
            let content = fs::read(entry.path()).unwrap_or_default();
            let modified = entry.metadata().and_then(|data| data.modified());
            all.push(format!("{:?} {content:?} {modified:?}", entry.file_name()));
        }
        all.sort();
        all
    }
}

fn play_one(ctx: &mut WasiCtx, memory: &mut [u8], call: &Call) -> Result<(), Found> {
    for (at, bytes) in &call.puts {
        if let Some(place) =
            memory.get_mut(*at as usize..).and_then(|rest| rest.get_mut(..bytes.len()))
        {
            place.copy_from_slice(bytes);
        }
    }
    let begin = Instant::now();
    let answer = call.function.call(ctx, memory, &call.slots);
    let name = call.function.name;
    if begin.elapsed() > CALL_MAX {
        return Err(Found(format!("{name} took {:?}", begin.elapsed())));
    }
    match answer {
        Ok(errno) if errno > ERRNO_MAX => Err(Found(format!("{name} answered {errno}"))),
        // Both, with the guest as it is: the next call must still be answered.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// How many descriptors this process has open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "of no text".to_owned())
}
