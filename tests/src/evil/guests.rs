//! The guests, in the text format, and the world that they find.
//!
//! A guest is a body for `_start` between the same imports, memories and tables. None of them ever returns by itself.
//!
//! Invariant: each has a way of its own not to look at the clock: a loop, a long operation, or a call that waits.

use std::error::Error;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use holm_wasi::{Access, Stopper, VirtualDir, VirtualDirOptions, WasiCtx, pipe};

/// A guest.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// Its name.
    pub name: &'static str,
    /// Functions besides `_start`.
    functions: &'static str,
    /// What `_start` does.
    body: &'static str,
}

const fn guest(name: &'static str, body: &'static str) -> Guest {
    Guest { name, functions: "", body }
}

const fn with(name: &'static str, functions: &'static str, body: &'static str) -> Guest {
    Guest { name, functions, body }
}

/// Imports, memory (64 MiB, more when asked for), tables and helpers that every guest has. A path "f" lies at 100, "d" at
/// 104, a list of one range of 32 MiB at 200, one of 1 KiB at 208.
const FRAME: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (memory (export "memory") 1024)
  (table $t 4000000 funcref)
  (table $g 0 funcref)
  (global $n (mut i64) (i64.const 0))
  (type $void (func))
  (data (i32.const 100) "f   d")
  (data (i32.const 200) "\00\00\00\02\00\00\00\02")
  (data (i32.const 208) "\00\00\00\02\00\04\00\00")
  (data $passive "0123456789abcdef")
  (func $nothing)
  (elem $functions func $nothing)
  (func $open (param $dir i32) (param $flags i32) (result i32)
    (drop (call $path_open (local.get $dir) (i32.const 0) (i32.const 100) (i32.const 1) (local.get $flags)
      (i64.const 0x1fffffff) (i64.const 0x1fffffff) (i32.const 0) (i32.const 300)))
    (i32.load (i32.const 300)))
"#;

