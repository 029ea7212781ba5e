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
    /// What a thread does, if there are threads.
    thread: Option<&'static str>,
}

const fn guest(name: &'static str, body: &'static str) -> Guest {
    Guest { name, functions: "", body, thread: None }
}

const fn with(name: &'static str, functions: &'static str, body: &'static str) -> Guest {
    Guest { name, functions, body, thread: None }
}

const fn threads(name: &'static str, thread: &'static str, body: &'static str) -> Guest {
    Guest { name, functions: "", body, thread: Some(thread) }
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
  (table $g 0 funcref)
  (global $n (mut i64) (i64.const 0))
  (type $void (func))
  (data $passive "0123456789abcdef")
  (func $nothing)
  (elem $functions func $nothing)
  (func $open (param $dir i32) (param $flags i32) (result i32)
    (drop (call $path_open (local.get $dir) (i32.const 0) (i32.const 100) (i32.const 1) (local.get $flags)
      (i64.const 0x1fffffff) (i64.const 0x1fffffff) (i32.const 0) (i32.const 300)))
    (i32.load (i32.const 300)))
"#;

/// The memory of a guest without threads, and what lies in it.
const MEMORY: &str = r#"
  (table $t 4000000 funcref)
  (memory (export "memory") 1024)
  (data (i32.const 100) "f   d")
  (data (i32.const 200) "\00\00\00\02\00\00\00\02")
  (data (i32.const 208) "\00\00\00\02\00\04\00\00")
"#;

/// The same for one with threads, whose instances must not write it again.
const SHARED_MEMORY: &str = r#"
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1024 4096 shared))
  (export "memory" (memory 0))
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
    with(
        "calls by reference that recurse",
        "(type $tree (func (param i32))) (elem declare func $tree)
         (func $tree (type $tree) (if (local.get 0) (then
           (call_ref $tree (i32.sub (local.get 0) (i32.const 1)) (ref.func $tree))
           (call_ref $tree (i32.sub (local.get 0) (i32.const 1)) (ref.func $tree)))))",
        "(call $tree (i32.const 60))",
    ),
    with("a tail call to itself", "(func $again (return_call $again))", "(call $again)"),
    with(
        "tail calls by table",
        "(elem (table $t) (i32.const 0) func $again)
         (func $again (return_call_indirect $t (type $void) (i32.const 0)))",
        "(call $again)",
    ),
    with(
        "tail calls by reference in turn",
        "(elem declare func $a $b)
         (func $a (type $void) (return_call_ref $void (ref.func $b)))
         (func $b (type $void) (return_call_ref $void (ref.func $a)))",
        "(call $a)",
    ),
    with(
        "throw and catch",
        "(tag $e (param i64))",
        "(loop (drop (block $caught (result i64) (try_table (catch $e $caught) (throw $e (i64.const 1))) (i64.const 0))) (br 0))",
    ),
    with(
        "throw through a hundred frames",
        "(tag $e) (func $deep (param i32)
           (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))) (throw $e))",
        "(loop (block $caught (try_table (catch_all $caught) (call $deep (i32.const 100)))) (br 0))",
    ),
    with(
        "an exception thrown again without end",
        "(tag $e)",
        "(local exnref)
         (local.set 0 (block $first (result exnref) (try_table (catch_all_ref $first) (throw $e)) (unreachable)))
         (loop (local.set 0 (block $again (result exnref)
           (try_table (catch_all_ref $again) (throw_ref (local.get 0))) (unreachable))) (br 0))",
    ),
    with(
        "exceptions that keep exceptions",
        "(tag $e (param exnref))",
        "(local exnref i32)
         (loop (block $value (result exnref exnref) (try_table (catch_ref $e $value) (throw $e (local.get 0))) (unreachable))
           (local.set 0) (drop)
           (local.set 1 (i32.add (local.get 1) (i32.const 1)))
           (if (i32.gt_u (local.get 1) (i32.const 1000)) (then (local.set 0 (ref.null exn)) (local.set 1 (i32.const 0))))
           (br 0))",
    ),
    with("objects that nobody keeps", "(type $pair (struct (field i64 i64)))", "(loop (drop (struct.new_default $pair)) (br 0))"),
    with(
        "a list that is made anew",
        "(type $node (struct (field (ref null $node)) (field i64)))",
        "(local (ref null $node)) (local i32)
         (loop (local.set 0 (struct.new $node (local.get 0) (i64.const 7)))
           (if (i32.gt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 500000))
             (then (local.set 0 (ref.null $node)) (local.set 1 (i32.const 0))))
           (br 0))",
    ),
    with(
        "large arrays that nobody keeps",
        "(type $bytes (array (mut i8)))",
        "(loop (drop (array.new $bytes (i32.const 1) (i32.const 50000000))) (br 0))",
    ),
    with(
        "fill and copy large arrays",
        "(type $longs (array (mut i64)))",
        "(local (ref null $longs)) (local.set 0 (array.new_default $longs (i32.const 10000000)))
         (loop (array.fill $longs (local.get 0) (i32.const 0) (i64.const 5) (i32.const 10000000))
           (array.copy $longs $longs (local.get 0) (i32.const 1) (local.get 0) (i32.const 0) (i32.const 9999999)) (br 0))",
    ),
    with(
        "arrays of arrays",
        "(type $inner (array (mut i32))) (type $outer (array (mut (ref null $inner))))",
        "(local (ref null $outer)) (local i32)
         (loop (local.set 0 (array.new_default $outer (i32.const 1000))) (local.set 1 (i32.const 0))
           (loop (array.set $outer (local.get 0) (local.get 1) (array.new_default $inner (i32.const 1000)))
             (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 1000))))
           (br 0))",
    ),
    with(
        "a large array that is moved again and again",
        "(type $words (array (mut i64))) (type $list (array (mut (ref null $words))))",
        "(local (ref null $list)) (local i32) (local.set 0 (array.new_default $list (i32.const 8)))
         (array.set $list (local.get 0) (i32.const 0) (array.new_default $words (i32.const 20000000)))
         (loop (array.set $list (local.get 0) (i32.const 1) (array.new_default $words (i32.const 10000))) (br 0))",
    ),
    with(
        "a large array of references to what is new",
        "(type $pair (struct (field i64))) (type $list (array (mut (ref null $pair))))",
        "(local (ref null $list)) (local i32) (local.set 0 (array.new_default $list (i32.const 10000000)))
         (loop (array.set $list (local.get 0) (local.get 1) (struct.new_default $pair))
           (local.set 1 (i32.rem_u (i32.add (local.get 1) (i32.const 1009)) (i32.const 10000000))) (br 0))",
    ),
    with(
        "exceptions beside a large heap",
        "(tag $e (param exnref)) (type $words (array (mut i64)))",
        "(local exnref i32 (ref null $words)) (local.set 2 (array.new_default $words (i32.const 50000000)))
         (loop (block $value (result exnref exnref) (try_table (catch_ref $e $value) (throw $e (local.get 0))) (unreachable))
           (local.set 0) (drop)
           (local.set 1 (i32.add (local.get 1) (i32.const 1)))
           (if (i32.gt_u (local.get 1) (i32.const 1000)) (then (local.set 0 (ref.null exn)) (local.set 1 (i32.const 0))))
           (br 0))",
    ),
    with(
        "a large table of references",
        "(table $any 2000000 anyref) (type $pair (struct (field i64)))",
        "(table.fill $any (i32.const 0) (struct.new_default $pair) (i32.const 2000000))
         (loop (drop (struct.new_default $pair)) (br 0))",
    ),
    with(
        "casts without end",
        "(type $a (sub (struct))) (type $b (sub $a (struct (field i32)))) (type $c (sub $b (struct (field i32 i32))))",
        "(local (ref null $a)) (local.set 0 (struct.new_default $c))
         (loop (drop (ref.cast (ref $b) (local.get 0))) (drop (ref.test (ref $c) (local.get 0))) (br 0))",
    ),
    threads("wait for a notification that never comes", "", "(loop (drop (memory.atomic.wait32 (i32.const 0x2000) (i32.const 0) (i64.const -1))) (br 0))"),
    threads("wait for short times", "", "(loop (drop (memory.atomic.wait64 (i32.const 0x2000) (i64.const 0) (i64.const 1000))) (br 0))"),
    threads("notify nobody", "", "(loop (drop (memory.atomic.notify (i32.const 0x2000) (i32.const -1))) (br 0))"),
    threads("add without end", "", "(loop (drop (i64.atomic.rmw.add (i32.const 0x2000) (i64.const 1))) (br 0))"),
    threads(
        "copy and fill what others use",
        "(drop (call $fd_read (i32.const 0) (i32.const 208) (i32.const 1) (i32.const 300)))",
        "(drop (call $spawn (i32.const 0)))
         (loop (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3ffffff))
               (memory.fill (i32.const 0x1000) (i32.const 0) (i32.const 0x3fff000)) (br 0))",
    ),
    threads(
        "threads that wait",
        "(loop (drop (memory.atomic.wait32 (i32.const 0x2000) (i32.const 0) (i64.const -1))) (br 0))",
        "(loop (drop (call $spawn (i32.const 0))) (br 0))",
    ),
    threads("threads that loop", "(loop (br 0))", "(loop (drop (call $spawn (i32.const 0))) (br 0))"),
    threads(
        "threads that use memory",
        "(loop (memory.fill (i32.mul (local.get 0) (i32.const 0x10000)) (i32.const 0) (i32.const 0x800000)) (br 0))",
        "(loop (drop (call $spawn (i32.const 0))) (br 0))",
    ),
    threads("threads that end at once", "", "(loop (drop (call $spawn (i32.const 0))) (br 0))"),
    threads(
        "threads that make threads",
        "(loop (drop (call $spawn (i32.const 0))) (br 0))",
        "(loop (drop (call $spawn (i32.const 0))) (br 0))",
    ),
    threads(
        "threads that read, sleep and yield",
        "(i32.store (i32.const 416) (i32.const 1)) (i64.store (i32.const 424) (i64.const -1))
         (if (i32.and (local.get 0) (i32.const 1))
           (then (drop (call $fd_read (i32.const 0) (i32.const 208) (i32.const 1) (i32.const 300))))
           (else (drop (call $poll (i32.const 400) (i32.const 0x2000) (i32.const 1) (i32.const 300)))))
         (loop (drop (call $yield)) (br 0))",
        "(loop (drop (call $spawn (i32.const 0))) (br 0))",
    ),
    guest("ask for arguments", "(loop (drop (call $args (i32.const 0x100000) (i32.const 0x200000))) (br 0))"),
];

impl Guest {
    /// Whether it makes threads.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        self.thread.is_some()
    }

    /// The module.
    ///
    /// # Errors
    /// When its text is wrong.
    pub fn module(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let Self { functions, body, .. } = self;
        let (memory, thread) = match self.thread {
            Some(thread) => {
                let start = "(func (export \"wasi_thread_start\") (param i32 i32)";
                (SHARED_MEMORY, format!("{start} {thread})"))
            }
            None => (MEMORY, String::new()),
        };
        // Imports come first.
        let start = format!("(func (export \"_start\") {body})");
        let text = match self.thread {
            Some(_) => format!(
                "(module {memory} {FRAME} (table $t 1000 funcref) {functions} {start} {thread})"
            ),
            None => format!("(module {FRAME} {memory} {functions} {start})"),
        };
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
