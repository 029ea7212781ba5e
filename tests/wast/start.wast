;; Start functions and what is left behind when instantiation stops half way.

(module $log
  (global $last (export "last") (mut i32) (i32.const 0))
  (func (export "note") (param i32)
    (global.set $last (i32.add (i32.mul (global.get $last) (i32.const 10)) (local.get 0))))
  (func (export "reset") (global.set $last (i32.const 0)))
  (memory (export "memory") 1)
  (table (export "table") 4 funcref)
  (type $answer (func (result i32)))
  (func (export "call") (param i32) (result i32) (call_indirect (type $answer) (local.get 0)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))
(register "log" $log)

;; Data and elements are in place before the start function runs.
(module
  (import "log" "note" (func $note (param i32)))
  (memory 1)
  (data (i32.const 8) "\07")
  (type $digit (func (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $eight)
  (func $eight (type $digit) (i32.const 8))
  (func $main
    (call $note (i32.load8_u (i32.const 8)))
    (call $note (call_indirect (type $digit) (i32.const 0))))
  (start $main))
(assert_return (get $log "last") (i32.const 78))
(invoke $log "reset")

;; The start function may be an import.
(module $starter
  (import "log" "note" (func $note (param i32)))
  (func (export "three") (call $note (i32.const 3))))
(register "starter" $starter)
(module (import "starter" "three" (func $three)) (start $three))
(assert_return (get $log "last") (i32.const 3))
(invoke $log "reset")

;; A start function that traps: what it and the segments wrote into shared things stays, and a function
;; placed into a shared table lives on although its instance never came to be.
(assert_trap
  (module
    (import "log" "note" (func $note (param i32)))
    (import "log" "memory" (memory 1))
    (import "log" "table" (table 4 funcref))
    (data (i32.const 0) "\2a")
    (global $own (mut i32) (i32.const 5))
    (elem (i32.const 1) $count)
    (func $count (result i32)
      (global.set $own (i32.add (global.get $own) (i32.const 1)))
      (global.get $own))
    (func $main (call $note (i32.const 4)) (i32.store8 (i32.const 1) (i32.const 43)) (unreachable))
    (start $main))
  "unreachable")
(assert_return (get $log "last") (i32.const 4))
(assert_return (invoke $log "byte" (i32.const 0)) (i32.const 42))
(assert_return (invoke $log "byte" (i32.const 1)) (i32.const 43))
(assert_return (invoke $log "call" (i32.const 1)) (i32.const 6))
(assert_return (invoke $log "call" (i32.const 1)) (i32.const 7))

;; Segments are placed in order: the first one stays when the second one does not fit.
(assert_trap
  (module
    (import "log" "memory" (memory 1))
    (data (i32.const 16) "\01\02")
    (data (i32.const 65535) "\03\04")
    (data (i32.const 20) "\05"))
  "out of bounds memory access")
(assert_return (invoke $log "byte" (i32.const 16)) (i32.const 1))
(assert_return (invoke $log "byte" (i32.const 17)) (i32.const 2))
(assert_return (invoke $log "byte" (i32.const 65535)) (i32.const 0))
(assert_return (invoke $log "byte" (i32.const 20)) (i32.const 0))

;; Elements come before data.
(assert_trap
  (module
    (import "log" "memory" (memory 1))
    (import "log" "table" (table 4 funcref))
    (func $nine (result i32) (i32.const 9))
    (elem (i32.const 2) $nine)
    (elem (i32.const 4) $nine)
    (data (i32.const 24) "\01"))
  "out of bounds table access")
(assert_return (invoke $log "call" (i32.const 2)) (i32.const 9))
(assert_return (invoke $log "byte" (i32.const 24)) (i32.const 0))

;; An empty segment at the end fits; one beyond the end does not.
(module (import "log" "memory" (memory 1)) (data (i32.const 65536) ""))
(assert_trap (module (import "log" "memory" (memory 1)) (data (i32.const 65537) "")) "out of bounds memory access")
(module (import "log" "table" (table 4 funcref)) (elem (i32.const 4)))
(assert_trap (module (import "log" "table" (table 4 funcref)) (elem (i32.const 5))) "out of bounds table access")

;; Nothing is linked, placed or started when one import does not fit.
(invoke $log "reset")
(assert_unlinkable
  (module
    (import "log" "note" (func $note (param i32)))
    (import "log" "memory" (memory 1))
    (import "log" "absent" (func))
    (data (i32.const 30) "\01")
    (func $main (call $note (i32.const 1)))
    (start $main))
  "unknown import")
(assert_return (get $log "last") (i32.const 0))
(assert_return (invoke $log "byte" (i32.const 30)) (i32.const 0))

;; A start function that runs out of stack.
(assert_trap (module (func $f (call $f)) (start $f)) "call stack exhausted")

;; Offsets from an imported global.
(module $place (global (export "at") i32 (i32.const 40)))
(register "place" $place)
(module
  (import "place" "at" (global $at i32))
  (import "log" "memory" (memory 1))
  (data (global.get $at) "\4d"))
(assert_return (invoke $log "byte" (i32.const 40)) (i32.const 77))
