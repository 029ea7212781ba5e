//! Child processes with a time limit: started, fed, read to the end, never left behind.
//!
//! It measures nothing to a benchmark's precision: `xtask/src/bench/measure.rs` does.
//! Invariant: when a function here returns, the child has been waited for.
//! Read next: `xtask/src/kit/engine.rs`.

use std::io::{Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a look at a running child is put off.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// How much of standard error goes into a message.
const COMPLAINT_LINES: usize = 8;
const COMPLAINT_WIDTH: usize = 300;

/// A child that has ended.
pub(crate) struct Finished {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The exit code; 128 plus the signal where a signal ended it.
    pub(crate) code: i32,
    pub(crate) wall: Duration,
}

impl Finished {
    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last lines of standard error, for a message.
    pub(crate) fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let from = lines.len().saturating_sub(COMPLAINT_LINES);
        let cut = |line: &&str| line.chars().take(COMPLAINT_WIDTH).collect::<String>();
        lines[from..].iter().map(cut).collect::<Vec<_>>().join("\n")
    }
}

/// Runs a command to its end, at most `limit` long.
pub(crate) fn finish(
    command: &mut Command,
    stdin: &[u8],
    limit: Duration,
) -> Result<Finished, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} did not start: {error}"))?;
    let feeder = feed(&mut child, stdin.to_vec());
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = loop {
        let looked = child.try_wait().map_err(|error| format!("{program}: {error}"))?;
        if let Some(status) = looked {
            break status;
        }
        if began.elapsed() > limit {
            // The child may have ended in between; then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{program} ran longer than {} s", limit.as_secs()));
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let wall = began.elapsed();
    // A feeder ends with an error where the child did not read all of its input.
    let _ = feeder.join();
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    let collect = |reader: JoinHandle<Vec<u8>>| reader.join().unwrap_or_default();
    Ok(Finished { stdout: collect(stdout), stderr: collect(stderr), code, wall })
}

/// Runs a command that must succeed and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let finished = finish(command, b"", Duration::from_secs(3600))?;
    if finished.code == 0 {
        return Ok(finished.text());
    }
    let said = finished.complaint();
    Err(format!("{program} ended with code {}:\n{said}", finished.code))
}

/// Where a program lies in `PATH`.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn feed(child: &mut Child, bytes: Vec<u8>) -> JoinHandle<()> {
    let pipe = child.stdin.take();
    std::thread::spawn(move || {
        if let Some(mut pipe) = pipe {
            // A child that ends without reading closes the pipe: not an error of ours.
            let _ = pipe.write_all(&bytes);
        }
    })
}

fn drain<R: Read + Send + 'static>(pipe: Option<R>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A pipe that breaks gives what came until then.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}