/// All of them.
pub const EVIL: &[Guest] = &[
    guest("loop", "(loop (br 0))"),
    guest("loop of loops", "(loop (loop (loop (br_if 0 (i32.const 0))) (br 0)))"),
    guest("counting loop", "(loop (global.set $n (i64.add (global.get $n) (i64.const 1))) (br 0))"),
    guest("loop by table", "(loop (br_table 0 0 0 (i32.const 1)))"),
    guest("loop of divisions", "(loop (global.set $n (i64.div_u (i64.const -1) (i64.or (global.get $n) (i64.const 1)))) (br 0))"),
    guest(
        "loop over memory",
        "(local i32) (loop (i32.store (local.get 0) (local.get 0))
         (local.set 0 (i32.and (i32.add (local.get 0) (i32.const 64)) (i32.const 0x3ffffff))) (br 0))",
    ),
    guest(
        "loop of vectors",
        "(local v128) (loop (local.set 0 (i32x4.mul (i32x4.add (local.get 0) (i32x4.splat (i32.const 3))) (local.get 0))) (br 0))",
    ),
    guest("loop of square roots", "(local f64) (loop (local.set 0 (f64.sqrt (f64.add (local.get 0) (f64.const 2)))) (br 0))"),
    guest("loop of calls", "(loop (call $nothing) (br 0))"),
    with(
        "loop of indirect calls",
        "(elem (table $t) (i32.const 0) func $nothing)",
        "(loop (call_indirect $t (type $void) (i32.const 0)) (br 0))",
    ),
    with(
        "two functions that call each other in turn",
        "(func $a (param i32) (if (local.get 0) (then (call $b (i32.sub (local.get 0) (i32.const 1))))))
         (func $b (param i32) (if (local.get 0) (then (call $a (i32.sub (local.get 0) (i32.const 1))))))",
        "(loop (call $a (i32.const 1000)) (br 0))",
    ),
    with(
        "a tree of calls",
        "(func $tree (param i32) (if (local.get 0) (then
           (call $tree (i32.sub (local.get 0) (i32.const 1))) (call $tree (i32.sub (local.get 0) (i32.const 1))))))",
        "(call $tree (i32.const 60))",
    ),
    with(
        "a tree of indirect calls",
        "(type $tree (func (param i32))) (elem (table $t) (i32.const 0) func $tree)
         (func $tree (type $tree) (if (local.get 0) (then
           (call_indirect $t (type $tree) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
           (call_indirect $t (type $tree) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))",
        "(call $tree (i32.const 60))",
    ),
    guest("fill memory", "(loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x4000000)) (br 0))"),
    guest(
        "copy memory",
        "(loop (memory.copy (i32.const 0) (i32.const 1) (i32.const 0x3ffffff)) (br 0))",
    ),
    guest(
        "copy memory backwards",
        "(loop (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3ffffff)) (br 0))",
    ),
    guest(
        "fill much memory",
        "(drop (memory.grow (i32.const 31000))) (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0x7d000000)) (br 0))",
    ),
    guest(
        "copy much memory",
        "(drop (memory.grow (i32.const 15000)))
         (loop (memory.copy (i32.const 0x1f000000) (i32.const 0) (i32.const 0x1f000000)) (br 0))",
    ),
    guest("init memory", "(loop (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 16)) (br 0))"),
    guest("fill a table", "(loop (table.fill $t (i32.const 0) (ref.null func) (i32.const 4000000)) (br 0))"),
    guest("copy a table", "(loop (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 3999999)) (br 0))"),
    guest("init a table", "(loop (table.init $t $functions (i32.const 0) (i32.const 0) (i32.const 1)) (br 0))"),
    guest("grow a table", "(loop (drop (table.grow $g (ref.null func) (i32.const 1000))) (br 0))"),
    guest("grow memory", "(loop (drop (memory.grow (i32.const 1))) (br 0))"),
    guest("set a table", "(loop (table.set $t (i32.const 5) (table.get $t (i32.const 6))) (br 0))"),
    guest("ask the time", "(loop (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 300))) (br 0))"),
    guest("ask for much randomness", "(loop (drop (call $random (i32.const 0) (i32.const 0x4000000))) (br 0))"),
    guest("ask for little randomness", "(loop (drop (call $random (i32.const 0) (i32.const 1))) (br 0))"),
    guest("yield", "(loop (drop (call $yield)) (br 0))"),
    guest("write nothing", "(loop (drop (call $fd_write (i32.const 1) (i32.const 400) (i32.const 0) (i32.const 300))) (br 0))"),
    guest("write little", "(loop (drop (call $fd_write (i32.const 1) (i32.const 208) (i32.const 1) (i32.const 300))) (br 0))"),
    guest("write to a full pipe", "(loop (drop (call $fd_write (i32.const 2) (i32.const 200) (i32.const 1) (i32.const 300))) (br 0))"),
    guest("read from an empty pipe", "(loop (drop (call $fd_read (i32.const 0) (i32.const 208) (i32.const 1) (i32.const 300))) (br 0))"),
    guest("accept", "(loop (drop (call $accept (i32.const 6) (i32.const 0) (i32.const 300))) (br 0))"),
    guest(
        "receive",
        "(loop (drop (call $recv (i32.const 7) (i32.const 208) (i32.const 1) (i32.const 2) (i32.const 300) (i32.const 304))) (br 0))",
    ),
    guest("send", "(loop (drop (call $send (i32.const 7) (i32.const 200) (i32.const 1) (i32.const 0) (i32.const 300))) (br 0))"),
    guest(
        "sleep for ever",
        "(i32.store (i32.const 416) (i32.const 1)) (i64.store (i32.const 424) (i64.const -1))
         (loop (drop (call $poll (i32.const 400) (i32.const 0x2000) (i32.const 1) (i32.const 300))) (br 0))",
    ),
    guest(
        "sleep with a long list",
        "(local i32)
         (loop (i32.store offset=16 (i32.add (i32.const 0x100000) (local.get 0)) (i32.const 1))
               (i64.store offset=24 (i32.add (i32.const 0x100000) (local.get 0)) (i64.const -1))
               (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 48))) (i32.const 393216))))
         (loop (drop (call $poll (i32.const 0x100000) (i32.const 0x200000) (i32.const 8192) (i32.const 300))) (br 0))",
    ),
    guest(
        "poll with a long list that is ready",
        "(loop (drop (call $poll (i32.const 0x100000) (i32.const 0x200000) (i32.const 8192) (i32.const 300))) (br 0))",
    ),
    guest("open and close", "(loop (drop (call $fd_close (call $open (i32.const 3) (i32.const 1)))) (br 0))"),
    guest("open and close in memory", "(loop (drop (call $fd_close (call $open (i32.const 4) (i32.const 1)))) (br 0))"),
    guest("open and keep", "(loop (drop (call $open (i32.const 3) (i32.const 1))) (br 0))"),
    guest(
        "read a large file",
        "(local i32) (local.set 0 (call $open (i32.const 3) (i32.const 0)))
         (loop (drop (call $fd_pread (local.get 0) (i32.const 200) (i32.const 1) (i64.const 0) (i32.const 300))) (br 0))",
    ),
    guest(
        "write a large file in memory",
        "(local i32) (local.set 0 (call $open (i32.const 4) (i32.const 1)))
         (loop (drop (call $fd_pwrite (local.get 0) (i32.const 200) (i32.const 1) (i64.const 0) (i32.const 300))) (br 0))",
    ),
    guest(
        "read a large file in memory",
        "(local i32) (local.set 0 (call $open (i32.const 4) (i32.const 1)))
         (drop (call $fd_pwrite (local.get 0) (i32.const 200) (i32.const 1) (i64.const 0) (i32.const 300)))
         (loop (drop (call $fd_pread (local.get 0) (i32.const 200) (i32.const 1) (i64.const 0) (i32.const 300))) (br 0))",
    ),
    guest(
        "seek",
        "(local i32) (local.set 0 (call $open (i32.const 3) (i32.const 0)))
         (loop (drop (call $fd_seek (local.get 0) (i64.const 1) (i32.const 0) (i32.const 300))) (br 0))",
    ),
    guest(
        "list a large directory",
        "(loop (drop (call $fd_readdir (i32.const 5) (i32.const 0x100000) (i32.const 0x1000000) (i64.const 0) (i32.const 300))) (br 0))",
    ),
    guest("look at a file", "(loop (drop (call $stat (i32.const 3) (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 0x2000))) (br 0))"),
    guest(
        "look along a long path",
        "(local i32)
         (loop (i32.store16 offset=0x1000 (local.get 0) (i32.const 0x2f2e))
               (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 2))) (i32.const 4094))))
         (loop (drop (call $stat (i32.const 4) (i32.const 1) (i32.const 0x1000) (i32.const 4093) (i32.const 0x3000))) (br 0))",
    ),
    guest(
        "make directories in memory",
        "(local i32)
         (loop (i32.store (i32.const 120) (i32.or (local.get 0) (i32.const 0x20202020)))
               (drop (call $mkdir (i32.const 4) (i32.const 120) (i32.const 4)))
               (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0))",
    ),
    guest(
        "rename",
        "(drop (call $mkdir (i32.const 4) (i32.const 104) (i32.const 1)))
         (loop (drop (call $rename (i32.const 4) (i32.const 104) (i32.const 1) (i32.const 4) (i32.const 100) (i32.const 1)))
               (drop (call $rename (i32.const 4) (i32.const 100) (i32.const 1) (i32.const 4) (i32.const 104) (i32.const 1))) (br 0))",
    ),
    guest("ask for arguments", "(loop (drop (call $args (i32.const 0x100000) (i32.const 0x200000))) (br 0))"),
];

