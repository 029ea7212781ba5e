;; Prints the SHA-256 digest of standard input, as `sha256sum` does: a whole program in one file of text.
;;
;; Memory: the round constants at 0, the state at 256, the message schedule at 320, scratch for the calls to
;; the host at 600, the digits of the answer at 640, and from 1024 on what was read and is not hashed yet.

(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param $fd i32) (param $vectors i32) (param $count i32) (param $read i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $code i32)))
  (memory (export "memory") 2)

  ;; The first 32 bits of the fractions of the cube roots of the first 64 primes.
  (data (i32.const 0)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9"
    "\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55"
    "\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24"
    "\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf"
    "\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53"
    "\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7"
    "\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34"
    "\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c"
    "\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")
  ;; The same of the square roots of the first 8 primes.
  (data (i32.const 256)
    "\67\e6\09\6a\85\ae\67\bb\72\f3\6e\3c\3a\f5\4f\a5"
    "\7f\52\0e\51\8c\68\05\9b\ab\d9\83\1f\19\cd\e0\5b")
  (data (i32.const 616) "0123456789abcdef")

  (global $buffer i32 (i32.const 1024))
  (global $chunk i32 (i32.const 65536))

  ;; Turns the bytes of a word round: the algorithm is big-endian, WebAssembly is not.
  (func $swap (param $x i32) (result i32)
    (i32.or
      (i32.and (i32.rotl (local.get $x) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $x) (i32.const 8)) (i32.const 0xff00ff00))))

  ;; The exclusive or of three rotations.
  (func $mix (param $x i32) (param $a i32) (param $b i32) (param $c i32) (result i32)
    (i32.xor
      (i32.xor (i32.rotr (local.get $x) (local.get $a)) (i32.rotr (local.get $x) (local.get $b)))
      (i32.rotr (local.get $x) (local.get $c))))

  ;; The same with a shift in place of the last rotation.
  (func $mix_shift (param $x i32) (param $a i32) (param $b i32) (param $c i32) (result i32)
    (i32.xor
      (i32.xor (i32.rotr (local.get $x) (local.get $a)) (i32.rotr (local.get $x) (local.get $b)))
      (i32.shr_u (local.get $x) (local.get $c))))

  ;; Fills the schedule from a block: 16 words as they are, 48 made of earlier ones.
  (func $schedule (param $block i32)
    (local $at i32)
    (loop $copy
      (i32.store offset=320 (local.get $at)
        (call $swap (i32.load (i32.add (local.get $block) (local.get $at)))))
      (br_if $copy (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 64))))
    (loop $extend
      (i32.store offset=320 (local.get $at)
        (i32.add
          (i32.add
            (i32.load offset=256 (local.get $at))
            (call $mix_shift (i32.load offset=260 (local.get $at)) (i32.const 7) (i32.const 18) (i32.const 3)))
          (i32.add
            (i32.load offset=292 (local.get $at))
            (call $mix_shift (i32.load offset=312 (local.get $at)) (i32.const 17) (i32.const 19) (i32.const 10)))))
      (br_if $extend (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 256)))))

  ;; Adds one block of 64 bytes to the state.
  (func $compress (param $block i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (local $at i32) (local $one i32) (local $two i32)
    (call $schedule (local.get $block))
    (local.set $a (i32.load (i32.const 256))) (local.set $b (i32.load (i32.const 260)))
    (local.set $c (i32.load (i32.const 264))) (local.set $d (i32.load (i32.const 268)))
    (local.set $e (i32.load (i32.const 272))) (local.set $f (i32.load (i32.const 276)))
    (local.set $g (i32.load (i32.const 280))) (local.set $h (i32.load (i32.const 284)))
    (loop $round
      (local.set $one
        (i32.add
          (i32.add (local.get $h) (call $mix (local.get $e) (i32.const 6) (i32.const 11) (i32.const 25)))
          (i32.add
            (i32.xor
              (i32.and (local.get $e) (local.get $f))
              (i32.and (i32.xor (local.get $e) (i32.const -1)) (local.get $g)))
            (i32.add (i32.load (local.get $at)) (i32.load offset=320 (local.get $at))))))
      (local.set $two
        (i32.add
          (call $mix (local.get $a) (i32.const 2) (i32.const 13) (i32.const 22))
          (i32.xor
            (i32.and (local.get $a) (i32.xor (local.get $b) (local.get $c)))
            (i32.and (local.get $b) (local.get $c)))))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i32.add (local.get $d) (local.get $one)))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (i32.add (local.get $one) (local.get $two)))
      (br_if $round (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 256))))
    (call $add_to (i32.const 256) (local.get $a)) (call $add_to (i32.const 260) (local.get $b))
    (call $add_to (i32.const 264) (local.get $c)) (call $add_to (i32.const 268) (local.get $d))
    (call $add_to (i32.const 272) (local.get $e)) (call $add_to (i32.const 276) (local.get $f))
    (call $add_to (i32.const 280) (local.get $g)) (call $add_to (i32.const 284) (local.get $h)))

  (func $add_to (param $at i32) (param $x i32)
    (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $x))))

  ;; Hashes every whole block of the buffer and moves the rest to its front; gives the size of the rest.
  (func $drain (param $size i32) (result i32)
    (local $at i32)
    (block $done
      (loop $next
        (br_if $done (i32.lt_u (i32.sub (local.get $size) (local.get $at)) (i32.const 64)))
        (call $compress (i32.add (global.get $buffer) (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (local.set $size (i32.sub (local.get $size) (local.get $at)))
    (memory.copy (global.get $buffer) (i32.add (global.get $buffer) (local.get $at)) (local.get $size))
    (local.get $size))

  ;; Ends the program when the host reports an error.
  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (i32.const 1)))))

  ;; Reads up to a chunk to behind what is in the buffer; gives how much came.
  (func $read (param $size i32) (result i32)
    (i32.store (i32.const 600) (i32.add (global.get $buffer) (local.get $size)))
    (i32.store (i32.const 604) (i32.sub (global.get $chunk) (local.get $size)))
    (call $check (call $fd_read (i32.const 0) (i32.const 600) (i32.const 1) (i32.const 608)))
    (i32.load (i32.const 608)))

  ;; The end of the message: a bit, zeros up to the last 8 bytes of a block, and its length in bits.
  (func $finish (param $size i32) (param $total i64)
    (local $end i32)
    (i32.store8 (i32.add (global.get $buffer) (local.get $size)) (i32.const 0x80))
    (local.set $end (i32.and (i32.add (local.get $size) (i32.const 72)) (i32.const -64)))
    (memory.fill
      (i32.add (i32.add (global.get $buffer) (local.get $size)) (i32.const 1))
      (i32.const 0)
      (i32.sub (i32.sub (local.get $end) (local.get $size)) (i32.const 1)))
    (local.set $total (i64.shl (local.get $total) (i64.const 3)))
    (local.set $size (i32.add (global.get $buffer) (local.get $end)))
    (i32.store (i32.sub (local.get $size) (i32.const 8))
      (call $swap (i32.wrap_i64 (i64.shr_u (local.get $total) (i64.const 32)))))
    (i32.store (i32.sub (local.get $size) (i32.const 4)) (call $swap (i32.wrap_i64 (local.get $total))))
    (drop (call $drain (local.get $end))))

  ;; Writes the state as 64 digits and `  -`, the name that stands for standard input.
  (func $print
    (local $at i32) (local $byte i32)
    (loop $next
      ;; Byte 3 of a word comes first.
      (local.set $byte (i32.load8_u offset=256 (i32.xor (local.get $at) (i32.const 3))))
      (i32.store8 offset=640 (i32.shl (local.get $at) (i32.const 1))
        (i32.load8_u offset=616 (i32.shr_u (local.get $byte) (i32.const 4))))
      (i32.store8 offset=641 (i32.shl (local.get $at) (i32.const 1))
        (i32.load8_u offset=616 (i32.and (local.get $byte) (i32.const 15))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 32))))
    (i32.store (i32.const 704) (i32.const 0x0a2d2020))
    (i32.store (i32.const 600) (i32.const 640))
    (i32.store (i32.const 604) (i32.const 68))
    (call $check (call $fd_write (i32.const 1) (i32.const 600) (i32.const 1) (i32.const 608))))

  (func (export "_start")
    (local $size i32) (local $total i64) (local $came i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.tee $came (call $read (local.get $size)))))
        (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $came))))
        (local.set $size (call $drain (i32.add (local.get $size) (local.get $came))))
        (br $next)))
    (call $finish (local.get $size) (local.get $total))
    (call $print)))
