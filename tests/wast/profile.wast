;; Indirect calls whose target nearly always is the same: the likely one is called directly, and all others still are what
;; they were. The table changes, so that nobody knows what is in it before.

(module $other
  (type $f (func (param i32) (result i32)))
  (func (export "far") (type $f) (i32.add (local.get 0) (i32.const 1000))))
(register "other" $other)

(module
  (type $f (func (param i32) (result i32)))
  (type $g (func (result i32)))
  (import "other" "far" (func $far (type $f)))
  (table $t (export "t") 8 funcref)
  (elem (table $t) (i32.const 0) func $one $two $three $far $no)
  (elem declare func $one $two $three $far)
  (func $one (type $f) (i32.add (local.get 0) (i32.const 1)))
  (func $two (type $f) (i32.add (local.get 0) (i32.const 2)))
  ;; Too large and too odd to be taken apart in place.
  (func $three (type $f)
    (block $a (block $b (br_table $a $b (local.get 0))) (return (i32.const 3)))
    (i32.const 30))
  (func $no (type $g) (i32.const 7))
  ;; Calls entry $entry $times times, adding up.
  (func $spin (export "spin") (param $entry i32) (param $times i32) (result i32)
    (local $sum i32)
    (loop $l
      (local.set $sum (call_indirect $t (type $f) (local.get $sum) (local.get $entry)))
      (br_if $l (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum))
  ;; The same through references.
  (func (export "spin_ref") (param $which i32) (param $times i32) (result i32)
    (local $sum i32)
    (local $f (ref null $f))
    (if (i32.eq (local.get $which) (i32.const 0)) (then (local.set $f (ref.func $one))))
    (if (i32.eq (local.get $which) (i32.const 1)) (then (local.set $f (ref.func $two))))
    (if (i32.eq (local.get $which) (i32.const 2)) (then (local.set $f (ref.func $three))))
    (if (i32.eq (local.get $which) (i32.const 3)) (then (local.set $f (ref.func $far))))
    (loop $l
      (local.set $sum (call_ref $f (local.get $sum) (local.get $f)))
      (br_if $l (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum))
  (func (export "swap") (table.set $t (i32.const 0) (ref.func $two)))
  ;; The same site with targets that change within one loop: three of four are the first entry.
  (func (export "mixed") (param $times i32) (result i32)
    (local $sum i32)
    (loop $l
      (local.set $sum
        (call_indirect $t (type $f)
          (local.get $sum)
          (i32.mul (i32.const 3) (i32.eqz (i32.and (local.get $times) (i32.const 3))))))
      (br_if $l (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "spin" (i32.const 0) (i32.const 40)) (i32.const 40))
(assert_return (invoke "spin" (i32.const 0) (i32.const 4000)) (i32.const 4000))
(assert_return (invoke "spin" (i32.const 1) (i32.const 40)) (i32.const 80))
(assert_return (invoke "spin" (i32.const 2) (i32.const 1)) (i32.const 30))
(assert_return (invoke "spin" (i32.const 2) (i32.const 40)) (i32.const 3))
(assert_return (invoke "spin" (i32.const 3) (i32.const 40)) (i32.const 40000))
(assert_trap (invoke "spin" (i32.const 4) (i32.const 40)) "indirect call type mismatch")
(assert_trap (invoke "spin" (i32.const 5) (i32.const 40)) "uninitialized element")
(assert_trap (invoke "spin" (i32.const 8) (i32.const 40)) "undefined element")
(assert_return (invoke "swap"))
(assert_return (invoke "spin" (i32.const 0) (i32.const 40)) (i32.const 80))
(assert_return (invoke "spin_ref" (i32.const 0) (i32.const 400)) (i32.const 400))
(assert_return (invoke "spin_ref" (i32.const 1) (i32.const 40)) (i32.const 80))
(assert_return (invoke "spin_ref" (i32.const 2) (i32.const 40)) (i32.const 3))
(assert_return (invoke "spin_ref" (i32.const 3) (i32.const 40)) (i32.const 40000))
(assert_trap (invoke "spin_ref" (i32.const 4) (i32.const 1)) "null function reference")
(assert_return (invoke "mixed" (i32.const 400)) (i32.const 100600))