impl Guest {
    /// The module.
    ///
    /// # Errors
    /// When its text is wrong.
    pub fn module(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let Self { functions, body, .. } = self;
        let text = format!("(module {FRAME} {functions} (func (export \"_start\") {body}))");
        wat::parse_str(&text).map_err(|error| format!("{}: {error}", self.name).into())
    }
}

/// What the guests find: descriptor 0 is a pipe that stays empty, 1 forgets, 2 is a pipe that nobody reads, 3 a real
/// directory with a large file, 4 a directory in memory, 5 a large directory, 6 a listener to which nobody comes, 7 a
/// connection that is silent.
pub struct World {
    folder: tempfile::TempDir,
    /// Ends that must stay open.
    others: Vec<Box<dyn std::any::Any + Send>>,
}

impl World {
    /// Makes the files.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("large"))?;
        for n in 0..20_000 {
            fs::write(folder.path().join("large").join(format!("a file with the number {n}")), "")?;
        }
        fs::File::create(folder.path().join("f"))?.set_len(1 << 30)?;
        Ok(Self { folder, others: Vec::new() })
    }

    /// The folder that is granted.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A context for one guest.
    ///
    /// # Errors
    /// When the system has no sockets or descriptors left.
    pub fn context(&mut self, stopper: Option<&Stopper>) -> Result<WasiCtx, Box<dyn Error>> {
        self.others.clear();
        let (far_output, input) = pipe(100)?;
        let (output, far_input) = pipe(100)?;
        let mut builder = WasiCtx::builder();
        builder.args((0..1000).map(|n| format!("argument {n}")))?;
        builder.stdin(input).stderr(output);
        builder.preopened_dir(self.folder.path(), "/", Access::ReadWrite)?;
        let memory = VirtualDir::memory(&VirtualDirOptions::new(64 << 20));
        builder.virtual_dir(&memory, "/mem", Access::ReadWrite);
        builder.preopened_dir(self.folder.path().join("large"), "/large", Access::ReadOnly)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        let far = listener.accept()?.0;
        builder.listener(listener)?.connection(near)?;
        if let Some(stopper) = stopper {
            builder.stopper(stopper.clone());
        }
        self.others.push(Box::new((far_output, far_input, far)));
        Ok(builder.build()?)
    }
}
