;; Lists the directory of descriptor 3 through a buffer of 4 KiB, as wasi-libc does, and prints how many entries it has.
(module
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (func (export "_start") (local $cookie i64) (local $at i32) (local $end i32) (local $next i32) (local $count i32)
    (loop $more
      (if (call $fd_readdir (i32.const 3) (i32.const 4096) (i32.const 4096) (local.get $cookie) (i32.const 0))
        (then (unreachable)))
      (local.set $at (i32.const 4096))
      (local.set $end (i32.add (i32.const 4096) (i32.load (i32.const 0))))
      (block $partial
        (loop $entry
          (br_if $partial (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $end)))
          (local.set $next
            (i32.add (i32.add (local.get $at) (i32.const 24)) (i32.load offset=16 (local.get $at))))
          (br_if $partial (i32.gt_u (local.get $next) (local.get $end)))
          (local.set $cookie (i64.load (local.get $at)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $at (local.get $next))
          (br $entry)))
      (br_if $more (i32.eq (i32.load (i32.const 0)) (i32.const 4096))))
    ;; Five digits and more, as text.
    (local.set $at (i32.const 63))
    (i32.store8 (i32.const 64) (i32.const 10))
    (loop $digit
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $count) (i32.const 10))))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digit (local.tee $count (i32.div_u (local.get $count) (i32.const 10)))))
    (i32.store (i32.const 8) (i32.add (local.get $at) (i32.const 1)))
    (i32.store (i32.const 12) (i32.sub (i32.const 64) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
