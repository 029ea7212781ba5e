;; Frame of every program in this folder: the clock, printing, a random source, a checksum, and the start.
;;
;; A program defines `$round`, which does a piece of work of about 10 to 50 ms and gives a number, and the constants
;; `$warm` and `$rounds`. The frame runs the warm rounds, so that engines with several tiers come to their last one, then
;; the counted ones; it prints `checksum <hex>` on stdout, which must be equal on every engine, and
;; `inner_ns <n>` on stderr: the time of the counted rounds alone, by the guest's own monotonic clock.
;; Not a module by itself: `cargo xtask bench --gc` puts the two files into one.
;; Invariant: nothing here or in a program depends on the clock.
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(memory (export "memory") 1)
(data (i32.const 64) "checksum ")
(data (i32.const 96) "inner_ns ")

(global $seed (mut i32) (i32.const 0x2545f491))

;; xorshift: the same sequence everywhere.
(func $random (result i32) (local $x i32)
  (local.set $x (global.get $seed))
  (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
  (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
  (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
  (global.set $seed (local.get $x))
  (local.get $x))

;; Folds a number into a checksum.
(func $mix (param $sum i64) (param $value i64) (result i64)
  (i64.mul
    (i64.xor (local.get $sum) (i64.add (local.get $value) (i64.rotl (local.get $sum) (i64.const 25))))
    (i64.const 0x9e3779b97f4a7c15)))

(func $now (result i64)
  (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0)))
  (i64.load (i32.const 0)))

;; Writes the 9 letters at $text and the number in this base to a descriptor.
(func $print (param $fd i32) (param $text i32) (param $number i64) (param $base i64)
  (local $at i32) (local $digit i32)
  (local.set $at (i32.const 511))
  (i32.store8 (local.get $at) (i32.const 10))
  (loop $more
    (local.set $at (i32.sub (local.get $at) (i32.const 1)))
    (local.set $digit (i32.wrap_i64 (i64.rem_u (local.get $number) (local.get $base))))
    (i32.store8 (local.get $at)
      (i32.add (local.get $digit)
        (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
    (local.set $number (i64.div_u (local.get $number) (local.get $base)))
    (br_if $more (i64.ne (local.get $number) (i64.const 0))))
  (local.set $at (i32.sub (local.get $at) (i32.const 9)))
  (memory.copy (local.get $at) (local.get $text) (i32.const 9))
  (i32.store (i32.const 16) (local.get $at))
  (i32.store (i32.const 20) (i32.sub (i32.const 512) (local.get $at)))
  (drop (call $fd_write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 8))))

(func $repeat (param $count i32) (result i64) (local $sum i64)
  (loop $more
    (local.set $sum (call $mix (local.get $sum) (call $round)))
    (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (local.get $sum))

(func (export "_start") (local $sum i64) (local $before i64) (local $after i64)
  (local.set $sum (call $repeat (global.get $warm)))
  (local.set $before (call $now))
  (local.set $sum (call $mix (local.get $sum) (call $repeat (global.get $rounds))))
  (local.set $after (call $now))
  (call $print (i32.const 1) (i32.const 64) (local.get $sum) (i64.const 16))
  (call $print (i32.const 2) (i32.const 96) (i64.sub (local.get $after) (local.get $before)) (i64.const 10)))
