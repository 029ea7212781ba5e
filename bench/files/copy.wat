;; Copies `in` to `out`, both in descriptor 3, through a buffer of 4 KiB, or 64 KiB with one argument, or 1 MiB with two.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 32)
  (data (i32.const 0) "inout")
  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func $open (param $path i32) (param $len i32) (param $flags i32) (param $rights i64) (result i32)
    (call $check (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (local.get $len) (local.get $flags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))
    (i32.load (i32.const 16)))
  (func (export "_start") (local $in i32) (local $out i32) (local $size i32)
    (drop (call $sizes (i32.const 32) (i32.const 36)))
    ;; 4 KiB without an argument, 64 KiB with one, 1 MiB with two.
    (local.set $size (i32.shl (i32.const 4096) (i32.shl (i32.sub (i32.load (i32.const 32)) (i32.const 1)) (i32.const 2))))
    (local.set $in (call $open (i32.const 0) (i32.const 2) (i32.const 0) (i64.const 2)))
    (local.set $out (call $open (i32.const 2) (i32.const 3) (i32.const 9) (i64.const 64)))
    (i32.store (i32.const 40) (i32.const 65536))
    (block $done
      (loop $next
        (i32.store (i32.const 44) (local.get $size))
        (call $check (call $fd_read (local.get $in) (i32.const 40) (i32.const 1) (i32.const 48)))
        (br_if $done (i32.eqz (i32.load (i32.const 48))))
        (i32.store (i32.const 44) (i32.load (i32.const 48)))
        (call $check (call $fd_write (local.get $out) (i32.const 40) (i32.const 1) (i32.const 48)))
        (br $next)))))
